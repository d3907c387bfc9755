/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The memory that records live in, laid out as include/abi.h says: one array for
 * each kind of element. Addresses never change: an array is plain memory or, once pool_attach()
 * has put it there, the mapping of a BPF map, shared with the XDP program; of an array that is
 * larger than its map the rest is plain memory behind the mapping.
 * Element 0 of every array is reserved. One thread allocates and frees.
 */
#ifndef XDNS_POOL_H
#define XDNS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

enum pool_class {
	POOL_RECORDS,
	POOL_A_SETS,
	POOL_AAAA_SETS,
	POOL_SRV_SETS,
	POOL_NAME_TAILS,
	POOL_TARGETS,
	POOL_CLASSES,
};

/* Runs are of 1, 2, 4 ... 2^POOL_MAX_ORDER elements. */
#define POOL_MAX_ORDER 14

struct pool_free_list {
	uint32_t *index;
	size_t count, capacity;
};

struct pool_array {
	uint8_t *base;
	uint32_t used;	   /* elements ever handed out: the rest was never touched */
	uint32_t capacity; /* elements there may be */
	size_t mapped;	   /* octets where mappings of maps may stand; 0: plain memory only */
	size_t open;	   /* octets that may be touched: these, and plain memory behind them */
	struct pool_free_list free[POOL_MAX_ORDER + 1];
};

/*
 * The first `homes` records are for hashes, by xdns_home(): a name's
 * record there can be loaded before its number is known. Which of them are in use is in `taken`, a
 * bit each; 0: there are none.
 */
struct pool {
	struct pool_array array[POOL_CLASSES];
	uint32_t homes;
	uint64_t *taken;
};

/* Octets of one element. */
size_t pool_element_size(enum pool_class kind);

/* Order of the smallest run of at least n elements. */
unsigned pool_order(uint32_t n);

int pool_init(struct pool *p);
void pool_done(struct pool *p);

/* A run of 2^order elements, contents undefined. -ENOSPC when the array is full, -ENOMEM. */
int pool_alloc(struct pool *p, enum pool_class kind, unsigned order, uint32_t *ret_index);

/* Homes for so many records, the first there are. false: there were some, or there is no memory. */
bool pool_make_homes(struct pool *p, uint32_t records);

/* There are homes. */
bool pool_home_free(const struct pool *p, uint64_t hash);

/* The record at home for this hash, or one not far from there. false: pool_alloc() has to do. */
bool pool_take_home(struct pool *p, uint64_t hash, uint32_t *ret_index);

/* Only after a grace period if a reader could have seen the run. */
void pool_free(struct pool *p, enum pool_class kind, unsigned order, uint32_t index);

/*
 * Puts mappings of BPF maps in the place of the arrays, contents kept: fd and
 * max_entries of each kind. limited: the maps hold only the elements below capacity, the others
 * are, and come, in plain memory; else capacity must not be below `used` (-ENOSPC). On failure the
 * arrays are as they were, or partly attached to maps with equal contents: try again or stop.
 */
int pool_attach(struct pool *p, const int fd[POOL_CLASSES], const uint32_t capacity[POOL_CLASSES],
		bool limited);

/* Back to plain memory, contents kept: the maps are the caller's again. */
int pool_detach(struct pool *p);

static inline void *pool_at(const struct pool *p, enum pool_class kind, uint32_t index)
{
	return p->array[kind].base + (size_t)index * pool_element_size(kind);
}

#endif
