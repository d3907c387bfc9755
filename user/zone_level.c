// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the next commit looks at, by depth. Lists of pointers, so that nodes, which lie anywhere in
 * memory, can be asked for before their turn comes.
 */
#include "zone_internal.h"

#include "array.h"

#define AHEAD_NODE 16 /* nodes: asked for this early, */
#define AHEAD_DATA 8  /* and then what they point to */

int zone_level_reserve(struct zone *z, unsigned depth)
{
	struct zone_level *l = &z->level[depth];

	return array_reserve(&l->dirty, &l->room, l->nodes + 1, sizeof(struct node *));
}

void zone_mark_dirty(struct zone *z, struct node *n)
{
	struct zone_level *l = &z->level[n->depth];

	if (n->dirty)
		return;
	n->dirty = true;
	z->dirty_count++;
	l->dirty[l->dirty_count++] = n;
}

struct node *zone_level_node(const struct zone_level *l, size_t i)
{
	if (i + AHEAD_NODE < l->dirty_count) {
		__builtin_prefetch(l->dirty[i + AHEAD_NODE]);
		__builtin_prefetch(&l->dirty[i + AHEAD_NODE]->hash);
		__builtin_prefetch(node_data(l->dirty[i + AHEAD_DATA]));
	}
	return l->dirty[i];
}
