// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zone_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MIN  1024
#define TAG_SHIFT 48 /* user addresses have no more bits */
#define GONE	  1  /* a place that was taken: no node stands at an odd address */
#define AHEAD	  8  /* places: what will be looked at is asked of memory this early */

static struct node *node_of(uint64_t slot)
{
	return (struct node *)(uintptr_t)(slot & ((1ULL << TAG_SHIFT) - 1));
}

/* The upper half of the hash picks the place, the lower bits tell neighbours apart. */
static uint64_t slot_of(const struct node *n)
{
	return n->hash << TAG_SHIFT | (uintptr_t)n;
}

static bool is_taken(uint64_t slot)
{
	return slot > GONE;
}

static bool has_tag(uint64_t slot, uint64_t hash)
{
	return slot >> TAG_SHIFT == (hash & 0xffff) && is_taken(slot);
}

static uint32_t first_place(const struct zone_index *t, uint64_t hash)
{
	return ((hash >> 32) * t->size) >> 32;
}

static uint32_t place_after(const struct zone_index *t, uint32_t at)
{
	return at + 1 == t->size ? 0 : at + 1;
}

static uint32_t place_before(const struct zone_index *t, uint32_t at)
{
	return at ? at - 1 : t->size - 1;
}

static void store(struct zone_index *t, uint32_t at, uint64_t slot)
{
	__atomic_store_n(&t->slot[at], slot, __ATOMIC_RELEASE); /* after what the node holds */
}

struct zone_index *zone_index_new(uint32_t names)
{
	uint32_t size = 2 * names > SIZE_MIN ? 2 * names : SIZE_MIN;
	struct zone_index *t = calloc(1, sizeof(*t) + (size_t)size * sizeof(t->slot[0]));

	if (t)
		t->size = size;
	return t;
}

struct zone_index *zone_index_copy(const struct zone_index *from)
{
	struct zone_index *t = zone_index_new(from->used + 1);
	uint32_t at = 0;
	struct node *n;

	while (t && (n = zone_index_next(from, &at)))
		zone_index_add(t, n);
	return t;
}

struct node *zone_index_find(const struct zone_index *t, uint64_t hash, const uint8_t *wire,
			     size_t len)
{
	for (uint32_t at = first_place(t, hash);; at = place_after(t, at)) {
		uint64_t slot = __atomic_load_n(&t->slot[at], __ATOMIC_ACQUIRE);
		struct node *n = node_of(slot);

		if (!slot)
			return NULL;
		if (has_tag(slot, hash) && n->wire_len == len && !memcmp(n->wire, wire, len))
			return n;
	}
}

struct node *zone_index_by_hash(const struct zone_index *t, uint64_t hash,
				int (*wanted)(const struct node *n))
{
	for (uint32_t at = first_place(t, hash); t->slot[at]; at = place_after(t, at)) {
		struct node *n = node_of(t->slot[at]);

		if (has_tag(t->slot[at], hash) && n->hash == hash && wanted(n))
			return n;
	}
	return NULL;
}

int zone_index_add(struct zone_index *t, struct node *n)
{
	uint32_t at = first_place(t, n->hash);

	while (is_taken(t->slot[at]))
		at = place_after(t, at);
	if (t->slot[at] == GONE)
		t->gone--;
	else if (t->used + t->gone + 1 == t->size)
		return -ENOMEM; /* the last empty place ends the walks */
	t->used++;
	store(t, at, slot_of(n));
	return 0;
}

/* Before a place that was never used nobody looks further: so it may be as if never used. */
void zone_index_remove(struct zone_index *t, const struct node *n)
{
	uint32_t at = first_place(t, n->hash);

	while (t->slot[at] != slot_of(n))
		at = place_after(t, at);
	store(t, at, GONE);
	t->used--;
	t->gone++;
	if (t->slot[place_after(t, at)])
		return;
	for (; t->slot[at] == GONE; at = place_before(t, at)) {
		store(t, at, 0);
		t->gone--;
	}
}

struct node *zone_index_twin(const struct zone_index *t, const struct node *n,
			     const struct node *after)
{
	bool passed = !after;

	for (uint32_t at = first_place(t, n->hash); t->slot[at]; at = place_after(t, at)) {
		struct node *other = node_of(t->slot[at]);

		if (!has_tag(t->slot[at], n->hash))
			continue;
		if (passed && other != n && other->hash == n->hash)
			return other;
		passed |= other == after;
	}
	return NULL;
}

/* Nodes lie anywhere in memory: what comes soon is fetched meanwhile. */
static void fetch_ahead(const struct zone_index *t, uint32_t at)
{
	uintptr_t n = (uintptr_t)node_of(t->slot[at]); /* may be none */

	__builtin_prefetch((const void *)(n + offsetof(struct node, hash)));
	__builtin_prefetch((const void *)(n + offsetof(struct node, wire)));
}

struct node *zone_index_next(const struct zone_index *t, uint32_t *at)
{
	while (*at < t->size) {
		uint64_t slot = __atomic_load_n(&t->slot[*at], __ATOMIC_ACQUIRE);

		if (*at + AHEAD < t->size)
			fetch_ahead(t, *at + AHEAD);
		++*at;
		if (is_taken(slot))
			return node_of(slot);
	}
	return NULL;
}

void zone_index_range_begin(const struct zone_index *t, uint64_t from, uint64_t to,
			    struct zone_index_range *ret)
{
	*ret = (struct zone_index_range){.from = from,
					 .to = to,
					 .at = first_place(t, from),
					 .last = first_place(t, to),
					 .left = t->size};
}

/* A node stands in its home or behind it, with no empty place between (and round the end). */
struct node *zone_index_range_next(const struct zone_index *t, struct zone_index_range *r)
{
	while (r->left) {
		uint64_t slot = __atomic_load_n(&t->slot[r->at], __ATOMIC_ACQUIRE);
		struct node *n = node_of(slot);

		r->beyond |= r->at == r->last;
		if (!slot && r->beyond)
			break;
		r->at = place_after(t, r->at);
		r->left--;
		if (is_taken(slot) && n->hash >= r->from && n->hash <= r->to)
			return n;
	}
	r->left = 0;
	return NULL;
}
