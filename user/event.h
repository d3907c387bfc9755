/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the master's event stream says, in the terms of cluster.h.
 * Source: Mesos v1 operator API, SUBSCRIBE (mesos/v1/master/master.proto, message Event).
 */
#ifndef XDNS_EVENT_H
#define XDNS_EVENT_H

#include "cluster.h"

enum event_kind {
	EVENT_SNAPSHOT,		 /* SUBSCRIBED: all there is */
	EVENT_TASK_ADDED,	 /* the whole task; one that has ended comes as TASK_UPDATED */
	EVENT_TASK_UPDATED,	 /* its state, and what a status says */
	EVENT_AGENT_ADDED,	 /* the agent is new, or has registered again */
	EVENT_AGENT_REMOVED,	 /* and all its tasks with it */
	EVENT_FRAMEWORK_ADDED,	 /* id and name; the stream has no pid */
	EVENT_FRAMEWORK_UPDATED, /* the same */
	EVENT_FRAMEWORK_REMOVED, /* and all its tasks with it */
};

struct event {
	struct event *next; /* for the list somebody keeps it in */
	enum event_kind kind;
	uint64_t received_ns; /* now_ns() when its last octet came */
	uint64_t octets;      /* of its record */
	/* SNAPSHOT. leader_host is "", frameworks have no address; cluster->stream is true. */
	struct cluster *snapshot;
	/*
	 * TASK_ADDED and TASK_UPDATED. Of an update only id, agent_id, phase and, if has_status,
	 * the addresses and their status_time are meant: the rest stays as it was.
	 */
	char *framework_id;
	struct task *task;
	bool has_status;	     /* the update has a TASK_RUNNING status */
	struct agent *agent;	     /* AGENT_ADDED, addresses resolved */
	struct framework *framework; /* FRAMEWORK_ADDED and _UPDATED: no tasks, no address */
	char *id;		     /* AGENT_REMOVED, FRAMEWORK_REMOVED */
};

struct event *event_free(struct event *e);

#endif
