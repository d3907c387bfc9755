/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The readers of the stress test, and what they share with its writer. */
#ifndef XDNS_STRESS_READERS_H
#define XDNS_STRESS_READERS_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "config.h"
#include "kernel.h"
#include "stress_check.h"

struct stress {
	struct config *cfg;
	struct zone *zone;
	struct kernel *kernel;
	struct stress_world world;
	uint64_t reads;
	atomic_uint reading; /* readers not yet done */
	/* where the writer is busiest, so where readers look most: ids of this remainder */
	atomic_uint hot_modulus, hot_remainder;
	atomic_bool looking_up; /* twins, at full speed */
	/* The reclaimer: one grace period at a time, off the writer's thread, as in the daemon. */
	sem_t wanted, done;
	atomic_bool stop;
	bool waiting;
	uint64_t commits, failed_commits, graces;
};

struct stress_reader {
	struct stress *s;
	struct stress_seen seen;
	int cpu; /* -1: any */
	uint64_t detached, bad;
	uint64_t look_ups; /* of names that pass, for a miss among them */
};

/* Threads; the argument is the reader. All read until s->reads; then s->reading is one less. */
void *stress_kernel_reader(void *arg); /* the program, one question a system call, and twins */
void *stress_user_reader(void *arg);   /* reply_query() */
void *stress_miss_reader(void *arg);   /* the program, twins alone, at its full speed */
void *stress_flood_reader(void *arg);  /* the program, asked and judged in the kernel */

/* One question, the i-th, its answer checked and counted. */
void stress_kernel_read(struct stress_reader *r, uint64_t i);
void stress_user_read(struct stress_reader *r, uint64_t i); /* of a thread that RCU knows */

/* The calling thread stays on this CPU. */
void stress_pin(int cpu);

/* Prints what the reader found. */
void stress_report(const char *who, const struct stress_reader *r);

/* The same as a member of a JSON object, with a comma behind it. */
void stress_report_json(FILE *f, const char *who, const struct stress_reader *r);

/* Fails the running test if anything was wrong, or next to nothing was read. */
void stress_judge(const struct stress_reader *r);

#endif
