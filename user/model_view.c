// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "model_view.h"

#include <errno.h>
#include <string.h>

#include "model_internal.h"
#include "util.h"

int model_collect_cluster(struct model *m, struct cluster *c)
{
	struct model_framework *f, *next_f;
	struct model_agent *a, *next_a;

	c->agents = calloc(m->counts.agents + 1, sizeof(*c->agents));
	c->frameworks = calloc(m->counts.frameworks + 1, sizeof(*c->frameworks));
	if (!c->agents || !c->frameworks)
		return -ENOMEM;
	c->leader_host = m->leader_host;
	c->leader_port = m->leader_port;
	c->leader_address = m->leader_address;
	HASH_ITER(hh, m->agents, a, next_a)
	{
		if (a->data)
			c->agents[c->agents_count++] = *a->data;
	}
	HASH_ITER(hh, m->frameworks, f, next_f)
	{
		if (f->data)
			c->frameworks[c->frameworks_count++] = *f->data;
	}
	return 0;
}

/* Known frameworks first, in the order of cluster.frameworks; where their tasks will stand. */
static size_t place_frameworks(struct model *m, struct model_view *v)
{
	struct model_framework *f, *next;
	size_t at = 0, n = 0;

	for (int known = 1; known >= 0; known--) {
		HASH_ITER(hh, m->frameworks, f, next)
		{
			if ((f->data != NULL) != known)
				continue;
			f->listed_at = at;
			if (known)
				v->first[n++] = at;
			at += f->tasks_count;
		}
		if (known)
			v->first[n] = at;
	}
	return at;
}

static void take_tasks(struct model *m, struct model_view *v)
{
	struct model_task *head, *next, *t;

	HASH_ITER(hh, m->tasks, head, next)
	{
		for (t = head; t; t = t->same)
			v->tasks[t->framework->listed_at++] =
				(struct model_entry){.framework = t->framework->data,
						     .agent = t->agent->data,
						     .task = t->data,
						     .held = t->held};
	}
}

int model_view_make(struct model *m, struct model_view *ret)
{
	struct model_view v = {0};
	size_t count = 0;
	int r = model_collect_cluster(m, &v.cluster);

	v.cluster.leader_host = strdup(m->leader_host);
	v.first = calloc(m->counts.frameworks + 1, sizeof(*v.first));
	if (!r && v.first) {
		count = place_frameworks(m, &v);
		v.tasks = calloc(count + 1, sizeof(*v.tasks));
	}
	if (r || !v.cluster.leader_host || !v.tasks) {
		model_view_done(&v);
		return -ENOMEM;
	}
	take_tasks(m, &v);
	v.tasks_count = count;
	v.model = m;
	__atomic_add_fetch(&m->views, 1, __ATOMIC_RELAXED);
	*ret = v;
	return 0;
}

void model_view_done(struct model_view *v)
{
	free(v->cluster.frameworks);
	free(v->cluster.agents);
	free(v->cluster.leader_host);
	free(v->first);
	free(v->tasks);
	if (v->model)
		__atomic_sub_fetch(&v->model->views, 1, __ATOMIC_RELEASE);
	*v = (struct model_view){0};
}
