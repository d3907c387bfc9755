/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The records of what is not a task: frameworks, agents, masters, the SOA's name server. */
#ifndef XDNS_CLUSTER_RECORDS_H
#define XDNS_CLUSTER_RECORDS_H

#include "record_sink.h"

int cluster_records_put(const struct record_rules *r, const struct records_input *in,
			struct record_sink *sink);

/* Would this framework's own name be one that the daemon owns? */
bool cluster_records_framework_conflicts(const struct record_rules *r, const char *framework_name);

#endif
