// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "conflicts.h"

#include <errno.h>
#include <string.h>

#include "array.h"
#include "cluster_records.h"
#include "hash.h"
#include "name_table.h"
#include "task_records.h"
#include "util.h"

#define NOT_LISTED UINT32_MAX /* name_seen.at; else 1 + its place in the list, or 0 */

/* A sink for both walks. */
struct conflict_sink {
	struct record_sink sink; /* first: put() finds the rest by it */
	struct conflicts *c;
	struct name_table names; /* by the hash of the owner */
	struct name_table left;	 /* by kind, framework and task's name */
	const struct framework *framework;
	const struct model_entry *task; /* NULL: of a framework */
	uint64_t who, instance;		/* the task by its name, and by its id; above 1 */
	int error;
};

static uint64_t hash_text(uint64_t h, const char *text)
{
	return hash_bytes(h, text, strlen(text));
}

static uint64_t key_of(uint64_t hash)
{
	return hash ? hash : 1;
}

/* Names of the daemon, and SRV owners, which have several owners only if the others have. */
static bool counts(enum naming_rule rule)
{
	return rule <= RULE_INSTANCE_SLAVE || rule == RULE_FRAMEWORK;
}

static bool is_instance(enum naming_rule rule)
{
	return rule == RULE_INSTANCE || rule == RULE_INSTANCE_SLAVE;
}

/* Frameworks of one name are found by framework_conflicts(). */
static uint64_t who_of(const struct conflict_sink *s)
{
	if (!s->task)
		return 1;
	return is_instance(s->sink.rule) ? s->instance : s->who;
}

/* -ENOMEM; *ret NULL: the list is full, it was counted. */
static int list_conflict(struct conflicts *c, enum conflict_kind kind, enum naming_rule rule,
			 const char *name, uint32_t *at, struct conflict **ret)
{
	int r;

	*ret = NULL;
	if (*at == NOT_LISTED)
		return 0;
	if (*at) {
		*ret = &c->list[*at - 1];
		return 0;
	}
	c->of_kind[kind]++;
	if (c->count == CONFLICTS_MAX) {
		*at = NOT_LISTED;
		c->more++;
		return 0;
	}
	r = array_reserve(&c->list, &c->room, c->count + 1, sizeof(*c->list));
	if (r)
		return r;
	c->list[c->count] = (struct conflict){.kind = kind, .rule = rule, .name = strdup(name)};
	if (!c->list[c->count].name)
		return -ENOMEM;
	*ret = &c->list[c->count++];
	*at = (uint32_t)c->count;
	return 0;
}

static void add_by(struct conflict *c, const struct framework *f, const struct model_entry *task,
		   uint64_t who)
{
	if (task && c->last == task) /* a further record */
		return;
	c->last = task;
	for (size_t i = 0; i < c->by_count; i++) {
		struct conflict_by *by = &c->by[i];

		if (by->who == who && (task || by->framework == f)) {
			by->tasks += task != NULL;
			return;
		}
	}
	if (c->by_count == CONFLICTS_BY_MAX)
		c->by_more++;
	else
		c->by[c->by_count++] = (struct conflict_by){
			.framework = f, .task = task, .tasks = task != NULL, .who = who};
}

/* First walk: names that several want. */
static int see(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
	       const struct rr *rr)
{
	struct conflict_sink *s = (struct conflict_sink *)sink;
	uint64_t who = who_of(s);
	struct name_seen *seen;

	(void)rr;
	if (!counts(sink->rule))
		return 0;
	seen = name_table_get(&s->names, key_of(hash_bytes(0, owner, owner_len)));
	if (!seen)
		return -ENOMEM;
	if (!seen->who) {
		seen->who = who;
		seen->rule = (uint8_t)sink->rule;
	} else if (seen->who != who) {
		/* the names at the agents follow the others */
		seen->several |= seen->rule != sink->rule || (sink->rule != RULE_TASK_SLAVE &&
							      sink->rule != RULE_INSTANCE_SLAVE);
	}
	return 0;
}

/* Second walk: whose they are. */
static int gather(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
		  const struct rr *rr)
{
	struct conflict_sink *s = (struct conflict_sink *)sink;
	bool instance = is_instance(sink->rule);
	char text[DNAME_TEXT_MAX];
	struct name_seen *seen;
	struct conflict *c;
	int r;

	(void)rr;
	if (!counts(sink->rule))
		return 0;
	seen = name_table_find(&s->names, key_of(hash_bytes(0, owner, owner_len)));
	if (!seen || !seen->several)
		return 0;
	dname_to_text(owner, text);
	r = list_conflict(s->c, instance ? CONFLICT_HASH : CONFLICT_NAME, sink->rule, text,
			  &seen->at, &c);
	if (r || !c || strcmp(c->name, text) != 0) /* another name of this hash */
		return r;
	if (c->kind == CONFLICT_HASH && !instance) {
		c->kind = CONFLICT_NAME;
		s->c->of_kind[CONFLICT_HASH]--;
		s->c->of_kind[CONFLICT_NAME]++;
	}
	add_by(c, s->framework ? s->framework : sink->origin.framework, s->task, who_of(s));
	return 0;
}

/* Told of in the first walk only. */
static void on_left_out(struct record_sink *sink, enum left_out why, const struct record_name *name,
			const struct rr *rr)
{
	struct conflict_sink *s = (struct conflict_sink *)sink;
	const struct framework *f = s->task ? s->framework : sink->origin.framework;
	enum conflict_kind kind = why == LEFT_OWNED ? CONFLICT_OWNED : CONFLICT_UNREACHABLE;
	char text[DNAME_TEXT_MAX] = "";
	struct name_seen *seen;
	struct conflict *c;

	(void)rr;
	if (s->error || !f || (why != LEFT_OWNED && why != LEFT_UNREACHABLE && why != LEFT_TARGET))
		return;
	seen = name_table_get(&s->left, key_of(hash_mix(s->task ? s->who : (uint64_t)(uintptr_t)f,
							(uint64_t)kind)));
	if (name->encodable)
		dname_to_text(name->wire, text);
	s->error = seen ? list_conflict(s->c, kind, name->rule, text, &seen->at, &c) : -ENOMEM;
	if (s->error || !c)
		return;
	c->raw = s->task && sink->raw && (!c->records || c->raw);
	c->records++;
	add_by(c, f, s->task, s->task ? s->who : 1);
}

static int walk_framework(const struct zone_sources *src, size_t framework, struct conflict_sink *s)
{
	const struct model_view *v = &src->view;
	struct framework_suffix suffix;
	int r = 0;

	s->framework = &v->cluster.frameworks[framework];
	framework_suffix_init(&suffix, &src->rules, s->framework->name);
	for (size_t i = v->first[framework]; i < v->first[framework + 1] && !r; i++) {
		const struct model_entry *e = &v->tasks[i];
		const struct task *t = e->task;
		uint64_t name = hash_text(0, s->framework->name);

		if (!model_entry_gives(e))
			continue;
		s->task = e;
		s->instance = hash_text(name, t->id) | 2;
		s->who = hash_text(name, *t->discovery_name ? t->discovery_name : t->name) | 2;
		r = task_records_put(&src->rules, &suffix, t, e->agent, &s->sink);
	}
	s->task = NULL;
	s->framework = NULL;
	return r ? r : s->error;
}

static int walk(const struct zone_sources *src, struct conflict_sink *s)
{
	int r = cluster_records_put(&src->rules, &src->input, &s->sink);

	for (size_t i = 0; i < src->view.cluster.frameworks_count && !r; i++)
		r = walk_framework(src, i, s);
	return r;
}

/* Frameworks that have one name in the domain, be it with addresses or without. */
static int framework_conflicts(const struct zone_sources *src, struct conflicts *c)
{
	const struct cluster *cluster = &src->view.cluster;
	struct name_table names = {0};
	char fragments[LABEL_FRAGMENTS_BUF], text[LABEL_FRAGMENTS_BUF + DNAME_TEXT_MAX];
	char domain[DNAME_TEXT_MAX];
	int r = 0;

	dname_to_text(src->rules.domain, domain);
	for (size_t i = 0; i < cluster->frameworks_count && !r; i++) {
		const struct framework *f = &cluster->frameworks[i];
		struct conflict *found = NULL;
		struct name_seen *seen;

		if (label_fragments(f->name, src->rules.enforce_rfc952, fragments, NULL) <= 0)
			continue;
		seen = name_table_get(&names, key_of(hash_text(0, fragments)));
		if (!seen) {
			r = -ENOMEM;
		} else if (!seen->who) {
			seen->who = i + 1;
		} else {
			snprintf(text, sizeof(text), "%s.%s", fragments, domain);
			r = list_conflict(c, CONFLICT_FRAMEWORK, RULE_FRAMEWORK, text, &seen->at,
					  &found);
			if (found)
				add_by(found, &cluster->frameworks[seen->who - 1], NULL, 1);
			if (found)
				add_by(found, f, NULL, 1);
		}
	}
	name_table_done(&names);
	return r;
}

int conflicts_find(const struct zone_sources *src, struct conflicts *ret)
{
	struct conflict_sink s = {.sink = {.put = see, .left_out = on_left_out}, .c = ret};
	int r;

	*ret = (struct conflicts){0};
	r = framework_conflicts(src, ret);
	if (!r)
		r = walk(src, &s);
	s.sink = (struct record_sink){.put = gather};
	if (!r)
		r = walk(src, &s);
	name_table_done(&s.names);
	name_table_done(&s.left);
	return r;
}

void conflicts_done(struct conflicts *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->list[i].name);
	free(c->list);
	*c = (struct conflicts){0};
}
