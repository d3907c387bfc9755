/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the model share: model.c, model_index.c, model_snapshot.c, model_publish.c. */
#ifndef XDNS_MODEL_INTERNAL_H
#define XDNS_MODEL_INTERNAL_H

/* an element that could not be added has no table afterwards */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "model.h"

/*
 * Nodes stand for ids; what is known of the id is a block that never changes, so that the
 * zone's records can be taken back by what they were made of. Replaced blocks go to the
 * graveyard until the zone has been told.
 */
struct model_task {
	struct task *data; /* NULL: gone, waiting for the zone to be told */
	struct model_framework *framework;
	struct model_agent *agent;
	struct model_task *agent_prev, *agent_next;
	struct model_task *same; /* another task of this id: of another framework, or twice in a
				    document */
	uint64_t event_ns;	 /* of the last event that spoke of it */
	uint32_t mark;		 /* of the snapshot that named it last */
	bool held, touched;
	UT_hash_handle hh; /* by data->id; the first of those with the id */
};

struct model_agent {
	struct agent *data; /* NULL: only named by its tasks */
	struct model_task *tasks;
	uint64_t event_ns;
	uint32_t mark;
	uint32_t awaited; /* mark of the snapshot whose master waited for it; 0: none did */
	bool held;
	UT_hash_handle hh;
	char id[];
};

struct model_framework {
	struct framework *data; /* without tasks; NULL: only named by its tasks */
	size_t tasks_count;
	size_t listed_at; /* model_view.c: where the next of its tasks goes */
	uint64_t event_ns;
	uint32_t mark;
	bool held, told; /* told: its name was looked at for conflicts */
	UT_hash_handle hh;
	char id[];
};

/* A task that differs from what the zone was told, as that was. */
struct model_touch {
	struct model_task *node;
	struct task_ref old; /* task NULL: there was none */
};

/* Something that an event took away while a document was on its way. */
struct model_tombstone {
	uint64_t event_ns;
	UT_hash_handle hh;
	char key[];
};

struct model {
	struct model_task *tasks;
	struct model_agent *agents;
	struct model_framework *frameworks;
	struct model_tombstone *tombstones;
	struct model_counts counts;
	uint32_t mark;
	bool holding, expecting, wants_state;
	bool cluster_changed; /* anything but tasks */
	char *leader_host, *master_id;
	uint16_t leader_port;
	struct address leader_address;

	struct model_touch *touched;
	size_t touched_count, touched_room;
	struct task **dead_tasks; /* the graveyard */
	struct agent **dead_agents;
	struct framework **dead_frameworks;
	size_t dead_tasks_count, dead_tasks_room;
	size_t dead_agents_count, dead_agents_room;
	size_t dead_frameworks_count, dead_frameworks_room;
	unsigned views; /* that may point into the graveyard; other threads take away from it */
};

/* model_index.c. get: made if there is none, NULL without memory. */
struct model_agent *model_find_agent(struct model *m, const char *id);
struct model_agent *model_get_agent(struct model *m, const char *id);
struct model_framework *model_find_framework(struct model *m, const char *id);
struct model_framework *model_get_framework(struct model *m, const char *id);

/* The first task of this id and framework whose mark is not `except` (0: any). */
struct model_task *model_find_task(struct model *m, const struct model_framework *f, const char *id,
				   uint32_t except);

/*
 * These take over the block, whatever happens, and note what changes. NULL data: it goes. On
 * -ENOMEM the old one stays.
 */
int model_add_task(struct model *m, struct model_framework *f, struct task *data,
		   struct model_task **ret);
int model_replace_task(struct model *m, struct model_task *t, struct task *data);
int model_set_agent(struct model *m, struct model_agent *a, struct agent *data);
int model_set_framework(struct model *m, struct model_framework *f, struct framework *data);

void model_hold_task(struct model *m, struct model_task *t, bool held);
void model_hold_agent(struct model *m, struct model_agent *a, bool held);
void model_hold_framework(struct model *m, struct model_framework *f, bool held);

/* Nodes that stand for nothing any more. */
void model_drop_agent(struct model *m, struct model_agent *a);
void model_drop_framework(struct model *m, struct model_framework *f);

int model_touch(struct model *m, struct model_task *t);

/* model.c */
/* Unless a view is out. */
void model_empty_graveyard(struct model *m);

/* model_view.c: what is not tasks, as a cluster; its arrays are the caller's, on failure, too. */
int model_collect_cluster(struct model *m, struct cluster *c);

/* model_snapshot.c */
bool model_agents_equal(const struct agent *a, const struct agent *b);
void model_keep_agent_addresses(const struct model_agent *a, struct agent *fresh);
int model_take_pid(struct framework *fresh, const struct framework *known);

/* kind: 't', 'a' or 'f'; framework: of a task, else "". */
void model_bury(struct model *m, char kind, const char *framework, const char *id,
		uint64_t event_ns);
bool model_buried(struct model *m, char kind, const char *framework, const char *id,
		  uint64_t since_ns);
void model_forget_tombstones(struct model *m);

#endif
