// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "model_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

unsigned world_pick(struct world *w, unsigned n)
{
	w->seed = w->seed * 1103515245 + 12345;
	return (w->seed >> 16) % n;
}

static char *text(const char *fmt, unsigned n)
{
	char *s;

	return asprintf(&s, fmt, n) < 0 ? NULL : s;
}

static struct address address(unsigned n)
{
	return (struct address){AF_INET, {10, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

struct task *world_make_task(const char *id, const char *name, const char *agent,
			     const struct address *a, enum task_phase phase, double time)
{
	size_t len[3] = {strlen(id) + 1, strlen(name) + 1, strlen(agent) + 1};
	struct task *t = calloc(1, sizeof(*t) + sizeof(*a) + len[0] + len[1] + len[2]);
	struct address *list = (struct address *)(t + 1);
	char *p = (char *)(list + 1);

	if (a)
		*list = *a;
	t->netinfo = (struct task_addresses){list, a != NULL};
	t->id = memcpy(p, id, len[0]);
	t->name = memcpy(p + len[0], name, len[1]);
	t->agent_id = memcpy(p + len[0] + len[1], agent, len[2]);
	t->discovery_name = "";
	t->digest = hash_bytes(t->netinfo.count, list, sizeof(*list) + len[0] + len[1] + len[2]);
	t->phase = phase;
	t->status_time = time;
	return t;
}

static struct task *make_task(const struct world_task *t)
{
	struct address a = address(t->address);
	char id[32], name[32], agent[32];

	snprintf(id, sizeof(id), "t%u", t->id);
	snprintf(name, sizeof(name), "app%u", t->name);
	snprintf(agent, sizeof(agent), "x-S%u", t->agent);
	return world_make_task(id, name, agent, t->running ? &a : NULL,
			       t->running ? TASK_RUNNING : TASK_WAITING, t->time);
}

static struct agent *make_agent(const struct world *w, unsigned n)
{
	struct agent *a = calloc(1, sizeof(*a));

	a->id = text("x-S%u", n);
	a->host = text("10.1.0.%u", w->agent_address[n]);
	a->port = 5051;
	a->addresses = malloc(sizeof(*a->addresses));
	*a->addresses = (struct address){AF_INET, {10, 1, 0, (uint8_t)w->agent_address[n]}};
	a->addresses_count = 1;
	return a;
}

static struct framework *make_framework(const struct world *w, unsigned n, bool stream)
{
	struct framework *f = calloc(1, sizeof(*f));

	f->id = text("fw%u", n);
	f->name = text("name%u", w->framework_name[n]);
	f->host = stream ? strdup("") : text("10.2.0.%u", n + 1);
	if (stream)
		return f;
	f->has_port = true;
	f->port = (uint16_t)(7000 + n);
	f->addresses = malloc(sizeof(*f->addresses));
	*f->addresses = (struct address){AF_INET, {10, 2, 0, (uint8_t)(n + 1)}};
	f->addresses_count = 1;
	return f;
}

void world_init(struct world *w, unsigned seed)
{
	*w = (struct world){.seed = seed, .clock = 1};
	for (unsigned i = 0; i < WORLD_FRAMEWORKS; i++) {
		w->framework[i] = i < 2;
		w->framework_name[i] = i;
	}
	for (unsigned i = 0; i < WORLD_AGENTS; i++) {
		w->agent[i] = i < 4;
		w->agent_address[i] = i + 1;
	}
}

static struct event *event_new(enum event_kind kind)
{
	struct event *e = calloc(1, sizeof(*e));

	e->kind = kind;
	return e;
}

/* A task comes, on an agent and of a framework that are there. */
static struct event *start_task(struct world *w, struct world_task *t)
{
	struct event *e;

	t->framework = world_pick(w, WORLD_FRAMEWORKS);
	t->agent = world_pick(w, WORLD_AGENTS);
	if (!w->framework[t->framework] || !w->agent[t->agent])
		return NULL;
	t->there = true;
	t->running = world_pick(w, 2);
	t->id = w->next_id++;
	t->name = world_pick(w, 6);
	t->address = world_pick(w, 50);
	t->time = t->running ? w->clock : 0;
	e = event_new(EVENT_TASK_ADDED);
	e->framework_id = text("fw%u", t->framework);
	e->task = make_task(t);
	return e;
}

static struct event *update_task(struct world *w, struct world_task *t)
{
	struct event *e = event_new(EVENT_TASK_UPDATED);

	e->framework_id = text("fw%u", t->framework);
	switch (world_pick(w, 3)) {
	case 0:
		t->there = false;
		e->task = make_task(t);
		e->task->phase = TASK_ENDED;
		return e;
	case 1: /* stops for a while; what its last status said stays known */
		t->running = false;
		e->task = make_task(t);
		return e;
	default:
		t->running = true;
		t->address = world_pick(w, 50);
		t->time = w->clock;
		e->has_status = true;
		e->task = make_task(t);
		return e;
	}
}

static struct event *change_task(struct world *w)
{
	struct world_task *t = &w->task[world_pick(w, WORLD_TASKS)];

	return t->there ? update_task(w, t) : start_task(w, t);
}

static struct event *change_agent(struct world *w)
{
	unsigned n = world_pick(w, WORLD_AGENTS);
	struct event *e;

	if (w->agent[n]) {
		w->agent[n] = false;
		for (unsigned i = 0; i < WORLD_TASKS; i++)
			if (w->task[i].agent == n)
				w->task[i].there = false;
		e = event_new(EVENT_AGENT_REMOVED);
		e->id = text("x-S%u", n);
		return e;
	}
	w->agent[n] = true;
	w->agent_address[n] = 1 + world_pick(w, 20);
	e = event_new(EVENT_AGENT_ADDED);
	e->agent = make_agent(w, n);
	return e;
}

static struct event *change_framework(struct world *w)
{
	unsigned n = world_pick(w, WORLD_FRAMEWORKS);
	struct event *e;

	if (w->framework[n] && world_pick(w, 2)) {
		w->framework[n] = false;
		for (unsigned i = 0; i < WORLD_TASKS; i++)
			if (w->task[i].framework == n)
				w->task[i].there = false;
		e = event_new(EVENT_FRAMEWORK_REMOVED);
		e->id = text("fw%u", n);
		return e;
	}
	e = event_new(w->framework[n] ? EVENT_FRAMEWORK_UPDATED : EVENT_FRAMEWORK_ADDED);
	w->framework[n] = true;
	w->framework_name[n] = world_pick(w, 5);
	e->framework = make_framework(w, n, true);
	return e;
}

struct event *world_change(struct world *w)
{
	struct event *e = NULL;

	w->clock++;
	while (!e) {
		unsigned draw = world_pick(w, 40);

		if (draw == 0)
			e = change_agent(w);
		else if (draw == 1)
			e = change_framework(w);
		else
			e = change_task(w);
	}
	return e;
}

static void add_framework(const struct world *w, struct cluster *c, unsigned n, bool stream)
{
	struct framework *made = make_framework(w, n, stream);
	struct framework *f = &c->frameworks[c->frameworks_count++];

	*f = *made;
	free(made);
	f->tasks = calloc(WORLD_TASKS, sizeof(struct task *));
	for (unsigned i = 0; i < WORLD_TASKS; i++)
		if (w->task[i].there && w->task[i].framework == n && (stream || w->task[i].running))
			f->tasks[f->tasks_count++] = make_task(&w->task[i]);
}

struct cluster *world_cluster(const struct world *w, bool stream)
{
	struct cluster *c = calloc(1, sizeof(*c));

	c->stream = stream;
	c->leader_host = strdup(stream ? "" : "10.9.0.1");
	c->leader_port = stream ? 0 : 5050;
	if (!stream)
		c->leader_address = (struct address){AF_INET, {10, 9, 0, 1}};
	c->master_id = strdup(stream ? "" : "M1");
	c->frameworks = calloc(WORLD_FRAMEWORKS, sizeof(*c->frameworks));
	c->agents = calloc(WORLD_AGENTS, sizeof(*c->agents));
	for (unsigned i = 0; i < WORLD_FRAMEWORKS; i++)
		if (w->framework[i])
			add_framework(w, c, i, stream);
	for (unsigned i = 0; i < WORLD_AGENTS; i++)
		if (w->agent[i]) {
			struct agent *a = make_agent(w, i);

			c->agents[c->agents_count++] = *a;
			free(a);
		}
	return c;
}
