// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

struct task *cluster_task_share(struct task *t)
{
	__atomic_add_fetch(&t->owners, 1, __ATOMIC_RELAXED);
	return t;
}

void cluster_task_free(struct task *t)
{
	if (t && !__atomic_fetch_sub(&t->owners, 1, __ATOMIC_ACQ_REL))
		free(t); /* one block */
}

void cluster_framework_done(struct framework *f)
{
	for (size_t i = 0; i < f->tasks_count; i++)
		cluster_task_free(f->tasks[i]);
	free(f->tasks);
	free(f->id);
	free(f->name);
	free(f->host);
	free(f->addresses);
}

void cluster_agent_done(struct agent *a)
{
	free(a->id);
	free(a->host);
	free(a->addresses);
}

struct cluster *cluster_free(struct cluster *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < c->frameworks_count; i++)
		cluster_framework_done(&c->frameworks[i]);
	for (size_t i = 0; i < c->agents_count; i++)
		cluster_agent_done(&c->agents[i]);
	free(c->frameworks);
	free(c->agents);
	free(c->agent_index);
	for (size_t i = 0; i < c->recovered_count; i++)
		free(c->recovered[i]);
	free(c->recovered);
	free(c->master_id);
	free(c->leader_host);
	free(c);
	return NULL;
}

/* The slot that holds the agent or is free for it. Half of the slots are free. */
static size_t index_slot(const struct cluster *c, const char *id)
{
	size_t mask = c->agent_index_size - 1;
	size_t i = hash_bytes(0, id, strlen(id)) & mask;

	while (c->agent_index[i] != 0 && strcmp(c->agents[c->agent_index[i] - 1].id, id))
		i = (i + 1) & mask;
	return i;
}

int cluster_index_agents(struct cluster *c)
{
	size_t size = 8;

	if (c->agents_count > UINT32_MAX / 4)
		return -EFBIG;
	while (size < 2 * c->agents_count)
		size *= 2;
	free(c->agent_index);
	c->agent_index = calloc(size, sizeof(*c->agent_index));
	c->agent_index_size = c->agent_index ? size : 0;
	if (!c->agent_index)
		return -ENOMEM;
	for (size_t i = 0; i < c->agents_count; i++)
		c->agent_index[index_slot(c, c->agents[i].id)] = (uint32_t)i + 1;
	return 0;
}

const struct agent *cluster_find_agent(const struct cluster *c, const char *id)
{
	uint32_t found = 0;

	if (c->agent_index_size > 0) {
		found = c->agent_index[index_slot(c, id)];
		return found ? &c->agents[found - 1] : NULL;
	}
	for (size_t i = c->agents_count; i > 0; i--)
		if (!strcmp(c->agents[i - 1].id, id))
			return &c->agents[i - 1];
	return NULL;
}
