// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "records.h"

#include <errno.h>
#include <string.h>

#include "cluster_records.h"
#include "log.h"
#include "record_list.h"
#include "task_diff.h"
#include "task_records.h"

/* One side of an update: everything that its input gives. */
struct side {
	const struct records_input *in;
	struct record_list records; /* of all but tasks */
	struct task_refs tasks;
};

/* A sink that puts into the zone or takes out of it, and can stop where an earlier run stopped. */
struct zone_sink {
	struct record_sink sink; /* first: put() finds the rest by it */
	struct zone *zone;
	bool remove;
	uint64_t done, limit;
};

/*
 * A set of more than 65535 records cannot be answered (RFC 1035 4.1.1): what is too much is left
 * out, and is not there to be taken out later.
 */
static int zone_put(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
		    const struct rr *rr)
{
	struct zone_sink *s = (struct zone_sink *)sink;
	int r;

	(void)owner_len;
	if (s->done == s->limit)
		return -ECANCELED;
	r = s->remove ? zone_remove(s->zone, owner, rr) : zone_add(s->zone, owner, rr);
	if (r == (s->remove ? -ENOENT : -ERANGE)) {
		s->sink.skipped.unreachable++;
		r = 0;
	}
	if (!r)
		s->done++;
	return r;
}

static void log_task_conflicts(const struct framework *f, const struct zone_sink *sink,
			       uint64_t before)
{
	if (f && !sink->remove && sink->sink.skipped.conflicts > before)
		log_warn("framework \"%s\": tasks whose names mesos-xdns owns in the domain; these "
			 "records are left out",
			 f->name);
}

static int put_tasks(const struct record_rules *rules, const struct task_refs *tasks,
		     struct zone_sink *sink)
{
	const struct framework *framework = NULL;
	struct framework_suffix suffix;
	uint64_t conflicts = 0;

	for (size_t i = 0; i < tasks->count; i++) {
		const struct task_ref *ref = &tasks->list[i];
		int r;

		if (ref->same)
			continue;
		if (ref->framework != framework) {
			log_task_conflicts(framework, sink, conflicts);
			conflicts = sink->sink.skipped.conflicts;
			framework = ref->framework;
			framework_suffix_init(&suffix, rules, framework->name);
		}
		r = task_records_put(rules, &suffix, ref->task, ref->agent, &sink->sink);
		if (r)
			return r;
	}
	log_task_conflicts(framework, sink, conflicts);
	return 0;
}

/* Puts or removes whatever the other side does not have, too. */
static int apply_side(const struct record_rules *rules, const struct side *side,
		      struct zone_sink *sink)
{
	const struct record_list *l = &side->records;
	int r = 0;

	for (size_t i = 0; i < l->count && !r; i++)
		if (!l->items[i].same)
			r = zone_put(&sink->sink, l->names + l->items[i].owner_at,
				     l->items[i].owner_len, &l->items[i].rr);
	return r ? r : put_tasks(rules, &side->tasks, sink);
}

/* Takes back the first `done` changes of a side, in the same order. */
static void undo_side(const struct record_rules *rules, const struct side *side,
		      const struct zone_sink *sink)
{
	struct zone_sink undo = {
		.sink.put = zone_put,
		.zone = sink->zone,
		.remove = !sink->remove,
		.limit = sink->done,
	};

	apply_side(rules, side, &undo);
}

static uint64_t increase(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0;
}

static struct records_skipped sum(const struct records_skipped *a, const struct records_skipped *b)
{
	return (struct records_skipped){
		.conflicts = a->conflicts + b->conflicts,
		.unreachable = a->unreachable + b->unreachable,
		.unresolved = a->unresolved + b->unresolved,
	};
}

/*
 * What goes is taken out first, so that no set is larger on the way than
 * before or after. Readers see nothing until the commit.
 */
static int apply(struct zone *zone, const struct record_rules *rules, const struct side *old,
		 const struct side *new, struct records_skipped *ret_skipped)
{
	struct records_skipped before, after;
	struct zone_sink out = {
		.sink.put = zone_put, .zone = zone, .remove = true, .limit = UINT64_MAX};
	struct zone_sink in = {.sink.put = zone_put, .zone = zone, .limit = UINT64_MAX};
	int r = apply_side(rules, old, &out);

	if (!r)
		r = apply_side(rules, new, &in);
	if (r) {
		undo_side(rules, new, &in);
		undo_side(rules, old, &out);
		return r;
	}
	before = sum(&old->records.sink.skipped, &out.sink.skipped);
	after = sum(&new->records.sink.skipped, &in.sink.skipped);
	ret_skipped->conflicts = increase(before.conflicts, after.conflicts);
	ret_skipped->unreachable = increase(before.unreachable, after.unreachable);
	ret_skipped->unresolved = increase(before.unresolved, after.unresolved);
	return 0;
}

static bool framework_named(const struct cluster *c, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(c->frameworks[i].name, name))
			return true;
	return false;
}

/* A name that conflicts is said when it comes up, not again at every refresh. */
static void log_conflicts(const struct record_rules *rules, const struct cluster *old,
			  const struct cluster *new)
{
	for (size_t i = 0; new &&i < new->frameworks_count; i++) {
		const char *name = new->frameworks[i].name;

		if (!cluster_records_framework_conflicts(rules, name) ||
		    framework_named(new, i, name) ||
		    (old && framework_named(old, old->frameworks_count, name)))
			continue;
		log_warn("framework \"%s\": mesos-xdns owns that name in the domain; the "
			 "framework's address and _framework SRV are left out, its tasks stay",
			 name);
	}
}

static int side_init(struct side *side, const struct record_rules *rules,
		     const struct records_input *in)
{
	int r;

	side->in = in;
	record_list_init(&side->records);
	r = task_refs_init(&side->tasks, in ? in->cluster : NULL);
	if (!r && in)
		r = cluster_records_put(rules, in, &side->records.sink);
	return r;
}

static void side_done(struct side *side)
{
	record_list_done(&side->records);
	task_refs_done(&side->tasks);
}

int records_update(struct zone *zone, const struct config *cfg, const struct records_input *old,
		   const struct records_input *new, struct records_skipped *ret_skipped)
{
	struct side from = {0}, to = {0};
	struct record_rules rules;
	int r = record_rules_init(&rules, cfg);

	if (r)
		return r;
	r = side_init(&from, &rules, old);
	if (!r)
		r = side_init(&to, &rules, new);
	if (!r)
		r = task_diff(&from.tasks, &to.tasks);
	if (!r) {
		record_list_diff(&from.records, &to.records);
		r = apply(zone, &rules, &from, &to, ret_skipped);
	}
	if (!r)
		log_conflicts(&rules, old ? old->cluster : NULL, new ? new->cluster : NULL);
	side_done(&from);
	side_done(&to);
	record_rules_done(&rules);
	return r;
}
