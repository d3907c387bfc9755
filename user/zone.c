// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zone_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dname_text.h"
#include "util.h"

/* Two names with one 64-bit hash: the kernel leaves both to userspace. */
static void note_collisions(struct zone *z, struct node *n)
{
	struct node *other = NULL;

	while ((other = zone_index_twin(z->index, n, other))) {
		other->collision = n->collision = true;
		zone_mark_dirty(z, other);
	}
}

/* Before the first commit nobody reads the index: the old one goes at once. */
static void fit_index(struct zone *z)
{
	struct zone_index *old = z->index, *fresh;

	if (!zone_index_full(old))
		return;
	fresh = zone_index_copy(old);
	if (!fresh)
		return;
	__atomic_store_n(&z->index, fresh, __ATOMIC_RELEASE);
	if (z->ready)
		garbage_add_index(&z->fresh, old);
	else
		free(old);
}

static struct node *node_new(struct zone *z, const uint8_t *wire, size_t len, uint64_t hash)
{
	struct node *n = node_store_take(&z->nodes, node_size(len));

	if (!n)
		return NULL;
	n->capacity = 1;
	n->hash = hash;
	n->wire_len = len;
	memcpy(n->wire, wire, len);
	for (const uint8_t *label = wire; *label; label += *label + 1)
		n->depth++;
	fit_index(z);
	if (zone_level_reserve(z, n->depth) || zone_index_add(z->index, n)) {
		node_store_give(&z->nodes, n, node_size(len));
		return NULL;
	}
	z->level[n->depth].nodes++;
	note_collisions(z, n);
	return n;
}

/* The node of a name, made if there is none; NULL: no memory. */
struct node *zone_get_node(struct zone *z, const uint8_t *wire)
{
	struct xdns_qname q;
	struct node *n;
	size_t len = dname_wire_len(wire);

	if (xdns_qname_read(wire, wire + len, z->config.hash_key, &q))
		return NULL;
	n = zone_index_find(z->index, q.hash, wire, len);
	return n ? n : node_new(z, wire, len, q.hash);
}

int zone_new(const struct xdns_config *config, struct zone **ret)
{
	struct zone *z = calloc(1, sizeof(*z));
	int r;

	if (!z)
		return -ENOMEM;
	z->config = *config;
	z->gate = zone_gate_new();
	r = z->gate ? pool_init(&z->pool) : -ENOMEM;
	if (r) {
		zone_gate_free(z->gate);
		free(z);
		return r;
	}
	rcu_register_thread();
	z->index = zone_index_new(0);
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
	struct node *n;
	uint32_t at = 0;

	if (!z)
		return;
	garbage_free(z, &z->fresh);
	garbage_free(z, &z->waiting);
	while (z->index && (n = zone_index_next(z->index, &at)))
		zone_free_node(z, n);
	node_store_done(&z->nodes);
	free(z->index);
	for (int depth = 0; depth < ZONE_DEPTH_MAX; depth++)
		free(z->level[depth].dirty);
	pool_done(&z->pool);
	rcu_unregister_thread();
	zone_gate_free(z->gate);
	free(z);
}

/* Appends to the contributions; the commit sorts. */
static int append(struct zone *z, struct node *n, const struct datum *d)
{
	if (n->count == n->capacity) {
		struct datum *old = n->capacity > 1 ? n->many : NULL;
		struct datum *bigger = realloc(old, 2 * n->capacity * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		if (!old)
			bigger[0] = n->one;
		n->many = bigger;
		n->capacity *= 2;
	}
	node_data(n)[n->count++] = *d;
	zone_mark_dirty(z, n);
	return 0;
}

static struct node *target_node(struct zone *z, const uint8_t *wire)
{
	size_t len = dname_wire_len(wire);
	struct node *n;

	for (size_t i = 0; i < ARRAY_SIZE(z->recent); i++) {
		n = z->recent[i];
		if (n && n->wire_len == len && !memcmp(n->wire, wire, len))
			return n;
	}
	n = zone_get_node(z, wire);
	z->recent[1] = z->recent[0];
	z->recent[0] = n;
	return n;
}

/* The node that an SRV or PTR leads to, with one more reference. */
static int take_target(struct zone *z, const uint8_t *wire, struct datum *d)
{
	struct node *target = target_node(z, wire);
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
	d->name.target = target;
	d->name.number = target->target;
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
		return take_target(z, rr->srv.target, d);
	case DNS_TYPE_PTR:
		d->kind = DATUM_PTR;
		return take_target(z, rr->ptr, d);
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
	n = zone_index_find(z->index, q.hash, owner, len);
	for (uint32_t i = 0; n && i < n->count; i++)
		if (datum_type(&node_data(n)[i]) == type)
			refs += node_data(n)[i].refs;
	return refs > 0 ? (size_t)refs : 0;
}

uint32_t zone_serial(const struct zone *z)
{
	return __atomic_load_n(&z->serial, __ATOMIC_RELAXED);
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
	const struct datum *data = node_data(n);

	for (uint32_t i = 0; i < n->sorted; i++) {
		const struct datum *d = &data[i];
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
	uint32_t at = 0;
	struct node *n;

	while ((n = zone_index_next(z->index, &at)))
		node_for_each_rr(n, fn, ctx);
}

bool zone_for_each_rr_of(const struct zone *z, const uint8_t *owner, zone_rr_fn fn, void *ctx)
{
	size_t len = dname_wire_len(owner);
	const struct node *n = NULL;
	struct xdns_qname q;

	if (xdns_qname_read(owner, owner + len, z->config.hash_key, &q))
		return false;
	rcu_read_lock();
	if (zone_find(z, &q))
		n = zone_index_find(z->index, q.hash, owner, len);
	if (n)
		node_for_each_rr(n, fn, ctx);
	rcu_read_unlock();
	return n != NULL;
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
	const struct zone_index *index = __atomic_load_n(&z->index, __ATOMIC_ACQUIRE);
	const struct node *n;
	const struct xdns_record *r;
	uint32_t i;

	n = zone_index_find(index, q->hash, (const uint8_t *)q->word, q->len);
	if (!n)
		return NULL;
	i = __atomic_load_n(&n->record, __ATOMIC_ACQUIRE);
	if (!i)
		return NULL;
	r = pool_at(&z->pool, POOL_RECORDS, i);
	return r->flags & XDNS_RECORD_TARGET_ONLY ? NULL : r;
}

static void read_node(const struct zone *z, const struct node *n, zone_read_fn fn, void *ctx)
{
	uint32_t i = __atomic_load_n(&n->record, __ATOMIC_ACQUIRE);
	const struct xdns_record *r = i ? pool_at(&z->pool, POOL_RECORDS, i) : NULL;

	if (r && !(r->flags & XDNS_RECORD_TARGET_ONLY))
		fn(ctx, n->wire, r);
}

void zone_read_for_each(const struct zone *z, zone_read_fn fn, void *ctx)
{
	const struct zone_index *index = __atomic_load_n(&z->index, __ATOMIC_ACQUIRE);
	const struct node *n;
	uint32_t at = 0;

	while ((n = zone_index_next(index, &at)))
		read_node(z, n, fn, ctx);
}

void zone_read_range(const struct zone *z, uint64_t from, uint64_t to, zone_read_fn fn, void *ctx)
{
	const struct zone_index *index = __atomic_load_n(&z->index, __ATOMIC_ACQUIRE);
	struct zone_index_range range;
	const struct node *n;

	zone_index_range_begin(index, from, to, &range);
	while ((n = zone_index_range_next(index, &range)))
		read_node(z, n, fn, ctx);
}

uint32_t zone_read_places(const struct zone *z)
{
	return __atomic_load_n(&z->index, __ATOMIC_ACQUIRE)->size;
}

uint64_t zone_name_hash(const struct zone *z, const uint8_t *wire)
{
	struct xdns_qname q;

	return xdns_qname_read(wire, wire + dname_wire_len(wire), z->config.hash_key, &q) ? 0
											  : q.hash;
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

/* What readers see; in the middle of a commit `exists` is ahead of that. */
static int is_mirrored(const struct node *n)
{
	return n->indexed && !n->reverse;
}

static void mirrored_name(const struct node *n, struct zone_name *ret)
{
	*ret = (struct zone_name){.hash = n->hash,
				  .wire = n->wire,
				  .record = n->collision ? XDNS_REF_COLLISION : n->record};
}

int zone_names_from(struct zone *z, uint32_t *at, zone_name_fn fn, void *ctx)
{
	struct zone_name name;
	struct node *n;
	int r = 0;

	while (!r && (n = zone_index_next(z->index, at))) {
		if (!is_mirrored(n))
			continue;
		mirrored_name(n, &name);
		r = fn(ctx, &name);
	}
	return r;
}

bool zone_name_of_hash(struct zone *z, uint64_t hash, struct zone_name *ret)
{
	const struct node *n = zone_index_by_hash(z->index, hash, is_mirrored);

	if (n)
		mirrored_name(n, ret);
	return n != NULL;
}

int zone_for_each_name(struct zone *z, zone_name_fn fn, void *ctx)
{
	uint32_t at = 0;

	return zone_names_from(z, &at, fn, ctx);
}
