/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A cluster from the elements of a SUBSCRIBED event, in whatever order its lists come. Each text is
 * one element that json_cut has checked; what cannot be used is left out and counted.
 */
#ifndef XDNS_EVENT_SNAPSHOT_H
#define XDNS_EVENT_SNAPSHOT_H

#include "cluster.h"
#include "json_read.h"
#include "state.h"

struct snapshot;
struct task_reader;

/* The reader outlives the snapshot. */
int snapshot_new(struct task_reader *reader, struct snapshot **ret);

/* 0 or -ENOMEM. */
int snapshot_add_agent(struct snapshot *s, const uint8_t *text, size_t len);
int snapshot_add_recovered(struct snapshot *s, const uint8_t *text, size_t len);
int snapshot_add_framework(struct snapshot *s, const uint8_t *text, size_t len);
/* unreachable: from that list, so it does not run, whatever it says. */
int snapshot_add_task(struct snapshot *s, const uint8_t *text, size_t len, bool unreachable);

/* For elements that are none. */
struct cluster_skipped *snapshot_skipped(struct snapshot *s);

/*
 * Gives the tasks to their frameworks, those without one are left out, and resolves the agents'
 * hosts. -ENOMEM; -ECANCELED from the resolver.
 */
int snapshot_finish(struct snapshot *s, const struct state_resolver *resolver,
		    struct cluster **ret);

struct snapshot *snapshot_free(struct snapshot *s);

#endif
