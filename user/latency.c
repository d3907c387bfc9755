// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "latency.h"

#include "stat.h"

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
	stat_add(&l->count[i], 1);
	stat_add(&l->sum_ns, ns);
}

void latency_sum(struct latency *sum, const struct latency *one)
{
	for (unsigned i = 0; i <= LATENCY_BUCKETS; i++)
		sum->count[i] += stat_get(&one->count[i]);
	sum->sum_ns += stat_get(&one->sum_ns);
}

uint64_t latency_bound(unsigned i)
{
	return bounds[i];
}
