/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The cluster as it is known now: from state documents, from snapshots and events of the stream,
 * and from what is held across a change of the leader. It remembers what has changed since the
 * zone was told last, so that an event costs what it touches, whatever the cluster's size.
 *
 * Documents and events overtake each other: what an event has said since a document was asked
 * for is newer than the document. One thread.
 */
#ifndef XDNS_MODEL_H
#define XDNS_MODEL_H

#include "cluster.h"
#include "config.h"
#include "event.h"
#include "known_tasks.h"
#include "records.h"
#include "task_diff.h"

struct model;

int model_new(struct model **ret);
struct model *model_free(struct model *m);

/*
 * Takes over what e owns of the cluster; the caller frees e. -ENOMEM: e is lost, and
 * model_wants_state() says so. Not for EVENT_SNAPSHOT.
 */
int model_event(struct model *m, struct event *e);

/* How far a document was from what the model held; what events have touched since does not count.
 */
struct model_difference {
	uint64_t tasks, agents, frameworks;
};

#define MODEL_NOW UINT64_MAX

/*
 * The cluster is this, and no more, but for what is held (model_hold()). begun_ns: now_ns() when
 * it was asked for; MODEL_NOW for a snapshot of the stream, which comes in order with the events.
 * Empties c, which the caller frees. -ENOMEM: a part of it may have been taken.
 */
int model_snapshot(struct model *m, struct cluster *c, uint64_t begun_ns,
		   struct model_difference *ret);

/*
 * on: tasks, agents and frameworks that later snapshots do not name stay, unless the agent they
 * ran on has registered with the present master, or the master has given it up. Off: what
 * is held goes.
 */
int model_hold(struct model *m, bool on);
bool model_holding(const struct model *m);

/* All tasks get one more owner, for reading a document. Those for which there is no memory do not.
 */
void model_share_tasks(struct model *m, struct known_tasks *ret);

struct model_counts {
	uint64_t tasks; /* running */
	uint64_t agents, frameworks;
	uint64_t held_tasks, held_agents, held_frameworks;
};
struct model_counts model_counts(const struct model *m);

/* Who leads, "host:port" of an IP address; NULL or "": nobody. Documents say so, too. */
int model_set_leader(struct model *m, const char *leader);

/* "id" of the last document's master; "" if there was none. */
const char *model_master_id(const struct model *m);

/* Documents are on their way: what goes meanwhile is remembered, so that they do not bring it back.
 */
void model_expect_documents(struct model *m, bool expected);

/* A document is needed (the stream lacks something); asking clears it. */
bool model_wants_state(struct model *m);

/* Is there anything the zone has not been told? */
bool model_changed(const struct model *m);

/* Everything anew, as made with other rules: all tasks count as changed. */
int model_touch_all(struct model *m);

/* The rest of what records are made of; masters and listeners as in records_input. */
struct model_publish {
	const struct config *was, *is; /* rules of the records that are there, and from now on */
	struct records_input input;    /* cluster is not looked at */
	bool input_changed;
	struct records_skipped *left_out; /* as in records_change */
};

/* Frameworks whose name in the domain another one has, too, but for one of each name. */
uint64_t model_frameworks_alike(struct model *m, const struct config *cfg);

/*
 * Brings the zone's records up to date; the caller commits. given: see records_change(). -ENOMEM:
 * the zone is as before; the next call tries again.
 */
int model_publish(struct model *m, struct zone *zone, const struct model_publish *p,
		  struct record_list *given, struct records_skipped *ret_skipped);

#endif
