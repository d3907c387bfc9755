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

#define AGENT_LABEL_MAX 256

/* What the names of a task are made of. */
struct task_labels {
	const char *raw; /* the discovery name, whose names are in use as it stands; NULL: there is
			    none, or it is the label */
	char label[LABEL_BUF];
	unsigned changes;	       /* from the discovery name, or the name, to the label */
	char hash[LABEL_HASH_LEN + 1]; /* of the id */
	char agent[AGENT_LABEL_MAX + 1];
};

int task_labels_make(const struct record_rules *r, const struct task *task,
		     struct task_labels *ret);

/* What a source of IPSources knows. */
struct task_addresses task_addresses_of(const struct task *task, const struct agent *agent,
					enum ip_source source);

/* The first source that knows an address counts, with all it knows. IP_SOURCE_COUNT: none does. */
enum ip_source task_addresses_choose(const struct record_rules *r, const struct task *task,
				     const struct agent *agent, struct task_addresses *ret);

/* agent: the one the task runs on, never NULL. */
int task_records_put(const struct record_rules *r, const struct framework_suffix *suffix,
		     const struct task *task, const struct agent *agent, struct record_sink *sink);

#endif
