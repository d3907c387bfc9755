// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <urcu.h>

#include "array.h"
#include "cluster_records.h"
#include "dns.h"
#include "task_records.h"
#include "util.h"
#include "zone_read.h"

/* A sink that keeps what is of one name. */
struct explain_sink {
	struct record_sink sink; /* first: put() finds the rest by it */
	struct explanation *e;
	const struct model_entry *task;
	enum left_out without; /* why nothing of this task counts; LEFT_OUT_COUNT: it does */
	int error;
};

/* Names that the rules could not lower are compared as a query would ask for them. */
static bool same_name(const struct explanation *e, const uint8_t *name, size_t len)
{
	uint8_t lower[DNAME_WIRE_MAX];

	if (len != e->name_len)
		return false;
	memcpy(lower, name, len);
	dname_lower(lower, len);
	return !memcmp(lower, e->name, len);
}

/* What the name of this length ends in is the suffix, and more stands before it. */
static bool ends_in(const uint8_t *name, size_t len, const uint8_t *suffix, size_t suffix_len)
{
	size_t at = 0;

	while (at + suffix_len < len)
		at += 1U + name[at];
	return at && at + suffix_len == len && !memcmp(name + at, suffix, suffix_len);
}

/* One name of one task, or one origin, comes in a row. */
static int note_giver(struct explain_sink *s, enum naming_rule rule, size_t *ret)
{
	struct explanation *e = s->e;
	struct explain_giver g = {.task = s->task, .rule = rule, .raw = s->task && s->sink.raw};
	const struct explain_giver *last = e->givers_count ? &e->givers[e->givers_count - 1] : NULL;
	int r;

	if (!s->task)
		g.origin = s->sink.origin;
	if (last && last->task == g.task && last->rule == rule && last->raw == g.raw &&
	    last->origin.framework == g.origin.framework && last->origin.agent == g.origin.agent &&
	    last->origin.master == g.origin.master) {
		*ret = e->givers_count - 1;
		return 0;
	}
	if (e->givers_count == EXPLAIN_GIVERS_MAX) {
		e->givers_more++;
		*ret = EXPLAIN_NO_GIVER;
		return 0;
	}
	r = array_reserve(&e->givers, &e->givers_room, e->givers_count + 1, sizeof(*e->givers));
	if (r)
		return r;
	*ret = e->givers_count;
	e->givers[e->givers_count++] = g;
	return 0;
}

static int note_left(struct explain_sink *s, enum left_out why, enum naming_rule rule,
		     uint16_t type)
{
	struct explanation *e = s->e;
	size_t giver;
	int r = note_giver(s, rule, &giver);

	if (r)
		return r;
	for (size_t i = e->left_count; i-- > 0;) {
		struct explain_left *l = &e->left[i];

		if (l->giver != giver)
			break;
		if (l->why == why && l->type == type) {
			l->count++;
			return 0;
		}
	}
	if (giver == EXPLAIN_NO_GIVER || e->left_count == EXPLAIN_LEFT_MAX) {
		e->left_more++;
		return 0;
	}
	r = array_reserve(&e->left, &e->left_room, e->left_count + 1, sizeof(*e->left));
	if (!r)
		e->left[e->left_count++] = (struct explain_left){
			.why = why, .rule = rule, .giver = giver, .type = type, .count = 1};
	return r;
}

static int on_put(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
		  const struct rr *rr)
{
	struct explain_sink *s = (struct explain_sink *)sink;
	struct explanation *e = s->e;
	size_t giver;
	int r;

	if (owner_len != e->name_len || memcmp(owner, e->name, owner_len) != 0)
		return 0;
	if (s->without != LEFT_OUT_COUNT)
		return note_left(s, s->without, sink->rule, rr->type);
	if (e->claims == EXPLAIN_CLAIMS_MAX) {
		e->claims_more++;
		return 0;
	}
	r = note_giver(s, sink->rule, &giver);
	if (!r)
		r = array_reserve(&e->by, &e->by_room, e->claims + 1, sizeof(*e->by));
	if (!r)
		r = e->records.sink.put(&e->records.sink, owner, owner_len, rr);
	if (!r)
		e->by[e->claims++] = giver;
	return r;
}

static void on_left_out(struct record_sink *sink, enum left_out why, const struct record_name *name,
			const struct rr *rr)
{
	struct explain_sink *s = (struct explain_sink *)sink;

	if (!name->encodable || !same_name(s->e, name->wire, name->len) || s->error)
		return;
	if (s->without != LEFT_OUT_COUNT)
		why = s->without;
	s->error = note_left(s, why, name->rule, rr ? rr->type : 0);
}

static enum left_out without(const struct model_entry *e)
{
	if (e->task->phase != TASK_RUNNING)
		return LEFT_NOT_RUNNING;
	return e->agent ? LEFT_OUT_COUNT : LEFT_AGENT_UNKNOWN;
}

/*
 * Every name of a task holds the text of its label, or of its discovery name, before the
 * framework's suffix. Most tasks are passed over by that, without making their records.
 */
static bool may_give(const struct zone_sources *s, const struct task *task, const char *before)
{
	const char *raw = *task->discovery_name ? task->discovery_name : NULL;
	char label[LABEL_BUF];

	label_from_text(raw ? raw : task->name, s->rules.enforce_rfc952, label, NULL);
	return strstr(before, label) || (raw && strcasestr(before, raw));
}

/* The octets of the name as text, without escapes, up to where the suffix begins. */
static void text_before(const uint8_t *name, size_t len, char ret[DNAME_WIRE_MAX + 1])
{
	size_t at = 0, n = 0;

	while (at < len) {
		size_t octets = name[at++];

		if (n)
			ret[n++] = '.';
		memcpy(ret + n, name + at, octets);
		at += octets;
		n += octets;
	}
	ret[n] = '\0';
}

/* Looks at the tasks of one framework. before: NULL: at all of them. */
static int look_at_tasks(const struct zone_sources *s, size_t framework,
			 const struct framework_suffix *suffix, const char *before,
			 struct explain_sink *sink)
{
	const struct model_view *v = &s->view;
	int r = 0;

	for (size_t i = v->first[framework]; i < v->first[framework + 1] && !r; i++) {
		const struct model_entry *e = &v->tasks[i];
		const struct agent nowhere = {.id = (char *)e->task->agent_id};

		if (before && !may_give(s, e->task, before))
			continue;
		sink->task = e;
		sink->without = without(e);
		r = task_records_put(&s->rules, suffix, e->task, e->agent ? e->agent : &nowhere,
				     &sink->sink);
	}
	sink->task = NULL;
	sink->without = LEFT_OUT_COUNT;
	return r;
}

static bool suffix_fits(const struct explanation *e, const struct record_name *suffix)
{
	return suffix->encodable && ends_in(e->name, e->name_len, suffix->wire, suffix->len);
}

static int look_at_framework(const struct zone_sources *s, size_t framework, bool reverse,
			     struct explain_sink *sink)
{
	const char *name = s->view.cluster.frameworks[framework].name;
	struct explanation *e = sink->e;
	char before[DNAME_WIRE_MAX + 1];
	struct framework_suffix suffix;

	framework_suffix_init(&suffix, &s->rules, name);
	if (reverse)
		return look_at_tasks(s, framework, &suffix, NULL, sink);
	if (suffix_fits(e, &suffix.plain))
		text_before(e->name, e->name_len - suffix.plain.len, before);
	else if (suffix_fits(e, &suffix.slave))
		text_before(e->name, e->name_len - suffix.slave.len, before);
	else
		return 0;
	if (!e->framework)
		e->framework = name;
	return look_at_tasks(s, framework, &suffix, before, sink);
}

static int look_at_all(const struct zone_sources *s, struct explanation *e, bool in_domain)
{
	struct explain_sink sink = {.sink = {.put = on_put, .left_out = on_left_out},
				    .e = e,
				    .without = LEFT_OUT_COUNT};
	int r = in_domain ? cluster_records_put(&s->rules, &s->input, &sink.sink) : 0;

	for (size_t i = 0; i < s->view.cluster.frameworks_count && !r; i++)
		r = look_at_framework(s, i, !in_domain, &sink);
	return r ? r : sink.error;
}

/* A sink that keeps the first names below one. */
static int put_below(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
		     const struct rr *rr)
{
	struct explain_sink *s = (struct explain_sink *)sink;
	struct record_list *l = &s->e->below;

	if (s->without != LEFT_OUT_COUNT || !ends_in(owner, owner_len, s->e->name, s->e->name_len))
		return 0;
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].owner_len == owner_len &&
		    !memcmp(l->names + l->items[i].owner_at, owner, owner_len))
			return 0;
	if (l->count == EXPLAIN_BELOW_MAX)
		return -ECANCELED;
	return l->sink.put(&l->sink, owner, owner_len, rr);
}

/* May names that end in this suffix be below the name? */
static bool has_below(const struct explanation *e, const struct record_name *suffix)
{
	if (!suffix->encodable)
		return false;
	return suffix_fits(e, suffix) ||
	       (suffix->len >= e->name_len &&
		(ends_in(suffix->wire, suffix->len, e->name, e->name_len) ||
		 !memcmp(suffix->wire, e->name, e->name_len)));
}

static int look_below(const struct zone_sources *s, struct explanation *e)
{
	struct explain_sink sink = {.sink.put = put_below, .e = e, .without = LEFT_OUT_COUNT};
	int r = cluster_records_put(&s->rules, &s->input, &sink.sink);

	for (size_t i = 0; i < s->view.cluster.frameworks_count && !r; i++) {
		struct framework_suffix suffix;

		framework_suffix_init(&suffix, &s->rules, s->view.cluster.frameworks[i].name);
		if (has_below(e, &suffix.plain) || has_below(e, &suffix.slave))
			r = look_at_tasks(s, i, &suffix, NULL, &sink);
	}
	return r == -ECANCELED ? 0 : r;
}

static bool zone_has(const struct zone *zone, const uint8_t *name, size_t len)
{
	struct xdns_qname q;
	bool has;

	if (xdns_qname_read(name, name + len, zone_config(zone)->hash_key, &q))
		return false;
	rcu_read_lock();
	has = zone_find(zone, &q) != NULL;
	rcu_read_unlock();
	return has;
}

/* The name whose labels are what the rules make of these, if it is another one that is there. */
static void look_instead(const struct zone_sources *s, const struct zone *zone,
			 struct explanation *e)
{
	size_t at = 0, n = 0, end = e->name_len - s->rules.domain_len;
	uint8_t name[DNAME_WIRE_MAX];

	while (at < end) {
		char text[LABEL_BUF], label[LABEL_BUF];
		size_t octets = e->name[at++], kept = 0;

		if (octets && e->name[at] == '_') /* of a service */
			kept = 1;
		memcpy(text, e->name + at + kept, octets - kept);
		text[octets - kept] = '\0';
		at += octets;
		octets = label_from_text(text, s->rules.enforce_rfc952, label, NULL);
		if (!octets)
			continue;
		name[n++] = (uint8_t)(octets + kept);
		if (kept)
			name[n++] = '_';
		memcpy(name + n, label, octets);
		n += octets;
	}
	memcpy(name + n, s->rules.domain, s->rules.domain_len);
	n += s->rules.domain_len;
	if ((n == e->name_len && !memcmp(name, e->name, n)) || !zone_has(zone, name, n))
		return;
	memcpy(e->instead, name, n);
}

static bool is_reverse(const uint8_t *name, size_t len)
{
	static const uint8_t v4[] = "\7in-addr\4arpa", v6[] = "\3ip6\4arpa";

	return ends_in(name, len, v4, sizeof(v4)) || ends_in(name, len, v6, sizeof(v6));
}

/* The reason that all share that would give something; LEFT_OUT_COUNT: there is none. */
static enum left_out shared_reason(const struct explanation *e)
{
	for (size_t i = 1; i < e->left_count; i++)
		if (e->left[i].why != e->left[0].why)
			return LEFT_OUT_COUNT;
	return e->left_count ? e->left[0].why : LEFT_OUT_COUNT;
}

/* Of a name that does not exist. */
static enum explain_state why_missing(const struct zone_sources *s, const struct explanation *e,
				      bool in_domain)
{
	if (e->claims)
		return EXPLAIN_PENDING;
	if (e->left_count)
		return shared_reason(e) == LEFT_NOT_RUNNING ? EXPLAIN_NOT_RUNNING
							    : EXPLAIN_LEFT_OUT;
	if (!in_domain)
		return is_reverse(e->name, e->name_len) ? EXPLAIN_NO_ADDRESS : EXPLAIN_OUTSIDE;
	if (record_rules_owned(&s->rules, e->name, e->name_len))
		return EXPLAIN_NO_SOURCE;
	if (*e->instead)
		return EXPLAIN_MANGLED;
	return e->framework ? EXPLAIN_NO_TASK : EXPLAIN_NO_FRAMEWORK;
}

static int judge(const struct zone_sources *s, const struct explain_zone *z,
		 const struct zone *zone, bool in_domain, struct explanation *e)
{
	if (z->served.count || (in_domain && e->name_len == s->rules.domain_len)) {
		e->state = EXPLAIN_RECORDS;
	} else if (z->exists) {
		e->state = EXPLAIN_EMPTY;
		return look_below(s, e);
	} else {
		if (in_domain)
			look_instead(s, zone, e);
		e->state = why_missing(s, e, in_domain);
	}
	return 0;
}

/* Behind what is given; together they are told apart by their places. */
static int add_served(const struct explain_zone *z, struct explanation *e)
{
	const struct record_list *l = &z->served;
	int r = 0;

	for (size_t i = 0; i < l->count && !r; i++)
		r = e->records.sink.put(&e->records.sink, l->names + l->items[i].owner_at,
					l->items[i].owner_len, &l->items[i].rr);
	record_list_settle(&e->records);
	return r;
}

int explain_make(const struct zone_sources *s, struct explain_zone *z, const struct zone *zone,
		 const uint8_t *name, size_t len, struct explanation *ret)
{
	bool in_domain = record_rules_in_domain(&s->rules, name, len);
	int r = 0;

	*ret = (struct explanation){.name_len = len};
	memcpy(ret->name, name, len);
	record_list_init(&ret->records);
	record_list_init(&ret->below);
	record_list_settle(&z->served);
	if (in_domain || (is_reverse(name, len) && s->rules.reverse_dns))
		r = look_at_all(s, ret, in_domain);
	if (!r)
		r = add_served(z, ret);
	return r ? r : judge(s, z, zone, in_domain, ret);
}

void explanation_done(struct explanation *e)
{
	free(e->givers);
	free(e->by);
	free(e->left);
	record_list_done(&e->records);
	record_list_done(&e->below);
	*e = (struct explanation){0};
}

static void take_served(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct explain_zone *z = ctx;

	if (!z->error)
		z->error = z->served.sink.put(&z->served.sink, owner, dname_wire_len(owner), rr);
}

int explain_zone_take(const struct api_world *w, const uint8_t *name, struct explain_zone *ret)
{
	*ret = (struct explain_zone){
		.serial = zone_serial(w->zone),
		.ttl = w->cfg->ttl,
		.expired = zone_expired(w->zone),
		.complete = !zone_incomplete(w->zone),
		.external = w->cfg->external_on &&
			    w->cfg->resolvers.count + w->cfg->zone_resolvers_count > 0,
	};
	record_list_init(&ret->served);
	ret->exists = zone_for_each_rr_of(w->zone, name, take_served, ret);
	ret->ns = strdup(w->cfg->soa_mname);
	if (asprintf(&ret->soa, "%s %s %u %u %u %u %u", w->cfg->soa_mname, w->cfg->soa_rname,
		     ret->serial, w->cfg->soa_refresh, w->cfg->soa_retry, w->cfg->soa_expire,
		     w->cfg->soa_minttl) < 0)
		ret->soa = NULL;
	return !ret->ns || !ret->soa ? -ENOMEM : ret->error;
}

void explain_zone_done(struct explain_zone *z)
{
	free(z->soa);
	free(z->ns);
	record_list_done(&z->served);
}
