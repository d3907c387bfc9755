// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Memory that readers may still look at. What a commit takes out of reach is
 * collected in `fresh`; it becomes `waiting`, outlasts a grace period of the userspace readers
 * (RCU) and of the XDP program (the mirror's wait), and is free.
 */
#include "zone_internal.h"

#include <errno.h>
#include <stdlib.h>

#define GROW_MAX 8

/* Out of memory, a run or node is leaked rather than used again under a reader. */
static void *grow_list(void *list, size_t count, size_t *capacity, size_t size)
{
	size_t bigger_capacity = *capacity ? *capacity * 2 : 64;
	void *bigger;

	if (count < *capacity)
		return list;
	bigger = realloc(list, bigger_capacity * size);
	if (bigger)
		*capacity = bigger_capacity;
	return bigger;
}

void garbage_add_run(struct garbage *g, enum pool_class kind, unsigned order, uint32_t index)
{
	struct garbage_run *runs =
		grow_list(g->runs, g->runs_count, &g->runs_capacity, sizeof(*g->runs));

	if (!runs)
		return;
	g->runs = runs;
	g->runs[g->runs_count++] =
		(struct garbage_run){.kind = kind, .order = order, .index = index};
}

void garbage_add_node(struct garbage *g, struct node *n)
{
	struct node **nodes =
		grow_list(g->nodes, g->nodes_count, &g->nodes_capacity, sizeof(*g->nodes));

	if (!nodes)
		return;
	g->nodes = nodes;
	g->nodes[g->nodes_count++] = n;
}

void garbage_add_index(struct garbage *g, struct zone_index *index)
{
	index->next = g->indices;
	g->indices = index;
}

void zone_free_node(struct zone *z, struct node *n)
{
	if (n->capacity > 1)
		free(n->many);
	node_store_give(&z->nodes, n, node_size(n->wire_len));
}

static bool garbage_any(const struct garbage *g)
{
	return g->runs || g->nodes || g->indices;
}

/* Gives everything back; no reader can see it any more. */
void garbage_free(struct zone *z, struct garbage *g)
{
	for (size_t i = 0; i < g->runs_count; i++) {
		/* a free slot is nobody's record, should a number ever lead to it */
		if (g->runs[i].kind == POOL_RECORDS)
			((struct xdns_record *)pool_at(&z->pool, POOL_RECORDS, g->runs[i].index))
				->name_len = 0;
		pool_free(&z->pool, g->runs[i].kind, g->runs[i].order, g->runs[i].index);
	}
	for (size_t i = 0; i < g->nodes_count; i++) {
		z->level[g->nodes[i]->depth].nodes--;
		zone_free_node(z, g->nodes[i]);
	}
	while (g->indices) {
		struct zone_index *next = g->indices->next;

		free(g->indices);
		g->indices = next;
	}
	free(g->runs);
	free(g->nodes);
	*g = (struct garbage){0};
}

bool zone_reclaim_prepare(struct zone *z)
{
	if (garbage_any(&z->waiting))
		return false; /* one wait at a time */
	z->waiting = z->fresh;
	z->fresh = (struct garbage){0};
	return garbage_any(&z->waiting);
}

void zone_reclaim_wait(struct zone *z)
{
	const struct zone_mirror *mirror = __atomic_load_n(&z->mirror, __ATOMIC_ACQUIRE);

	synchronize_rcu();
	if (mirror && mirror->wait_for_readers)
		mirror->wait_for_readers(z->mirror_ctx);
}

void zone_reclaim_finish(struct zone *z)
{
	garbage_free(z, &z->waiting);
}

/*
 * From the pool; when an array is full, first what is out of use is waited for,
 * then the mirror gets larger ones.
 */
int zone_alloc(struct zone *z, enum pool_class kind, unsigned order, uint32_t *ret_index)
{
	int r = pool_alloc(&z->pool, kind, order, ret_index);

	if (r != -ENOSPC)
		return r;
	if (zone_reclaim_prepare(z)) {
		zone_reclaim_wait(z);
		zone_reclaim_finish(z);
		r = pool_alloc(&z->pool, kind, order, ret_index);
	}
	/* a generation that is too small again is followed by a larger one, but not for ever */
	for (int i = 0; i < GROW_MAX && r == -ENOSPC && z->mirror && z->mirror->grow; i++) {
		r = z->mirror->grow(z->mirror_ctx);
		if (r)
			return r;
		r = pool_alloc(&z->pool, kind, order, ret_index);
	}
	return r;
}

/* One datum less leads to this target. */
void zone_drop_target_ref(struct zone *z, struct node *target)
{
	if (--target->target_refs == 0)
		zone_mark_dirty(z, target);
}
