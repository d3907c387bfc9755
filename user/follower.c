// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What to believe of what the feeds say. */
#include "follower_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "util.h"

/* Of a document that loses more than half of the tasks at once; small clusters do so every day. */
#define SUSPECT_TASKS_MIN 16
/* Of a burst that is one change of the zone, how many events are timed. */
#define EVENTS_TIMED 1024

/* Staleness (RFC 1035 3.3.13: EXPIRE) */

static void on_expired(uv_timer_t *timer)
{
	struct follower *f = timer->data;

	log_error("zone: nothing heard of the cluster for SOAExpire, %u s: names of the domain get "
		  "SERVFAIL until a master is heard again",
		  f->cfg->soa_expire);
	f->heard_ns = 0;
	f->ops.expired(f->ctx);
}

static void start_expiry(struct follower *f, uint64_t now)
{
	uint64_t expire_ms = (uint64_t)f->cfg->soa_expire * 1000;
	uint64_t age_ms = (now - f->heard_ns) / NSEC_PER_MSEC;

	if (!f->cfg->soa_expire || !f->heard_ns) { /* 0: never */
		uv_timer_stop(&f->expiry);
		return;
	}
	uv_timer_start(&f->expiry, on_expired, age_ms < expire_ms ? expire_ms - age_ms : 0, 0);
}

void follower_heard(struct follower *f)
{
	uint64_t now = boot_now_ns();

	if (!f->known || (f->heard_ns && now - f->heard_ns < NSEC_PER_SEC))
		return;
	f->heard_ns = now;
	start_expiry(f, now);
	f->ops.heard(f->ctx, now);
}

/* Documents */

static uint64_t running(const struct cluster *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->frameworks_count; i++)
		n += c->frameworks[i].tasks_count;
	return n;
}

/* More than half of the tasks gone at once, and no election: the next document has to say so, too.
 */
static bool suspicious(struct follower *f, const struct cluster *c)
{
	uint64_t before = model_counts(f->model).tasks, after = running(c);

	if (f->suspected || f->streaming || before < SUSPECT_TASKS_MIN || after * 2 >= before) {
		f->suspected = false;
		return false;
	}
	f->suspected = true;
	log_warn("mesos: the document lacks %" PRIu64 " of %" PRIu64 " tasks at once; keeping the "
		 "previous zone until the next document says so, too",
		 before - after, before);
	return true;
}

enum same_master { SAME, ANOTHER, UNKNOWN };

/* Another id is another master, or the same one in another life; both begin empty. */
static enum same_master compare_master(const struct follower *f, const struct cluster *c)
{
	const char *known = model_master_id(f->model);

	if (!f->known || !*known || !c->master_id || !*c->master_id)
		return UNKNOWN;
	return strcmp(known, c->master_id) ? ANOTHER : SAME;
}

static void log_skipped(const struct cluster_skipped *s)
{
	if (s->tasks || s->frameworks || s->agents || s->ports)
		log_warn("mesos: unusable parts left out: %" PRIu64 " tasks, %" PRIu64
			 " frameworks, %" PRIu64 " agents, %" PRIu64 " ports",
			 s->tasks, s->frameworks, s->agents, s->ports);
}

/* The stream is asked of whom the document names leader, then of the others. */
static void follow_stream(struct follower *f, const struct cluster *c)
{
	size_t count, n = 1;
	const char *const *masters = follower_masters(f, &count);
	_cleanup_free_ const char **list = calloc(count + 1, sizeof(*list));
	char leader[320];

	if (!list)
		return;
	snprintf(leader, sizeof(leader), strchr(c->leader_host, ':') ? "[%s]:%u" : "%s:%u",
		 c->leader_host, c->leader_port);
	list[0] = leader;
	for (size_t i = 0; i < count; i++)
		if (strcmp(masters[i], leader))
			list[n++] = masters[i];
	feeds_follow(f->feeds, list, n);
}

static void take_cluster(struct follower *f, struct cluster *c, uint64_t begun_ns)
{
	struct model_difference d;
	bool compare = f->streaming && f->known && !c->stream && f->compared;
	int r;

	log_skipped(&c->skipped);
	r = model_snapshot(f->model, c, begun_ns, &d);
	if (r)
		log_error("mesos: %s; a part of the cluster's state is missing until the next "
			  "document",
			  strerror(-r));
	f->known |= !r;
	if (compare && (d.tasks || d.agents))
		log_warn("mesos: the stream had missed %" PRIu64 " tasks, %" PRIu64 " agents",
			 d.tasks, d.agents);
	f->compared = f->streaming;
	follower_flood_over(f);
	follower_kept_taken(f, c);
}

void follower_take_document(struct follower *f, struct message *m)
{
	enum same_master same = compare_master(f, m->cluster);

	if (f->zk_leads)
		feeds_follow(f->feeds, (const char *const *)f->masters.list, f->masters.count);
	else
		follow_stream(f, m->cluster);
	free(f->answered);
	f->answered = TAKE_PTR(m->text);
	if (same == ANOTHER) {
		log_about(LOG_LEVEL_NOTICE, "MASTER", f->answered ? f->answered : "?",
			  "mesos: another master leads: %s", f->answered ? f->answered : "?");
		f->hold_told = false;
		follower_begin_hold(f, false);
	} else if (f->provisional && m->begun_ns > f->snapshot_ns) {
		if (same == SAME)
			follower_end_hold(f, "it is the master from before");
		f->provisional = false;
	} else if (!f->provisional && suspicious(f, m->cluster)) {
		return;
	}
	follower_kept_document(f, m->cluster);
	take_cluster(f, m->cluster, m->begun_ns);
	if (f->zk_leads) /* is the last to say who leads */
		model_set_leader(f->model, f->masters.list[0]);
	follower_review_hold(f);
	follower_publish(f, false);
	follower_heard(f);
}

/* The stream */

static void on_stream(struct follower *f, struct message *m)
{
	bool streaming = m->state == STREAM_HEARD;
	bool known = f->stream_said && m->text && !strcmp(f->stream_said, m->text);

	if (m->state == STREAM_HEARD)
		log_notice("mesos: %s", m->text);
	else
		log_write(known					    ? LOG_LEVEL_DEBUG
			  : m->state == STREAM_LOST && f->streaming ? LOG_LEVEL_WARN
								    : LOG_LEVEL_NOTICE,
			  "mesos: no event stream: %s; fetching documents every %d s", m->text,
			  f->cfg->refresh_seconds);
	free(f->stream_said);
	f->stream_said = TAKE_PTR(m->text);
	f->stats.stream_opened += !f->streaming && streaming;
	f->stats.stream_lost += f->streaming && !streaming;
	/* who leads now, and what has happened since? */
	follower_plan(f, f->streaming && !streaming);
	f->resubscribed |= !streaming;
	f->compared &= streaming;
	f->streaming = streaming;
	follower_plan(f, false);
}

/* After a break it may be another master's. Whose it is only a document says. */
static void on_snapshot(struct follower *f, struct event *e)
{
	if (f->resubscribed) {
		follower_begin_hold(f, true);
		follower_plan(f, true);
	}
	f->resubscribed = false;
	f->snapshot_ns = e->received_ns;
	take_cluster(f, e->snapshot, MODEL_NOW);
	follower_review_hold(f);
}

static void on_event(struct follower *f, struct event *e)
{
	follower_kept_event(f, e);
	if (e->kind == EVENT_SNAPSHOT)
		on_snapshot(f, e);
	else if (f->known && !follower_flooded(f, e) && model_event(f->model, e) == -ENOMEM)
		log_error("mesos: no memory for an event; the next document will have it");
}

/* Frees m, or keeps it. */
static void dispatch(struct follower *f, struct message *m)
{
	switch (m->kind) {
	case MESSAGE_DOCUMENT:
		follower_on_document(f, m);
		return;
	case MESSAGE_FAILED:
		follower_on_failed(f, TAKE_PTR(m->text));
		break;
	case MESSAGE_EVENT:
		on_event(f, m->event);
		break;
	case MESSAGE_STREAM:
		on_stream(f, m);
		break;
	case MESSAGE_ALIVE:
		follower_heard(f);
		break;
	case MESSAGE_MASTERS:
		follower_on_masters(f, m);
		break;
	case MESSAGE_TROUBLE:
		f->zk_leads &= !m->text || !*m->text;
		if (m->text && *m->text)
			log_warn("zk: %s; keeping the masters that are known", m->text);
		else
			log_notice("zk: well again");
		break;
	}
	message_free(m);
}

/* They came at these times, and are served now. */
static void count_events(struct follower *f, const uint64_t *arrived, size_t count)
{
	uint64_t now = now_ns();

	for (size_t i = 0; i < count; i++)
		latency_add(&f->stats.events_served, now - arrived[i]);
}

/* Everything that has come is one change of the zone. */
static void on_ready(void *ctx)
{
	uint64_t arrived[EVENTS_TIMED];
	struct follower *f = ctx;
	size_t events = 0;
	bool lost;
	struct message *m = inbox_take(f->inbox, &lost), *next;

	for (; m; m = next) {
		next = m->next;
		if (m->kind == MESSAGE_EVENT) {
			if (events < EVENTS_TIMED)
				arrived[events] = m->pushed_ns;
			events++;
		}
		dispatch(f, m);
	}
	if (events) {
		follower_heard(f);
		follower_review_hold(f);
		follower_publish(f, true);
		f->stats.events += events;
		count_events(f, arrived, events < EVENTS_TIMED ? events : EVENTS_TIMED);
	}
	if (lost && f->fetching) { /* the document may be what was lost */
		log_error("mesos: no memory for what the masters say; asking again");
		f->fetching = false;
	}
	if (model_wants_state(f->model) || lost)
		follower_plan(f, true);
}

int follower_new(uv_loop_t *loop, const struct config *cfg, struct zone *zone,
		 const struct follower_ops *ops, void *ctx, struct follower **ret)
{
	struct follower *f = calloc(1, sizeof(*f));
	int r = f ? model_new(&f->model) : -ENOMEM;

	if (!r)
		r = inbox_new(loop, on_ready, f, &f->inbox);
	if (r) {
		if (f)
			model_free(f->model);
		free(f);
		return r;
	}
	f->loop = loop;
	f->cfg = f->given_cfg = cfg;
	f->zone = zone;
	f->ops = *ops;
	f->ctx = ctx;
	record_list_init(&f->given);
	uv_timer_init(loop, &f->retry);
	uv_timer_init(loop, &f->expiry);
	f->retry.data = f->expiry.data = f;
	follower_hold_init(f);
	follower_kept_init(f);
	follower_fetch_init(f);
	*ret = f;
	return 0;
}

void follower_restored(struct follower *f, struct record_list *records, uint64_t heard_ns,
		       const char *master)
{
	record_list_done(&f->given);
	f->given = *records;
	record_list_init(records);
	f->heard_ns = heard_ns;
	snprintf(f->zone_master, sizeof(f->zone_master), "%s", master);
	start_expiry(f, boot_now_ns());
}

const char *follower_zone_master(const struct follower *f)
{
	return f->zone_master;
}

int follower_start(struct follower *f, char **ret_error)
{
	return follower_start_feeds(f, ret_error);
}

void follower_set_listeners(struct follower *f, struct address *listeners, size_t count)
{
	if (f->listeners && count == f->listeners_count &&
	    !memcmp(listeners, f->listeners, count * sizeof(*listeners))) {
		free(listeners);
		return;
	}
	free(f->listeners);
	f->listeners = listeners;
	f->listeners_count = count;
	f->input_changed = true;
	follower_publish(f, false);
}

void follower_refresh(struct follower *f)
{
	follower_plan(f, true);
}

struct follower_status follower_status(const struct follower *f)
{
	struct model_counts c = model_counts(f->model);

	return (struct follower_status){.leader = f->answered ? f->answered : "",
					.stream = f->streaming,
					.failing = f->failure != NULL,
					.tasks = c.tasks,
					.agents = c.agents,
					.frameworks = c.frameworks,
					.held_tasks = c.held_tasks,
					.holding = model_holding(f->model) || f->kept.count,
					.heard_ns = f->heard_ns};
}

struct follower_stats follower_stats(const struct follower *f)
{
	struct follower_stats ret = f->stats;

	ret.stream_bytes += feeds_stream_octets(f->feeds);
	return ret;
}

struct model *follower_model(const struct follower *f)
{
	return f->model;
}

/* What could not be started is tried again until it can be, or the configuration is another. */
int follower_start_feeds(struct follower *f, char **ret_error)
{
	int r = feeds_start(f->cfg, f->inbox, &f->feeds, ret_error);

	if (r) {
		follower_plan_feeds(f);
		return r;
	}
	f->feeds_cfg = f->cfg;
	if (f->masters.list) {
		const char *const *list = (const char *const *)f->masters.list;

		feeds_set_masters(f->feeds, list, f->masters.count);
		if (f->known)
			feeds_follow(f->feeds, list, f->masters.count);
	}
	follower_plan(f, true);
	return 0;
}

/* What the feeds before had under way is forgotten; the masters that are known are asked on. */
static int restart_feeds(struct follower *f, char **ret_error)
{
	struct message *m;
	bool lost;

	f->stats.stream_bytes += feeds_stream_octets(f->feeds);
	feeds_stop(TAKE_PTR(f->feeds));
	for (m = inbox_take(f->inbox, &lost); m;)
		m = message_free(m);
	follower_fetch_reset(f);
	f->resubscribed |= f->streaming;
	f->streaming = false;
	return follower_start_feeds(f, ret_error);
}

int follower_reload(struct follower *f, const struct config *cfg, bool sources, bool records,
		    char **ret_error)
{
	int r = 0;

	/* before anything follows the new rules: without memory all goes on as before */
	if (records && model_touch_all(f->model))
		return -ENOMEM;
	f->cfg = cfg;
	if (sources || !f->feeds)
		r = restart_feeds(f, ret_error);
	f->input_changed = true;
	follower_publish(f, false);
	if (!f->known)
		f->given_cfg = cfg;
	return f->given_cfg == cfg ? r : -ENOMEM;
}

const struct config *follower_feeds_config(const struct follower *f)
{
	return f->feeds_cfg;
}

void follower_close(struct follower *f)
{
	if (!f)
		return;
	feeds_stop(TAKE_PTR(f->feeds));
	inbox_close(f->inbox);
	follower_hold_close(f);
	uv_close((uv_handle_t *)&f->retry, NULL);
	uv_close((uv_handle_t *)&f->expiry, NULL);
	follower_kept_close(f);
	follower_fetch_close(f);
}

void follower_free(struct follower *f)
{
	if (!f)
		return;
	model_free(f->model);
	record_list_done(&f->given);
	free(f->listeners);
	free(f->answered);
	free(f->stream_said);
	free(f);
}
