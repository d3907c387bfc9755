// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /v1/enumerate, /v1/axfr, /v1/hosts/{host}/ports: made and written by the client's thread. */
#include <errno.h>
#include <string.h>

#include "api_internal.h"
#include "catalogue.h"
#include "dns.h"
#include "rr_text.h"
#include "util.h"

/* enumerate */

struct wanted {
	struct zone_sources sources;
	struct catalogue c;
};

/* owner: NULL: all. To be undone in any case. */
static int want(struct api *a, const uint8_t *owner, size_t owner_len, struct wanted *q)
{
	int r = api_ask(a, api_take_sources, &q->sources);

	if (!r)
		r = catalogue_make(&q->sources, owner, owner_len, &q->c);
	return r ? r : catalogue_mark_repeated(&q->c);
}

static void want_done(struct wanted *q)
{
	catalogue_done(&q->c);
	zone_sources_done(&q->sources);
}

/* An address's PTR is told by its name, as Mesos-DNS does. */
static void put_record(struct json_writer *w, const struct catalogue *c,
		       const struct record_item *item, const struct record_item *address)
{
	char owner[DNAME_TEXT_MAX], data[RR_TEXT_MAX];

	json_open(w, NULL, '{');
	if (item->rr.type == DNS_TYPE_PTR) {
		json_put_text(w, "name", dname_to_text(catalogue_target(c, item), owner));
		json_put_text(w, "host", rr_data_text(&address->rr, NULL, data));
	} else {
		json_put_text(w, "name", dname_to_text(catalogue_owner(c, item), owner));
		json_put_text(w, "host", rr_data_text(&item->rr, catalogue_target(c, item), data));
	}
	json_put_text(w, "rtype", rr_type_text(item->rr.type));
	json_close(w);
}

/* The address that a PTR stands behind. */
static const struct record_item *address_before(const struct catalogue *c, size_t i)
{
	while (i && c->records.items[i].rr.type == DNS_TYPE_PTR)
		i--;
	return &c->records.items[i];
}

static void put_task(struct json_writer *w, const struct catalogue *c,
		     const struct catalogue_task *t)
{
	bool any = false;

	json_open(w, NULL, '{');
	json_put_text(w, "name", t->task->name);
	json_put_text(w, "id", t->task->id);
	for (size_t i = t->first; i < t->first + t->count; i++) {
		if (c->records.items[i].same)
			continue;
		if (!any)
			json_open(w, "records", '[');
		any = true;
		put_record(w, c, &c->records.items[i], address_before(c, i));
	}
	if (any)
		json_close(w);
	else
		json_put_raw(w, "records", "null");
	json_close(w);
}

static void put_frameworks(struct json_writer *w, const struct cluster *cluster,
			   const struct catalogue *c)
{
	size_t t = 0;

	if (!cluster->frameworks_count) {
		json_put_raw(w, "frameworks", "null");
		return;
	}
	json_open(w, "frameworks", '[');
	for (size_t f = 0; f < cluster->frameworks_count; f++) {
		json_open(w, NULL, '{');
		if (t < c->tasks_count && c->tasks[t].framework == f) {
			json_open(w, "tasks", '[');
			for (; t < c->tasks_count && c->tasks[t].framework == f; t++)
				put_task(w, c, &c->tasks[t]);
			json_close(w);
		} else {
			json_put_raw(w, "tasks", "null");
		}
		json_put_text(w, "name", cluster->frameworks[f].name);
		json_close(w);
	}
	json_close(w);
}

int api_enumerate(struct api *a, const char *name, struct json_writer *w)
{
	struct wanted q = {0};
	int r = want(a, NULL, 0, &q);

	(void)name;
	if (!r) {
		json_open(w, NULL, '{');
		put_frameworks(w, &q.sources.view.cluster, &q.c);
		json_close(w);
	}
	want_done(&q);
	return r ? r : 200;
}

/* ports */

static void put_port(struct json_writer *w, const struct catalogue *c,
		     const struct record_item *item)
{
	char text[DNAME_TEXT_MAX], port[sizeof("65535")];
	const uint8_t *label = catalogue_owner(c, item);

	/* the last label that begins with '_' is the protocol */
	while (label[label[0] + 1] && label[label[0] + 2] == '_')
		label += label[0] + 1;
	json_open(w, NULL, '{');
	json_put_text(w, "service", dname_to_text(catalogue_owner(c, item), text));
	json_put_text(w, "host", dname_to_text(catalogue_target(c, item), text));
	snprintf(port, sizeof(port), "%u", item->rr.srv.port);
	json_put_text(w, "port", port);
	snprintf(text, sizeof(text), "%.*s", label[0] - 1, label + 2);
	json_put_text(w, "protocol", text);
	json_close(w);
}

/* Of the tasks whose addresses the name has. */
int api_ports(struct api *a, const char *name, struct json_writer *w)
{
	uint8_t owner[DNAME_WIRE_MAX];
	struct wanted q = {0};
	int r = api_name(name, owner);

	if (r < 0)
		return r;
	r = want(a, owner, (size_t)r, &q);
	if (!r) {
		json_open(w, NULL, '[');
		for (size_t i = 0; i < q.c.records.count; i++)
			if (q.c.records.items[i].rr.type == DNS_TYPE_SRV &&
			    !q.c.records.items[i].same)
				put_port(w, &q.c, &q.c.records.items[i]);
		json_close(w);
	}
	want_done(&q);
	return r ? r : 200;
}

/* axfr */

struct transfer {
	struct record_list records;
	char *mname, *rname, *domain;
	int refresh_seconds, error;
	uint32_t ttl, serial;
};

static void take_record(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct transfer *t = ctx;

	if (rr->type != DNS_TYPE_PTR && !t->error)
		t->error = t->records.sink.put(&t->records.sink, owner, dname_wire_len(owner), rr);
}

static int make_transfer(const struct api_world *w, void *arg)
{
	struct transfer *t = arg;

	zone_for_each_rr(w->zone, take_record, t);
	t->serial = zone_serial(w->zone);
	t->ttl = w->cfg->ttl;
	t->refresh_seconds = w->cfg->refresh_seconds;
	t->mname = strdup(w->cfg->soa_mname);
	t->rname = strdup(w->cfg->soa_rname);
	t->domain = strdup(w->cfg->domain);
	return t->error ? t->error : t->mname && t->rname && t->domain ? 0 : -ENOMEM;
}

/* The order of their texts: a dot counts as a dot, whatever the label behind it is long. */
static int compare_names(const uint8_t *a, const uint8_t *b)
{
	size_t left_a = *a++, left_b = *b++;

	while (left_a && left_b) {
		for (; left_a && left_b; left_a--, left_b--, a++, b++)
			if (*a != *b)
				return *a < *b ? -1 : 1;
		if (left_a || left_b) /* one goes on, the other has a dot */
			return left_a ? (*a < '.' ? -1 : 1) : (*b < '.' ? 1 : -1);
		left_a = *a++;
		left_b = *b++;
	}
	return left_a ? 1 : left_b ? -1 : 0;
}

static int in_order(const void *a, const void *b, void *ctx)
{
	const struct record_list *l = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct record_item *x = &l->items[i], *y = &l->items[j];
	int r = compare_names(l->names + x->owner_at, l->names + y->owner_at);

	return r ? r : record_list_compare(l, i, j);
}

static void put_sets(struct json_writer *w, const char *key, const struct record_list *l,
		     const size_t *order, uint16_t type)
{
	char text[RR_TEXT_MAX];
	const uint8_t *open = NULL;

	json_open(w, key, '{');
	for (size_t n = 0; n < l->count; n++) {
		const struct record_item *item = &l->items[order[n]];
		const uint8_t *owner = l->names + item->owner_at;

		if (item->rr.type != type)
			continue;
		if (!open || compare_names(open, owner)) {
			if (open)
				json_close(w);
			json_open(w, dname_to_text(owner, text), '[');
			open = owner;
		}
		json_put_text(w, NULL, rr_data_text(&item->rr, l->names + item->target_at, text));
	}
	if (open)
		json_close(w);
	json_close(w);
}

static void put_transfer(struct json_writer *w, const struct transfer *t, const size_t *order)
{
	json_open(w, NULL, '{');
	json_put_number(w, "TTL", t->ttl);
	json_put_number(w, "Serial", t->serial);
	json_put_number(w, "RefreshSeconds", (uint64_t)t->refresh_seconds);
	json_put_text(w, "Mname", t->mname);
	json_put_text(w, "Rname", t->rname);
	json_put_text(w, "Domain", t->domain);
	json_open(w, "Records", '{');
	put_sets(w, "As", &t->records, order, DNS_TYPE_A);
	put_sets(w, "AAAAs", &t->records, order, DNS_TYPE_AAAA);
	put_sets(w, "SRVs", &t->records, order, DNS_TYPE_SRV);
	json_close(w);
	json_close(w);
}

int api_axfr(struct api *a, const char *name, struct json_writer *w)
{
	_cleanup_free_ size_t *order = NULL;
	struct transfer t = {0};
	int r;

	(void)name;
	record_list_init(&t.records);
	r = api_ask(a, make_transfer, &t);
	if (!r) {
		order = calloc(t.records.count + 1, sizeof(*order));
		r = order ? 0 : -ENOMEM;
	}
	if (!r) {
		record_list_settle(&t.records);
		for (size_t i = 0; i < t.records.count; i++)
			order[i] = i;
		qsort_r(order, t.records.count, sizeof(*order), in_order, &t.records);
		put_transfer(w, &t, order);
	}
	free(t.mname);
	free(t.rname);
	free(t.domain);
	record_list_done(&t.records);
	return r ? r : 200;
}
