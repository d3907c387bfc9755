/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What xdns-load says at the end, for people and for programs. */
#ifndef XDNS_LOAD_REPORT_H
#define XDNS_LOAD_REPORT_H

#include <stdint.h>

#include "xdns-load.h"

#define CPUS_MAX 1024

/* What a run gave. */
struct load_result {
	struct load_run run;
	struct load_answers sum;
	const __u64 *latency; /* LOAD_BUCKETS counts; NULL: not asked for */
	uint64_t by_cpu[CPUS_MAX];
	uint64_t answered, dropped;
	double seconds, cpu_seconds;
};

void load_print_json(const struct load_result *r);
void load_print_text(const struct load_result *r);

#endif
