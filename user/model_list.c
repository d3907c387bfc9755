// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "model_list.h"

#include <errno.h>

#include "model_internal.h"
#include "util.h"

static int by_framework(const void *a, const void *b)
{
	const struct model_entry *x = a, *y = b;

	if (x->framework_at != y->framework_at)
		return x->framework_at < y->framework_at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void add_task(struct model_list *l, const struct model_task *t)
{
	if (!t->data || t->data->phase != TASK_RUNNING || !t->framework->data || !t->agent->data)
		return;
	l->tasks[l->tasks_count] = (struct model_entry){
		.framework = t->framework->data,
		.agent = t->agent->data,
		.task = t->data,
		.framework_at = t->framework->listed_at,
		.order = l->tasks_count,
		.held = t->held,
	};
	l->tasks_count++;
}

int model_list_make(struct model *m, struct model_list *ret)
{
	struct model_framework *f, *next_f;
	struct model_task *t, *next_t;
	struct model_list l = {0};
	size_t tasks = 0;

	HASH_ITER(hh, m->frameworks, f, next_f)
	{
		tasks += f->tasks_count;
	}
	l.frameworks = calloc(m->counts.frameworks + 1, sizeof(*l.frameworks));
	l.tasks = calloc(tasks + 1, sizeof(*l.tasks));
	if (!l.frameworks || !l.tasks) {
		model_list_done(&l);
		return -ENOMEM;
	}
	HASH_ITER(hh, m->frameworks, f, next_f)
	{
		f->listed_at = l.frameworks_count;
		if (f->data)
			l.frameworks[l.frameworks_count++] = f->data;
	}
	HASH_ITER(hh, m->tasks, t, next_t)
	{
		for (const struct model_task *same = t; same; same = same->same)
			add_task(&l, same);
	}
	qsort(l.tasks, l.tasks_count, sizeof(*l.tasks), by_framework);
	*ret = l;
	return 0;
}

void model_list_done(struct model_list *l)
{
	free(TAKE_PTR(l->frameworks));
	free(TAKE_PTR(l->tasks));
}
