// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The difference between two versions as one sequence (RFC 1995 4 allows to condense): of each set
 * what it was before its first change, and is after its last. First all that goes, then all that
 * comes.
 */
#include "transfer_internal.h"

#include <errno.h>
#include <string.h>

#include "array.h"
#include "dname_text.h"

/* Records of a set; SRV targets are the change's. */
struct rrs {
	struct rr *list;
	size_t count, capacity;
	bool lost; /* no memory */
};

static int compare_changes(const void *one, const void *other)
{
	const struct change *a = *(struct change *const *)one, *b = *(struct change *const *)other;
	size_t a_len = dname_wire_len(a->data), b_len = dname_wire_len(b->data);
	int r = a_len == b_len ? memcmp(a->data, b->data, a_len) : a_len < b_len ? -1 : 1;

	if (!r)
		r = (int)a->type - (int)b->type;
	return r ? r : a->number < b->number ? -1 : 1;
}

static bool same_set(const struct change *a, const struct change *b)
{
	size_t len = dname_wire_len(a->data);

	return a->type == b->type && dname_wire_len(b->data) == len &&
	       !memcmp(a->data, b->data, len);
}

int transfer_changes_take(struct transfer *t)
{
	size_t capacity = 0;
	uint64_t number;
	int r = history_find(t->history, t->has, &number);

	while (!r && number < t->newest) {
		r = array_reserve(&t->changes, &capacity, t->changes_count + 1,
				  sizeof(struct change *));
		if (!r)
			r = history_next(t->history, number, &t->changes[t->changes_count]);
		if (!r)
			number = t->changes[t->changes_count++]->number;
	}
	if (r) {
		transfer_changes_done(t);
		return r;
	}
	if (t->changes_count)
		qsort(t->changes, t->changes_count, sizeof(struct change *), compare_changes);
	return 0;
}

static void collect(void *ctx, const struct rr *rr)
{
	struct rrs *s = ctx;

	s->lost |= array_reserve(&s->list, &s->capacity, s->count + 1, sizeof(*s->list)) != 0;
	if (!s->lost)
		s->list[s->count++] = *rr;
}

static int compare_rrs(const void *one, const void *other)
{
	const struct rr *a = one, *b = other;
	size_t a_len, b_len;

	if (a->type == DNS_TYPE_A)
		return memcmp(a->a, b->a, 4);
	if (a->type == DNS_TYPE_AAAA)
		return memcmp(a->aaaa, b->aaaa, 16);
	if (a->srv.port != b->srv.port)
		return (int)a->srv.port - (int)b->srv.port;
	if (a->srv.weight != b->srv.weight)
		return (int)a->srv.weight - (int)b->srv.weight;
	a_len = dname_wire_len(a->srv.target);
	b_len = dname_wire_len(b->srv.target);
	return a_len == b_len  ? memcmp(a->srv.target, b->srv.target, a_len)
	       : a_len < b_len ? -1
			       : 1;
}

/* The records of `these` that are not in `those`. */
static int send_others(struct transfer *t, const uint8_t *owner, const struct rrs *these,
		       const struct rrs *those)
{
	uint32_t ttl = zone_config(t->zone)->ttl;
	size_t j = 0;
	int r = 0;

	for (size_t i = 0; i < these->count && !r; i++) {
		while (j < those->count && compare_rrs(&those->list[j], &these->list[i]) < 0)
			j++;
		if (j == those->count || compare_rrs(&those->list[j], &these->list[i]))
			r = transfer_out_rr(&t->out, owner, ttl, &these->list[i]);
	}
	return r;
}

/* From before the first change of a set to after the last, as much as goes, or comes. */
static int send_set(struct transfer *t, const struct change *first, const struct change *last)
{
	struct rrs was = {0}, is = {0};
	int r;

	change_for_each_rr(first, false, collect, &was);
	change_for_each_rr(last, true, collect, &is);
	if (was.count)
		qsort(was.list, was.count, sizeof(*was.list), compare_rrs);
	if (is.count)
		qsort(is.list, is.count, sizeof(*is.list), compare_rrs);
	if (was.lost || is.lost)
		r = -ENOMEM;
	else
		r = t->adding ? send_others(t, first->data, &is, &was)
			      : send_others(t, first->data, &was, &is);
	free(was.list);
	free(is.list);
	return r;
}

int transfer_changes_step(struct transfer *t)
{
	const struct xdns_config *zc = zone_config(t->zone);
	size_t first = t->at, last = first;
	int r = 0;

	if (!first && !t->adding)
		r = transfer_out_soa(&t->out, zc, t->serial);
	if (!r && !first)
		r = transfer_out_soa(&t->out, zc, t->adding ? t->serial : t->has);
	if (!r && first < t->changes_count) {
		while (last + 1 < t->changes_count &&
		       same_set(t->changes[first], t->changes[last + 1]))
			last++;
		r = send_set(t, t->changes[first], t->changes[last]);
		t->at = last + 1;
	}
	if (r || t->at < t->changes_count)
		return r ? r : 1;
	if (t->adding)
		return transfer_out_soa(&t->out, zc, t->serial);
	t->adding = true;
	t->at = 0;
	return 1;
}

void transfer_changes_done(struct transfer *t)
{
	while (t->changes_count)
		change_put(t->changes[--t->changes_count]);
	free(t->changes);
	t->changes = NULL;
}
