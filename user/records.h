/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From a Mesos cluster to the zone's records, rule by rule as Mesos-DNS
 * 0.10.1 makes them (docs/compatibility.md lists the differences).
 */
#ifndef XDNS_RECORDS_H
#define XDNS_RECORDS_H

#include "address.h"
#include "cluster.h"
#include "config.h"
#include "zone.h"

/* What records are made of: a cluster and what the daemon knows beside it. */
struct records_input {
	const struct cluster *cluster; /* NULL: an empty cluster */
	const char *const *masters;    /* "host:port", in order */
	size_t masters_count;
	const struct address *listeners; /* addresses of the SOA's name server */
	size_t listeners_count;
};

/*
 * Records left out that were not left out before, by reason: what the change added, less
 * what it took away, not below 0. Each has a line in docs/compatibility.md.
 */
struct records_skipped {
	uint64_t conflicts;   /* would have joined or taken an owned name */
	uint64_t unreachable; /* names no query can ask for, or that DNS cannot carry */
	uint64_t unresolved;  /* hosts without an address */
};

/*
 * Changes the zone from what `old` gave to what `new` gives: tasks, agents and frameworks
 * that are the same in both are not touched. Logs conflicts once each. The
 * caller commits. Either may be NULL (nothing).
 */
int records_update(struct zone *zone, const struct config *cfg, const struct records_input *old,
		   const struct records_input *new, struct records_skipped *ret_skipped);

#endif
