// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "task_diff.h"

#include <errno.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "util.h"

#define NO_REF UINT32_MAX

static uint64_t ref_key(const struct task_ref *ref)
{
	const char *name = ref->framework->name;
	uint64_t hash = hash_bytes(0, name, strlen(name));

	hash = hash_bytes(hash, &ref->task->digest, sizeof(ref->task->digest));
	return hash_bytes(hash, ref->agent->addresses,
			  ref->agent->addresses_count * sizeof(*ref->agent->addresses));
}

int task_refs_add(struct task_refs *refs, const struct task *task,
		  const struct framework *framework, const struct agent *agent)
{
	struct task_ref ref = {.task = task, .framework = framework, .agent = agent};
	int r;

	if (!agent || task->phase != TASK_RUNNING)
		return 0;
	if (refs->count >= NO_REF - 1)
		return -E2BIG;
	r = array_reserve(&refs->list, &refs->room, refs->count + 1, sizeof(*refs->list));
	if (r)
		return r;
	ref.key = ref_key(&ref);
	refs->list[refs->count++] = ref;
	return 0;
}

int task_refs_init(struct task_refs *refs, const struct cluster *c)
{
	int r = 0;

	*refs = (struct task_refs){0};
	for (size_t i = 0; c && i < c->frameworks_count; i++) {
		const struct framework *f = &c->frameworks[i];

		for (size_t j = 0; j < f->tasks_count && !r; j++)
			r = task_refs_add(refs, f->tasks[j], f,
					  cluster_find_agent(c, f->tasks[j]->agent_id));
	}
	return r;
}

void task_refs_done(struct task_refs *refs)
{
	free(refs->list);
	*refs = (struct task_refs){0};
}

static bool addresses_equal(const struct address *a, size_t a_count, const struct address *b,
			    size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!address_equal(&a[i], &b[i]))
			return false;
	return true;
}

static bool sources_equal(const struct task_addresses *a, const struct task_addresses *b)
{
	return addresses_equal(a->list, a->count, b->list, b->count);
}

static bool ports_equal(const struct task *a, const struct task *b)
{
	if (a->ranges_count != b->ranges_count ||
	    a->discovery_ports_count != b->discovery_ports_count)
		return false;
	for (size_t i = 0; i < a->ranges_count; i++)
		if (a->ranges[i].first != b->ranges[i].first ||
		    a->ranges[i].last != b->ranges[i].last)
			return false;
	for (size_t i = 0; i < a->discovery_ports_count; i++)
		if (a->discovery_ports[i].number != b->discovery_ports[i].number ||
		    strcmp(a->discovery_ports[i].name, b->discovery_ports[i].name) != 0 ||
		    strcmp(a->discovery_ports[i].protocol, b->discovery_ports[i].protocol) != 0)
			return false;
	return true;
}

/* The digest is no proof: equal ones of different tasks would leave records behind for ever. */
bool tasks_equal(const struct task *a, const struct task *b)
{
	if (a == b)
		return true;
	return a->digest == b->digest && a->phase == b->phase && !strcmp(a->id, b->id) &&
	       !strcmp(a->name, b->name) && !strcmp(a->agent_id, b->agent_id) &&
	       !strcmp(a->discovery_name, b->discovery_name) && ports_equal(a, b) &&
	       sources_equal(&a->netinfo, &b->netinfo) && sources_equal(&a->docker, &b->docker) &&
	       sources_equal(&a->mesos, &b->mesos);
}

static bool refs_equal(const struct task_ref *a, const struct task_ref *b)
{
	return a->key == b->key && tasks_equal(a->task, b->task) &&
	       !strcmp(a->framework->name, b->framework->name) &&
	       addresses_equal(a->agent->addresses, a->agent->addresses_count, b->agent->addresses,
			       b->agent->addresses_count);
}

static size_t bucket_of(uint64_t key, size_t mask)
{
	return (size_t)hash_mix(0, key) & mask;
}

int task_diff(struct task_refs *old, struct task_refs *new)
{
	_cleanup_free_ uint32_t *buckets = NULL;
	size_t size = 16;

	if (!old->count || !new->count)
		return 0;
	while (size < old->count)
		size *= 2;
	buckets = malloc(size * sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	memset(buckets, 0xff, size * sizeof(*buckets));
	for (size_t i = old->count; i-- > 0;) {
		uint32_t *head = &buckets[bucket_of(old->list[i].key, size - 1)];

		old->list[i].next = *head;
		*head = (uint32_t)i;
	}
	for (size_t i = 0; i < new->count; i++) {
		uint32_t *at = &buckets[bucket_of(new->list[i].key, size - 1)];

		while (*at != NO_REF && !refs_equal(&old->list[*at], &new->list[i]))
			at = &old->list[*at].next;
		if (*at == NO_REF)
			continue;
		old->list[*at].same = new->list[i].same = true;
		*at = old->list[*at].next;
	}
	return 0;
}
