// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "catalogue.h"

#include <errno.h>
#include <string.h>

#include "task_records.h"
#include "util.h"

static bool gives(const struct catalogue *c, size_t first, const uint8_t *owner, size_t owner_len)
{
	for (size_t i = first; i < c->records.count; i++) {
		const struct record_item *item = &c->records.items[i];

		if (item->owner_len == owner_len &&
		    !memcmp(catalogue_owner(c, item), owner, owner_len))
			return true;
	}
	return false;
}

static int add_tasks(struct catalogue *c, const struct zone_sources *s, size_t framework,
		     const uint8_t *owner, size_t owner_len)
{
	const struct model_view *v = &s->view;
	struct framework_suffix suffix;
	int r = 0;

	framework_suffix_init(&suffix, &s->rules, v->cluster.frameworks[framework].name);
	for (size_t i = v->first[framework]; i < v->first[framework + 1] && !r; i++) {
		const struct model_entry *e = &v->tasks[i];
		size_t first = c->records.count, names_len = c->records.names_len;

		if (!model_entry_gives(e))
			continue;
		r = task_records_put(&s->rules, &suffix, e->task, e->agent, &c->records.sink);
		if (!r && owner && !gives(c, first, owner, owner_len)) {
			c->records.count = first;
			c->records.names_len = names_len;
		} else if (!r) {
			c->tasks[c->tasks_count++] =
				(struct catalogue_task){.task = e->task,
							.framework = framework,
							.first = first,
							.count = c->records.count - first};
		}
	}
	return r;
}

int catalogue_make(const struct zone_sources *s, const uint8_t *owner, size_t owner_len,
		   struct catalogue *ret)
{
	struct catalogue c = {.tasks = calloc(s->view.tasks_count + 1, sizeof(*c.tasks))};
	int r = c.tasks ? 0 : -ENOMEM;

	record_list_init(&c.records);
	for (size_t f = 0; f < s->view.cluster.frameworks_count && !r; f++)
		r = add_tasks(&c, s, f, owner, owner_len);
	if (r)
		catalogue_done(&c);
	else
		*ret = c;
	return r;
}

void catalogue_done(struct catalogue *c)
{
	free(TAKE_PTR(c->tasks));
	record_list_done(&c->records);
}

/* Equal records: the earlier first. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct catalogue *c = ctx;
	size_t ia = *(const size_t *)a, ib = *(const size_t *)b;
	int r = record_list_compare(&c->records, ia, ib);

	return r ? r : ia < ib ? -1 : 1;
}

int catalogue_mark_repeated(struct catalogue *c)
{
	_cleanup_free_ size_t *order = calloc(c->records.count + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	record_list_settle(&c->records);
	for (size_t i = 0; i < c->records.count; i++)
		order[i] = i;
	qsort_r(order, c->records.count, sizeof(*order), compare, c);
	for (size_t i = 1; i < c->records.count; i++)
		if (!record_list_compare(&c->records, order[i - 1], order[i]))
			c->records.items[order[i]].same = true;
	return 0;
}
