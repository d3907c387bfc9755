/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The records of one task. */
#ifndef XDNS_TASK_RECORDS_H
#define XDNS_TASK_RECORDS_H

#include "record_sink.h"

/* What the names of a framework's tasks end in: FW.DOMAIN and FW.slave.DOMAIN. */
struct framework_suffix {
	struct record_name plain, slave;
};

void framework_suffix_init(struct framework_suffix *s, const struct record_rules *r,
			   const char *framework_name);

/* agent: the one the task runs on, never NULL. */
int task_records_put(const struct record_rules *r, const struct framework_suffix *suffix,
		     const struct task *task, const struct agent *agent, struct record_sink *sink);

#endif
