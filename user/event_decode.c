// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "event_decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_read.h"
#include "event_snapshot.h"
#include "event_task.h"
#include "json_cut.h"
#include "json_read.h"
#include "state_agent.h"
#include "state_resolve.h"
#include "task_reader.h"
#include "util.h"

/* Which entered container the cutter is in. */
enum place {
	RECORD,
	TOP,
	SUBSCRIBED,
	GET_STATE,
	GET_TASKS,
	GET_FRAMEWORKS,
	GET_AGENTS,
	TASKS,
	UNREACHABLE,
	FRAMEWORKS,
	AGENTS,
	RECOVERED,
};

#define KINDS (EVENT_FRAMEWORK_REMOVED + 1)

#define WHAT_SHOWN 64 /* octets of a type that an event was dropped for */

/* What a taken value is. */
enum field { BODY, TYPE, HEARTBEAT_INTERVAL, ELEMENT };

/* The member an event's body is in; its type is the same in upper case. */
static const char *const bodies[KINDS] = {
	[EVENT_SNAPSHOT] = "subscribed",
	[EVENT_TASK_ADDED] = "task_added",
	[EVENT_TASK_UPDATED] = "task_updated",
	[EVENT_AGENT_ADDED] = "agent_added",
	[EVENT_AGENT_REMOVED] = "agent_removed",
	[EVENT_FRAMEWORK_ADDED] = "framework_added",
	[EVENT_FRAMEWORK_UPDATED] = "framework_updated",
	[EVENT_FRAMEWORK_REMOVED] = "framework_removed",
};

struct event_decoder {
	struct state_resolver resolver;
	uint64_t max_bytes;
	struct json_cut *cut;
	struct task_reader *tasks;
	struct json_pool pool;
	enum place place;
	enum field field;
	struct snapshot *snapshot; /* of a record that has a subscribed */
	struct event *event;	   /* of any other */
	enum event_kind body;	   /* the member it is from */
	char *type;
	double heartbeat;
	const char *reason;
	char dropped[128];
	char error[256];
};

int event_decoder_new(uint64_t max_bytes, const struct state_resolver *resolver,
		      struct event_decoder **ret)
{
	struct event_decoder *d = calloc(1, sizeof(*d));
	int rc = d ? task_reader_new(&d->tasks) : -ENOMEM;

	if (rc < 0) {
		free(d);
		return rc;
	}
	d->resolver = *resolver;
	d->max_bytes = max_bytes;
	*ret = d;
	return 0;
}

/* Forgets the record. */
static void clear(struct event_decoder *d)
{
	d->cut = json_cut_free(d->cut);
	d->snapshot = snapshot_free(d->snapshot);
	d->event = event_free(d->event);
	free(d->type);
	d->type = NULL;
}

struct event_decoder *event_decoder_free(struct event_decoder *d)
{
	if (!d)
		return NULL;
	clear(d);
	task_reader_free(d->tasks);
	free(d->pool.data);
	free(d);
	return NULL;
}

static int refuse(struct event_decoder *d, const char *reason)
{
	d->reason = reason;
	return -EINVAL;
}

static int enter(struct event_decoder *d, enum place place)
{
	d->place = place;
	return JSON_CUT_ENTER;
}

static int take(struct event_decoder *d, enum field field)
{
	d->field = field;
	return JSON_CUT_TAKE;
}

static void drop(struct event_decoder *d, const char *what, const char *why)
{
	size_t len = strnlen(what, WHAT_SHOWN);

	/* between characters of UTF-8 */
	while (len > 0 && ((uint8_t)what[len] & 0xc0) == 0x80)
		len--;
	snprintf(d->dropped, sizeof(d->dropped), "%.*s %s", (int)len, what, why);
}

static int begin_subscribed(struct event_decoder *d, enum json_kind kind)
{
	int rc = 0;

	if (kind == JSON_KIND_NULL)
		return JSON_CUT_SKIP;
	if (kind != JSON_KIND_OBJECT)
		return refuse(d, "has a subscribed that is not an object");
	if (!d->snapshot)
		rc = snapshot_new(d->tasks, &d->snapshot);
	return rc < 0 ? rc : enter(d, SUBSCRIBED);
}

static int begin_top(struct event_decoder *d, const struct json_key *key, enum json_kind kind)
{
	static const char *const type[] = {"type"};
	int i = json_read_find(key, bodies, KINDS);

	if (i == EVENT_SNAPSHOT)
		return begin_subscribed(d, kind);
	if (i > EVENT_SNAPSHOT && kind == JSON_KIND_OBJECT) {
		d->body = (enum event_kind)i;
		return take(d, BODY);
	}
	if (i > EVENT_SNAPSHOT && kind != JSON_KIND_NULL)
		drop(d, bodies[i], "is not an object");
	return json_read_find(key, type, 1) == 0 ? take(d, TYPE) : JSON_CUT_SKIP;
}

/* What of a SUBSCRIBED event is entered. */
static const struct child {
	enum place parent, place;
	enum json_kind kind;
	const char *name, *wrong;
} children[] = {
	{SUBSCRIBED, GET_STATE, JSON_KIND_OBJECT, "get_state", "has a get_state that is no object"},
	{GET_STATE, GET_TASKS, JSON_KIND_OBJECT, "get_tasks", "has a get_tasks that is no object"},
	{GET_STATE, GET_FRAMEWORKS, JSON_KIND_OBJECT, "get_frameworks",
	 "has a get_frameworks that is no object"},
	{GET_STATE, GET_AGENTS, JSON_KIND_OBJECT, "get_agents",
	 "has a get_agents that is no object"},
	{GET_TASKS, TASKS, JSON_KIND_ARRAY, "tasks", "has tasks that are not a list"},
	{GET_TASKS, UNREACHABLE, JSON_KIND_ARRAY, "unreachable_tasks",
	 "has unreachable_tasks that are not a list"},
	{GET_FRAMEWORKS, FRAMEWORKS, JSON_KIND_ARRAY, "frameworks",
	 "has frameworks that are not a list"},
	{GET_AGENTS, AGENTS, JSON_KIND_ARRAY, "agents", "has agents that are not a list"},
	{GET_AGENTS, RECOVERED, JSON_KIND_ARRAY, "recovered_agents",
	 "has recovered_agents that are not a list"},
};

static int begin_member(struct event_decoder *d, const struct json_key *key, enum json_kind kind)
{
	static const char *const interval[] = {"heartbeat_interval_seconds"};

	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		const struct child *c = &children[i];

		if (c->parent != d->place || json_read_find(key, &c->name, 1) < 0)
			continue;
		if (kind == JSON_KIND_NULL)
			return JSON_CUT_SKIP;
		return kind == c->kind ? enter(d, c->place) : refuse(d, c->wrong);
	}
	if (d->place == SUBSCRIBED && json_read_find(key, interval, 1) == 0)
		return take(d, HEARTBEAT_INTERVAL);
	return JSON_CUT_SKIP;
}

static int begin_element(struct event_decoder *d, enum json_kind kind)
{
	struct cluster_skipped *skipped = snapshot_skipped(d->snapshot);

	if (kind == JSON_KIND_OBJECT)
		return take(d, ELEMENT);
	if (d->place == TASKS || d->place == UNREACHABLE)
		skipped->tasks++;
	else if (d->place == FRAMEWORKS)
		skipped->frameworks++;
	else
		skipped->agents++;
	return JSON_CUT_SKIP;
}

static int on_begin(void *ctx, const struct json_key *key, enum json_kind kind)
{
	struct event_decoder *d = ctx;

	if (d->place == RECORD)
		return kind == JSON_KIND_OBJECT ? enter(d, TOP) : refuse(d, "is not an object");
	if (d->place == TOP)
		return begin_top(d, key, kind);
	return d->place < TASKS ? begin_member(d, key, kind) : begin_element(d, kind);
}

static int on_end(void *ctx)
{
	static const enum place parents[] = {
		[TOP] = RECORD,
		[SUBSCRIBED] = TOP,
		[GET_STATE] = SUBSCRIBED,
		[GET_TASKS] = GET_STATE,
		[GET_FRAMEWORKS] = GET_STATE,
		[GET_AGENTS] = GET_STATE,
		[TASKS] = GET_TASKS,
		[UNREACHABLE] = GET_TASKS,
		[FRAMEWORKS] = GET_FRAMEWORKS,
		[AGENTS] = GET_AGENTS,
		[RECOVERED] = GET_AGENTS,
	};
	struct event_decoder *d = ctx;

	d->place = parents[d->place];
	return 0;
}

static int read_heartbeat(struct event_decoder *d, const uint8_t *text, size_t len)
{
	struct json_read j = json_read_init(text, len);
	double interval = 0;

	json_read_double(&j, &interval);
	d->heartbeat = j.rc ? 0 : interval;
	return 0;
}

static int read_type(struct event_decoder *d, const uint8_t *text, size_t len)
{
	struct json_read j = json_read_init(text, len);
	int rc = state_field_text(&d->pool, &j, &d->type);

	if (rc == -EINVAL)
		drop(d, "type", "is not a string");
	return rc == -EINVAL ? 0 : rc;
}

static int add_element(struct event_decoder *d, const uint8_t *text, size_t len)
{
	switch (d->place) {
	case TASKS:
	case UNREACHABLE:
		return snapshot_add_task(d->snapshot, text, len, d->place == UNREACHABLE);
	case FRAMEWORKS:
		return snapshot_add_framework(d->snapshot, text, len);
	case AGENTS:
		return snapshot_add_agent(d->snapshot, text, len);
	default:
		return snapshot_add_recovered(d->snapshot, text, len);
	}
}

/* Its task and whose it is. An added task that has already ended is news of its end. */
static int read_task_event(struct event_decoder *d, struct event *e, const uint8_t *text,
			   size_t len)
{
	const char *framework_id;
	uint64_t ports = 0;
	int rc;

	if (e->kind == EVENT_TASK_ADDED) {
		rc = event_read_member(text, len, "task", &text, &len);
		if (rc == 0)
			rc = event_task_read(d->tasks, text, len, &ports, &e->task, &framework_id);
		if (rc == 0 && e->task->phase == TASK_ENDED)
			e->kind = EVENT_TASK_UPDATED;
	} else {
		rc = event_update_read(d->tasks, text, len, &e->task, &e->has_status,
				       &framework_id);
	}
	if (rc < 0 || !*framework_id)
		return rc < 0 ? rc : -EINVAL;
	e->framework_id = strdup(framework_id);
	return e->framework_id ? 0 : -ENOMEM;
}

static int read_agent_event(struct event_decoder *d, struct event *e, const uint8_t *text,
			    size_t len)
{
	int rc = event_read_member(text, len, "agent", &text, &len);

	if (rc < 0)
		return rc;
	e->agent = calloc(1, sizeof(*e->agent));
	return e->agent ? event_read_agent(&d->pool, text, len, e->agent) : -ENOMEM;
}

static int read_framework_event(struct event_decoder *d, struct event *e, const uint8_t *text,
				size_t len)
{
	int rc = event_read_member(text, len, "framework", &text, &len);

	if (rc < 0)
		return rc;
	e->framework = calloc(1, sizeof(*e->framework));
	return e->framework ? event_read_framework(&d->pool, text, len, e->framework) : -ENOMEM;
}

static int read_body(struct event_decoder *d, struct event *e, const uint8_t *text, size_t len)
{
	int rc;

	switch (e->kind) {
	case EVENT_TASK_ADDED:
	case EVENT_TASK_UPDATED:
		return read_task_event(d, e, text, len);
	case EVENT_AGENT_ADDED:
		return read_agent_event(d, e, text, len);
	case EVENT_AGENT_REMOVED:
		return event_read_id(&d->pool, text, len, "agent_id", &e->id);
	case EVENT_FRAMEWORK_REMOVED:
		rc = event_read_member(text, len, "framework_info", &text, &len);
		return rc < 0 ? rc : event_read_id(&d->pool, text, len, "id", &e->id);
	default:
		return read_framework_event(d, e, text, len);
	}
}

static int add_body(struct event_decoder *d, const uint8_t *text, size_t len)
{
	struct event *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return -ENOMEM;
	e->kind = d->body;
	rc = read_body(d, e, text, len);
	event_free(d->event); /* if two come, the last counts */
	d->event = rc == 0 ? e : event_free(e);
	if (rc == -EINVAL)
		drop(d, bodies[d->body], "lacks a field, or one has a wrong type");
	return rc == -EINVAL ? 0 : rc;
}

static int on_value(void *ctx, const uint8_t *text, size_t len)
{
	struct event_decoder *d = ctx;

	switch (d->field) {
	case TYPE:
		return read_type(d, text, len);
	case HEARTBEAT_INTERVAL:
		return read_heartbeat(d, text, len);
	case ELEMENT:
		return add_element(d, text, len);
	default:
		return add_body(d, text, len);
	}
}

int event_decoder_begin(struct event_decoder *d)
{
	static const struct json_cut_ops ops = {on_begin, on_value, on_end};
	struct json_cut_limits limits = {.document = d->max_bytes, .element = STATE_ELEMENT_MAX};

	clear(d);
	d->place = RECORD;
	d->reason = NULL;
	d->dropped[0] = 0;
	return json_cut_new(&ops, d, &limits, &d->cut);
}

int event_decoder_feed(struct event_decoder *d, const void *data, size_t len)
{
	return json_cut_feed(d->cut, data, len);
}

/* Is the type that of a body of this kind? One that is not given is. */
static bool type_fits(const struct event_decoder *d, enum event_kind kind)
{
	return !d->type || !strcasecmp(d->type, bodies[kind]);
}

static int finish_snapshot(struct event_decoder *d, struct event **ret)
{
	struct event *e;
	int rc;

	if (!type_fits(d, EVENT_SNAPSHOT))
		return refuse(d, "has a subscribed but another type");
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->kind = EVENT_SNAPSHOT;
	e->received_ns = now_ns();
	rc = snapshot_finish(d->snapshot, &d->resolver, &e->snapshot);
	if (rc < 0)
		event_free(e);
	else
		*ret = e;
	return rc;
}

static int finish_event(struct event_decoder *d, struct event **ret)
{
	struct event *e = d->event;
	int rc = 0;

	if (d->type && !strcasecmp(d->type, bodies[EVENT_SNAPSHOT]))
		return refuse(d, "is SUBSCRIBED without a subscribed");
	if (!e || *d->dropped)
		return 0;
	if (!type_fits(d, d->body)) {
		drop(d, d->type, "has the fields of another type");
		return 0;
	}
	e->received_ns = now_ns();
	if (e->agent) {
		struct cluster c = {
			.leader_host = (char[]){""}, .agents = e->agent, .agents_count = 1};

		rc = state_resolve_hosts(&c, &d->resolver);
	}
	if (rc == 0)
		*ret = TAKE_PTR(d->event);
	return rc;
}

int event_decoder_end(struct event_decoder *d, struct event **ret)
{
	int rc = json_cut_finish(d->cut);

	*ret = NULL;
	if (rc < 0)
		return rc;
	return d->snapshot ? finish_snapshot(d, ret) : finish_event(d, ret);
}

const char *event_decoder_error(struct event_decoder *d)
{
	const char *reason = d->reason ? d->reason : d->cut ? json_cut_error(d->cut) : "";

	snprintf(d->error, sizeof(d->error), "event %s",
		 *reason ? reason : "needs more memory than there is");
	return d->error;
}

const char *event_decoder_dropped(const struct event_decoder *d)
{
	return d->dropped;
}

double event_decoder_heartbeat(const struct event_decoder *d)
{
	return d->heartbeat;
}
