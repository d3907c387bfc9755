// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "known_tasks.h"

#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "hash.h"
#include "task_diff.h"

int known_tasks_add(struct known_tasks *k, struct task *t)
{
	int r = k->count < UINT32_MAX
			? array_reserve(&k->list, &k->room, k->count + 1, sizeof(struct task *))
			: -E2BIG;

	if (!r)
		k->list[k->count++] = cluster_task_share(t);
	return r;
}

/* The slot that has such a task, or is free. Half of them are free. */
static uint32_t *find(const struct known_tasks *k, const struct task *t)
{
	size_t i = hash_mix(0, t->digest) & (k->slots - 1);

	while (k->slot[i] && !tasks_equal(k->list[k->slot[i] - 1], t))
		i = (i + 1) & (k->slots - 1);
	return &k->slot[i];
}

/* Without memory nothing is known. */
static void make_slots(struct known_tasks *k)
{
	size_t slots = 16;

	while (slots < 2 * k->count)
		slots *= 2;
	k->slot = calloc(slots, sizeof(*k->slot));
	if (!k->slot)
		return;
	k->slots = slots;
	for (uint32_t i = 0; i < k->count; i++)
		*find(k, k->list[i]) = i + 1;
}

struct task *known_tasks_same(struct known_tasks *k, struct task *t)
{
	uint32_t i;

	if (k->count && !k->slot)
		make_slots(k);
	i = k->slot ? *find(k, t) : 0;
	if (!i)
		return t;
	cluster_task_free(t);
	return cluster_task_share(k->list[i - 1]);
}

void known_tasks_done(struct known_tasks *k)
{
	for (size_t i = 0; i < k->count; i++)
		cluster_task_free(k->list[i]);
	free(k->list);
	free(k->slot);
	*k = (struct known_tasks){0};
}
