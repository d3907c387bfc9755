/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Everything the model knows at one moment, for threads that take their time: taking it costs the
 * loop a walk along the tasks. What it points to is the model's and never changes; the model
 * keeps it until the view is done with.
 */
#ifndef XDNS_MODEL_VIEW_H
#define XDNS_MODEL_VIEW_H

#include "model.h"

struct model_entry {
	const struct framework *framework; /* NULL: not known but by its tasks */
	const struct agent *agent;	   /* NULL: the same */
	const struct task *task;
	bool held;
};

struct model_view {
	struct model *model;
	struct cluster cluster; /* frameworks have no tasks here */
	size_t *first;		/* of each framework, and the end: where its tasks begin */
	struct model_entry *tasks;
	size_t tasks_count;
};

/* Does it have records: does it run, and on a known agent? */
static inline bool model_entry_gives(const struct model_entry *e)
{
	return e->task->phase == TASK_RUNNING && e->framework && e->agent;
}

/* -ENOMEM. The model's thread. */
int model_view_make(struct model *m, struct model_view *ret);

/* Any thread, as long as the model is there. Accepts a zeroed one. */
void model_view_done(struct model_view *v);

#endif
