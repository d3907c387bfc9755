// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zone_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dname_text.h"
#include "util.h"

#define BUCKETS_MIN 1024

struct name_key {
	const uint8_t *wire;
	size_t len;
};

static int node_matches(struct cds_lfht_node *ht, const void *key)
{
	const struct node *n = caa_container_of(ht, struct node, ht);
	const struct name_key *k = key;

	return n->wire_len == k->len && !memcmp(n->wire, k->wire, k->len);
}

int zone_any_node(struct cds_lfht_node *ht, const void *key)
{
	(void)ht;
	(void)key;
	return 1;
}

struct node *zone_index_find(const struct zone *z, uint64_t hash, const uint8_t *wire, size_t len)
{
	struct name_key key = {wire, len};
	struct cds_lfht_node *ht;
	struct cds_lfht_iter iter;

	cds_lfht_lookup(z->index, hash, node_matches, &key, &iter);
	ht = cds_lfht_iter_get_node(&iter);
	return ht ? caa_container_of(ht, struct node, ht) : NULL;
}

void zone_mark_dirty(struct zone *z, struct node *n)
{
	if (n->dirty)
		return;
	n->dirty = true;
	z->dirty_count++;
	n->next_dirty = z->dirty[n->depth];
	z->dirty[n->depth] = n;
}

/* Two names with one 64-bit hash: the kernel leaves both to userspace. */
static void note_collisions(struct zone *z, struct node *n)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *ht;

	cds_lfht_lookup(z->index, n->hash, zone_any_node, NULL, &iter);
	while ((ht = cds_lfht_iter_get_node(&iter))) {
		struct node *other = caa_container_of(ht, struct node, ht);

		if (other != n && other->hash == n->hash) {
			other->collision = n->collision = true;
			zone_mark_dirty(z, other);
		}
		cds_lfht_next_duplicate(z->index, zone_any_node, NULL, &iter);
	}
}

static struct node *node_new(struct zone *z, const uint8_t *wire, size_t len, uint64_t hash)
{
	struct node *n = calloc(1, sizeof(*n) + len);

	if (!n)
		return NULL;
	cds_lfht_node_init(&n->ht);
	n->hash = hash;
	n->wire_len = len;
	memcpy(n->wire, wire, len);
	for (const uint8_t *label = wire; *label; label += *label + 1)
		n->depth++;
	cds_lfht_add(z->index, hash, &n->ht);
	z->nodes++;
	note_collisions(z, n);
	return n;
}

/*
 * The table grows with the zone, by the writer: the table's own growing runs
 * on a thread that a large load outruns, and chains get long.
 */
static void fit_index(struct zone *z)
{
	if (z->nodes < z->buckets * 2)
		return;
	z->buckets *= 4;
	cds_lfht_resize(z->index, z->buckets);
}

/* The node of a name, made if there is none; NULL: no memory. */
struct node *zone_get_node(struct zone *z, const uint8_t *wire)
{
	struct xdns_qname q;
	struct node *n;
	size_t len = dname_wire_len(wire);

	if (xdns_qname_read(wire, wire + len, z->config.hash_key, &q))
		return NULL;
	fit_index(z);
	rcu_read_lock();
	n = zone_index_find(z, q.hash, wire, len);
	if (!n)
		n = node_new(z, wire, len, q.hash);
	rcu_read_unlock();
	return n;
}

int zone_new(const struct xdns_config *config, struct zone **ret)
{
	struct zone *z = calloc(1, sizeof(*z));
	int r;

	if (!z)
		return -ENOMEM;
	z->config = *config;
	r = pool_init(&z->pool);
	if (r) {
		free(z);
		return r;
	}
	rcu_register_thread();
	z->buckets = BUCKETS_MIN;
	z->index = cds_lfht_new(BUCKETS_MIN, BUCKETS_MIN, 0, 0, NULL);
	z->apex = z->index ? zone_get_node(z, config->domain) : NULL;
	if (!z->apex) {
		zone_free(z);
		return -ENOMEM;
	}
	z->apex->permanent = true;
	zone_mark_dirty(z, z->apex);
	*ret = z;
	return 0;
}

void zone_free(struct zone *z)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *ht;

	if (!z)
		return;
	garbage_free(z, &z->fresh);
	garbage_free(z, &z->waiting);
	if (z->index) {
		rcu_read_lock();
		cds_lfht_first(z->index, &iter);
		while ((ht = cds_lfht_iter_get_node(&iter))) {
			struct node *n = caa_container_of(ht, struct node, ht);

			cds_lfht_next(z->index, &iter);
			cds_lfht_del(z->index, &n->ht);
			garbage_add_node(&z->fresh, n);
		}
		rcu_read_unlock();
		garbage_free(z, &z->fresh);
		cds_lfht_destroy(z->index, NULL);
	}
	pool_done(&z->pool);
	rcu_unregister_thread();
	free(z);
}

/* Appends to the contributions; the commit sorts. */
static int append(struct zone *z, struct node *n, const struct datum *d)
{
	if (n->count == n->capacity) {
		uint32_t capacity = n->capacity ? n->capacity * 2 : 1;
		struct datum *bigger = realloc(n->data, capacity * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		n->data = bigger;
		n->capacity = capacity;
	}
	n->data[n->count++] = *d;
	zone_mark_dirty(z, n);
	return 0;
}

/* The node that an SRV or PTR leads to, with one more reference. */
static int take_target(struct zone *z, const uint8_t *wire, struct node **ret)
{
	struct node *target = zone_get_node(z, wire);
	int r;

	if (!target)
		return -ENOMEM;
	if (!target->target) {
		zone_mark_dirty(z, target); /* dropped again if it is bare after a failure */
		r = zone_alloc(z, POOL_TARGETS, 0, &target->target);
		if (r)
			return r;
		memset(pool_at(&z->pool, POOL_TARGETS, target->target), 0, sizeof(struct xdns_ref));
	}
	target->target_refs++;
	*ret = target;
	return 0;
}

static int to_datum(struct zone *z, const struct rr *rr, int refs, struct datum *d)
{
	memset(d, 0, sizeof(*d));
	d->refs = refs;
	switch (rr->type) {
	case DNS_TYPE_A:
		d->kind = DATUM_A;
		memcpy(d->octets, rr->a, 4);
		return 0;
	case DNS_TYPE_AAAA:
		d->kind = DATUM_AAAA;
		memcpy(d->octets, rr->aaaa, 16);
		return 0;
	case DNS_TYPE_SRV:
		d->kind = DATUM_SRV;
		d->name.port = rr->srv.port;
		d->name.weight = rr->srv.weight;
		return take_target(z, rr->srv.target, &d->name.target);
	case DNS_TYPE_PTR:
		d->kind = DATUM_PTR;
		return take_target(z, rr->ptr, &d->name.target);
	default:
		return -EINVAL;
	}
}

static int contribute(struct zone *z, const uint8_t *owner, const struct rr *rr, int refs)
{
	struct node *n = zone_get_node(z, owner);
	struct datum d;
	int r;

	if (!n)
		return -ENOMEM;
	/* whatever fails below, the node is looked at again, and dropped if it is bare */
	zone_mark_dirty(z, n);
	r = to_datum(z, rr, refs, &d);
	if (r)
		return r;
	n->reverse = d.kind == DATUM_PTR;
	r = append(z, n, &d);
	if (r && (d.kind == DATUM_SRV || d.kind == DATUM_PTR))
		zone_drop_target_ref(z, d.name.target);
	return r;
}

int zone_add(struct zone *z, const uint8_t *owner, const struct rr *rr)
{
	return contribute(z, owner, rr, 1);
}

int zone_remove(struct zone *z, const uint8_t *owner, const struct rr *rr)
{
	return contribute(z, owner, rr, -1);
}

static uint16_t datum_type(const struct datum *d)
{
	static const uint16_t types[] = {[DATUM_A] = DNS_TYPE_A,
					 [DATUM_AAAA] = DNS_TYPE_AAAA,
					 [DATUM_SRV] = DNS_TYPE_SRV,
					 [DATUM_PTR] = DNS_TYPE_PTR};

	return types[d->kind];
}

size_t zone_contributors(const struct zone *z, const uint8_t *owner, uint16_t type)
{
	size_t len = dname_wire_len(owner);
	const struct node *n;
	struct xdns_qname q;
	int64_t refs = 0;

	if (xdns_qname_read(owner, owner + len, z->config.hash_key, &q))
		return 0;
	rcu_read_lock();
	n = zone_index_find(z, q.hash, owner, len);
	rcu_read_unlock(); /* only the writer frees nodes */
	for (uint32_t i = 0; n && i < n->count; i++)
		if (datum_type(&n->data[i]) == type)
			refs += n->data[i].refs;
	return refs > 0 ? (size_t)refs : 0;
}

uint32_t zone_serial(const struct zone *z)
{
	return uatomic_read(&z->serial);
}

void zone_set_expired(struct zone *z, bool expired)
{
	__atomic_store_n(&z->expired, expired, __ATOMIC_RELEASE);
}

bool zone_expired(const struct zone *z)
{
	return __atomic_load_n(&z->expired, __ATOMIC_ACQUIRE);
}

void zone_set_incomplete(struct zone *z, bool incomplete)
{
	__atomic_store_n(&z->incomplete, incomplete, __ATOMIC_RELEASE);
}

bool zone_incomplete(const struct zone *z)
{
	return __atomic_load_n(&z->incomplete, __ATOMIC_ACQUIRE);
}

struct zone_counts zone_counts(const struct zone *z)
{
	return z->counts;
}

static void node_for_each_rr(const struct node *n, zone_rr_fn fn, void *ctx)
{
	for (uint32_t i = 0; i < n->sorted; i++) {
		const struct datum *d = &n->data[i];
		struct rr rr = {0};

		switch (d->kind) {
		case DATUM_A:
			rr.type = DNS_TYPE_A;
			memcpy(rr.a, d->octets, 4);
			break;
		case DATUM_AAAA:
			rr.type = DNS_TYPE_AAAA;
			memcpy(rr.aaaa, d->octets, 16);
			break;
		case DATUM_SRV:
			rr.type = DNS_TYPE_SRV;
			rr.srv.port = d->name.port;
			rr.srv.weight = d->name.weight;
			rr.srv.target = d->name.target->wire;
			break;
		case DATUM_PTR:
			rr.type = DNS_TYPE_PTR;
			rr.ptr = d->name.target->wire;
			break;
		}
		fn(ctx, n->wire, &rr);
	}
}

void zone_for_each_rr(const struct zone *z, zone_rr_fn fn, void *ctx)
{
	struct cds_lfht_iter iter;
	struct node *n;

	rcu_read_lock();
	cds_lfht_for_each_entry(z->index, &iter, n, ht)
		node_for_each_rr(n, fn, ctx);
	rcu_read_unlock();
}

/* Readers' side */

const struct xdns_config *zone_config(const struct zone *z)
{
	return &z->config;
}

bool zone_ready(const struct zone *z)
{
	return __atomic_load_n(&z->ready, __ATOMIC_ACQUIRE); /* before the first look-up */
}

const struct pool *zone_read_pool(const struct zone *z)
{
	return &z->pool;
}

const struct xdns_record *zone_find(const struct zone *z, const struct xdns_qname *q)
{
	const struct node *n = zone_index_find(z, q->hash, (const uint8_t *)q->word, q->len);
	const struct xdns_record *r;
	uint32_t i;

	if (!n)
		return NULL;
	i = __atomic_load_n(&n->record, __ATOMIC_ACQUIRE);
	if (!i)
		return NULL;
	r = pool_at(&z->pool, POOL_RECORDS, i);
	return r->flags & XDNS_RECORD_TARGET_ONLY ? NULL : r;
}

/* Mirror */

size_t zone_pending(const struct zone *z)
{
	return z->dirty_count;
}

struct pool *zone_pool(struct zone *z)
{
	return &z->pool;
}

void zone_set_mirror(struct zone *z, const struct zone_mirror *mirror, void *ctx)
{
	/* zone_reclaim_wait() on another thread may look meanwhile */
	if (mirror)
		z->mirror_ctx = ctx;
	__atomic_store_n(&z->mirror, mirror, __ATOMIC_RELEASE);
}

void zone_set_observer(struct zone *z, const struct zone_observer *observer, void *ctx)
{
	z->observer = observer;
	z->observer_ctx = ctx;
}

int zone_for_each_name(struct zone *z, zone_name_fn fn, void *ctx)
{
	struct cds_lfht_iter iter;
	struct node *n;
	int r = 0;

	rcu_read_lock();
	cds_lfht_for_each_entry(z->index, &iter, n, ht) {
		struct zone_name name = {.hash = n->hash, .wire = n->wire};

		/* what readers see; in the middle of a commit `exists` is ahead of that */
		if (!n->indexed || n->reverse)
			continue;
		name.record = n->collision ? XDNS_REF_COLLISION : n->record;
		r = fn(ctx, &name);
		if (r)
			break;
	}
	rcu_read_unlock();
	return r;
}
