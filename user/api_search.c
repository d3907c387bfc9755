// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /v1/names, /v1/names/{part}: names with data that contain a text, the first of them in order. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <urcu.h>

#include "api_internal.h"
#include "rr_text.h"
#include "util.h"
#include "zone_read.h"

/* first, for answer.h */
#include "reply_env.h"

#include "answer.h"

#define NAMES_MAX   100 /* names of an answer */
#define RECORDS_MAX 8	/* records shown of each set */

/* What is shown of a name. */
struct found_name {
	char text[DNAME_TEXT_MAX];
	const struct xdns_record *record; /* as long as RCU is held */
};

struct search {
	const char *part;
	size_t part_len;
	struct found_name *found; /* the first NAMES_MAX, in order */
	size_t count;
	uint64_t matches;
};

/* Where text belongs among what was found. */
static size_t place(const struct search *s, const char *text)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(s->found[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void consider(void *ctx, const uint8_t *wire, const struct xdns_record *r)
{
	char text[DNAME_TEXT_MAX];
	struct search *s = ctx;
	size_t at;

	if (r->flags & XDNS_RECORD_REVERSE || !(r->n_a + r->n_aaaa + r->n_srv))
		return;
	dname_to_text(wire, text);
	if (s->part_len && !strstr(text, s->part))
		return;
	s->matches++;
	at = place(s, text);
	if (at == NAMES_MAX)
		return;
	if (s->count < NAMES_MAX)
		s->count++;
	memmove(&s->found[at + 1], &s->found[at], (s->count - 1 - at) * sizeof(s->found[0]));
	memcpy(s->found[at].text, text, sizeof(text));
	s->found[at].record = r;
}

static void put_addresses(struct json_writer *w, const char *key, const struct pool *p,
			  const struct xdns_record *r, bool v6)
{
	uint32_t n = v6 ? r->n_aaaa : r->n_a;
	char text[INET6_ADDRSTRLEN];

	json_open(w, key, '[');
	for (uint32_t i = 0; i < n && i < RECORDS_MAX; i++)
		json_put_text(w, NULL, api_address_text(p, r, v6, i, text));
	json_close(w);
}

static void put_services(struct json_writer *w, const struct pool *p, const struct xdns_record *r)
{
	uint8_t wire[DNS_NAME_MAX + 1];
	char text[RR_TEXT_MAX];

	json_open(w, "srv", '[');
	for (uint32_t i = 0; i < r->n_srv && i < RECORDS_MAX; i++) {
		const struct xdns_srv *srv = xdns_record_srv(p, r, i);
		const struct xdns_record *target = srv ? xdns_env_target(p, srv->target) : NULL;
		struct rr rr = {.type = DNS_TYPE_SRV};

		if (!target || xdns_put_name(p, target, wire))
			continue;
		rr.srv.port = srv->port;
		json_put_text(w, NULL, rr_data_text(&rr, wire, text));
	}
	json_close(w);
}

static void put_found(struct json_writer *w, const struct pool *p, const struct search *s)
{
	json_open(w, NULL, '{');
	json_put_number(w, "matches", s->matches);
	json_open(w, "names", '[');
	for (size_t i = 0; i < s->count; i++) {
		const struct xdns_record *r = s->found[i].record;

		json_open(w, NULL, '{');
		json_put_text(w, "name", s->found[i].text);
		json_put_number(w, "records", (uint64_t)r->n_a + r->n_aaaa + r->n_srv);
		put_addresses(w, "a", p, r, false);
		put_addresses(w, "aaaa", p, r, true);
		put_services(w, p, r);
		json_close(w);
	}
	json_close(w);
	json_close(w);
}

int api_search(struct api *a, const char *name, struct json_writer *w)
{
	char part[DNAME_TEXT_MAX] = "";
	struct search s = {.part = part};

	if (name && strlen(name) >= sizeof(part))
		return -EINVAL;
	for (const char *c = name; c && *c; c++)
		part[s.part_len++] = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
	if (zone_expired(a->zone))
		return -EAGAIN;
	s.found = calloc(NAMES_MAX + 1, sizeof(*s.found));
	if (!s.found)
		return -ENOMEM;
	rcu_read_lock();
	zone_read_for_each(a->zone, consider, &s);
	put_found(w, zone_read_pool(a->zone), &s);
	rcu_read_unlock();
	free(s.found);
	return 200;
}
