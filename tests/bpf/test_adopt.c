// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a daemon leaves in the kernel, and what the next one makes of it: the zone read back from
 * the pinned maps, maps that hold nonsense, the clock of the expiry, nothing left over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "dname_text.h"
#include "dns.h"
#include "growth_world.h"
#include "kernel_internal.h"
#include "stress_kernel.h"
#include "util.h"
#include "zone_config.h"

#define ZONES	12
#define GARBLED 60
#define CYCLES	20
#define LONG	"a-label-that-makes-a-name-longer-than-a-record-has-room-for-it"

static const char *no_kernel;
static uint32_t seed = 20240601;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* A zone as lines of text, sorted. */
struct lines {
	char **line;
	size_t count, room;
};

static int line_add(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	char name[DNAME_TEXT_MAX], data[DNAME_TEXT_MAX], *text;
	struct lines *l = ctx;

	dname_to_text(owner, name);
	if (rr->type == DNS_TYPE_A)
		inet_ntop(AF_INET, rr->a, data, sizeof(data));
	else if (rr->type == DNS_TYPE_AAAA)
		inet_ntop(AF_INET6, rr->aaaa, data, sizeof(data));
	else
		dname_to_text(rr->type == DNS_TYPE_SRV ? rr->srv.target : rr->ptr, data);
	assert_true(asprintf(&text, "%s %u %u %u %s", name, rr->type,
			     rr->type == DNS_TYPE_SRV ? rr->srv.port : 0,
			     rr->type == DNS_TYPE_SRV ? rr->srv.weight : 0, data) > 0);
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 256;
		l->line = realloc(l->line, l->room * sizeof(*l->line));
		assert_non_null(l->line);
	}
	l->line[l->count++] = text;
	return 0;
}

static void line_of_zone(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	if (rr->type != DNS_TYPE_PTR)
		line_add(ctx, owner, rr);
}

static int line_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->line[i]);
	free(l->line);
	memset(l, 0, sizeof(*l));
}

static void lines_equal(struct lines *a, struct lines *b)
{
	qsort(a->line, a->count, sizeof(*a->line), line_compare);
	qsort(b->line, b->count, sizeof(*b->line), line_compare);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_string_equal(a->line[i], b->line[i]);
}

static void name(uint32_t i, uint8_t wire[DNAME_WIRE_MAX + 1])
{
	char text[256];

	snprintf(text, sizeof(text), i % 5 ? "n%u.f%u.mesos" : "n%u." LONG "." LONG ".f%u.mesos", i,
		 i % 9);
	dname_from_text(text, strlen(text), wire);
}

/* One RR, of any kind; SRV sets lead to names that exist and to others. */
static void put_one(struct zone *z, uint32_t names)
{
	uint8_t owner[DNAME_WIRE_MAX + 1], target[DNAME_WIRE_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_A};
	uint32_t n = rnd(1 << 16);

	name(rnd(names), owner);
	switch (rnd(4)) {
	case 0:
		rr.type = DNS_TYPE_AAAA;
		memcpy(rr.aaaa, &n, 4);
		break;
	case 1:
		rr.type = DNS_TYPE_SRV;
		name(rnd(2 * names), target);
		rr.srv.port = n;
		rr.srv.weight = rnd(3);
		rr.srv.target = target;
		break;
	case 2:
		rr.type = DNS_TYPE_PTR;
		rr.ptr = owner;
		dname_from_text("9.8.7.10.in-addr.arpa", 21, target);
		assert_int_equal(zone_add(z, target, &rr), 0);
		return;
	default:
		memcpy(rr.a, &n, 4);
	}
	assert_int_equal(zone_add(z, owner, &rr), 0);
}

/* A world with a zone of random records, whose daemon has gone: only the pins are there. */
static void leave_zone(struct growth *g, const char *keys, struct lines *ret)
{
	uint32_t names = 1 + rnd(60), records = rnd(1500);

	growth_open(g, keys);
	while (records--)
		put_one(g->zone, names);
	growth_commit(g);
	g->kernel = stress_kernel_open(g->cfg, g->zone);
	for (records = rnd(300); records--;)
		put_one(g->zone, names);
	growth_commit(g);
	zone_for_each_rr(g->zone, line_of_zone, ret);
	kernel_close(g->kernel, true);
}

static void claim(struct growth *g)
{
	char *error = NULL;

	if (kernel_claim(g->cfg, &g->kernel, &error))
		fail_msg("kernel_claim: %s", error);
}

static void world_end(struct growth *g)
{
	kernel_close(g->kernel, false);
	growth_close(g);
	assert_int_equal(stress_left(), 0);
}

static void test_equal(void **state)
{
	static struct growth g;

	(void)state;
	if (no_kernel)
		skip();
	for (int i = 0; i < ZONES; i++) {
		struct lines was = {0}, is = {0};
		struct kernel_restored got;

		leave_zone(&g, "", &was);
		claim(&g);
		assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), 0);
		lines_equal(&was, &is);
		assert_int_equal(got.names, zone_counts(g.zone).names);
		assert_int_equal(got.records, is.count);
		assert_int_equal(got.serial, g.serial);
		assert_int_equal(got.broken, 0);
		assert_true(got.complete && !got.expired && got.heard);
		lines_free(&was);
		lines_free(&is);
		world_end(&g);
	}
}

static void pin_path(const struct growth *g, const char *pin, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", g->cfg->bpf_dir, pin);
}

/* A pinned array map's memory. */
static uint8_t *open_map(const struct growth *g, const char *pin, size_t *ret_size)
{
	char path[PATH_MAX];
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	uint8_t *p;
	int fd;

	pin_path(g, pin, path);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	*ret_size = (size_t)info.max_entries * info.value_size;
	p = mmap(NULL, (*ret_size + 4095) / 4096 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	close(fd);
	return p;
}

static void close_map(void *p, size_t size)
{
	munmap(p, (size + 4095) / 4096 * 4096);
}

static int check_one(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	size_t len = dname_wire_len(owner);

	(void)rr;
	++*(uint32_t *)ctx;
	assert_true(len >= 7 && len <= DNS_NAME_MAX);
	assert_memory_equal(owner + len - 7, "\5mesos", 7);
	return 0;
}

/* Any octets anywhere: what is handed over is in form, the rest is counted, nothing is read beyond.
 */
static void test_garbled(void **state)
{
	static const char *const maps[] = {"records",  "a_sets",     "aaaa_sets",
					   "srv_sets", "name_tails", "targets"};
	static struct growth g;
	struct lines was = {0};
	struct kernel_restored got;
	uint32_t handed, broken = 0;

	(void)state;
	if (no_kernel)
		skip();
	leave_zone(&g, "", &was);
	claim(&g);
	for (int i = 0; i < GARBLED; i++) {
		for (size_t m = 0; m < ARRAY_SIZE(maps); m++) {
			size_t size, near;
			uint8_t *p = open_map(&g, maps[m], &size);

			near = rnd(2) && size > 8192 ? 8192 : size;
			for (int n = 0; n < 20; n++)
				p[rnd(near)] = rnd(3) ? rnd(256) : 255;
			close_map(p, size);
		}
		handed = 0;
		assert_int_equal(kernel_restore(g.kernel, check_one, &handed, &got), 0);
		assert_int_equal(handed, got.records);
		assert_int_equal(got.complete, !got.broken);
		broken += got.broken;
	}
	assert_true(broken);
	lines_free(&was);
	world_end(&g);
}

static struct xdns_state *open_state(const struct growth *g, size_t *ret_size)
{
	return (void *)open_map(g, "state", ret_size);
}

static void test_refused(void **state)
{
	static struct growth g;
	struct lines was = {0}, is = {0};
	struct kernel_restored got;
	struct xdns_state *s;
	size_t size;

	(void)state;
	if (no_kernel)
		skip();
	leave_zone(&g, "", &was);
	claim(&g);
	s = open_state(&g, &size);
	s->changes |= 1; /* killed in the middle of a change: each name is old or new */
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), 0);
	lines_equal(&was, &is);
	s->names_complete = 0;
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), 0);
	assert_false(got.complete);
	s->serving = XDNS_SERVING_NO;
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), -ENODATA);
	s->serving = XDNS_SERVING_YES;
	s->domain[1] ^= 1;
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), -EXDEV);
	s->domain[1] ^= 1;
	s->map_id[XDNS_MAP_targets]--;
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), -ESTALE);
	s->map_id[XDNS_MAP_targets]++;
	s->abi_version++;
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), -ESTALE);
	close_map(s, size);
	kernel_close(g.kernel, false);
	claim(&g);
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), -ENOENT);
	lines_free(&was);
	lines_free(&is);
	world_end(&g);
}

/* Killed while pins went to their places. */
static void test_half_pinned(void **state)
{
	static const char *const pins[] = {"records", "targets", "names", "clock", "state"};
	static struct growth g;
	struct lines was = {0}, is = {0};
	struct kernel_restored got;
	char path[PATH_MAX], fresh[PATH_MAX + 8];

	(void)state;
	if (no_kernel)
		skip();
	leave_zone(&g, "", &was);
	claim(&g);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(pins); i++) {
		pin_path(&g, pins[i], path);
		snprintf(fresh, sizeof(fresh), "%s" FRESH_SUFFIX, path);
		assert_int_equal(rename(path, fresh), 0);
		lines_free(&is);
		assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), 0);
		lines_equal(&was, &is);
	}
	lines_free(&was);
	lines_free(&is);
	world_end(&g);
}

static uint64_t boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static bool becomes(const struct xdns_state *s, uint32_t serving)
{
	for (int i = 0; i < 600 && __atomic_load_n(&s->serving, __ATOMIC_SEQ_CST) != serving; i++)
		usleep(50000);
	return __atomic_load_n(&s->serving, __ATOMIC_SEQ_CST) == serving;
}

/* The daemon has gone: the clock runs on, and the next one goes on from it. */
static void test_expiry(void **state)
{
	static struct growth g;
	struct lines was = {0}, is = {0};
	struct kernel_restored got;
	char *error = NULL;
	struct xdns_state *s;
	uint64_t heard;
	size_t size;

	(void)state;
	if (no_kernel)
		skip();
	leave_zone(&g, ",\"SOAExpire\":1", &was);
	s = open_state(&g, &size);
	assert_true(becomes(s, XDNS_SERVING_EXPIRED));
	assert_true(boot_ns() - s->heard >= NSEC_PER_SEC);
	heard = s->heard;
	close_map(s, size);
	claim(&g);
	assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), 0);
	assert_true(got.expired);
	assert_int_equal(got.heard, heard);
	assert_int_equal(kernel_start(g.kernel, g.zone, NULL, &error), 0);
	s = g.kernel->gen.state;
	assert_int_equal(s->heard, heard);
	assert_int_equal(s->serving, XDNS_SERVING_EXPIRED);
	kernel_heard(g.kernel, boot_ns() + 3600 * NSEC_PER_SEC); /* far from the next expiry */
	assert_int_equal(s->serving, XDNS_SERVING_YES);
	kernel_heard(g.kernel, boot_ns() - 5 * NSEC_PER_SEC);
	kernel_reconfigure(g.kernel, g.cfg); /* starts the clock for what is there now */
	assert_true(becomes(s, XDNS_SERVING_EXPIRED));
	lines_free(&was);
	lines_free(&is);
	world_end(&g);
}

/* SOAExpire 0: never; the largest: no overflow. */
static void test_never(void **state)
{
	static const char *const keys[] = {",\"SOAExpire\":0", ",\"SOAExpire\":4294967295"};
	static struct growth g;

	(void)state;
	if (no_kernel)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		growth_open(&g, keys[i]);
		growth_resize(&g, 10);
		g.kernel = stress_kernel_open(g.cfg, g.zone);
		kernel_heard(g.kernel, 1);
		kernel_reconfigure(g.kernel, g.cfg);
		usleep(100000);
		growth_check_at_rest(&g, true);
		world_end(&g);
	}
}

/* Again and again: no map, program, pin or descriptor more than after the first start. */
static void test_cycles(void **state)
{
	static struct growth g;
	struct lines was = {0}, is = {0};
	struct kernel_restored got;
	char *error = NULL;
	unsigned fds = 0;

	(void)state;
	if (no_kernel)
		skip();
	leave_zone(&g, "", &was);
	for (int i = 0; i < CYCLES; i++) {
		claim(&g);
		assert_int_equal(kernel_restore(g.kernel, line_add, &is, &got), 0);
		lines_equal(&was, &is);
		lines_free(&is);
		assert_int_equal(kernel_start(g.kernel, g.zone, NULL, &error), 0);
		growth_check_pins(&g);
		kernel_close(g.kernel, true);
		if (!fds)
			fds = growth_count_fds();
		assert_int_equal(growth_count_fds(), fds);
	}
	claim(&g);
	lines_free(&was);
	world_end(&g);
}

/* Who has the folder is named. */
static void test_second(void **state)
{
	static struct growth g;
	struct kernel *other;
	char *error = NULL, me[32];

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g, "");
	claim(&g);
	assert_int_equal(kernel_claim(g.cfg, &other, &error), -EBUSY);
	snprintf(me, sizeof(me), "PID %d ", getpid());
	assert_non_null(strstr(error, me));
	free(error);
	world_end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),	cmocka_unit_test(test_garbled),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_half_pinned),
		cmocka_unit_test(test_expiry),	cmocka_unit_test(test_never),
		cmocka_unit_test(test_cycles),	cmocka_unit_test(test_second),
	};

	no_kernel = stress_no_kernel();
	if (no_kernel)
		printf("# SKIPPED: the tests of adoption were not run: %s\n", no_kernel);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
