// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A zone that outgrows its maps again and again while queries run: generations switch under
 * readers, and nothing may be denied, mixed up, leaked or left behind. XDNS_GROWTH_NAMES=n: the
 * largest zone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <urcu.h>

#include "dname_text.h"
#include "dns.h"
#include "kernel_internal.h"
#include "mesos-xdns.skel.h"
#include "reply.h"
#include "stress_kernel.h"
#include "util.h"
#include "zone_config.h"

#define NAMES_DEFAULT 60000
#define EVERY	      64 /* of the names one in so many is asked for again at rest */

static const char *no_kernel;

struct growth {
	struct config *cfg;
	struct zone *zone;
	struct kernel *kernel;
	uint32_t names; /* 0..names-1 are there */
	uint32_t serial;
	atomic_uint floor, shrinks; /* as many names are there, while nothing shrinks */
	atomic_bool stop;
	uint64_t reads, passes, detached, wrong, denied; /* the reader's */
	uint64_t user_reads, user_wrong;
};

static void growth_open(struct growth *g)
{
	char json[256], *error = NULL;
	struct xdns_config zc;

	memset(g, 0, sizeof(*g));
	snprintf(json, sizeof(json),
		 "{\"masters\":[\"127.0.0.1:5050\"],\"resolvers\":[\"127.0.0.9\"],"
		 "\"bpfDir\":\"/sys/fs/bpf/xdns-growth-%d\"}",
		 getpid());
	assert_int_equal(config_parse("growth.json", json, strlen(json), &g->cfg, &error), 0);
	assert_int_equal(zone_config_make(g->cfg, &zc), 0);
	assert_int_equal(zone_new(&zc, &g->zone), 0);
}

static void growth_close(struct growth *g)
{
	zone_free(g->zone);
	config_free(g->cfg);
}

static void name_of(uint32_t i, uint8_t wire[DNAME_WIRE_MAX + 1])
{
	char text[64];

	snprintf(text, sizeof(text), "task-%u.framework-%u.mesos", i, i % 7);
	dname_from_text(text, strlen(text), wire);
}

/* Some sets have room in their record, some have not. */
static uint32_t addresses_of(uint32_t i)
{
	return i % 16 == 0 ? 20 : 1;
}

static void change(struct growth *g, uint32_t i, bool add)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_A};

	name_of(i, wire);
	for (uint32_t k = 0; k < addresses_of(i); k++) {
		uint32_t address = i << 5 | k;

		memcpy(rr.a, &address, 4);
		assert_int_equal(
			add ? zone_add(g->zone, wire, &rr) : zone_remove(g->zone, wire, &rr), 0);
	}
}

static void commit(struct growth *g)
{
	struct zone_changes changes;

	assert_int_equal(zone_commit(g->zone, ++g->serial, &changes), 0);
	if (zone_reclaim_prepare(g->zone)) {
		zone_reclaim_wait(g->zone);
		zone_reclaim_finish(g->zone);
	}
}

/* To so many names in one commit. */
static void resize(struct growth *g, uint32_t names)
{
	if (names < g->floor) {
		g->floor = names;
		g->shrinks++;
	}
	while (g->names < names)
		change(g, g->names++, true);
	while (g->names > names)
		change(g, --g->names, false);
	commit(g);
	g->floor = names;
}

static size_t make_query(uint32_t i, uint16_t id, uint8_t *buf)
{
	struct dns_header h = {.id = id, .qdcount = xdns_be16(1), .arcount = xdns_be16(1)};
	uint8_t wire[DNAME_WIRE_MAX + 1];
	size_t len = DNS_HEADER_LEN, name_len;

	name_of(i, wire);
	name_len = dname_wire_len(wire);
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + len, wire, name_len);
	len += name_len;
	xdns_put16(buf + len, xdns_be16(DNS_TYPE_A));
	xdns_put16(buf + len + 2, xdns_be16(DNS_CLASS_IN));
	len += 4;
	memset(buf + len, 0, DNS_OPT_LEN);
	xdns_put16(buf + len + 1, xdns_be16(DNS_TYPE_OPT));
	xdns_put16(buf + len + 3, xdns_be16(1232));
	return len + DNS_OPT_LEN;
}

/* 1: the whole set of name i; 0: NXDOMAIN; -1: anything else. */
static int judge(uint32_t i, const uint8_t *msg, size_t len, size_t query_len)
{
	const struct dns_header *h = (const void *)msg;
	const uint8_t *rr = msg + query_len - DNS_OPT_LEN;
	uint32_t seen = 0, n = addresses_of(i), address;

	if (len < query_len ||
	    (h->flags & xdns_be16(DNS_RCODE_MASK)) == xdns_be16(DNS_RCODE_NXDOMAIN))
		return len < query_len ? -1 : 0;
	if ((h->flags & xdns_be16(DNS_RCODE_MASK)) || h->ancount != xdns_be16(n) ||
	    len != query_len + 16UL * n)
		return -1;
	for (uint32_t k = 0; k < n; k++, rr += 16) {
		memcpy(&address, rr + 12, 4);
		if (address >> 5 != i)
			return -1;
		seen |= 1U << (address & 31);
	}
	return seen == (1U << n) - 1 ? 1 : -1;
}

static enum stress_run ask_kernel(const struct growth *g, uint32_t i, int *ret)
{
	uint8_t frame[STRESS_FRAME_MAX], out[STRESS_FRAME_MAX];
	size_t query_len = make_query(i, i, frame + STRESS_FRAME_DNS), len;
	enum stress_run run =
		stress_run(frame, stress_frame(frame, query_len, g->cfg->port), 1, out, &len);

	if (run == STRESS_RUN_ANSWER)
		*ret = judge(i, out + STRESS_FRAME_DNS, len, query_len);
	return run;
}

static int ask_userspace(const struct growth *g, uint32_t i)
{
	uint8_t query[512], out[4096];
	size_t query_len = make_query(i, i, query);
	struct reply_result res;

	if (reply_query(g->cfg, g->zone, false, query, query_len, out, sizeof(out), &res) !=
	    REPLY_SEND)
		return -1;
	return judge(i, out, res.len, query_len);
}

static void *reader(void *arg)
{
	struct growth *g = arg;
	uint32_t x = 1;

	rcu_register_thread();
	while (!g->stop) {
		unsigned shrinks = g->shrinks;
		uint32_t below = g->floor, i;
		int is = 0, user;

		x = x * 1664525 + 1013904223;
		i = (x >> 8) % (below ? below : 1);
		user = ask_userspace(g, i);
		switch (ask_kernel(g, i, &is)) {
		case STRESS_RUN_ANSWER:
			g->wrong += is < 0;
			/* a name may have gone between the choice and the question */
			g->denied += !is && below && shrinks == g->shrinks;
			break;
		case STRESS_RUN_PASS:
			g->passes++;
			break;
		case STRESS_RUN_DETACHED:
			g->detached++;
			break;
		default:
			g->wrong++;
		}
		g->user_wrong += user < 0 || (!user && below && shrinks == g->shrinks);
		g->reads++;
		g->user_reads++;
	}
	rcu_unregister_thread();
	return NULL;
}

static void check_at_rest(const struct growth *g, bool kernel)
{
	for (uint32_t i = 0; i < g->names + 4 * EVERY; i += i < 100 ? 1 : EVERY) {
		int want = i < g->names, is = -1;

		assert_int_equal(ask_userspace(g, i), want);
		if (!kernel)
			continue;
		assert_int_equal(ask_kernel(g, i, &is), STRESS_RUN_ANSWER);
		assert_int_equal(is, want);
	}
}

static unsigned count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* The maps of the present generation are the ones under bpfDir. */
static void check_pins(const struct growth *g)
{
	struct bpf_map *map;
	char path[PATH_MAX];

	bpf_object__for_each_map(map, g->kernel->gen.skel->obj)
	{
		const char *name = bpf_map__is_internal(map) ? "config" : bpf_map__name(map);
		struct bpf_map_info ours = {0}, pinned = {0};
		uint32_t len = sizeof(ours);
		int fd;

		snprintf(path, sizeof(path), "%s/%s", g->cfg->bpf_dir, name);
		fd = bpf_obj_get(path);
		assert_true(fd >= 0);
		assert_int_equal(bpf_obj_get_info_by_fd(fd, &pinned, &len), 0);
		close(fd);
		len = sizeof(ours);
		assert_int_equal(bpf_obj_get_info_by_fd(bpf_map__fd(map), &ours, &len), 0);
		assert_int_equal(ours.id, pinned.id);
	}
}

static void close_kernel(struct growth *g, unsigned fds)
{
	kernel_close(g->kernel);
	g->kernel = NULL;
	assert_int_equal(count_fds(), fds);
	assert_int_equal(access(g->cfg->bpf_dir, F_OK), -1);
	assert_int_equal(stress_left(), 0);
}

static void test_growth(void **state)
{
	static struct growth g;
	const char *names = getenv("XDNS_GROWTH_NAMES");
	uint32_t max = names ? strtoul(names, NULL, 10) : NAMES_DEFAULT;
	const uint32_t sizes[] = {100,	   2000,    3000, max / 12, max / 10, max / 4,	max / 3,
				  max / 2, max / 8, 10,	  max / 2,  max,      max / 20, max};
	unsigned fds, open_fds, before = stress_switches();
	pthread_t thread;

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g);
	resize(&g, 10);
	fds = count_fds();
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	open_fds = count_fds();
	pthread_create(&thread, NULL, reader, &g);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint32_t from = g.names;

		/* one large commit, or eight */
		for (int part = i % 2 ? 8 : 1; part > 0; part--)
			resize(&g, sizes[i] - (int64_t)((int64_t)sizes[i] - from) * (part - 1) / 8);
		check_at_rest(&g, true);
		assert_int_equal(count_fds(), open_fds);
		check_pins(&g);
	}
	g.stop = true;
	pthread_join(thread, NULL);
	printf("# %u switches up to %u names; kernel: %" PRIu64 " reads, %" PRIu64
	       " passed, %" PRIu64 " denied, %" PRIu64 " wrong; userspace: %" PRIu64
	       " reads, %" PRIu64 " wrong\n",
	       stress_switches() - before, max, g.reads, g.passes, g.denied, g.wrong, g.user_reads,
	       g.user_wrong);
	close_kernel(&g, fds);
	check_at_rest(&g, false);
	resize(&g, max / 2);
	check_at_rest(&g, false);
	/* and again, with what the pool has now */
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	check_at_rest(&g, true);
	close_kernel(&g, fds);
	growth_close(&g);
	assert_true(stress_switches() - before > 4);
	assert_int_equal(g.denied + g.wrong + g.detached + g.user_wrong, 0);
}

/* Room in `records`, left by names that went, is no room in `names`: both are of one size. */
static void test_shrunk_before(void **state)
{
	static struct growth g;
	unsigned fds;

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g);
	resize(&g, 20000);
	resize(&g, 10);
	fds = count_fds();
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	for (uint32_t names = 2000; names <= 20000; names += 6000) {
		resize(&g, names);
		check_at_rest(&g, true);
	}
	close_kernel(&g, fds);
	growth_close(&g);
}

/* `names` takes no more: the program passes everything from then on, userspace has it all. */
static void test_names_full(void **state)
{
	static struct growth g;
	int is;
	unsigned fds;

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g);
	resize(&g, 10);
	fds = count_fds();
	stress_limit_names(1000);
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	check_at_rest(&g, true);
	resize(&g, 3000);
	for (uint32_t i = 0; i < 3100; i++)
		assert_int_equal(ask_kernel(&g, i, &is), STRESS_RUN_PASS);
	check_at_rest(&g, false);
	resize(&g, 20);
	resize(&g, 20000); /* the maps of the records are full as well: let go */
	check_at_rest(&g, false);
	assert_int_equal(kernel_heal(g.kernel), 0); /* there is no larger `names` yet */
	assert_int_equal(ask_kernel(&g, 1, &is), STRESS_RUN_DETACHED);
	check_at_rest(&g, false);
	stress_limit_names(0);
	assert_int_equal(kernel_heal(g.kernel), 0);
	check_at_rest(&g, true);
	resize(&g, 19000);
	check_at_rest(&g, true);
	close_kernel(&g, fds);
	resize(&g, 30);
	check_at_rest(&g, false);
	growth_close(&g);
}

/* Octets that the kernel accounts to the maps of the present generation. */
static uint64_t map_memory(const struct growth *g)
{
	struct bpf_map *map;
	uint64_t sum = 0, octets;
	char path[64], line[128];

	bpf_object__for_each_map(map, g->kernel->gen.skel->obj)
	{
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
		f = fopen(path, "r");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "memlock: %" SCNu64, &octets) == 1)
				sum += octets;
		if (f)
			fclose(f);
	}
	return sum;
}

static uint64_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (uint64_t)pages * sysconf(_SC_PAGESIZE);
}

#define CHANGES 1000

/* One address of one name more, then less, until each answers from the kernel. */
static uint64_t time_changes(struct growth *g)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_A, .a = {192, 0, 2, 77}};
	uint64_t start = now_ns();

	for (int i = 0; i < CHANGES; i++) {
		name_of(i / 2 * 16 + 1, wire);
		assert_int_equal(
			i % 2 ? zone_remove(g->zone, wire, &rr) : zone_add(g->zone, wire, &rr), 0);
		assert_int_equal(zone_commit(g->zone, ++g->serial, &(struct zone_changes){0}), 0);
	}
	return (now_ns() - start) / CHANGES;
}

/* Not a test: figures for docs/consistency.md, of a zone of XDNS_GROWTH_MEASURE names. */
static void measure(void **state)
{
	static struct growth g;
	const char *names = getenv("XDNS_GROWTH_MEASURE");
	uint32_t n = names ? strtoul(names, NULL, 10) : 0;
	uint64_t start, added, committed, opened, rss;

	(void)state;
	if (no_kernel || !n)
		return;
	growth_open(&g);
	rss = resident();
	start = now_ns();
	while (g.names < n)
		change(&g, g.names++, true);
	added = now_ns();
	assert_int_equal(zone_commit(g.zone, ++g.serial, &(struct zone_changes){0}), 0);
	committed = now_ns();
	rss = resident() - rss;
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	opened = now_ns();
	printf("# %u names (%" PRIu64
	       " records): added %.3f s, committed %.3f s, kernel_open %.3f s; "
	       "%.0f octets a name in userspace, %.0f in maps; a change of one name: %.1f us\n",
	       n, zone_counts(g.zone).a, (added - start) / 1e9, (committed - added) / 1e9,
	       (opened - committed) / 1e9, (double)rss / n, (double)map_memory(&g) / n,
	       time_changes(&g) / 1e3);
	kernel_close(g.kernel);
	growth_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_shrunk_before),
		cmocka_unit_test(test_names_full),
	};

	const struct CMUnitTest figures[] = {cmocka_unit_test(measure)};

	no_kernel = stress_no_kernel();
	if (no_kernel)
		printf("# SKIPPED: the growth tests were not run: %s\n", no_kernel);
	if (getenv("XDNS_GROWTH_MEASURE"))
		return cmocka_run_group_tests(figures, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
