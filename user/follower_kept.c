// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A zone taken over from an earlier daemon, when another master leads than the one it is from: the
 * model, which would hold what that master does not know yet, begins empty. So the records
 * themselves are kept, each RRset until the cluster gives one of that name and type.
 */
#include "follower_internal.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "record_sink.h"
#include "util.h"

#define KEPT_REVIEW_MS 1000 /* what has come meanwhile is looked for */

static const uint8_t *owner_of(const struct record_list *l, size_t i)
{
	return l->names + l->items[i].owner_at;
}

static bool same_set(const struct record_list *l, size_t i, size_t j)
{
	const struct record_item *a = &l->items[i], *b = &l->items[j];

	return a->rr.type == b->rr.type && a->owner_len == b->owner_len &&
	       !memcmp(owner_of(l, i), owner_of(l, j), a->owner_len);
}

/* Past the RRset that begins at i. */
static size_t set_end(const struct record_list *l, size_t i)
{
	size_t end = i + 1;

	while (end < l->count && same_set(l, i, end))
		end++;
	return end;
}

/*
 * The cluster gives this set itself, or it is one of those that say who the masters are. Agents'
 * addresses are one set for all of them: the few that have come do not speak for the others.
 */
static bool replaced(const struct follower *f, const struct record_rules *rules, size_t i,
		     size_t end)
{
	const struct record_list *l = &f->kept;
	const uint8_t *owner = owner_of(l, i);

	if (record_rules_agents(rules, owner, l->items[i].owner_len))
		return false;
	return record_rules_owned(rules, owner, l->items[i].owner_len) ||
	       zone_contributors(f->zone, owner, l->items[i].rr.type) > end - i;
}

/* Takes sets out of the zone, all or those that are replaced; the caller commits. */
static int let_go(struct follower *f, bool all)
{
	struct record_list *l = &f->kept;
	struct record_rules rules;
	size_t i = 0, left = 0, end;
	int r = record_rules_init(&rules, f->cfg);

	if (r)
		return r;
	for (; i < l->count && !r; i = end) {
		end = set_end(l, i);
		if (!all && !replaced(f, &rules, i, end)) {
			for (; i < end; i++)
				l->items[left++] = l->items[i];
			continue;
		}
		for (; i < end && !r; i++)
			r = zone_remove(f->zone, owner_of(l, i), &l->items[i].rr);
		if (r) /* the one that failed is still there */
			end = i - 1;
	}
	for (; i < l->count; i++)
		l->items[left++] = l->items[i];
	l->count = left;
	record_rules_done(&rules);
	return r;
}

int follower_kept_thin(struct follower *f)
{
	return f->kept.count ? let_go(f, false) : 0;
}

static void keep_over(struct follower *f, const char *why)
{
	log_notice("mesos: hold over (%s): %zu records of the zone in the maps let go", why,
		   f->kept.count);
	if (let_go(f, true)) {
		log_error("mesos: no memory to let go what was held; trying again");
		return;
	}
	uv_timer_stop(&f->keep);
	record_list_done(&f->kept);
	record_list_init(&f->kept);
	text_list_done(&f->awaited);
}

static void on_review(uv_timer_t *timer)
{
	struct follower *f = timer->data;
	bool nobody = f->failure && !f->streaming; /* with whom could agents register? */

	if (nobody)
		f->kept_until_ns =
			now_ns() + (uint64_t)f->cfg->failover_hold_seconds * NSEC_PER_SEC;
	if (follower_kept_thin(f))
		return;
	if (!f->kept.count)
		keep_over(f, "everything is known again");
	else if (now_ns() >= f->kept_until_ns)
		keep_over(f, "failoverHoldSeconds");
	follower_publish(f, true);
}

static bool from_another_master(const struct follower *f, const struct cluster *c)
{
	return f->cfg->failover_hold_seconds && f->given.count && *f->zone_master && c->master_id &&
	       *c->master_id && strncmp(f->zone_master, c->master_id, sizeof(f->zone_master) - 1);
}

void follower_kept_document(struct follower *f, const struct cluster *c)
{
	struct record_list none;

	if (!f->known && from_another_master(f, c)) {
		record_list_init(&none);
		record_list_diff(&f->given, &none); /* sorts: a set's records stand together */
		f->kept = f->given;
		f->given = none;
		f->kept_until_ns =
			now_ns() + (uint64_t)f->cfg->failover_hold_seconds * NSEC_PER_SEC;
		uv_timer_start(&f->keep, on_review, KEPT_REVIEW_MS, KEPT_REVIEW_MS);
		log_warn("mesos: the zone in the maps is from another master; what the one that "
			 "leads now does not know yet is held for up to %d s",
			 f->cfg->failover_hold_seconds);
	}
}

/* A master that lists whom it waits for, and lists nobody, knows everything. */
void follower_kept_taken(struct follower *f, struct cluster *c)
{
	bool lists = c->stream || f->awaited.list;

	if (!f->kept.count)
		return;
	if (!c->recovered_count && lists) {
		keep_over(f, "everything is known again");
		return;
	}
	text_list_done(&f->awaited);
	f->awaited = (struct text_list){TAKE_PTR(c->recovered), c->recovered_count};
	c->recovered_count = 0;
}

/* Whoever of them has come or is given up; with the last one a document has everything. */
void follower_kept_event(struct follower *f, const struct event *e)
{
	const char *id = e->kind == EVENT_AGENT_ADDED	  ? e->agent->id
			 : e->kind == EVENT_AGENT_REMOVED ? e->id
							  : NULL;
	struct text_list *l = &f->awaited;

	for (size_t i = 0; id && i < l->count; i++) {
		if (strcmp(l->list[i], id))
			continue;
		free(l->list[i]);
		l->list[i] = l->list[--l->count];
		if (!l->count)
			follower_plan(f, true);
		return;
	}
}

void follower_kept_note_master(struct follower *f)
{
	const char *id = model_master_id(f->model);

	if (f->kept.count || model_holding(f->model) || !*id)
		return;
	snprintf(f->zone_master, sizeof(f->zone_master), "%s", id);
}

void follower_kept_init(struct follower *f)
{
	record_list_init(&f->kept);
	uv_timer_init(f->loop, &f->keep);
	f->keep.data = f;
}

void follower_kept_close(struct follower *f)
{
	uv_close((uv_handle_t *)&f->keep, NULL);
	record_list_done(&f->kept);
	text_list_done(&f->awaited);
}
