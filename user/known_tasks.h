/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tasks that are known when a document is asked for. What the document has of them unchanged, which
 * is nearly all, is not kept twice: a block that never changes may have several owners.
 */
#ifndef XDNS_KNOWN_TASKS_H
#define XDNS_KNOWN_TASKS_H

#include "cluster.h"

/* {0} is an empty one. */
struct known_tasks {
	struct task **list;
	size_t count, room;
	uint32_t *
		slot; /* by digest: 0 or where in the list, from 1 on; made at the first question */
	size_t slots;
};

/* t gets one more owner. -ENOMEM: it does not. */
int known_tasks_add(struct known_tasks *k, struct task *t);

/* Takes over t, and returns it, or a known one that is the same. */
struct task *known_tasks_same(struct known_tasks *k, struct task *t);

void known_tasks_done(struct known_tasks *k);

#endif
