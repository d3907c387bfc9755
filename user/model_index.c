// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The model's tables: nodes by id, what is changed about them, and the blocks they had before. */
#include "model_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "util.h"

struct model_agent *model_find_agent(struct model *m, const char *id)
{
	struct model_agent *a;

	HASH_FIND_STR(m->agents, id, a);
	return a;
}

struct model_agent *model_get_agent(struct model *m, const char *id)
{
	struct model_agent *a = model_find_agent(m, id);
	size_t len = strlen(id);

	if (a)
		return a;
	a = calloc(1, sizeof(*a) + len + 1);
	if (!a)
		return NULL;
	memcpy(a->id, id, len);
	HASH_ADD_KEYPTR(hh, m->agents, a->id, len, a);
	if (!a->hh.tbl) {
		free(a);
		return NULL;
	}
	return a;
}

struct model_framework *model_find_framework(struct model *m, const char *id)
{
	struct model_framework *f;

	HASH_FIND_STR(m->frameworks, id, f);
	return f;
}

struct model_framework *model_get_framework(struct model *m, const char *id)
{
	struct model_framework *f = model_find_framework(m, id);
	size_t len = strlen(id);

	if (f)
		return f;
	f = calloc(1, sizeof(*f) + len + 1);
	if (!f)
		return NULL;
	memcpy(f->id, id, len);
	HASH_ADD_KEYPTR(hh, m->frameworks, f->id, len, f);
	if (!f->hh.tbl) {
		free(f);
		return NULL;
	}
	return f;
}

void model_drop_agent(struct model *m, struct model_agent *a)
{
	if (a->data || a->tasks)
		return;
	HASH_DEL(m->agents, a);
	free(a);
}

void model_drop_framework(struct model *m, struct model_framework *f)
{
	if (f->data || f->tasks_count)
		return;
	HASH_DEL(m->frameworks, f);
	free(f);
}

/* Of this id, whatever its framework. */
static struct model_task *first_task(const struct model *m, const char *id)
{
	struct model_task *t;

	HASH_FIND_STR(m->tasks, id, t);
	return t;
}

struct model_task *model_find_task(struct model *m, const struct model_framework *f, const char *id,
				   uint32_t except)
{
	struct model_task *t = first_task(m, id);

	while (t && (t->framework != f || (except && t->mark == except)))
		t = t->same;
	return t;
}

int model_touch(struct model *m, struct model_task *t)
{
	struct model_touch touch = {.node = t};

	if (t->touched)
		return 0;
	if (array_reserve(&m->touched, &m->touched_room, m->touched_count + 1, sizeof(*m->touched)))
		return -ENOMEM;
	if (t->data && t->framework->data && t->agent->data)
		touch.old = (struct task_ref){
			.task = t->data, .framework = t->framework->data, .agent = t->agent->data};
	m->touched[m->touched_count++] = touch;
	t->touched = true;
	return 0;
}

static int reserve_dead_task(struct model *m)
{
	return array_reserve(&m->dead_tasks, &m->dead_tasks_room, m->dead_tasks_count + 1,
			     sizeof(*m->dead_tasks));
}

static void count_task(struct model *m, const struct task *data, int by)
{
	if (data && data->phase == TASK_RUNNING)
		m->counts.tasks += (uint64_t)(int64_t)by;
}

/* Into the table: behind the first of its id, if there is one. */
static int index_task(struct model *m, struct model_task *t)
{
	struct model_task *first = first_task(m, t->data->id);

	if (first) {
		t->same = first->same;
		first->same = t;
		return 0;
	}
	HASH_ADD_KEYPTR(hh, m->tasks, t->data->id, strlen(t->data->id), t);
	return t->hh.tbl ? 0 : -ENOMEM;
}

/* The next of the id takes the place of the first, before that goes: the other way round could fail
 * half done. */
static int unindex_task(struct model *m, struct model_task *t)
{
	struct model_task *first = first_task(m, t->data->id), *next = t->same;

	if (first != t) {
		while (first->same != t)
			first = first->same;
		first->same = t->same;
		return 0;
	}
	if (next) {
		HASH_ADD_KEYPTR(hh, m->tasks, next->data->id, strlen(next->data->id), next);
		if (!next->hh.tbl)
			return -ENOMEM;
	}
	HASH_DEL(m->tasks, t);
	return 0;
}

int model_add_task(struct model *m, struct model_framework *f, struct task *data,
		   struct model_task **ret)
{
	struct model_task *t = calloc(1, sizeof(*t));
	struct model_agent *a = model_get_agent(m, data->agent_id);
	int r = -ENOMEM;

	if (t && a) {
		*t = (struct model_task){.framework = f, .agent = a};
		r = model_touch(m, t);
		t->data = data;
		if (!r)
			r = index_task(m, t);
		if (r && t->touched)
			m->touched_count--;
	}
	if (r) {
		if (a)
			model_drop_agent(m, a);
		cluster_task_free(data);
		free(t);
		return r;
	}
	DL_APPEND2(a->tasks, t, agent_prev, agent_next);
	f->tasks_count++;
	count_task(m, data, 1);
	*ret = t;
	return 0;
}

static void leave_agent(struct model *m, struct model_task *t)
{
	DL_DELETE2(t->agent->tasks, t, agent_prev, agent_next);
	model_drop_agent(m, t->agent);
	t->agent = NULL;
}

/* The node itself stays for whoever tells the zone. */
static int remove_task(struct model *m, struct model_task *t)
{
	int r = unindex_task(m, t);

	if (r)
		return r;
	model_hold_task(m, t, false);
	leave_agent(m, t);
	t->framework->tasks_count--;
	t->framework = NULL;
	return 0;
}

int model_replace_task(struct model *m, struct model_task *t, struct task *data)
{
	struct model_agent *a = data ? model_get_agent(m, data->agent_id) : NULL;
	int r = data && !a ? -ENOMEM : model_touch(m, t);

	if (!r)
		r = reserve_dead_task(m);
	if (!r && !data)
		r = remove_task(m, t);
	if (r) {
		if (a)
			model_drop_agent(m, a);
		cluster_task_free(data);
		return r;
	}
	if (data && a != t->agent) {
		leave_agent(m, t);
		DL_APPEND2(a->tasks, t, agent_prev, agent_next);
		t->agent = a;
	}
	if (data && first_task(m, data->id) == t)
		t->hh.key = data->id; /* the same text, in the block that stays */
	count_task(m, t->data, -1);
	count_task(m, data, 1);
	m->dead_tasks[m->dead_tasks_count++] = t->data;
	t->data = data;
	return 0;
}

int model_set_agent(struct model *m, struct model_agent *a, struct agent *data)
{
	struct model_task *t;
	int r = array_reserve(&m->dead_agents, &m->dead_agents_room, m->dead_agents_count + 1,
			      sizeof(*m->dead_agents));

	DL_FOREACH2(a->tasks, t, agent_next)
	{
		if (!r)
			r = model_touch(m, t);
	}
	if (r) {
		if (data)
			cluster_agent_done(data);
		free(data);
		return r;
	}
	m->counts.agents += (data != NULL) - (a->data != NULL);
	if (a->data)
		m->dead_agents[m->dead_agents_count++] = a->data;
	a->data = data;
	m->cluster_changed = true;
	return 0;
}

/* Names of its tasks are made of its name. */
static int touch_framework(struct model *m, const struct model_framework *f)
{
	struct model_task *head, *t, *next;
	int r = 0;

	HASH_ITER(hh, m->tasks, head, next)
	{
		for (t = head; t && !r; t = t->same)
			if (t->framework == f)
				r = model_touch(m, t);
	}
	return r;
}

int model_set_framework(struct model *m, struct model_framework *f, struct framework *data)
{
	bool renamed = !data || !f->data || strcmp(data->name, f->data->name);
	int r = array_reserve(&m->dead_frameworks, &m->dead_frameworks_room,
			      m->dead_frameworks_count + 1, sizeof(*m->dead_frameworks));

	if (!r && renamed && f->tasks_count)
		r = touch_framework(m, f);
	if (r) {
		if (data)
			cluster_framework_done(data);
		free(data);
		return r;
	}
	m->counts.frameworks += (data != NULL) - (f->data != NULL);
	if (f->data)
		m->dead_frameworks[m->dead_frameworks_count++] = f->data;
	f->data = data;
	f->told &= !renamed;
	m->cluster_changed = true;
	return 0;
}

void model_hold_task(struct model *m, struct model_task *t, bool held)
{
	m->counts.held_tasks += held - t->held;
	t->held = held;
}

void model_hold_agent(struct model *m, struct model_agent *a, bool held)
{
	m->counts.held_agents += held - a->held;
	a->held = held;
}

void model_hold_framework(struct model *m, struct model_framework *f, bool held)
{
	m->counts.held_frameworks += held - f->held;
	f->held = held;
}

/* Tombstones */

static struct model_tombstone *find_tombstone(struct model *m, char kind, const char *framework,
					      const char *id, char **ret_key, int *ret_len)
{
	struct model_tombstone *t = NULL;

	/* ids have no control characters; even if they had, a document would only be late */
	*ret_len = asprintf(ret_key, "%c%s\n%s", kind, framework, id);
	if (*ret_len < 0)
		*ret_key = NULL;
	else
		HASH_FIND(hh, m->tombstones, *ret_key, (unsigned)*ret_len, t);
	return t;
}

void model_bury(struct model *m, char kind, const char *framework, const char *id,
		uint64_t event_ns)
{
	_cleanup_free_ char *key = NULL;
	struct model_tombstone *t;
	int len;

	if (!m->expecting)
		return;
	t = find_tombstone(m, kind, framework, id, &key, &len);
	if (!t && key) {
		t = calloc(1, sizeof(*t) + (size_t)len + 1);
		if (t) {
			memcpy(t->key, key, (size_t)len);
			HASH_ADD_KEYPTR(hh, m->tombstones, t->key, (unsigned)len, t);
			if (!t->hh.tbl) {
				free(t);
				t = NULL;
			}
		}
	}
	if (t)
		t->event_ns = event_ns;
	else
		m->wants_state = true; /* a document may bring it back: the next one takes it */
}

bool model_buried(struct model *m, char kind, const char *framework, const char *id,
		  uint64_t since_ns)
{
	_cleanup_free_ char *key = NULL;
	struct model_tombstone *t;
	int len;

	if (!m->tombstones)
		return false;
	t = find_tombstone(m, kind, framework, id, &key, &len);
	return t && t->event_ns > since_ns;
}

void model_forget_tombstones(struct model *m)
{
	struct model_tombstone *t, *next;

	HASH_ITER(hh, m->tombstones, t, next)
	{
		HASH_DEL(m->tombstones, t);
		free(t);
	}
}
