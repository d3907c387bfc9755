/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Everything the model knows, in the order of the documents, for those who show it. */
#ifndef XDNS_MODEL_LIST_H
#define XDNS_MODEL_LIST_H

#include "model.h"

/* A running task on a known agent: one that has records. */
struct model_entry {
	const struct framework *framework;
	const struct agent *agent;
	const struct task *task;
	size_t framework_at; /* in model_list.frameworks */
	size_t order;
	bool held;
};

/* What the arrays point to is the model's, until it changes. */
struct model_list {
	const struct framework **frameworks;
	size_t frameworks_count;
	struct model_entry *tasks; /* by framework */
	size_t tasks_count;
};

/* -ENOMEM. The model's thread. */
int model_list_make(struct model *m, struct model_list *ret);
void model_list_done(struct model_list *l);

#endif
