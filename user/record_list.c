// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record_list.h"

#include <errno.h>
#include <string.h>

#include "array.h"
#include "dns.h"
#include "util.h"

static int keep_name(struct record_list *l, const uint8_t *name, size_t len, size_t *ret_at)
{
	int r = array_reserve(&l->names, &l->names_room, l->names_len + len, 1);

	if (r)
		return r;
	memcpy(l->names + l->names_len, name, len);
	*ret_at = l->names_len;
	l->names_len += len;
	return 0;
}

/* The name in the data, if there is one. */
static const uint8_t *target_of(const struct rr *rr)
{
	if (rr->type == DNS_TYPE_SRV)
		return rr->srv.target;
	return rr->type == DNS_TYPE_PTR ? rr->ptr : NULL;
}

static int list_put(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
		    const struct rr *rr)
{
	struct record_list *l = (struct record_list *)sink;
	struct record_item item = {.rr = *rr, .owner_len = owner_len};
	int r = array_reserve(&l->items, &l->room, l->count + 1, sizeof(*l->items));

	if (!r)
		r = keep_name(l, owner, owner_len, &item.owner_at);
	if (!r && target_of(rr))
		r = keep_name(l, target_of(rr), dname_wire_len(target_of(rr)), &item.target_at);
	if (!r)
		l->items[l->count++] = item;
	return r;
}

void record_list_init(struct record_list *l)
{
	*l = (struct record_list){.sink.put = list_put};
}

void record_list_done(struct record_list *l)
{
	free(l->items);
	free(l->names);
	*l = (struct record_list){0};
}

static int compare_numbers(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_data(const struct rr *a, const struct rr *b)
{
	const uint8_t *a_target = target_of(a), *b_target = target_of(b);
	int r = 0;

	if (a->type != b->type)
		return compare_numbers(a->type, b->type);
	if (a->type == DNS_TYPE_A)
		return memcmp(a->a, b->a, sizeof(a->a));
	if (a->type == DNS_TYPE_AAAA)
		return memcmp(a->aaaa, b->aaaa, sizeof(a->aaaa));
	if (a->type == DNS_TYPE_SRV)
		r = compare_numbers(a->srv.port, b->srv.port);
	if (!r && a->type == DNS_TYPE_SRV)
		r = compare_numbers(a->srv.weight, b->srv.weight);
	if (!r)
		r = compare_numbers(dname_wire_len(a_target), dname_wire_len(b_target));
	return r ? r : memcmp(a_target, b_target, dname_wire_len(a_target));
}

static int compare_items(const struct record_item *a, const uint8_t *a_names,
			 const struct record_item *b, const uint8_t *b_names)
{
	int r = compare_numbers(a->owner_len, b->owner_len);

	if (!r)
		r = memcmp(a_names + a->owner_at, b_names + b->owner_at, a->owner_len);
	return r ? r : compare_data(&a->rr, &b->rr);
}

static int compare_for_sort(const void *a, const void *b, void *names)
{
	return compare_items(a, names, b, names);
}

void record_list_settle(struct record_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct record_item *item = &l->items[i];

		item->same = false;
		if (item->rr.type == DNS_TYPE_SRV)
			item->rr.srv.target = l->names + item->target_at;
		else if (item->rr.type == DNS_TYPE_PTR)
			item->rr.ptr = l->names + item->target_at;
	}
}

int record_list_compare(const struct record_list *l, size_t i, size_t j)
{
	return compare_items(&l->items[i], l->names, &l->items[j], l->names);
}

static void sort(struct record_list *l)
{
	record_list_settle(l);
	if (l->count)
		qsort_r(l->items, l->count, sizeof(*l->items), compare_for_sort, l->names);
}

void record_list_diff(struct record_list *a, struct record_list *b)
{
	size_t i = 0, j = 0;

	sort(a);
	sort(b);
	while (i < a->count && j < b->count) {
		int r = compare_items(&a->items[i], a->names, &b->items[j], b->names);

		if (!r)
			a->items[i].same = b->items[j].same = true;
		i += r <= 0;
		j += r >= 0;
	}
}
