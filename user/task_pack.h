/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A task as the one block of memory that struct task is (cluster.h), with its digest. */
#ifndef XDNS_TASK_PACK_H
#define XDNS_TASK_PACK_H

#include "cluster.h"
#include "event.h"

/*
 * A copy of *parts, whose strings and arrays may lie anywhere. Its digest is computed;
 * parts->digest does not matter. 0 or -ENOMEM.
 */
int task_pack(const struct task *parts, struct task **ret);

/*
 * The task that base is after a TASK_UPDATED: a copy with the update's phase and agent and, if it
 * has a status that is not older than base's, its addresses. An update without an agent leaves the
 * agent as it was. 0 or -ENOMEM.
 */
int task_with_status(const struct task *base, const struct event *update, struct task **ret);

#endif
