/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Tasks and their updates as the v1 operator API has them. */
#ifndef XDNS_EVENT_TASK_H
#define XDNS_EVENT_TASK_H

#include "cluster.h"

struct task_reader; /* task_reader.h */

/*
 * text is a whole Task that json_cut has checked. *ret_framework_id lies in the reader and is good
 * until it is used again. Ports are left out as in state_task.h. -EINVAL: a field has a wrong
 * type, or the task no id; -ENOMEM.
 */
int event_task_read(struct task_reader *r, const uint8_t *text, size_t len, uint64_t *skipped_ports,
		    struct task **ret, const char **ret_framework_id);

/* The same for a task_updated; the task is as struct event has it. */
int event_update_read(struct task_reader *r, const uint8_t *text, size_t len, struct task **ret,
		      bool *ret_has_status, const char **ret_framework_id);

/*
 * TaskState of mesos.proto. Not terminal, or unknown: TASK_WAITING, since nothing is lost by
 * keeping the task. TASK_LOST is terminal: a lost task that comes back is added anew.
 */
enum task_phase event_task_phase(const char *state);

#endif
