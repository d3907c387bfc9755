/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The zone's own index, from a name to its node: open addressing in one array, written by one
 * thread and read by any number under RCU. Names stand in the order of their hashes, which is the
 * order of the kernel's front index, too.
 *
 * A slot is a pointer and 16 bits of the hash. A place that comes free goes on saying "look
 * further", so a name that stays is never missed while others come and go. A larger array is filled
 * unseen and published with one store; the old one outlasts its readers (zone_reclaim.c).
 */
#ifndef XDNS_ZONE_INDEX_H
#define XDNS_ZONE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct node;

struct zone_index {
	uint32_t size, used, gone;
	struct zone_index *next; /* of those that wait for their readers */
	uint64_t slot[];
};

/* An array with room for so many names, half of it empty. NULL: no memory. */
struct zone_index *zone_index_new(uint32_t names);

/* Would one more name make walks long? Then a larger one is due (zone_index_copy()). */
static inline int zone_index_full(const struct zone_index *t)
{
	return (uint64_t)(t->used + t->gone + 1) * 4 > (uint64_t)t->size * 3;
}

/* One like it with room for what it holds. NULL: no memory. */
struct zone_index *zone_index_copy(const struct zone_index *from);

/* The node of a name. Readers: under RCU. */
struct node *zone_index_find(const struct zone_index *t, uint64_t hash, const uint8_t *wire,
			     size_t len);

/* The first node of this hash that fn wants; NULL: there is none. Writer. */
struct node *zone_index_by_hash(const struct zone_index *t, uint64_t hash,
				int (*wanted)(const struct node *n));

/* n is not there yet. -ENOMEM: no place is left. */
int zone_index_add(struct zone_index *t, struct node *n);

/* n is there. */
void zone_index_remove(struct zone_index *t, const struct node *n);

/* Another node with n's hash, in no order, the first if after is NULL; NULL: no more. Writer. */
struct node *zone_index_twin(const struct zone_index *t, const struct node *n,
			     const struct node *after);

/* All nodes: the first from *at on, which is 0 at first; NULL: no more. Readers: under RCU. */
struct node *zone_index_next(const struct zone_index *t, uint32_t *at);

/* The nodes whose hashes are from..to, in no order. Readers: under RCU. */
struct zone_index_range {
	uint64_t from, to;
	uint32_t at, last, left; /* places: the next, the last home of such a node, not seen yet */
	int beyond;		 /* the last home is passed: an empty place is the end */
};
void zone_index_range_begin(const struct zone_index *t, uint64_t from, uint64_t to,
			    struct zone_index_range *ret);
struct node *zone_index_range_next(const struct zone_index *t, struct zone_index_range *r);

#endif
