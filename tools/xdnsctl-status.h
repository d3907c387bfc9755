/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What `xdnsctl status` found, between the one who looks and the one who prints. */
#ifndef XDNS_TOOLS_XDNSCTL_STATUS_H
#define XDNS_TOOLS_XDNSCTL_STATUS_H

#include "owner.h"
#include "xdnsctl.h"

#define STATUS_LINKS_MAX 64

struct status_link {
	char name[IF_NAMESIZE]; /* "" in another network namespace */
	unsigned index;
	const char *mode; /* "native", "generic", "unknown" */
	unsigned mtu;
	char driver[32];
};

struct status_map {
	const char *name;
	uint32_t entries;
	uint64_t bytes;
	uint64_t used; /* elements that the zone's names lead to; meant if counted */
	bool counted;
};

struct status {
	const struct ctl *ctl;
	struct kernel_peeked zone;
	uint64_t heard_ns; /* ago */
	bool running;	   /* the daemon: somebody has the folder's lock */
	struct owner daemon;
	bool program_there;
	uint64_t run_ns, run_count; /* 0 unless kernel.bpf_stats_enabled was set */
	struct status_link link[STATUS_LINKS_MAX];
	size_t links;
	struct status_map map[XDNS_ZONE_MAPS_COUNT];
	uint64_t counter[XDNS_COUNTERS_COUNT];
	double rate[XDNS_COUNTERS_COUNT]; /* a second */
	double interval;		  /* seconds, as measured */
};

const char *status_serving(const struct status *s);
/* Seconds until the zone expires; below 0: it has, or never will. */
double status_expires_in(const struct status *s);
/* xdnsctl-status-print.c */
void status_print(const struct status *s);
void status_print_json(const struct status *s);

#endif
