// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* From a name's contributions to its immutable record. */
#include "zone_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* SRV and PTR by target first: answer.h counts on equal targets being neighbours. */
static int datum_compare(const void *va, const void *vb)
{
	const struct datum *a = va, *b = vb;

	if (a->kind != b->kind)
		return compare_u32(a->kind, b->kind);
	if (a->kind == DATUM_A || a->kind == DATUM_AAAA)
		return memcmp(a->octets, b->octets, sizeof(a->octets));
	if (a->name.number != b->name.number)
		return compare_u32(a->name.number, b->name.number);
	if (a->name.port != b->name.port)
		return compare_u32(a->name.port, b->name.port);
	return compare_u32(a->name.weight, b->name.weight);
}

static uint64_t *counter_of(struct zone *z, uint8_t kind)
{
	switch (kind) {
	case DATUM_A:
		return &z->counts.a;
	case DATUM_AAAA:
		return &z->counts.aaaa;
	case DATUM_SRV:
		return &z->counts.srv;
	default:
		return &z->counts.ptr;
	}
}

static void drop_datum(struct zone *z, const struct datum *d)
{
	if (d->kind == DATUM_SRV || d->kind == DATUM_PTR)
		zone_drop_target_ref(z, d->name.target);
}

/* Moves on one more datum of the merged order: the next of the front or of the tail. */
static const struct datum *take_next(const struct node *n, uint32_t *front, uint32_t *tail)
{
	const struct datum *data = node_data(n);

	if (*tail < n->count &&
	    (*front >= n->sorted || datum_compare(&data[*tail], &data[*front]) < 0))
		return &data[(*tail)++];
	return *front < n->sorted ? &data[(*front)++] : NULL;
}

/* The array is made as large as what it holds. */
static void fit_data(struct node *n)
{
	struct datum *many = n->capacity > 1 ? n->many : NULL, *exact;

	if (!many || n->count == n->capacity)
		return;
	if (n->count <= 1) {
		if (n->count)
			n->one = many[0];
		n->capacity = 1;
		free(many);
		return;
	}
	exact = realloc(many, n->count * sizeof(*exact));
	if (!exact)
		return;
	n->many = exact;
	n->capacity = n->count;
}

/* So many data, in an array with room for n->count, take the place of the old. */
static void replace_data(struct node *n, struct datum *merged, uint32_t count)
{
	if (n->capacity > 1)
		free(n->many);
	n->many = merged;
	n->capacity = n->count;
	n->sorted = n->count = count;
	fit_data(n);
}

static bool in_order(const struct datum *data, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (datum_compare(&data[i - 1], &data[i]) > 0)
			return false;
	return true;
}

/* The first data of a name: nothing to merge with. */
static void merge_first(struct zone *z, struct node *n)
{
	struct datum *data = node_data(n);
	uint32_t count = 0;

	if (!in_order(data, n->count))
		qsort(data, n->count, sizeof(*data), datum_compare);
	for (uint32_t i = 0; i < n->count; i++) {
		struct datum d = data[i];

		while (i + 1 < n->count && !datum_compare(&data[i + 1], &d)) {
			d.refs += data[++i].refs;
			drop_datum(z, &d);
		}
		if (d.refs > 0) {
			data[count++] = d;
			*counter_of(z, d.kind) += 1;
			n->set_changed = true;
		} else {
			drop_datum(z, &d);
		}
	}
	n->sorted = n->count = count;
	fit_data(n);
}

/*
 * Sorts what was appended and merges it with the sorted front: equal data
 * become one, those without contributors go. Sets set_changed if readers would
 * see a difference.
 */
int zone_merge(struct zone *z, struct node *n)
{
	uint32_t front = 0, tail = n->sorted, count = 0;
	struct datum *data = node_data(n), *merged;
	const struct datum *next;

	if (n->count == n->sorted)
		return 0;
	if (!n->sorted) {
		merge_first(z, n);
		return 0;
	}
	qsort(data + n->sorted, n->count - n->sorted, sizeof(*data), datum_compare);
	merged = malloc(n->count * sizeof(*merged));
	if (!merged)
		return -ENOMEM;
	next = take_next(n, &front, &tail);
	while (next) {
		struct datum d = *next;
		bool was_there = next < data + n->sorted, is_there;

		while ((next = take_next(n, &front, &tail)) && !datum_compare(next, &d)) {
			was_there |= next < data + n->sorted;
			d.refs += next->refs;
			drop_datum(z, next);
		}
		is_there = d.refs > 0;
		if (was_there != is_there) {
			n->set_changed = true;
			*counter_of(z, d.kind) += is_there ? 1 : -1;
		}
		if (is_there)
			merged[count++] = d;
		else
			drop_datum(z, &d);
	}
	replace_data(n, merged, count);
	return 0;
}

static void free_run(struct zone *z, enum pool_class kind, uint32_t index, uint32_t n)
{
	pool_free(&z->pool, kind, pool_order(n), index);
}

/* A run for a set of n records, `per` to an element; none if they fit the record. */
static int alloc_set(struct zone *z, enum pool_class kind, uint32_t n, uint32_t inline_max,
		     uint32_t per, uint32_t *ret_index)
{
	if (n <= inline_max)
		return 0;
	return zone_alloc(z, kind, pool_order((n + per - 1) / per), ret_index);
}

static uint32_t elements(uint32_t n, uint32_t per)
{
	return (n + per - 1) / per;
}

/* Everything the record points to, allocated; what was got is given back on failure. */
static int alloc_parts(struct zone *z, struct xdns_record *r)
{
	int err = alloc_set(z, POOL_A_SETS, r->n_a, XDNS_A_INLINE, XDNS_A_PER_SET, &r->a_set);

	if (err)
		return err;
	err = alloc_set(z, POOL_AAAA_SETS, r->n_aaaa, XDNS_AAAA_INLINE, XDNS_AAAA_PER_SET,
			&r->aaaa_set);
	if (err)
		goto free_a;
	err = alloc_set(z, POOL_SRV_SETS, r->n_srv, XDNS_SRV_INLINE, XDNS_SRV_PER_SET, &r->srv_set);
	if (err)
		goto free_aaaa;
	err = alloc_set(z, POOL_NAME_TAILS, r->name_len, XDNS_NAME_INLINE, DNS_NAME_MAX,
			&r->name_tail);
	if (!err)
		return 0;
	if (r->srv_set)
		free_run(z, POOL_SRV_SETS, r->srv_set, elements(r->n_srv, XDNS_SRV_PER_SET));
free_aaaa:
	if (r->aaaa_set)
		free_run(z, POOL_AAAA_SETS, r->aaaa_set, elements(r->n_aaaa, XDNS_AAAA_PER_SET));
free_a:
	if (r->a_set)
		free_run(z, POOL_A_SETS, r->a_set, elements(r->n_a, XDNS_A_PER_SET));
	return err;
}

static void fill_name(struct zone *z, const struct node *n, struct xdns_record *r)
{
	struct xdns_name_tail *tail;
	size_t head = n->wire_len < XDNS_NAME_INLINE ? n->wire_len : XDNS_NAME_INLINE;

	memcpy(r->name, n->wire, head);
	if (r->name_tail) {
		tail = pool_at(&z->pool, POOL_NAME_TAILS, r->name_tail);
		memset(tail, 0, sizeof(*tail));
		memcpy(tail->name, n->wire + head, n->wire_len - head);
	}
}

/* The first datum of this kind or a later one. */
static const struct datum *first_of(const struct node *n, uint8_t kind)
{
	const struct datum *data = node_data(n);
	uint32_t i = 0;

	while (i < n->sorted && data[i].kind < kind)
		i++;
	return data + i;
}

static void fill_sets(struct zone *z, const struct node *n, struct xdns_record *r)
{
	uint8_t *a = r->a_set ? pool_at(&z->pool, POOL_A_SETS, r->a_set) : NULL;
	uint8_t *aaaa = r->aaaa_set ? pool_at(&z->pool, POOL_AAAA_SETS, r->aaaa_set) : r->aaaa[0];
	struct xdns_srv *srv = r->srv_set ? pool_at(&z->pool, POOL_SRV_SETS, r->srv_set) : r->srv;
	const struct datum *d = node_data(n);

	for (uint32_t i = 0; i < r->n_a; i++)
		memcpy(a ? a + 4 * i : (uint8_t *)xdns_inline_a(r, i), d[i].octets, 4);
	d = first_of(n, DATUM_AAAA);
	for (uint32_t i = 0; i < r->n_aaaa; i++, aaaa += 16)
		memcpy(aaaa, d[i].octets, 16);
	d = first_of(n, DATUM_SRV);
	for (uint32_t i = 0; i < r->n_srv; i++, srv++) {
		srv->port = d[i].name.port;
		srv->weight = d[i].name.weight;
		srv->target = d[i].name.number;
	}
}

/* A record counts to 65535; of a larger set the rest is left out. */
static uint16_t set_size(const struct datum *from, const struct datum *to)
{
	return to - from > UINT16_MAX ? UINT16_MAX : to - from;
}

static void count_sets(const struct node *n, struct xdns_record *r)
{
	const struct datum *aaaa = first_of(n, DATUM_AAAA), *srv = first_of(n, DATUM_SRV);

	r->n_a = set_size(node_data(n), aaaa);
	r->n_aaaa = set_size(aaaa, srv);
	r->n_srv = set_size(srv, node_data(n) + n->sorted);
}

/* Makes n->new_record; nobody sees it yet. */
int zone_build_record(struct zone *z, struct node *n)
{
	struct xdns_record draft = {.name_len = n->wire_len}, *r;
	uint32_t index;
	int err;

	count_sets(n, &draft);
	draft.flags =
		(n->exists ? 0 : XDNS_RECORD_TARGET_ONLY) | (n->reverse ? XDNS_RECORD_REVERSE : 0);
	err = alloc_parts(z, &draft);
	if (err)
		return err;
	err = pool_take_home(&z->pool, n->hash, &index) ? 0
							: zone_alloc(z, POOL_RECORDS, 0, &index);
	if (err) {
		struct garbage parts = {0};

		zone_retire_parts(z, &parts, &draft);
		garbage_free(z, &parts);
		return err;
	}
	r = pool_at(&z->pool, POOL_RECORDS, index);
	draft.name_len = 0;
	*r = draft;
	fill_name(z, n, r);
	fill_sets(z, n, r);
	/* until now it is nobody's: a number that leads here too early finds no name */
	__atomic_store_n(&r->name_len, n->wire_len, __ATOMIC_RELEASE);
	n->new_record = index;
	return 0;
}

/* The runs a record points to. */
void zone_retire_parts(struct zone *z, struct garbage *g, const struct xdns_record *r)
{
	(void)z;
	if (r->a_set)
		garbage_add_run(g, POOL_A_SETS, pool_order(elements(r->n_a, XDNS_A_PER_SET)),
				r->a_set);
	if (r->aaaa_set)
		garbage_add_run(g, POOL_AAAA_SETS,
				pool_order(elements(r->n_aaaa, XDNS_AAAA_PER_SET)), r->aaaa_set);
	if (r->srv_set)
		garbage_add_run(g, POOL_SRV_SETS, pool_order(elements(r->n_srv, XDNS_SRV_PER_SET)),
				r->srv_set);
	if (r->name_tail)
		garbage_add_run(g, POOL_NAME_TAILS, 0, r->name_tail);
}

/* A record nothing points to any more, and its sets. */
void zone_retire_record(struct zone *z, struct garbage *g, uint32_t record)
{
	if (!record)
		return;
	zone_retire_parts(z, g, pool_at(&z->pool, POOL_RECORDS, record));
	garbage_add_run(g, POOL_RECORDS, 0, record);
}
