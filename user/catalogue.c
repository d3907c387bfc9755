// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "catalogue.h"

#include <errno.h>
#include <string.h>

#include "array.h"
#include "dname_text.h"
#include "dns.h"
#include "model_list.h"
#include "task_records.h"
#include "util.h"

static int keep_text(struct catalogue *c, const char *text, size_t *ret_at)
{
	size_t len = strlen(text) + 1;
	int r = array_reserve(&c->texts, &c->texts_room, c->texts_len + len, 1);

	if (r)
		return r;
	memcpy(c->texts + c->texts_len, text, len);
	*ret_at = c->texts_len;
	c->texts_len += len;
	return 0;
}

/* As choose_addresses() of task_records.c. */
static enum ip_source source_of(const struct config *cfg, const struct model_entry *e)
{
	for (size_t i = 0; i < cfg->ip_sources_count; i++) {
		enum ip_source source = cfg->ip_sources[i];

		if ((source == IP_SOURCE_HOST && e->agent->addresses_count) ||
		    (source == IP_SOURCE_DOCKER && e->task->docker.count) ||
		    (source == IP_SOURCE_MESOS && e->task->mesos.count) ||
		    (source == IP_SOURCE_NETINFO && e->task->netinfo.count))
			return source;
	}
	return IP_SOURCE_COUNT;
}

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

static int add_task(struct catalogue *c, const struct config *cfg, const struct model_entry *e,
		    size_t first)
{
	struct catalogue_task *t = &c->tasks[c->tasks_count];
	int r;

	*t = (struct catalogue_task){.framework = e->framework_at,
				     .first = first,
				     .count = c->records.count - first,
				     .source = source_of(cfg, e),
				     .held = e->held};
	r = keep_text(c, e->task->name, &t->name);
	if (!r)
		r = keep_text(c, e->task->id, &t->id);
	if (!r)
		r = keep_text(c, e->task->agent_id, &t->agent);
	if (!r)
		r = keep_text(c, e->task->discovery_name, &t->discovery);
	if (!r)
		c->tasks_count++;
	return r;
}

static int add_tasks(struct catalogue *c, const struct config *cfg, const struct model_list *l,
		     const struct record_rules *rules, const uint8_t *owner, size_t owner_len)
{
	const struct framework *framework = NULL;
	struct framework_suffix suffix;
	int r = 0;

	for (size_t i = 0; i < l->tasks_count && !r; i++) {
		const struct model_entry *e = &l->tasks[i];
		size_t first = c->records.count, names_len = c->records.names_len;

		if (e->framework != framework) {
			framework = e->framework;
			framework_suffix_init(&suffix, rules, framework->name);
		}
		r = task_records_put(rules, &suffix, e->task, e->agent, &c->records.sink);
		if (r)
			break;
		if (owner && !gives(c, first, owner, owner_len)) {
			c->records.count = first;
			c->records.names_len = names_len;
			continue;
		}
		r = add_task(c, cfg, e, first);
	}
	return r;
}

int catalogue_make(struct model *m, const struct config *cfg, const uint8_t *owner,
		   size_t owner_len, struct catalogue *ret)
{
	struct record_rules rules;
	struct catalogue c = {0};
	struct model_list l;
	int r = model_list_make(m, &l);

	if (r)
		return r;
	r = record_rules_init(&rules, cfg);
	if (r) {
		model_list_done(&l);
		return r;
	}
	record_list_init(&c.records);
	c.frameworks = calloc(l.frameworks_count + 1, sizeof(*c.frameworks));
	c.tasks = calloc(l.tasks_count + 1, sizeof(*c.tasks));
	r = c.frameworks && c.tasks ? 0 : -ENOMEM;
	for (size_t i = 0; i < l.frameworks_count && !r; i++)
		r = keep_text(&c, l.frameworks[i]->name, &c.frameworks[c.frameworks_count++]);
	if (!r)
		r = add_tasks(&c, cfg, &l, &rules, owner, owner_len);
	record_rules_done(&rules);
	model_list_done(&l);
	if (r)
		catalogue_done(&c);
	else
		*ret = c;
	return r;
}

void catalogue_done(struct catalogue *c)
{
	free(TAKE_PTR(c->frameworks));
	free(TAKE_PTR(c->tasks));
	free(TAKE_PTR(c->texts));
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
