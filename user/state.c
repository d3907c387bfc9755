// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json_cut.h"
#include "json_read.h"
#include "pid.h"
#include "state_agent.h"
#include "state_resolve.h"
#include "state_tasks.h"
#include "util.h"

/* Which entered container the cutter is in. */
enum place { DOCUMENT, TOP, AGENTS, RECOVERED, FRAMEWORKS, FRAMEWORK, TASKS };

/* What a taken value is. */
enum field { LEADER, MASTER_ID, AGENT, RECOVERED_AGENT, TASK, NAME, HOSTNAME, PID, ID };

/* The framework being read; its tasks may come before its name and pid. */
struct open_framework {
	struct framework f;
	char *hostname;
	bool bad; /* a wrong type or pid: to be left out */
};

struct state {
	struct json_cut *cut;
	struct state_resolver resolver;
	struct state_tasks *tasks;
	struct json_pool pool;
	enum place place;
	enum field field;
	struct open_framework open;
	struct cluster *cluster;
	size_t frameworks_cap, agents_cap, recovered_cap;
	char *leader; /* as text; NULL: none seen */
	const char *reason;
	char error[256];
};

static void framework_clear_tasks(struct framework *f)
{
	for (size_t i = 0; i < f->tasks_count; i++)
		cluster_task_free(f->tasks[i]);
	free(TAKE_PTR(f->tasks));
	f->tasks_count = 0;
}

static void framework_done(struct framework *f)
{
	framework_clear_tasks(f);
	free(f->id);
	free(f->name);
	free(f->host);
}

static void open_framework_done(struct open_framework *o)
{
	framework_done(&o->f);
	free(o->hostname);
	memset(o, 0, sizeof(*o));
}

static void clear_frameworks(struct cluster *c)
{
	for (size_t i = 0; i < c->frameworks_count; i++)
		framework_done(&c->frameworks[i]);
	c->frameworks_count = 0;
	c->skipped.frameworks = 0;
	c->skipped.tasks = 0;
	c->skipped.ports = 0;
}

static void clear_agents(struct cluster *c)
{
	for (size_t i = 0; i < c->agents_count; i++) {
		free(c->agents[i].id);
		free(c->agents[i].host);
	}
	c->agents_count = 0;
	c->skipped.agents = 0;
}

static void clear_recovered(struct cluster *c)
{
	for (size_t i = 0; i < c->recovered_count; i++)
		free(c->recovered[i]);
	c->recovered_count = 0;
}

static int add_agent(struct state *s, const uint8_t *text, size_t len)
{
	struct cluster *c = s->cluster;
	int rc = array_reserve(&c->agents, &s->agents_cap, c->agents_count + 1, sizeof(*c->agents));

	if (rc == 0)
		rc = state_agent_read(&s->pool, text, len, &c->agents[c->agents_count]);
	c->agents_count += rc == 0;
	return rc;
}

static int add_recovered(struct state *s, const uint8_t *text, size_t len)
{
	struct cluster *c = s->cluster;
	int rc = array_reserve(&c->recovered, &s->recovered_cap, c->recovered_count + 1,
			       sizeof(*c->recovered));

	if (rc == 0)
		rc = state_recovered_read(&s->pool, text, len, &c->recovered[c->recovered_count]);
	c->recovered_count += rc == 0;
	return rc;
}

static int set_framework_pid(struct framework *f, struct json_read *j)
{
	struct pid pid;
	int rc = state_field_pid(j, &pid);

	if (rc < 0)
		return rc;
	free(f->host);
	f->host = pid.host;
	f->port = pid.port;
	f->has_port = pid.has_port;
	return 0;
}

static int set_framework_field(struct state *s, const uint8_t *text, size_t len)
{
	struct json_read j = json_read_init(text, len);
	struct framework *f = &s->open.f;
	int rc;

	switch (s->field) {
	case NAME:
		return state_field_text(&s->pool, &j, &f->name);
	case HOSTNAME:
		return state_field_text(&s->pool, &j, &s->open.hostname);
	case PID:
		return set_framework_pid(f, &j);
	default: /* the id: Mesos-DNS does not know it, so no type of it is wrong */
		rc = state_field_text(&s->pool, &j, &f->id);
		return rc == -EINVAL ? 0 : rc;
	}
}

static int or_empty(char **text)
{
	if (!*text)
		*text = strdup("");
	return *text ? 0 : -ENOMEM;
}

static int framework_end(struct state *s)
{
	struct cluster *c = s->cluster;
	struct framework *f = &s->open.f;
	int rc;

	s->place = FRAMEWORKS;
	if (s->open.bad) {
		c->skipped.frameworks++;
		open_framework_done(&s->open);
		return 0;
	}
	if (!f->host)
		f->host = TAKE_PTR(s->open.hostname);
	rc = or_empty(&f->id);
	if (rc == 0)
		rc = or_empty(&f->name);
	if (rc == 0)
		rc = or_empty(&f->host);
	if (rc == 0)
		rc = array_reserve(&c->frameworks, &s->frameworks_cap, c->frameworks_count + 1,
				   sizeof(*c->frameworks));
	if (rc < 0)
		return rc;
	c->frameworks[c->frameworks_count++] = *f;
	memset(f, 0, sizeof(*f));
	open_framework_done(&s->open);
	return 0;
}

static int refuse(struct state *s, const char *reason)
{
	s->reason = reason;
	return -EINVAL;
}

static int take(struct state *s, enum field field)
{
	s->field = field;
	return JSON_CUT_TAKE;
}

static int enter(struct state *s, enum place place)
{
	s->place = place;
	return JSON_CUT_ENTER;
}

static int begin_top(struct state *s, const struct json_key *key, enum json_kind kind)
{
	static const char *const names[] = {"leader", "slaves", "frameworks", "id",
					    "recovered_slaves"};
	int i = json_read_find(key, names, ARRAY_SIZE(names));

	if (i < 0)
		return JSON_CUT_SKIP;
	if (i == 0)
		return take(s, LEADER);
	if (i == 3)
		return take(s, MASTER_ID);
	if (i == 4) {
		clear_recovered(s->cluster);
		return kind == JSON_KIND_ARRAY ? enter(s, RECOVERED) : JSON_CUT_SKIP;
	}
	if (kind != JSON_KIND_ARRAY && kind != JSON_KIND_NULL)
		return refuse(s, i == 1 ? "has slaves that are not a list"
					: "has frameworks that are not a list");
	if (i == 1)
		clear_agents(s->cluster);
	else
		clear_frameworks(s->cluster);
	return kind == JSON_KIND_NULL ? JSON_CUT_SKIP : enter(s, i == 1 ? AGENTS : FRAMEWORKS);
}

static int begin_framework_field(struct state *s, const struct json_key *key, enum json_kind kind)
{
	static const char *const names[] = {"tasks", "name", "hostname", "pid", "id"};
	static const enum field fields[] = {TASK, NAME, HOSTNAME, PID, ID};
	int i = json_read_find(key, names, ARRAY_SIZE(names));

	if (i < 0)
		return JSON_CUT_SKIP;
	if (i > 0)
		return take(s, fields[i]);
	framework_clear_tasks(&s->open.f);
	if (kind == JSON_KIND_ARRAY)
		return enter(s, TASKS);
	if (kind != JSON_KIND_NULL)
		s->open.bad = true;
	return JSON_CUT_SKIP;
}

static int begin_element(struct state *s, enum json_kind kind)
{
	int rc;

	if (s->place == FRAMEWORKS) {
		if (kind == JSON_KIND_OBJECT)
			return enter(s, FRAMEWORK);
		s->open.bad = kind != JSON_KIND_NULL;
		rc = framework_end(s);
		return rc < 0 ? rc : JSON_CUT_SKIP;
	}
	if (s->place == RECOVERED)
		return kind == JSON_KIND_OBJECT ? take(s, RECOVERED_AGENT) : JSON_CUT_SKIP;
	if (kind == JSON_KIND_OBJECT)
		return take(s, s->place == AGENTS ? AGENT : TASK);
	if (s->place == AGENTS)
		s->cluster->skipped.agents++;
	else if (kind != JSON_KIND_NULL)
		s->cluster->skipped.tasks++;
	return JSON_CUT_SKIP;
}

static int on_begin(void *ctx, const struct json_key *key, enum json_kind kind)
{
	struct state *s = ctx;

	switch (s->place) {
	case DOCUMENT:
		return kind == JSON_KIND_OBJECT ? enter(s, TOP) : refuse(s, "is not an object");
	case TOP:
		return begin_top(s, key, kind);
	case FRAMEWORK:
		return begin_framework_field(s, key, kind);
	default:
		return begin_element(s, kind);
	}
}

static int on_end(void *ctx)
{
	struct state *s = ctx;

	switch (s->place) {
	case TASKS:
		s->place = FRAMEWORK;
		return state_tasks_end(s->tasks, &s->open.f.tasks, &s->open.f.tasks_count,
				       &s->cluster->skipped);
	case FRAMEWORK:
		return framework_end(s);
	default:
		s->place = TOP;
		return 0;
	}
}

static int set_leader(struct state *s, const uint8_t *text, size_t len)
{
	struct json_read j = json_read_init(text, len);
	int rc = state_field_text(&s->pool, &j, &s->leader);

	return rc == -EINVAL ? refuse(s, "has a leader that is not a string") : rc;
}

/* Mesos-DNS does not know these two, so no type of theirs is wrong. */
static int set_master_id(struct state *s, const uint8_t *text, size_t len)
{
	struct json_read j = json_read_init(text, len);

	return state_field_text(&s->pool, &j, &s->cluster->master_id);
}

static int on_value(void *ctx, const uint8_t *text, size_t len)
{
	struct state *s = ctx;
	int rc;

	switch (s->field) {
	case LEADER:
		return set_leader(s, text, len);
	case MASTER_ID:
		rc = set_master_id(s, text, len);
		break;
	case RECOVERED_AGENT:
		rc = add_recovered(s, text, len);
		break;
	case AGENT:
		rc = add_agent(s, text, len);
		s->cluster->skipped.agents += rc == -EINVAL;
		break;
	case TASK:
		rc = state_tasks_put(s->tasks, text, len);
		break;
	default:
		rc = set_framework_field(s, text, len);
		s->open.bad |= rc == -EINVAL;
		break;
	}
	return rc == -EINVAL ? 0 : rc;
}

int state_new(uint64_t max_bytes, const struct state_resolver *resolver, struct state **ret)
{
	static const struct json_cut_ops ops = {on_begin, on_value, on_end};
	struct json_cut_limits limits = {.document = max_bytes, .element = STATE_ELEMENT_MAX};
	struct state *s = calloc(1, sizeof(*s));
	int rc = s ? json_cut_new(&ops, s, &limits, &s->cut) : -ENOMEM;

	if (rc == 0)
		rc = state_tasks_new(&s->tasks);
	if (rc == 0) {
		s->cluster = calloc(1, sizeof(*s->cluster));
		rc = s->cluster ? 0 : -ENOMEM;
	}
	if (rc < 0) {
		state_free(s);
		return rc;
	}
	s->resolver = *resolver;
	*ret = s;
	return 0;
}

struct state *state_free(struct state *s)
{
	if (!s)
		return NULL;
	json_cut_free(s->cut);
	state_tasks_free(s->tasks);
	open_framework_done(&s->open);
	cluster_free(s->cluster);
	free(s->pool.data);
	free(s->leader);
	free(s);
	return NULL;
}

void state_set_known(struct state *s, struct known_tasks *known)
{
	state_tasks_set_known(s->tasks, known);
}

int state_feed(struct state *s, const void *data, size_t len)
{
	return json_cut_feed(s->cut, data, len);
}

static int finish_leader(struct state *s)
{
	struct pid pid;
	int rc;

	if (!s->leader || !*s->leader)
		return refuse(s, "names no leader");
	rc = pid_parse(s->leader, strlen(s->leader), &pid);
	if (rc == 0 && (!*pid.host || !pid.has_port)) {
		free(pid.host);
		rc = -EINVAL;
	}
	if (rc < 0)
		return rc == -EINVAL ? refuse(s, "names a leader that is not NAME@HOST:PORT") : rc;
	s->cluster->leader_host = pid.host;
	s->cluster->leader_port = pid.port;
	return 0;
}

int state_end(struct state *s)
{
	int rc = json_cut_finish(s->cut);

	if (rc == 0)
		rc = or_empty(&s->cluster->master_id);
	return rc < 0 ? rc : finish_leader(s);
}

const char *state_leader_host(const struct state *s)
{
	return s->cluster->leader_host;
}

uint16_t state_leader_port(const struct state *s)
{
	return s->cluster->leader_port;
}

int state_finish(struct state *s, struct cluster **ret)
{
	int rc = state_resolve_hosts(s->cluster, &s->resolver);

	if (rc == 0)
		rc = cluster_index_agents(s->cluster);
	if (rc == 0)
		*ret = TAKE_PTR(s->cluster);
	return rc;
}

const char *state_error(struct state *s)
{
	const char *reason = s->reason ? s->reason : json_cut_error(s->cut);

	snprintf(s->error, sizeof(s->error), "state document %s",
		 *reason ? reason : "needs more memory than there is");
	return s->error;
}

uint64_t state_bytes(const struct state *s)
{
	return json_cut_offset(s->cut);
}
