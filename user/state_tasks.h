/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tasks of a framework's list, read on a thread of their own while the rest of the document is
 * cut. A list that is short is read by the caller, and so is any if there is no thread to be had.
 */
#ifndef XDNS_STATE_TASKS_H
#define XDNS_STATE_TASKS_H

#include <stddef.h>
#include <stdint.h>

#include "cluster.h"
#include "known_tasks.h"

struct state_tasks;

int state_tasks_new(struct state_tasks **ret);

/* Tasks that are known already, for as long as t is there or others are named; NULL: none. */
void state_tasks_set_known(struct state_tasks *t, struct known_tasks *known);

/* One more of the list; text is copied. 0 or -ENOMEM, perhaps for an earlier one. */
int state_tasks_put(struct state_tasks *t, const uint8_t *text, size_t len);

/*
 * The list has ended: those of its tasks that run, in its order, the caller's from now on. What
 * could not be used is added to *skipped. 0 or -ENOMEM.
 */
int state_tasks_end(struct state_tasks *t, struct task ***ret_list, size_t *ret_count,
		    struct cluster_skipped *skipped);

struct state_tasks *state_tasks_free(struct state_tasks *t);

#endif
