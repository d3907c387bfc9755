// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The model made equal to a whole document, but for what events know better and what is held. */
#include "model_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/* One snapshot being taken. */
struct snapshot {
	struct model *m;
	struct cluster *c;
	uint64_t begun_ns;
	uint64_t stamp_ns; /* of the stream's, which is newer than documents under way; else 0 */
	struct model_difference difference;
};

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

bool model_agents_equal(const struct agent *a, const struct agent *b)
{
	return !strcmp(a->host, b->host) && a->port == b->port &&
	       addresses_equal(a->addresses, a->addresses_count, b->addresses, b->addresses_count);
}

static bool frameworks_equal(const struct framework *a, const struct framework *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->host, b->host) && a->port == b->port &&
	       a->has_port == b->has_port &&
	       addresses_equal(a->addresses, a->addresses_count, b->addresses, b->addresses_count);
}

static int copy_addresses(const struct address *from, size_t count, struct address **ret)
{
	*ret = count ? malloc(count * sizeof(**ret)) : NULL;
	if (count && !*ret)
		return -ENOMEM;
	if (count)
		memcpy(*ret, from, count * sizeof(**ret));
	return 0;
}

/* A resolver that is silent for a while does not take the addresses of a host that stays the same.
 */
void model_keep_agent_addresses(const struct model_agent *a, struct agent *fresh)
{
	if (fresh->addresses_count || !a->data || strcmp(fresh->host, a->data->host))
		return;
	if (!copy_addresses(a->data->addresses, a->data->addresses_count, &fresh->addresses))
		fresh->addresses_count = a->data->addresses_count;
}

/* The stream does not say where a framework is: that stays as a document had it. */
int model_take_pid(struct framework *fresh, const struct framework *known)
{
	struct address *addresses;
	char *host = strdup(known->host);

	if (!host)
		return -ENOMEM;
	if (copy_addresses(known->addresses, known->addresses_count, &addresses)) {
		free(host);
		return -ENOMEM;
	}
	free(fresh->host);
	free(fresh->addresses);
	fresh->host = host;
	fresh->port = known->port;
	fresh->has_port = known->has_port;
	fresh->addresses = addresses;
	fresh->addresses_count = known->addresses_count;
	return 0;
}

/*
 * Of equal ids further ones get nodes of their own, under an id that no master gives: all have
 * records, and for the tasks the last agent counts, which is therefore taken first.
 */
static struct model_agent *agent_slot(struct snapshot *s, const char *id)
{
	struct model_agent *a = model_get_agent(s->m, id);
	char other[512];

	for (unsigned n = 1; a && a->mark == s->m->mark; n++) {
		snprintf(other, sizeof(other), "%.480s\n%u", id, n);
		a = model_get_agent(s->m, other);
	}
	return a;
}

static struct model_framework *framework_slot(struct snapshot *s, const char *id)
{
	struct model_framework *f = model_get_framework(s->m, id);
	char other[512];

	for (unsigned n = 1; f && f->mark == s->m->mark; n++) {
		snprintf(other, sizeof(other), "%.480s\n%u", id, n);
		f = model_get_framework(s->m, other);
	}
	return f;
}

static int take_agent(struct snapshot *s, struct agent *from)
{
	struct model_agent *a = agent_slot(s, from->id);
	struct agent *data;

	if (!a)
		return -ENOMEM;
	a->mark = s->m->mark;
	a->awaited = 0;
	if (a->event_ns > s->begun_ns)
		return 0;
	if (model_buried(s->m, 'a', "", from->id, s->begun_ns)) {
		model_drop_agent(s->m, a);
		return 0;
	}
	model_hold_agent(s->m, a, false);
	model_keep_agent_addresses(a, from);
	if (a->data && model_agents_equal(a->data, from))
		return 0;
	s->difference.agents++;
	data = malloc(sizeof(*data));
	if (!data)
		return -ENOMEM;
	*data = *from;
	memset(from, 0, sizeof(*from));
	if (s->stamp_ns)
		a->event_ns = s->stamp_ns;
	return model_set_agent(s->m, a, data);
}

static int take_framework_data(struct snapshot *s, struct model_framework *f,
			       struct framework *from)
{
	struct framework *data;

	if (s->c->stream) {
		s->m->wants_state |= !f->data;
		if (f->data && model_take_pid(from, f->data))
			return -ENOMEM;
	} else if (f->data && f->event_ns > s->begun_ns && strcmp(from->name, f->data->name)) {
		free(from->name); /* an event has renamed it since; where it is only documents say
				   */
		from->name = strdup(f->data->name);
		if (!from->name)
			return -ENOMEM;
	}
	if (f->data && frameworks_equal(f->data, from))
		return 0;
	s->difference.frameworks++;
	data = malloc(sizeof(*data));
	if (!data)
		return -ENOMEM;
	*data = *from;
	data->tasks = NULL;
	data->tasks_count = 0;
	from->id = from->name = from->host = NULL;
	from->addresses = NULL;
	return model_set_framework(s->m, f, data);
}

static int take_task(struct snapshot *s, struct model_framework *f, struct task **from)
{
	struct model *m = s->m;
	struct model_task *t = model_find_task(m, f, (*from)->id, m->mark);
	int r;

	if (!t) {
		if (model_buried(m, 't', f->id, (*from)->id, s->begun_ns))
			return 0;
		s->difference.tasks++;
		r = model_add_task(m, f, TAKE_PTR(*from), &t);
		if (!r) {
			t->mark = m->mark;
			t->event_ns = s->stamp_ns;
		}
		return r;
	}
	t->mark = m->mark;
	if (t->event_ns > s->begun_ns)
		return 0;
	model_hold_task(m, t, false);
	if (tasks_equal(t->data, *from))
		return 0;
	s->difference.tasks++;
	if (s->stamp_ns)
		t->event_ns = s->stamp_ns;
	return model_replace_task(m, t, TAKE_PTR(*from));
}

static int take_framework(struct snapshot *s, struct framework *from)
{
	struct model_framework *f;
	int r;

	if (model_buried(s->m, 'f', "", from->id, s->begun_ns))
		return 0;
	f = framework_slot(s, from->id);
	if (!f)
		return -ENOMEM;
	f->mark = s->m->mark;
	model_hold_framework(s->m, f, false);
	r = take_framework_data(s, f, from);
	for (size_t i = 0; i < from->tasks_count && !r; i++)
		r = take_task(s, f, &from->tasks[i]);
	return r;
}

static int take_leader(struct snapshot *s)
{
	struct model *m = s->m;
	struct cluster *c = s->c;

	if (c->stream)
		return 0;
	if (c->master_id) {
		free(m->master_id);
		m->master_id = TAKE_PTR(c->master_id);
	}
	if (m->leader_port != c->leader_port || strcmp(m->leader_host, c->leader_host) ||
	    !address_equal(&m->leader_address, &c->leader_address))
		m->cluster_changed = true;
	free(m->leader_host);
	m->leader_host = TAKE_PTR(c->leader_host);
	m->leader_port = c->leader_port;
	m->leader_address = c->leader_address;
	return m->leader_host ? 0 : -EINVAL;
}

/* Whom the master waits for. */
static void note_awaited(struct snapshot *s)
{
	for (size_t i = 0; i < s->c->recovered_count; i++) {
		struct model_agent *a = model_find_agent(s->m, s->c->recovered[i]);

		if (a)
			a->awaited = s->m->mark;
	}
}

/* The master waited for it and does not any more, nor has it come. */
static bool given_up(const struct snapshot *s, const struct model_agent *a)
{
	bool lists = s->c->stream || s->c->recovered_count;

	return lists && a->mark != s->m->mark && a->awaited && a->awaited != s->m->mark;
}

/* Does the snapshot speak for this task, though it does not name it? */
static bool accounted(const struct snapshot *s, const struct model_task *t)
{
	uint32_t mark = s->m->mark;

	return given_up(s, t->agent) || (t->agent->mark == mark && t->framework->mark == mark);
}

static int sweep_task(struct snapshot *s, struct model_task *t)
{
	struct model *m = s->m;
	struct model_framework *f = t->framework;
	int r;

	/* documents list what runs */
	if (t->mark == m->mark || t->event_ns > s->begun_ns ||
	    (!s->c->stream && t->data->phase == TASK_WAITING))
		return 0;
	if (m->holding && !accounted(s, t)) {
		model_hold_task(m, t, true);
		return 0;
	}
	s->difference.tasks++;
	model_bury(m, 't', f->id, t->data->id, s->stamp_ns);
	r = model_replace_task(m, t, NULL);
	if (!r && f->mark != m->mark)
		model_drop_framework(m, f);
	return r;
}

static int sweep_tasks(struct snapshot *s)
{
	struct model_task *head, *next_head, *t, *next;
	int r = 0;

	HASH_ITER(hh, s->m->tasks, head, next_head)
	{
		for (t = head; t && !r; t = next) {
			next = t->same;
			r = sweep_task(s, t);
		}
	}
	return r;
}

static int sweep_agents(struct snapshot *s)
{
	struct model *m = s->m;
	struct model_agent *a, *next;
	int r = 0;

	HASH_ITER(hh, m->agents, a, next)
	{
		if (r || a->mark == m->mark || a->event_ns > s->begun_ns || !a->data)
			continue;
		if (m->holding && !given_up(s, a)) {
			model_hold_agent(m, a, true);
			continue;
		}
		s->difference.agents++;
		model_hold_agent(m, a, false);
		r = model_set_agent(m, a, NULL);
		if (!r)
			model_drop_agent(m, a);
	}
	return r;
}

static int sweep_frameworks(struct snapshot *s)
{
	struct model *m = s->m;
	struct model_framework *f, *next;
	int r = 0;

	HASH_ITER(hh, m->frameworks, f, next)
	{
		if (r || f->mark == m->mark || f->event_ns > s->begun_ns || !f->data)
			continue;
		if (m->holding) {
			model_hold_framework(m, f, true);
			continue;
		}
		s->difference.frameworks++;
		model_hold_framework(m, f, false);
		r = model_set_framework(m, f, NULL);
		if (!r)
			model_drop_framework(m, f);
	}
	return r;
}

int model_snapshot(struct model *m, struct cluster *c, uint64_t begun_ns,
		   struct model_difference *ret)
{
	struct snapshot s = {.m = m, .c = c, .begun_ns = begun_ns};
	int r;

	m->mark++;
	s.stamp_ns = c->stream ? now_ns() : 0;
	r = take_leader(&s);
	for (size_t i = c->agents_count; i-- > 0 && !r;)
		r = take_agent(&s, &c->agents[i]);
	for (size_t i = 0; i < c->frameworks_count && !r; i++)
		r = take_framework(&s, &c->frameworks[i]);
	if (!r) {
		note_awaited(&s);
		r = sweep_tasks(&s);
	}
	if (!r)
		r = sweep_agents(&s);
	if (!r)
		r = sweep_frameworks(&s);
	m->wants_state |= r == -ENOMEM;
	*ret = s.difference;
	return r;
}

static int release_tasks(struct model *m)
{
	struct model_task *head, *next_head, *t, *next;
	int r = 0;

	HASH_ITER(hh, m->tasks, head, next_head)
	{
		for (t = head; t && !r; t = next) {
			next = t->same;
			if (t->held)
				r = model_replace_task(m, t, NULL);
		}
	}
	return r;
}

/* Everything that is held goes. */
static int release(struct model *m)
{
	struct model_framework *f, *next_f;
	struct model_agent *a, *next_a;
	int r = release_tasks(m);

	HASH_ITER(hh, m->agents, a, next_a)
	{
		if (r || !a->held)
			continue;
		model_hold_agent(m, a, false);
		r = model_set_agent(m, a, NULL);
		if (!r)
			model_drop_agent(m, a);
	}
	HASH_ITER(hh, m->frameworks, f, next_f)
	{
		if (r || !f->held)
			continue;
		model_hold_framework(m, f, false);
		r = model_set_framework(m, f, NULL);
		if (!r)
			model_drop_framework(m, f);
	}
	return r;
}

int model_hold(struct model *m, bool on)
{
	m->holding = on;
	return on ? 0 : release(m);
}
