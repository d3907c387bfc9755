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
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <urcu.h>

#include "dname_text.h"
#include "dns.h"
#include "kernel_internal.h"
#include "reply.h"
#include "stress_kernel.h"
#include "util.h"
#include "zone_config.h"

#define NAMES_DEFAULT 60000
#define EVERY 64 /* of the names one in so many is asked for again at rest */

static const char *no_kernel;

struct growth {
	struct config *cfg;
	struct zone *zone;
	struct kernel *kernel;
	uint32_t names;	   /* 0..names-1 are there */
	uint32_t serial;
	atomic_uint floor; /* as many names stay for the time being */
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
		assert_int_equal(add ? zone_add(g->zone, wire, &rr) :
				       zone_remove(g->zone, wire, &rr),
				 0);
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
	if (names < g->floor)
		g->floor = names;
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

	if (len < query_len || (h->flags & xdns_be16(DNS_RCODE_MASK)) ==
				       xdns_be16(DNS_RCODE_NXDOMAIN))
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
		uint32_t below = g->floor, i;
		int is = 0;

		x = x * 1664525 + 1013904223;
		i = (x >> 8) % (below ? below : 1);
		switch (ask_kernel(g, i, &is)) {
		case STRESS_RUN_ANSWER:
			/* a name may have gone between the choice and the question */
			g->denied += is == 0 && i < g->floor && below <= g->floor;
			g->wrong += is < 0;
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
		g->reads++;
		if (below)
			g->user_wrong += ask_userspace(g, i) < (i < g->floor ? 1 : 0);
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

/* Maps of ours in the whole system, by name and by who made them: other daemons may come and go. */
static unsigned count_maps(void)
{
	static const char *const names[] = {"names",  "records",    "a_sets",  "aaaa_sets",
					    "srv_sets", "name_tails", "targets", "xdns_grace"};
	struct bpf_map_info info;
	uint32_t id = 0, len;
	unsigned n = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		int fd = bpf_map_get_fd_by_id(id);

		len = sizeof(info);
		memset(&info, 0, sizeof(info));
		if (fd < 0)
			continue;
		if (!bpf_map_get_info_by_fd_compat(fd, &info, &len))
			for (size_t i = 0; i < ARRAY_SIZE(names); i++)
				n += !strcmp(info.name, names[i]);
		close(fd);
	}
	return n;
}
