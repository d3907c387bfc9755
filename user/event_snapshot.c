// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "event_snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "event_read.h"
#include "event_task.h"
#include "hash.h"
#include "state_resolve.h"
#include "util.h"

#define NONE SIZE_MAX

/* A framework that something has been said about. */
struct known {
	char *id;
	size_t framework; /* index into the cluster's; NONE: only tasks have named it */
	size_t tasks;
};

/* A task, and whose it is. */
struct owned {
	struct task *task;
	size_t known;
};

struct snapshot {
	struct task_reader *reader;
	struct json_pool pool;
	struct cluster *cluster;
	size_t agents_cap, recovered_cap, frameworks_cap;
	struct known *known;
	size_t known_count, known_cap;
	size_t *slots; /* index into known + 1; 0: free. Half of them are free */
	size_t slots_mask;
	struct owned *tasks; /* document order */
	size_t tasks_count, tasks_cap;
};

int snapshot_new(struct task_reader *reader, struct snapshot **ret)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s) {
		s->reader = reader;
		s->slots_mask = 15;
		s->slots = calloc(s->slots_mask + 1, sizeof(*s->slots));
		s->cluster = calloc(1, sizeof(*s->cluster));
	}
	if (!s || !s->slots || !s->cluster) {
		snapshot_free(s);
		return -ENOMEM;
	}
	s->cluster->stream = true;
	*ret = s;
	return 0;
}

struct snapshot *snapshot_free(struct snapshot *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->tasks_count; i++)
		cluster_task_free(s->tasks[i].task);
	for (size_t i = 0; i < s->known_count; i++)
		free(s->known[i].id);
	cluster_free(s->cluster);
	free(s->pool.data);
	free(s->known);
	free(s->slots);
	free(s->tasks);
	free(s);
	return NULL;
}

struct cluster_skipped *snapshot_skipped(struct snapshot *s)
{
	return &s->cluster->skipped;
}

/* The slot that holds the framework or is free for it. */
static size_t *find_slot(const struct snapshot *s, const char *id)
{
	size_t i = hash_bytes(0, id, strlen(id)) & s->slots_mask;

	while (s->slots[i] != 0 && strcmp(s->known[s->slots[i] - 1].id, id))
		i = (i + 1) & s->slots_mask;
	return &s->slots[i];
}

static int grow_slots(struct snapshot *s)
{
	size_t size = 2 * (s->slots_mask + 1);
	size_t *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(s->slots);
	s->slots = slots;
	s->slots_mask = size - 1;
	for (size_t i = 0; i < s->known_count; i++)
		*find_slot(s, s->known[i].id) = i + 1;
	return 0;
}

/* Index of the framework with this id among the known ones, a new one if need be. */
static int know(struct snapshot *s, const char *id, size_t *ret)
{
	size_t *slot = find_slot(s, id);
	int rc;

	if (*slot) {
		*ret = *slot - 1;
		return 0;
	}
	rc = array_reserve(&s->known, &s->known_cap, s->known_count + 1, sizeof(*s->known));
	if (rc == 0 && 2 * (s->known_count + 1) > s->slots_mask)
		rc = grow_slots(s);
	if (rc < 0)
		return rc;
	s->known[s->known_count] = (struct known){.id = strdup(id), .framework = NONE};
	if (!s->known[s->known_count].id)
		return -ENOMEM;
	*find_slot(s, id) = s->known_count + 1;
	*ret = s->known_count++;
	return 0;
}

/* What an adder returns: an element that is of no use is counted, and that is all. */
static int count(int rc, uint64_t *skipped)
{
	if (rc != -EINVAL)
		return rc;
	++*skipped;
	return 0;
}

int snapshot_add_agent(struct snapshot *s, const uint8_t *text, size_t len)
{
	struct cluster *c = s->cluster;
	int rc = array_reserve(&c->agents, &s->agents_cap, c->agents_count + 1, sizeof(*c->agents));

	if (rc == 0)
		rc = event_read_agent(&s->pool, text, len, &c->agents[c->agents_count]);
	c->agents_count += rc == 0;
	return count(rc, &c->skipped.agents);
}

int snapshot_add_recovered(struct snapshot *s, const uint8_t *text, size_t len)
{
	struct cluster *c = s->cluster;
	int rc = array_reserve(&c->recovered, &s->recovered_cap, c->recovered_count + 1,
			       sizeof(*c->recovered));

	if (rc == 0)
		rc = event_read_id(&s->pool, text, len, "id", &c->recovered[c->recovered_count]);
	c->recovered_count += rc == 0;
	return count(rc, &c->skipped.agents);
}

/* A second one with the same id is one too many: events name frameworks by their ids. */
static int keep_framework(struct snapshot *s, struct framework *f)
{
	struct cluster *c = s->cluster;
	size_t known;
	int rc = know(s, f->id, &known);

	if (rc < 0)
		return rc;
	if (s->known[known].framework != NONE)
		return -EINVAL;
	rc = array_reserve(&c->frameworks, &s->frameworks_cap, c->frameworks_count + 1,
			   sizeof(*c->frameworks));
	if (rc < 0)
		return rc;
	s->known[known].framework = c->frameworks_count;
	c->frameworks[c->frameworks_count++] = *f;
	return 0;
}

int snapshot_add_framework(struct snapshot *s, const uint8_t *text, size_t len)
{
	struct framework f;
	int rc = event_read_framework(&s->pool, text, len, &f);

	if (rc == 0) {
		rc = keep_framework(s, &f);
		if (rc < 0)
			cluster_framework_done(&f);
	}
	return count(rc, &s->cluster->skipped.frameworks);
}

/* Tasks that have ended but wait for their frameworks to hear of it are left out. */
static int keep_task(struct snapshot *s, struct task *t, const char *framework_id)
{
	size_t known;
	int rc;

	if (t->phase == TASK_ENDED) {
		cluster_task_free(t);
		return 0;
	}
	rc = know(s, framework_id, &known);
	if (rc == 0)
		rc = array_reserve(&s->tasks, &s->tasks_cap, s->tasks_count + 1, sizeof(*s->tasks));
	if (rc < 0) {
		cluster_task_free(t);
		return rc;
	}
	s->known[known].tasks++;
	s->tasks[s->tasks_count++] = (struct owned){.task = t, .known = known};
	return 0;
}

int snapshot_add_task(struct snapshot *s, const uint8_t *text, size_t len, bool unreachable)
{
	struct cluster_skipped *skipped = &s->cluster->skipped;
	const char *framework_id;
	struct task *t;
	int rc = event_task_read(s->reader, text, len, &skipped->ports, &t, &framework_id);

	if (rc == 0 && unreachable && t->phase == TASK_RUNNING) {
		t->phase = TASK_WAITING;
		t->waits = "TASK_UNREACHABLE";
	}
	if (rc == 0)
		rc = keep_task(s, t, framework_id);
	return count(rc, &skipped->tasks);
}

/* Moves the tasks into the lists of their frameworks. */
static int give_tasks(struct snapshot *s)
{
	struct cluster *c = s->cluster;

	for (size_t i = 0; i < s->known_count; i++) {
		const struct known *k = &s->known[i];

		if (k->framework == NONE || k->tasks == 0)
			continue;
		c->frameworks[k->framework].tasks = calloc(k->tasks, sizeof(struct task *));
		if (!c->frameworks[k->framework].tasks)
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->tasks_count; i++) {
		size_t index = s->known[s->tasks[i].known].framework;
		struct task *t = TAKE_PTR(s->tasks[i].task);

		if (index == NONE) {
			c->skipped.tasks++;
			cluster_task_free(t);
			continue;
		}
		c->frameworks[index].tasks[c->frameworks[index].tasks_count++] = t;
	}
	s->tasks_count = 0;
	return 0;
}

int snapshot_finish(struct snapshot *s, const struct state_resolver *resolver, struct cluster **ret)
{
	struct cluster *c = s->cluster;
	int rc = give_tasks(s);

	c->leader_host = strdup("");
	c->master_id = strdup("");
	if (!c->leader_host || !c->master_id)
		return -ENOMEM;
	if (rc == 0)
		rc = state_resolve_hosts(c, resolver);
	if (rc == 0)
		rc = cluster_index_agents(c);
	if (rc == 0)
		*ret = TAKE_PTR(s->cluster);
	return rc;
}
