/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How large the maps of a generation are, and what that costs. Where memory is limited the maps
 * share it in the proportions of what the zone has now.
 */
#ifndef XDNS_KERNEL_SIZES_H
#define XDNS_KERNEL_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

struct sizes {
	uint32_t capacity[POOL_CLASSES]; /* elements; `names` has as many as `records` */
	bool limited; /* less than would be taken without a limit: what comes may not fit */
};

/* No limit. */
#define SIZES_ANY UINT64_MAX

/* What a generation is to be like. */
struct sizes_wanted {
	uint64_t memory;  /* octets at the most, SIZES_ANY */
	uint64_t pending; /* records still to come */
	bool grown;	  /* the zone has outgrown its maps before: more room than at first */
};

/*
 * For a zone whose elements are the pool's. In the order of what memory allows: room to grow
 * in, less of it, less than there is.
 */
void sizes_choose(const struct pool *pool, const struct sizes_wanted *wanted, struct sizes *ret);

/* Octets that the kernel takes for the maps of these sizes. */
uint64_t sizes_memory(const uint32_t capacity[POOL_CLASSES]);

/* Octets that hold all there is and nothing more. */
uint64_t sizes_needed(const struct pool *pool);

/* Octets of the pool's elements themselves. */
uint64_t sizes_used(const struct pool *pool);

#endif
