// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "forward_stats.h"

#include "endpoint.h"
#include "stat.h"

struct forward_upstream *forward_upstreams_entry(struct forward_upstreams *u,
						 const struct sockaddr_storage *addr)
{
	unsigned i;

	for (i = 0; i < u->count && i < UPSTREAMS_MAX; i++)
		if (endpoint_equal(&u->list[i].addr, addr))
			return &u->list[i];
	if (i < UPSTREAMS_MAX && addr->ss_family)
		u->list[i].addr = *addr;
	else
		i = UPSTREAMS_MAX;
	if (i >= u->count) /* who sees the count sees the address */
		__atomic_store_n(&u->count, i + 1, __ATOMIC_RELEASE);
	return &u->list[i];
}

void forward_upstreams_add(struct forward_upstreams *sum, const struct forward_upstreams *one)
{
	unsigned count = __atomic_load_n(&one->count, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < count; i++) {
		const struct forward_upstream *from = &one->list[i];
		struct forward_upstream *to = forward_upstreams_entry(sum, &from->addr);

		for (int k = 0; k < FORWARD_OUTCOMES_COUNT; k++)
			to->tries[k] += stat_get(&from->tries[k]);
		to->mismatches += stat_get(&from->mismatches);
		latency_sum(&to->replies, &from->replies);
	}
}
