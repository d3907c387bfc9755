/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The text of /metrics (Prometheus text format 0.0.4). */
#ifndef XDNS_METRICS_H
#define XDNS_METRICS_H

#include <net/if.h>
#include <stdio.h>

#include "counters.h"
#include "follower.h"
#include "kernel.h"
#include "secondaries.h"
#include "server.h"
#include "zone.h"

#define METRICS_INTERFACES_MAX 64
#define METRICS_TYPE	       "text/plain; version=0.0.4; charset=utf-8"

/* Everything at one moment; a copy, for any thread. */
struct metrics {
	bool ready, expired, complete;
	uint32_t serial;
	struct zone_counts counts;
	struct follower_status status; /* but for the leader's name */
	struct follower_stats follower;
	double heard_age, zone_age; /* seconds; NaN: never */
	uint64_t frameworks_alike;
	struct server_stats server;
	struct forward_upstreams upstreams;
	uint64_t notify[NOTIFY_EVENTS_COUNT];

	bool xdp, xdp_serving; /* xdp: there is a program */
	uint64_t xdp_count[XDNS_COUNTERS_COUNT];
	struct {
		char name[IF_NAMESIZE];
		bool native;
	} interfaces[METRICS_INTERFACES_MAX];
	size_t interfaces_count;
	struct {
		const char *name;
		uint64_t used, room;
	} maps[KERNEL_MAPS];
	size_t maps_count;
	uint64_t run_ns, runs;
	struct kernel_checked checked;
};

struct api_world;

/* The loop's thread. */
void metrics_take(const struct api_world *w, struct metrics *ret);

void metrics_write(const struct metrics *m, FILE *out);

/* The tables of docs/metrics.md. */
void metrics_write_table(FILE *out);

#endif
