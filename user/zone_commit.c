// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A commit: everything that can fail comes first and is invisible; then each
 * touched name is published with one store. The order is what keeps every answer true while
 * it runs (docs/consistency.md): targets, then names from the apex down, then removals from
 * the deepest name up. So a name's parents exist whenever it does (RFC 8020).
 */
#include "zone_internal.h"

#include <errno.h>
#include <string.h>

#define BATCH_NAMES 1024

/* Changes of the mirror's index on their way. */
struct batch {
	struct zone *zone;
	bool removing;
	size_t count;
	struct zone_name names[BATCH_NAMES];
};

static void batch_flush(struct batch *b)
{
	struct zone *z = b->zone;

	if (b->count && z->mirror) {
		if (b->removing)
			z->mirror->remove(z->mirror_ctx, b->names, b->count);
		else
			z->mirror->put(z->mirror_ctx, b->names, b->count);
	}
	b->count = 0;
}

/* old: the record in the index until now, 0 if the name is not there. */
static void batch_add(struct batch *b, const struct node *n, uint32_t old)
{
	b->names[b->count] =
		(struct zone_name){.hash = n->hash,
				   .record = n->collision ? XDNS_REF_COLLISION : n->record,
				   .old = old,
				   .wire = n->wire};
	if (++b->count == BATCH_NAMES)
		batch_flush(b);
}

/* The parent of a name that is below the apex or the apex itself; made if need be. */
static struct node *parent_of(struct zone *z, const struct node *n)
{
	return zone_get_node(z, n->wire + n->wire[0] + 1);
}

static bool in_domain(const struct zone *z, const struct node *n)
{
	size_t len = z->config.domain_len;

	return n->wire_len >= len && !memcmp(n->wire + n->wire_len - len, z->config.domain, len);
}

/*
 * Does the name exist: has data, or names below it? A change of that may change
 * the parent, which is looked at later: depths are visited from the deepest up.
 */
static int settle_existence(struct zone *z, struct node *n)
{
	bool exists = n->permanent || n->sorted || n->children;
	struct node *parent = n->parent;

	if (exists == n->exists)
		return 0;
	if (n != z->apex && !n->reverse && in_domain(z, n)) {
		if (!parent)
			parent = parent_of(z, n);
		if (!parent)
			return -ENOMEM;
		parent->children += exists ? 1 : -1;
		zone_mark_dirty(z, parent);
		n->parent = exists ? parent : NULL;
	}
	n->exists = exists;
	n->set_changed = true;
	return 0;
}

/* A record for readers, if what they would see changed or there is none yet. */
static int settle_record(struct zone *z, struct node *n)
{
	bool wanted = n->exists || n->target_refs;

	if (n->new_record && (n->set_changed || !wanted)) { /* of a commit that failed */
		struct garbage stale = {0};

		zone_retire_record(z, &stale, n->new_record);
		garbage_free(z, &stale);
		n->new_record = 0;
	}
	if (!wanted)
		return 0;
	if (n->new_record || (n->record && !n->set_changed))
		return 0;
	return zone_build_record(z, n);
}

/*
 * The first records of all, in the order of their hashes, so that memory is written from its
 * beginning to its end: those that find their home free, then the others.
 */
static int settle_first(struct zone *z)
{
	struct node *n;
	int r;

	for (int pass = 0; pass < 2; pass++) {
		uint32_t at = 0;

		while ((n = zone_index_next(z->index, &at))) {
			if (!n->dirty || n->new_record ||
			    (!pass && !pool_home_free(&z->pool, n->hash)))
				continue;
			r = settle_record(z, n);
			if (r)
				return r;
		}
	}
	return 0;
}

/* Everything that may fail, and that nobody sees. */
static int prepare(struct zone *z)
{
	int r = 0;

	for (int depth = ZONE_DEPTH_MAX - 1; depth >= 0; depth--) {
		const struct zone_level *l = &z->level[depth];

		for (size_t i = 0; i < l->dirty_count && !r; i++) {
			struct node *n = zone_level_node(l, i);

			r = zone_merge(z, n);
			if (!r)
				r = settle_existence(z, n);
		}
	}
	if (r)
		return r;
	if (pool_make_homes(&z->pool, z->dirty_count))
		return settle_first(z);
	for (int depth = 0; depth < ZONE_DEPTH_MAX; depth++) {
		const struct zone_level *l = &z->level[depth];

		for (size_t i = 0; i < l->dirty_count && !r; i++)
			r = settle_record(z, zone_level_node(l, i));
	}
	return r;
}

/* SRV sets that come next may lead here. */
static void publish_targets(struct zone *z)
{
	for (int depth = 0; depth < ZONE_DEPTH_MAX; depth++) {
		const struct zone_level *l = &z->level[depth];

		for (size_t i = 0; i < l->dirty_count; i++) {
			const struct node *n = zone_level_node(l, i);
			struct xdns_ref *ref;

			if (!n->target || !n->target_refs)
				continue;
			ref = pool_at(&z->pool, POOL_TARGETS, n->target);
			__atomic_store_n(&ref->record, n->new_record ? n->new_record : n->record,
					 __ATOMIC_RELEASE);
		}
	}
}

/* was, is: records; 0: the name is not there. */
static void tell_observer(struct zone *z, const struct node *n, uint32_t was, uint32_t is)
{
	if (!z->observer || n->reverse)
		return;
	z->observer->changed(z->observer_ctx, n->wire, n->wire_len,
			     was ? pool_at(&z->pool, POOL_RECORDS, was) : NULL,
			     is ? pool_at(&z->pool, POOL_RECORDS, is) : NULL);
}

/* The one store that readers see; the old record goes once they are through with it. */
static void publish_record(struct zone *z, struct node *n)
{
	uint32_t old = n->record;

	__atomic_store_n(&n->record, n->new_record, __ATOMIC_RELEASE);
	n->new_record = 0;
	zone_retire_record(z, &z->fresh, old);
}

/* The commit is through with it: an unused target number and a bare node outlast the readers. */
static void settle_node(struct zone *z, struct node *n)
{
	n->dirty = n->set_changed = false;
	if (n->target && !n->target_refs) {
		garbage_add_run(&z->fresh, POOL_TARGETS, 0, n->target);
		n->target = 0;
	}
	if (!n->exists && !n->target_refs)
		garbage_add_node(&z->fresh, n);
}

static void publish_name(struct zone *z, struct node *n, struct batch *b,
			 struct zone_changes *changes)
{
	uint32_t old = n->indexed ? n->record : 0;

	if (n->new_record) {
		*(n->indexed ? &changes->names_changed : &changes->names_added) += 1;
		tell_observer(z, n, old, n->new_record);
		publish_record(z, n);
	} else if (n->indexed && !n->collision) {
		return;
	}
	if (!n->reverse)
		batch_add(b, n, old);
	if (!n->indexed && !n->reverse)
		z->counts.names++;
	n->indexed = true;
}

/* What does not exist stays in the lists, for unpublish_names(). */
static void publish_names(struct zone *z, struct batch *b, struct zone_changes *changes)
{
	for (int depth = 0; depth < ZONE_DEPTH_MAX; depth++) {
		struct zone_level *l = &z->level[depth];
		size_t left = 0;

		for (size_t i = 0; i < l->dirty_count; i++) {
			struct node *n = zone_level_node(l, i);

			if (!n->exists) {
				l->dirty[left++] = n;
				continue;
			}
			publish_name(z, n, b, changes);
			settle_node(z, n);
		}
		l->dirty_count = left;
	}
	batch_flush(b);
}

/* Does another existing name need the index entry of this one's hash? */
static bool hash_in_use(struct zone *z, const struct node *n)
{
	const struct node *other = NULL;

	if (!n->collision)
		return false;
	while ((other = zone_index_twin(z->index, n, other)))
		if (other->exists)
			return true;
	return false;
}

static void unpublish_name(struct zone *z, struct node *n, struct batch *b,
			   struct zone_changes *changes)
{
	if (n->indexed) {
		changes->names_removed++;
		tell_observer(z, n, n->record, 0);
		if (!n->reverse)
			z->counts.names--;
		if (!n->reverse && !hash_in_use(z, n))
			batch_add(b, n, n->collision ? 0 : n->record);
		n->indexed = false;
	}
	if (n->target_refs) {
		if (n->new_record)
			publish_record(z, n);
		return;
	}
	zone_retire_record(z, &z->fresh, n->record);
	__atomic_store_n(&n->record, 0, __ATOMIC_RELEASE);
	zone_index_remove(z->index, n);
}

static void unpublish_names(struct zone *z, struct batch *b, struct zone_changes *changes)
{
	b->removing = true;
	for (int depth = ZONE_DEPTH_MAX - 1; depth >= 0; depth--) {
		struct zone_level *l = &z->level[depth];

		for (size_t i = 0; i < l->dirty_count; i++) {
			unpublish_name(z, l->dirty[i], b, changes);
			settle_node(z, l->dirty[i]);
		}
		l->dirty_count = 0;
	}
	batch_flush(b);
	z->dirty_count = 0;
}

int zone_commit(struct zone *z, uint32_t serial, struct zone_changes *ret_changes)
{
	struct zone_changes changes = {0};
	struct batch batch = {.zone = z};
	int r;

	memset(z->recent, 0, sizeof(z->recent));
	r = prepare(z);
	if (r)
		return r;
	zone_gate_close(z->gate);
	publish_targets(z);
	publish_names(z, &batch, &changes);
	unpublish_names(z, &batch, &changes);
	__atomic_store_n(&z->serial, serial, __ATOMIC_RELAXED);
	__atomic_store_n(&z->ready, true, __ATOMIC_RELEASE);
	if (z->mirror && z->mirror->committed)
		z->mirror->committed(z->mirror_ctx, serial);
	if (z->observer)
		z->observer->committed(z->observer_ctx, serial);
	zone_gate_open(z->gate);
	*ret_changes = changes;
	return 0;
}
