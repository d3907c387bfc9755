// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The model's life, and what single events do to it. */
#include "model_internal.h"

#include <errno.h>
#include <string.h>

#include "task_pack.h"
#include "util.h"

int model_new(struct model **ret)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->leader_host = strdup("");
	m->master_id = strdup("");
	*ret = m;
	return m->leader_host && m->master_id ? 0 : (model_free(TAKE_PTR(*ret)), -ENOMEM);
}

static void free_agent(struct agent *a)
{
	if (a)
		cluster_agent_done(a);
	free(a);
}

static void free_framework(struct framework *f)
{
	if (f)
		cluster_framework_done(f);
	free(f);
}

void model_empty_graveyard(struct model *m)
{
	if (__atomic_load_n(&m->views, __ATOMIC_ACQUIRE))
		return;
	while (m->dead_tasks_count)
		cluster_task_free(m->dead_tasks[--m->dead_tasks_count]);
	while (m->dead_agents_count)
		free_agent(m->dead_agents[--m->dead_agents_count]);
	while (m->dead_frameworks_count)
		free_framework(m->dead_frameworks[--m->dead_frameworks_count]);
}

void model_share_tasks(struct model *m, struct known_tasks *ret)
{
	struct model_task *head, *next;

	*ret = (struct known_tasks){0};
	HASH_ITER(hh, m->tasks, head, next)
	{
		for (struct model_task *t = head; t; t = t->same)
			known_tasks_add(ret, t->data);
	}
}

static void free_tasks(struct model *m)
{
	struct model_task *head, *next;

	HASH_ITER(hh, m->tasks, head, next)
	{
		HASH_DEL(m->tasks, head);
		for (struct model_task *t = head, *same; t; t = same) {
			same = t->same;
			cluster_task_free(t->data);
			free(t);
		}
	}
}

struct model *model_free(struct model *m)
{
	struct model_framework *f, *next_f;
	struct model_agent *a, *next_a;

	if (!m)
		return NULL;
	for (size_t i = 0; i < m->touched_count; i++)
		if (!m->touched[i].node->data)
			free(m->touched[i].node);
	model_empty_graveyard(m);
	free_tasks(m);
	HASH_ITER(hh, m->agents, a, next_a)
	{
		HASH_DEL(m->agents, a);
		free_agent(a->data);
		free(a);
	}
	HASH_ITER(hh, m->frameworks, f, next_f)
	{
		HASH_DEL(m->frameworks, f);
		free_framework(f->data);
		free(f);
	}
	model_forget_tombstones(m);
	free(m->touched);
	free(m->dead_tasks);
	free(m->dead_agents);
	free(m->dead_frameworks);
	free(m->leader_host);
	free(m->master_id);
	free(m);
	return NULL;
}

static int end_task(struct model *m, struct model_task *t, uint64_t event_ns)
{
	struct model_framework *f = t->framework;

	model_bury(m, 't', f->id, t->data->id, event_ns);
	return model_replace_task(m, t, NULL);
}

static int on_task_added(struct model *m, struct event *e)
{
	struct model_framework *f = model_get_framework(m, e->framework_id);
	struct model_task *t;
	int r;

	if (!f)
		return -ENOMEM;
	m->wants_state |= !f->data;
	t = model_find_task(m, f, e->task->id, 0);
	if (t && e->task->phase == TASK_ENDED)
		r = end_task(m, t, e->received_ns);
	else if (t)
		r = model_replace_task(m, t, TAKE_PTR(e->task));
	else if (e->task->phase != TASK_ENDED)
		r = model_add_task(m, f, TAKE_PTR(e->task), &t);
	else
		r = 0;
	if (!r && t && t->data) {
		t->event_ns = e->received_ns;
		model_hold_task(m, t, false);
	}
	model_drop_framework(m, f);
	return r;
}

static int on_task_updated(struct model *m, const struct event *e)
{
	struct model_framework *f = model_find_framework(m, e->framework_id);
	struct model_task *t = f ? model_find_task(m, f, e->task->id, 0) : NULL;
	struct task *changed;
	int r;

	if (!t) { /* what it is called only a document says */
		m->wants_state |= e->task->phase != TASK_ENDED;
		return 0;
	}
	if (e->task->phase == TASK_ENDED) {
		r = end_task(m, t, e->received_ns);
		model_drop_framework(m, f);
		return r;
	}
	r = task_with_status(t->data, e, &changed);
	if (!r)
		r = model_replace_task(m, t, changed);
	if (!r) {
		t->event_ns = e->received_ns;
		model_hold_task(m, t, false);
	}
	return r;
}

static bool has_held(const struct model_agent *a)
{
	const struct model_task *t;

	DL_FOREACH2(a->tasks, t, agent_next)
	{
		if (t->held)
			return true;
	}
	return false;
}

/* Tasks held on it are let go by a snapshot, once the agent has told the master what it runs. */
static int on_agent_added(struct model *m, struct event *e)
{
	struct model_agent *a = model_get_agent(m, e->agent->id);

	if (!a)
		return -ENOMEM;
	a->event_ns = e->received_ns;
	m->wants_state |= has_held(a);
	model_hold_agent(m, a, false);
	a->awaited = 0;
	model_keep_agent_addresses(a, e->agent);
	if (a->data && model_agents_equal(a->data, e->agent))
		return 0;
	return model_set_agent(m, a, TAKE_PTR(e->agent));
}

static int on_agent_removed(struct model *m, const struct event *e)
{
	struct model_agent *a = model_find_agent(m, e->id);
	struct model_task *t, *next;
	int r = 0;

	if (!a)
		return 0;
	model_bury(m, 'a', "", e->id, e->received_ns);
	model_hold_agent(m, a, false);
	if (a->data)
		r = model_set_agent(m, a, NULL);
	/* the agent's node goes with its last task */
	DL_FOREACH_SAFE2(a->tasks, t, next, agent_next)
	{
		struct model_framework *f = t->framework;

		if (!r)
			r = end_task(m, t, e->received_ns);
		if (!r)
			model_drop_framework(m, f);
		if (r || !next)
			return r;
	}
	if (!r)
		model_drop_agent(m, a);
	return r;
}

static int on_framework_changed(struct model *m, struct event *e)
{
	struct model_framework *f = model_get_framework(m, e->framework->id);

	if (!f)
		return -ENOMEM;
	f->event_ns = e->received_ns;
	model_hold_framework(m, f, false);
	/* a scheduler that came back may have another pid, which only a document says */
	m->wants_state = true;
	if (f->data && !strcmp(f->data->name, e->framework->name))
		return 0;
	if (f->data && model_take_pid(e->framework, f->data))
		return -ENOMEM;
	return model_set_framework(m, f, TAKE_PTR(e->framework));
}

static int on_framework_removed(struct model *m, const struct event *e)
{
	struct model_framework *f = model_find_framework(m, e->id);
	struct model_task *head, *next_head, *t, *next;
	int r = 0;

	if (!f)
		return 0;
	model_bury(m, 'f', "", e->id, e->received_ns);
	model_hold_framework(m, f, false);
	HASH_ITER(hh, m->tasks, head, next_head)
	{
		for (t = head; t && !r; t = next) {
			next = t->same;
			if (t->framework == f)
				r = end_task(m, t, e->received_ns);
		}
	}
	if (!r && f->data)
		r = model_set_framework(m, f, NULL);
	if (!r)
		model_drop_framework(m, f);
	return r;
}

static int apply(struct model *m, struct event *e)
{
	switch (e->kind) {
	case EVENT_TASK_ADDED:
		return on_task_added(m, e);
	case EVENT_TASK_UPDATED:
		return on_task_updated(m, e);
	case EVENT_AGENT_ADDED:
		return on_agent_added(m, e);
	case EVENT_AGENT_REMOVED:
		return on_agent_removed(m, e);
	case EVENT_FRAMEWORK_ADDED:
	case EVENT_FRAMEWORK_UPDATED:
		return on_framework_changed(m, e);
	case EVENT_FRAMEWORK_REMOVED:
		return on_framework_removed(m, e);
	case EVENT_SNAPSHOT:
		break;
	}
	return -EINVAL;
}

int model_event(struct model *m, struct event *e)
{
	int r = apply(m, e);

	m->wants_state |= r == -ENOMEM;
	return r;
}

struct model_counts model_counts(const struct model *m)
{
	return m->counts;
}

const char *model_master_id(const struct model *m)
{
	return m->master_id;
}

bool model_holding(const struct model *m)
{
	return m->holding;
}

void model_expect_documents(struct model *m, bool expected)
{
	m->expecting = expected;
	if (!expected)
		model_forget_tombstones(m);
}

bool model_wants_state(struct model *m)
{
	bool wants = m->wants_state;

	m->wants_state = false;
	return wants;
}

bool model_changed(const struct model *m)
{
	return m->touched_count || m->cluster_changed;
}

int model_touch_all(struct model *m)
{
	struct model_task *head, *next, *t;
	int r = 0;

	m->cluster_changed = true;
	HASH_ITER(hh, m->tasks, head, next)
	{
		for (t = head; t && !r; t = t->same)
			r = model_touch(m, t);
	}
	return r;
}
