// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_records.h"
#include "log.h"
#include "record_list.h"
#include "task_diff.h"
#include "task_records.h"
#include "util.h"

/* One side of a change: what goes, or what comes. */
struct side {
	const struct record_rules *rules;
	const struct record_list *records; /* of all but tasks */
	const struct task_refs *tasks;
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
static int apply_side(const struct side *side, struct zone_sink *sink)
{
	const struct record_list *l = side->records;
	int r = 0;

	for (size_t i = 0; i < l->count && !r; i++)
		if (!l->items[i].same)
			r = zone_put(&sink->sink, l->names + l->items[i].owner_at,
				     l->items[i].owner_len, &l->items[i].rr);
	return r ? r : put_tasks(side->rules, side->tasks, sink);
}

/* Takes back the first `done` changes of a side, in the same order. */
static void undo_side(const struct side *side, const struct zone_sink *sink)
{
	struct zone_sink undo = {
		.sink.put = zone_put,
		.zone = sink->zone,
		.remove = !sink->remove,
		.limit = sink->done,
	};

	apply_side(side, &undo);
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
static int apply(struct zone *zone, const struct side *old, const struct side *new,
		 struct records_skipped *left_out, struct records_skipped *ret_skipped)
{
	struct records_skipped before, after;
	struct zone_sink out = {
		.sink.put = zone_put, .zone = zone, .remove = true, .limit = UINT64_MAX};
	struct zone_sink in = {.sink.put = zone_put, .zone = zone, .limit = UINT64_MAX};
	int r = apply_side(old, &out);

	if (!r)
		r = apply_side(new, &in);
	if (r) {
		undo_side(new, &in);
		undo_side(old, &out);
		return r;
	}
	before = sum(&old->records->sink.skipped, &out.sink.skipped);
	after = sum(&new->records->sink.skipped, &in.sink.skipped);
	ret_skipped->conflicts = increase(before.conflicts, after.conflicts);
	ret_skipped->unreachable = increase(before.unreachable, after.unreachable);
	ret_skipped->unresolved = increase(before.unresolved, after.unresolved);
	if (left_out) {
		left_out->conflicts += after.conflicts - before.conflicts;
		left_out->unreachable += after.unreachable - before.unreachable;
		left_out->unresolved += after.unresolved - before.unresolved;
	}
	return 0;
}

/* A name that conflicts is said when it comes up, not again at every refresh. */
static void log_conflict(const struct record_rules *rules, const char *framework)
{
	if (cluster_records_framework_conflicts(rules, framework))
		log_warn("framework \"%s\": mesos-xdns owns that name in the domain; the "
			 "framework's address and _framework SRV are left out, its tasks stay",
			 framework);
}

static int change(struct zone *zone, const struct record_rules *was, const struct record_rules *is,
		  const struct records_change *c, struct record_list *given,
		  struct records_skipped *ret_skipped)
{
	struct record_list none = {0}, records;
	struct side old = {was, c->cluster ? given : &none, c->gone};
	struct side new = {is, &records, c->come};
	/* by other rules the same task may give other records */
	int r = was == is ? task_diff(c->gone, c->come) : 0;

	record_list_init(&records);
	if (!r && c->cluster)
		r = cluster_records_put(is, c->cluster, &records.sink);
	if (!r && c->cluster)
		record_list_diff(given, &records);
	if (!r)
		r = apply(zone, &old, &new, c->left_out, ret_skipped);
	if (r || !c->cluster) {
		record_list_done(&records);
		return r;
	}
	record_list_done(given);
	*given = records;
	for (size_t i = 0; i < c->frameworks_count; i++)
		log_conflict(is, c->frameworks[i]);
	return 0;
}

int records_change(struct zone *zone, const struct config *was, const struct config *is,
		   const struct records_change *c, struct record_list *given,
		   struct records_skipped *ret_skipped)
{
	struct record_rules old_rules, rules;
	int r = record_rules_init(&rules, is);

	if (r)
		return r;
	if (was == is)
		r = change(zone, &rules, &rules, c, given, ret_skipped);
	else
		r = record_rules_init(&old_rules, was);
	if (was != is && !r) {
		r = change(zone, &old_rules, &rules, c, given, ret_skipped);
		record_rules_done(&old_rules);
	}
	record_rules_done(&rules);
	return r;
}

/* Which of the new cluster's framework names the old one had not. */
static int new_frameworks(const struct cluster *old, const struct cluster *new,
			  const char ***ret_names, size_t *ret_count)
{
	const char **names = calloc(new ? new->frameworks_count + 1 : 1, sizeof(*names));
	size_t count = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; new &&i < new->frameworks_count; i++) {
		const char *name = new->frameworks[i].name;
		bool known = false;

		for (size_t j = 0; j < i && !known; j++)
			known = !strcmp(new->frameworks[j].name, name);
		for (size_t j = 0; old && j < old->frameworks_count && !known; j++)
			known = !strcmp(old->frameworks[j].name, name);
		if (!known)
			names[count++] = name;
	}
	*ret_names = names;
	*ret_count = count;
	return 0;
}

int records_update(struct zone *zone, const struct config *cfg, const struct records_input *old,
		   const struct records_input *new, struct records_skipped *ret_skipped)
{
	static const struct records_input nothing;
	_cleanup_free_ const char **frameworks = NULL;
	_cleanup_(task_refs_done) struct task_refs gone = {0}, come = {0};
	_cleanup_(record_list_done) struct record_list given;
	struct records_change c = {.gone = &gone, .come = &come, .cluster = new ? new : &nothing};
	struct record_rules rules;
	int r = record_rules_init(&rules, cfg);

	record_list_init(&given);
	if (r)
		return r;
	if (old)
		r = cluster_records_put(&rules, old, &given.sink);
	record_rules_done(&rules);
	if (!r)
		r = task_refs_init(&gone, old ? old->cluster : NULL);
	if (!r)
		r = task_refs_init(&come, c.cluster->cluster);
	if (!r)
		r = new_frameworks(old ? old->cluster : NULL, c.cluster->cluster, &frameworks,
				   &c.frameworks_count);
	c.frameworks = frameworks;
	return r ? r : records_change(zone, cfg, cfg, &c, &given, ret_skipped);
}
