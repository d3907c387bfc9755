// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "growth_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <urcu.h>

#include "dname_text.h"
#include "dns.h"
#include "kernel_internal.h"
#include "mesos-xdns.skel.h"
#include "reply.h"
#include "util.h"
#include "zone_config.h"

void growth_open(struct growth *g, const char *keys)
{
	char json[256], *error = NULL;
	struct xdns_config zc;

	memset(g, 0, sizeof(*g));
	snprintf(json, sizeof(json),
		 "{\"masters\":[\"127.0.0.1:5050\"],\"resolvers\":[\"127.0.0.9\"],"
		 "\"bpfDir\":\"/sys/fs/bpf/xdns-growth-%d\"%s}",
		 getpid(), keys);
	assert_int_equal(config_parse("growth.json", json, strlen(json), &g->cfg, &error), 0);
	assert_int_equal(zone_config_make(g->cfg, &zc), 0);
	assert_int_equal(zone_new(&zc, &g->zone), 0);
}

void growth_close(struct growth *g)
{
	zone_free(g->zone);
	config_free(g->cfg);
}

void growth_name(uint32_t i, uint8_t wire[DNAME_WIRE_MAX + 1])
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

void growth_change(struct growth *g, uint32_t i, bool add)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_A};

	growth_name(i, wire);
	for (uint32_t k = 0; k < addresses_of(i); k++) {
		uint32_t address = i << 5 | k;

		memcpy(rr.a, &address, 4);
		assert_int_equal(
			add ? zone_add(g->zone, wire, &rr) : zone_remove(g->zone, wire, &rr), 0);
	}
}

void growth_commit(struct growth *g)
{
	struct zone_changes changes;

	assert_int_equal(zone_commit(g->zone, ++g->serial, &changes), 0);
	if (zone_reclaim_prepare(g->zone)) {
		zone_reclaim_wait(g->zone);
		zone_reclaim_finish(g->zone);
	}
}

/* To so many names in one commit. */
void growth_resize(struct growth *g, uint32_t names)
{
	if (names < g->floor) {
		g->floor = names;
		g->shrinks++;
	}
	while (g->names < names)
		growth_change(g, g->names++, true);
	while (g->names > names)
		growth_change(g, --g->names, false);
	growth_commit(g);
	g->floor = names;
}

static size_t make_query_of(const uint8_t *wire, uint16_t type, uint16_t id, uint8_t *buf)
{
	struct dns_header h = {.id = id, .qdcount = xdns_be16(1), .arcount = xdns_be16(1)};
	size_t len = DNS_HEADER_LEN, name_len = dname_wire_len(wire);

	memcpy(buf, &h, sizeof(h));
	memcpy(buf + len, wire, name_len);
	len += name_len;
	xdns_put16(buf + len, xdns_be16(type));
	xdns_put16(buf + len + 2, xdns_be16(DNS_CLASS_IN));
	len += 4;
	memset(buf + len, 0, DNS_OPT_LEN);
	xdns_put16(buf + len + 1, xdns_be16(DNS_TYPE_OPT));
	xdns_put16(buf + len + 3, xdns_be16(1232));
	return len + DNS_OPT_LEN;
}

static size_t make_query(uint32_t i, uint16_t id, uint8_t *buf)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];

	growth_name(i, wire);
	return make_query_of(wire, DNS_TYPE_A, id, buf);
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

enum stress_run growth_ask_kernel(const struct growth *g, uint32_t i, int *ret)
{
	uint8_t frame[STRESS_FRAME_MAX], out[STRESS_FRAME_MAX];
	size_t query_len = make_query(i, i, frame + STRESS_FRAME_DNS), len;
	enum stress_run run =
		stress_run(frame, stress_frame(frame, query_len, g->cfg->port), 1, out, &len);

	if (run == STRESS_RUN_ANSWER)
		*ret = judge(i, out + STRESS_FRAME_DNS, len, query_len);
	return run;
}

int growth_ask_userspace(const struct growth *g, uint32_t i)
{
	uint8_t query[512], out[4096];
	size_t query_len = make_query(i, i, query);
	struct reply_result res;

	if (reply_query(g->cfg, g->zone, &(struct reply_client){0}, query, query_len, out,
			sizeof(out), &res) != REPLY_SEND)
		return -1;
	return judge(i, out, res.len, query_len);
}

enum stress_run growth_compare(const struct growth *g, const uint8_t *wire, uint16_t type)
{
	uint8_t frame[STRESS_FRAME_MAX], out[STRESS_FRAME_MAX], query[512], want[4096];
	size_t query_len = make_query_of(wire, type, type, query), len;
	struct reply_result res;
	enum stress_run run;

	memcpy(frame + STRESS_FRAME_DNS, query, query_len);
	run = stress_run(frame, stress_frame(frame, query_len, g->cfg->port), 1, out, &len);
	assert_int_equal(reply_query(g->cfg, g->zone, &(struct reply_client){0}, query, query_len,
				     want, sizeof(want), &res),
			 REPLY_SEND);
	if (run == STRESS_RUN_ANSWER) {
		assert_int_equal(len, res.len);
		assert_memory_equal(out + STRESS_FRAME_DNS, want, len);
	}
	return run;
}

void *growth_reader(void *arg)
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
		user = growth_ask_userspace(g, i);
		switch (growth_ask_kernel(g, i, &is)) {
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

void growth_check_at_rest(const struct growth *g, bool kernel)
{
	for (uint32_t i = 0; i < g->names + 4 * GROWTH_EVERY; i += i < 100 ? 1 : GROWTH_EVERY) {
		int want = i < g->names, is = -1;

		assert_int_equal(growth_ask_userspace(g, i), want);
		if (!kernel)
			continue;
		assert_int_equal(growth_ask_kernel(g, i, &is), STRESS_RUN_ANSWER);
		assert_int_equal(is, want);
	}
}

unsigned growth_count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* The maps of the present generation are the ones under bpfDir. */
void growth_check_pins(const struct growth *g)
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

void growth_close_kernel(struct growth *g, unsigned fds)
{
	kernel_close(g->kernel, false);
	g->kernel = NULL;
	assert_int_equal(growth_count_fds(), fds);
	assert_int_equal(access(g->cfg->bpf_dir, F_OK), -1);
	assert_int_equal(stress_left(), 0);
}

/* Octets that the kernel accounts to the maps of the present generation. */
uint64_t growth_map_memory(const struct growth *g)
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
