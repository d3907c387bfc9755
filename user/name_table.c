// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "name_table.h"

#include <stdlib.h>

#include "util.h"

#define SIZE_MIN 1024

/* The entry of the key, or the free one where it would be. */
static struct name_seen *place(const struct name_table *t, uint64_t key)
{
	size_t i = (size_t)(key ^ key >> 32) & (t->size - 1);

	while (t->list[i].key && t->list[i].key != key)
		i = (i + 1) & (t->size - 1);
	return &t->list[i];
}

static bool grow(struct name_table *t)
{
	struct name_table bigger = {.size = t->size ? t->size * 2 : SIZE_MIN, .used = t->used};

	bigger.list = calloc(bigger.size, sizeof(*bigger.list));
	if (!bigger.list)
		return false;
	for (size_t i = 0; i < t->size; i++)
		if (t->list[i].key)
			*place(&bigger, t->list[i].key) = t->list[i];
	free(t->list);
	*t = bigger;
	return true;
}

struct name_seen *name_table_find(const struct name_table *t, uint64_t key)
{
	struct name_seen *s = t->size ? place(t, key) : NULL;

	return s && s->key ? s : NULL;
}

struct name_seen *name_table_get(struct name_table *t, uint64_t key)
{
	struct name_seen *s;

	if (t->used >= t->size / 2 && !grow(t))
		return NULL;
	s = place(t, key);
	if (!s->key) {
		s->key = key;
		t->used++;
	}
	return s;
}

void name_table_done(struct name_table *t)
{
	free(TAKE_PTR(t->list));
	t->size = t->used = 0;
}
