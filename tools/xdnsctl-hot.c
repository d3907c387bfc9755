// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "xdnsctl-top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGEING	   0.8 /* a second: half of a sample is forgotten after three */
#define WEIGHT_MIN 0.1

static struct hot_name *least(struct hot_names *h)
{
	struct hot_name *least = &h->list[0];

	for (size_t i = 1; i < h->count; i++)
		if (h->list[i].weight < least->weight)
			least = &h->list[i];
	return least;
}

void hot_names_add(struct hot_names *h, const char *name)
{
	struct hot_name *n = NULL;

	h->samples += 1;
	for (size_t i = 0; i < h->count && !n; i++)
		if (!strcmp(h->list[i].name, name))
			n = &h->list[i];
	if (!n) {
		n = h->count < HOT_NAMES_MAX ? &h->list[h->count++] : least(h);
		snprintf(n->name, sizeof(n->name), "%s", name);
		n->weight = 0;
	}
	n->weight += 1;
}

void hot_names_age(struct hot_names *h)
{
	size_t left = 0;

	h->samples *= AGEING;
	for (size_t i = 0; i < h->count; i++) {
		h->list[i].weight *= AGEING;
		if (h->list[i].weight >= WEIGHT_MIN)
			h->list[left++] = h->list[i];
	}
	h->count = left;
}

static int compare(const void *one, const void *other)
{
	const struct hot_name *a = one, *b = other;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return strcmp(a->name, b->name);
}

void hot_names_sort(struct hot_names *h)
{
	qsort(h->list, h->count, sizeof(h->list[0]), compare);
}
