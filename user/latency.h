/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How long things took, counted in fixed buckets. One thread writes, any thread reads. */
#ifndef XDNS_LATENCY_H
#define XDNS_LATENCY_H

#include <stdint.h>

/* Upper bounds in microseconds. X(us) */
#define LATENCY_BOUNDS(X)                                                                          \
	X(50)                                                                                      \
	X(100)                                                                                     \
	X(250)                                                                                     \
	X(500)                                                                                     \
	X(1000)                                                                                    \
	X(2500)                                                                                    \
	X(5000)                                                                                    \
	X(10000)                                                                                   \
	X(25000)                                                                                   \
	X(100000)                                                                                  \
	X(1000000)                                                                                 \
	X(10000000)

#define LATENCY_ONE(us) +1
#define LATENCY_BUCKETS (0 LATENCY_BOUNDS(LATENCY_ONE))

struct latency {
	uint64_t count[LATENCY_BUCKETS + 1]; /* the last: longer than all bounds */
	uint64_t sum_ns;
};

void latency_add(struct latency *l, uint64_t ns);

/* Adds what another thread may be counting. */
void latency_sum(struct latency *sum, const struct latency *one);

/* Of bucket i, in microseconds. */
uint64_t latency_bound(unsigned i);

#endif
