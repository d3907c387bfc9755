/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the readers of both forms of a task share: state_task.c and event_task.c. */
#ifndef XDNS_TASK_READER_H
#define XDNS_TASK_READER_H

#include "cluster.h"
#include "json_read.h"
#include "port_ranges.h"
#include "state_status.h"

/* Numbers that stand for texts are offsets into the pool; offset 0 is "". */
struct task_reader {
	struct json_pool pool;
	size_t id, name, agent_id, framework_id, state, discovery_name, port_text;
	struct task_reader_port {
		int64_t number;
		size_t name, protocol;
	} * ports;
	size_t ports_count, ports_cap;
	size_t ports_known;	       /* entries that hold something, see read_ports() */
	struct discovery_port *packed; /* the same ports, as a task has them */
	size_t packed_cap;
	struct port_range_list ranges;
	struct status_choice statuses;
};

int task_reader_new(struct task_reader **ret);
struct task_reader *task_reader_free(struct task_reader *r);

/* To be called before each task. */
void task_reader_reset(struct task_reader *r);

static inline const char *task_reader_text(const struct task_reader *r, size_t at)
{
	return r->pool.data + at;
}

/* "discovery", which is the same in both forms. */
void task_reader_discovery(struct task_reader *r, struct json_read *j);

/*
 * What has been read as a task of its own. Discovery ports outside 0..65535 are left out, not taken
 * modulo 65536, and added to *skipped_ports. 0 or -ENOMEM.
 */
int task_reader_finish(struct task_reader *r, enum task_phase phase, uint64_t *skipped_ports,
		       struct task **ret);

#endif
