/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the zone share: zone.c, zone_index.c, zone_build.c, zone_commit.c,
 * zone_level.c, zone_gate.c, zone_reclaim.c. */
#ifndef XDNS_ZONE_INTERNAL_H
#define XDNS_ZONE_INTERNAL_H

#include <pthread.h>
#include <urcu.h>

#include "dname.h"
#include "node_store.h"
#include "pool.h"
#include "zone.h"
#include "zone_index.h"
#include "zone_mirror.h"
#include "zone_observer.h"
#include "zone_read.h"

#define ZONE_DEPTH_MAX 128 /* labels of the longest name, and the root */

enum datum_kind { DATUM_A, DATUM_AAAA, DATUM_SRV, DATUM_PTR };

/*
 * One resource record's data and how many contributors it has. Additions and removals are
 * appended as they come (refs +1, -1); a commit sorts them into the sorted front.
 */
struct datum {
	int32_t refs : 30;
	uint32_t kind : 2;
	union {
		uint8_t octets[16]; /* A: the first four, the rest zero */
		struct {
			uint32_t number; /* target->target, which stays as long as this is there */
			uint16_t port, weight;
			struct node *target;
		} __attribute__((packed)) name; /* SRV and PTR */
	};
} __attribute__((packed, aligned(4))); /* there are several for each name */

/* What readers look at, and what a walk over all names does, is close to the name. */
struct node {
	struct node *parent; /* NULL for the apex, reverse names and bare targets */
	union {
		struct datum one;   /* capacity is 1: most names have one record */
		struct datum *many; /* capacity is greater */
	} __attribute__((packed, aligned(4)));
	uint32_t sorted, count, capacity; /* of the data */
	uint32_t new_record;		  /* built, not yet published */
	uint32_t target;		  /* index into targets; 0: no SRV or PTR leads here */
	uint32_t target_refs;		  /* data that name this node */
	uint32_t children;		  /* nodes right below that exist */
	uint64_t hash;
	uint32_t record; /* readers: one load; 0: none yet */
	bool dirty : 1, set_changed : 1, exists : 1, indexed : 1, permanent : 1, collision : 1,
		reverse : 1;
	uint8_t depth; /* labels */
	uint8_t wire_len;
	uint8_t wire[];
};

static inline size_t node_size(size_t wire_len)
{
	return offsetof(struct node, wire) + wire_len;
}

static inline struct datum *node_data(const struct node *n)
{
	return n->capacity > 1 ? n->many : (struct datum *)&n->one;
}

/* Something that readers may still look at. */
struct garbage_run {
	uint8_t kind, order;
	uint32_t index;
};

struct garbage {
	struct garbage_run *runs;
	size_t runs_count, runs_capacity;
	struct node **nodes;
	size_t nodes_count, nodes_capacity;
	struct zone_index *indices;
};

/* The names of one depth that the next commit looks at; there is room for all there are. */
struct zone_level {
	struct node **dirty;
	size_t dirty_count, room;
	size_t nodes; /* of this depth */
};

/* Commits and those who hold them off. */
struct zone_gate {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	unsigned holders;
	bool wanted; /* a commit waits: nobody else gets in before it */
	bool closed; /* a commit publishes */
};

struct zone {
	struct zone_gate *gate; /* readers' too, to whom the rest is const */
	struct xdns_config config;
	struct pool pool;
	struct zone_index *index;
	struct node_store nodes;
	struct node *apex;
	struct node
		*recent[2]; /* targets: a task's records lead to two; none is kept over a commit */
	struct zone_level level[ZONE_DEPTH_MAX]; /* by depth: parents before children */
	size_t dirty_count;
	const struct zone_mirror *mirror;
	void *mirror_ctx;
	const struct zone_observer *observer;
	void *observer_ctx;
	struct zone_counts counts;
	uint32_t serial;
	bool ready; /* the first commit is done */
	bool expired, incomplete;
	struct garbage fresh;	/* since the last zone_reclaim_prepare() */
	struct garbage waiting; /* between prepare and finish */
};

/* zone_gate.c */
struct zone_gate *zone_gate_new(void); /* NULL: no memory */
void zone_gate_free(struct zone_gate *g);
void zone_gate_close(struct zone_gate *g); /* waits for those who hold it */
void zone_gate_open(struct zone_gate *g);

/* zone.c */
struct node *zone_get_node(struct zone *z, const uint8_t *wire);

/* zone_level.c */
/* Room for one more node of this depth. -ENOMEM. */
int zone_level_reserve(struct zone *z, unsigned depth);
void zone_mark_dirty(struct zone *z, struct node *n);
/* The i-th dirty node; those that come soon are asked of memory meanwhile. */
struct node *zone_level_node(const struct zone_level *l, size_t i);

/* zone_build.c: merging contributions, making records. */
int zone_merge(struct zone *z, struct node *n);
int zone_build_record(struct zone *z, struct node *n);
void zone_retire_parts(struct zone *z, struct garbage *g, const struct xdns_record *r);
void zone_retire_record(struct zone *z, struct garbage *g, uint32_t record);

/* zone_reclaim.c */
void garbage_add_run(struct garbage *g, enum pool_class kind, unsigned order, uint32_t index);
void garbage_add_node(struct garbage *g, struct node *n);
void garbage_add_index(struct garbage *g, struct zone_index *index);
void garbage_free(struct zone *z, struct garbage *g);
void zone_free_node(struct zone *z, struct node *n);
void zone_drop_target_ref(struct zone *z, struct node *target);
int zone_alloc(struct zone *z, enum pool_class kind, unsigned order, uint32_t *ret_index);

#endif
