/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a steady stream of changes costs the readers: the program and the responder read by
 * turns, each a slice of time without changes and one with so many changes a second, again and
 * again, every answer checked as ever.
 */
#ifndef XDNS_STRESS_PACED_H
#define XDNS_STRESS_PACED_H

#include "stress_readers.h"

#define STRESS_ROUNDS_MAX 1024

enum { STRESS_KERNEL, STRESS_USER, STRESS_WHO };
enum { STRESS_QUIET, STRESS_CHANGING, STRESS_MODES };

/* What one reader did in one slice. */
struct stress_slice {
	uint64_t ns, reads, answers; /* answers: whatever was not left to userspace */
	uint64_t run_ns;	     /* of the program alone; kernel only */
};

struct stress_paced {
	struct stress *s;
	unsigned rate; /* changes a second */
	unsigned rounds;
	struct stress_slice slices[STRESS_ROUNDS_MAX][STRESS_WHO][STRESS_MODES];
	struct stress_reader readers[STRESS_WHO];
	uint64_t changes, writing_ns; /* made, in slices with changes */
};

/*
 * p->s is open, its kernel too. A change moves one name to its next version; what is due goes into
 * one commit, which commit() makes.
 */
void stress_paced(struct stress_paced *p, void (*commit)(struct stress *s));

/* One line; and all of it as members of a JSON object, with a comma behind them. */
void stress_paced_report(const struct stress_paced *p);
void stress_paced_json(FILE *f, const struct stress_paced *p);

#endif
