// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "latency.h"

static const uint64_t bounds[LATENCY_BUCKETS] = {
#define X(us) us,
	LATENCY_BOUNDS(X)
#undef X
};

void latency_add(struct latency *l, uint64_t ns)
{
	unsigned i = 0;

	while (i < LATENCY_BUCKETS && ns > bounds[i] * 1000)
		i++;
	l->count[i]++;
	l->sum_ns += ns;
}

uint64_t latency_bound(unsigned i)
{
	return bounds[i];
}
