/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A small cluster that changes at random, as the truth that a model is to follow: as whole
 * documents, as snapshots, and as the event of one change.
 */
#ifndef XDNS_TESTS_MODEL_WORLD_H
#define XDNS_TESTS_MODEL_WORLD_H

#include "event.h"
#include "records.h"

#define WORLD_FRAMEWORKS 4
#define WORLD_AGENTS	 6
#define WORLD_TASKS	 40

struct world_task {
	bool there, running;
	unsigned id, framework, name, agent, address;
	double time;
};

struct world {
	unsigned seed, next_id;
	double clock;
	bool framework[WORLD_FRAMEWORKS], agent[WORLD_AGENTS];
	unsigned framework_name[WORLD_FRAMEWORKS], agent_address[WORLD_AGENTS];
	struct world_task task[WORLD_TASKS];
};

unsigned world_pick(struct world *w, unsigned n);

void world_init(struct world *w, unsigned seed);

/* One change, and the event that says so. */
struct event *world_change(struct world *w);

/* All of it, to be freed; stream: as SUBSCRIBED has it. */
struct cluster *world_cluster(const struct world *w, bool stream);

struct task *world_make_task(const char *id, const char *name, const char *agent,
			     const struct address *address, enum task_phase phase, double time);

#endif
