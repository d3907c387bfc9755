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

struct record_list;
struct task_refs;

/* What changes in one go. */
struct records_change {
	const struct records_input *cluster; /* all but its tasks counts; NULL: that stays */
	struct task_refs *gone, *come;	     /* equal ones on both sides are left alone */
	const char *const *frameworks;	     /* names that are new, to be warned of conflicts */
	size_t frameworks_count;
	struct records_skipped *left_out; /* all that is left out; NULL, or brought up to date */
};

/*
 * Changes the zone's records. given: those of all but the tasks, as the zone has them; replaced
 * if `cluster` is given. was, is: what the records that go were made with, and those that come
 * are. -ENOMEM: nothing has changed. The caller commits.
 */
int records_change(struct zone *zone, const struct config *was, const struct config *is,
		   const struct records_change *c, struct record_list *given,
		   struct records_skipped *ret_skipped);

/*
 * The same for a whole cluster, when nothing is known but what was there before.
 * Changes the zone from what `old` gave to what `new` gives: tasks, agents and frameworks
 * that are the same in both are not touched. Logs conflicts once each. The
 * caller commits. Either may be NULL (nothing).
 */
int records_update(struct zone *zone, const struct config *cfg, const struct records_input *old,
		   const struct records_input *new, struct records_skipped *ret_skipped);

#endif
