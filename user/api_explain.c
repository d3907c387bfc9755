// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /v1/explain/{name}: what explain.c found, as JSON. */
#include <errno.h>
#include <string.h>

#include "api_internal.h"
#include "explain.h"
#include "rr_text.h"
#include "util.h"

#define RECORDS_MAX 1000 /* listed; the rest is counted */

static const struct api_word states[] = {
#define X(id, word, meaning) {word, meaning},
	EXPLAIN_STATES(X)
#undef X
};

/* Served, or about to be: each record once, with all who give it. */

struct ordered {
	const struct explanation *e;
	size_t *order;
};

static int compare(const void *a, const void *b, void *ctx)
{
	const struct explanation *e = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int r = record_list_compare(&e->records, i, j);

	return r ? r : i < j ? -1 : 1;
}

static void put_record(struct json_writer *w, const struct ordered *o, size_t first, size_t end,
		       uint32_t ttl)
{
	const struct record_list *l = &o->e->records;
	const struct record_item *item = &l->items[o->order[first]];
	char data[RR_TEXT_MAX];
	size_t givers = 0;

	json_open(w, NULL, '{');
	json_put_text(w, "type", rr_type_text(item->rr.type));
	json_put_text(w, "data", rr_data_text(&item->rr, l->names + item->target_at, data));
	json_put_number(w, "ttl", ttl);
	json_put_bool(w, "served", o->order[end - 1] >= o->e->claims);
	json_open(w, "givers", '[');
	for (size_t i = first; i < end; i++) {
		if (o->order[i] >= o->e->claims)
			continue;
		givers++;
		if (o->e->by[o->order[i]] != EXPLAIN_NO_GIVER)
			json_put_number(w, NULL, o->e->by[o->order[i]]);
	}
	json_close(w);
	json_put_number(w, "giversCount", givers);
	json_close(w);
}

/* SOA and NS are the apex's, and come from no list; their giver is the last. */
static void put_apex_record(struct json_writer *w, const char *type, const char *data,
			    const struct explanation *e, uint32_t ttl)
{
	json_open(w, NULL, '{');
	json_put_text(w, "type", type);
	json_put_text(w, "data", data);
	json_put_number(w, "ttl", ttl);
	json_put_bool(w, "served", true);
	json_open(w, "givers", '[');
	json_put_number(w, NULL, e->givers_count);
	json_close(w);
	json_put_number(w, "giversCount", 1);
	json_close(w);
}

static bool at_apex(const struct zone_sources *s, const struct explanation *e)
{
	return e->name_len == s->rules.domain_len && !memcmp(e->name, s->rules.domain, e->name_len);
}

static int put_records(struct json_writer *w, const struct zone_sources *s,
		       const struct explain_zone *z, const struct explanation *e,
		       uint64_t *ret_more)
{
	size_t count = e->records.count, listed = 0;
	_cleanup_free_ size_t *order = calloc(count + 1, sizeof(*order));
	struct ordered o = {e, order};

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), compare, (void *)e);
	*ret_more = e->claims_more;
	json_open(w, "records", '[');
	if (at_apex(s, e)) {
		put_apex_record(w, "SOA", z->soa, e, z->ttl);
		put_apex_record(w, "NS", z->ns, e, z->ttl);
	}
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count; end++)
			if (record_list_compare(&e->records, order[i], order[end]))
				break;
		/* who gives it may be among what was not kept */
		if (e->claims_more && order[i] >= e->claims)
			continue;
		if (listed++ < RECORDS_MAX)
			put_record(w, &o, i, end, z->ttl);
		else
			++*ret_more;
	}
	json_close(w);
	return 0;
}

static int put_givers(struct json_writer *w, const struct zone_sources *s,
		      const struct explanation *e)
{
	static const struct explain_giver apex = {.rule = RULE_APEX};
	int r = 0;

	json_open(w, "givers", '[');
	for (size_t i = 0; i < e->givers_count && !r; i++)
		r = api_put_giver(w, &s->rules, &e->givers[i], e->name);
	if (!r && at_apex(s, e))
		r = api_put_giver(w, &s->rules, &apex, e->name);
	json_close(w);
	return r;
}

static void put_left(struct json_writer *w, const struct explanation *e)
{
	json_open(w, "leftOut", '[');
	for (size_t i = 0; i < e->left_count; i++) {
		const struct explain_left *l = &e->left[i];

		json_open(w, NULL, '{');
		json_put_text(w, "reason", api_left_out[l->why].word);
		json_put_text(w, "text", api_left_out[l->why].text);
		json_put_text(w, "rule", api_rules[l->rule].word);
		if (l->type)
			json_put_text(w, "type", rr_type_text(l->type));
		json_put_number(w, "records", l->type ? l->count : 0);
		json_put_number(w, "giver", l->giver);
		json_close(w);
	}
	json_close(w);
}

/* What a query of this name gets, whatever its type. */
static const char *answer_of(const struct zone_sources *s, const struct explain_zone *z,
			     const struct explanation *e)
{
	bool in_domain = record_rules_in_domain(&s->rules, e->name, e->name_len);

	if (!in_domain && !(z->exists && !z->expired))
		return z->external ? "forwarded" : "REFUSED";
	if (z->expired || (!z->exists && !z->complete))
		return "SERVFAIL";
	return z->exists ? "NOERROR" : "NXDOMAIN";
}

static void put_names(struct json_writer *w, const struct explanation *e)
{
	char text[DNAME_TEXT_MAX];

	json_open(w, "below", '[');
	for (size_t i = 0; i < e->below.count; i++)
		json_put_text(w, NULL,
			      dname_to_text(e->below.names + e->below.items[i].owner_at, text));
	json_close(w);
	if (*e->instead)
		json_put_text(w, "instead", dname_to_text(e->instead, text));
	if (e->framework)
		json_put_text(w, "framework", e->framework);
}

static int put_explanation(struct json_writer *w, const struct zone_sources *s,
			   const struct explain_zone *z, const struct explanation *e)
{
	uint64_t records_more = 0;
	char text[DNAME_TEXT_MAX];
	int r;

	json_open(w, NULL, '{');
	json_put_text(w, "name", dname_to_text(e->name, text));
	json_put_text(w, "domain", dname_to_text(s->rules.domain, text));
	json_put_number(w, "serial", z->serial);
	json_put_bool(w, "expired", z->expired);
	json_put_bool(w, "complete", z->complete);
	json_put_text(w, "answer", answer_of(s, z, e));
	json_put_text(w, "state", states[e->state].word);
	json_put_text(w, "text", states[e->state].text);
	put_names(w, e);
	r = put_records(w, s, z, e, &records_more);
	if (!r)
		r = put_givers(w, s, e);
	put_left(w, e);
	json_open(w, "more", '{');
	json_put_number(w, "records", records_more);
	json_put_number(w, "givers", e->givers_more);
	json_put_number(w, "leftOut", e->left_more);
	json_close(w);
	json_close(w);
	return r;
}

struct question {
	uint8_t name[DNAME_WIRE_MAX];
	struct zone_sources sources;
	struct explain_zone zone;
};

static int take(const struct api_world *w, void *arg)
{
	struct question *q = arg;
	int r = explain_zone_take(w, q->name, &q->zone);

	return r ? r : zone_sources_take(w, &q->sources);
}

int api_explain(struct api *a, const char *name, struct json_writer *w)
{
	struct question q = {0};
	struct explanation e = {0};
	int len = api_name(name, q.name), r;

	if (len < 0)
		return len;
	r = api_ask(a, take, &q);
	if (!r)
		r = explain_make(&q.sources, &q.zone, a->zone, q.name, (size_t)len, &e);
	if (!a->enumeration) /* names that were not asked for */
		e.below.count = 0;
	if (!r)
		r = put_explanation(w, &q.sources, &q.zone, &e);
	explanation_done(&e);
	explain_zone_done(&q.zone);
	zone_sources_done(&q.sources);
	return r ? r : 200;
}
