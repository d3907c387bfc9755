/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which tasks of two clusters give the same records, so that they can be left alone. */
#ifndef XDNS_TASK_DIFF_H
#define XDNS_TASK_DIFF_H

#include "cluster.h"

/* A task with all that its records are made of; borrowed from the cluster. */
struct task_ref {
	const struct task *task;
	const struct framework *framework;
	const struct agent *agent;
	uint64_t key;  /* of the contents: unequal means different records */
	uint32_t next; /* task_diff()'s own */
	bool same;     /* the other cluster has a task with these contents, each counted once */
};

struct task_refs {
	struct task_ref *list; /* in document order, tasks of unknown agents left out */
	size_t count, room;
};

/* Would they give the same records, everything else being equal? */
bool tasks_equal(const struct task *a, const struct task *b);

/* agent NULL: none is known, nothing is added. */
int task_refs_add(struct task_refs *refs, const struct task *task,
		  const struct framework *framework, const struct agent *agent);

/* cluster may be NULL. */
int task_refs_init(struct task_refs *refs, const struct cluster *cluster);
void task_refs_done(struct task_refs *refs);

/* Pairs equal tasks off and marks both. */
int task_diff(struct task_refs *old, struct task_refs *new);

#endif
