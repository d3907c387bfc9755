/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One element of frameworks[].tasks[] to one struct task. */
#ifndef XDNS_STATE_TASK_H
#define XDNS_STATE_TASK_H

#include "cluster.h"

struct task_reader; /* room that is used again for every task: task_reader.h */

/*
 * text is a whole JSON object that json_cut has checked. *ret is NULL for a task
 * that is not running. Ports that cannot be used are left out and added to *skipped_ports.
 * -EINVAL: a field has a wrong type.
 */
int task_read(struct task_reader *r, const uint8_t *text, size_t len, uint64_t *skipped_ports,
	      struct task **ret);

#endif
