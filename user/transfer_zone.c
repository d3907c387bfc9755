// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The whole zone in one version while it changes. Names are sent in the order of their hashes, some
 * at a time, while commits are held off. What has changed between the version and now is in the
 * history: of such a set the first change since has what it was. It takes the place of what stands
 * in the zone, until its part of the hashes is sent.
 */
#include "transfer_internal.h"

#include <errno.h>
#include <string.h>
#include <urcu.h>

/* first, for answer.h */
#include "reply_env.h"

#include "answer.h"
#include "dname_text.h"
#include "util.h"
#include "zone_config.h"

#define NAMES_AT_ONCE  32	  /* about so many while commits wait */
#define OLD_OCTETS_MAX (64 << 20) /* of changes kept for a slow secondary */

static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_SRV};

static struct transfer_old **bucket(struct transfer *t, uint64_t hash)
{
	return &t->old[hash / (UINT64_MAX / TRANSFER_BUCKETS + 1)];
}

static bool is_of(const struct change *c, const uint8_t *wire, uint16_t type)
{
	size_t len = dname_wire_len(wire);

	return c->type == type && dname_wire_len(c->data) == len && !memcmp(c->data, wire, len);
}

static const struct transfer_old *find_old(struct transfer *t, uint64_t hash, const uint8_t *wire,
					   uint16_t type)
{
	const struct transfer_old *o = *bucket(t, hash);

	while (o && !(o->hash == hash && is_of(o->change, wire, type)))
		o = o->next;
	return o;
}

/* Keeps a change of a set that is still to be sent, if it is the first of that set. */
static int keep(struct transfer *t, struct change *c)
{
	uint64_t hash = zone_name_hash(t->zone, c->data);
	struct transfer_old *o;

	if (hash < t->next || find_old(t, hash, c->data, c->type)) {
		change_put(c);
		return 0;
	}
	t->old_octets += sizeof(*o) + sizeof(*c) + c->len;
	o = t->old_octets > OLD_OCTETS_MAX ? NULL : malloc(sizeof(*o));
	if (!o) {
		change_put(c);
		return -ENOMEM;
	}
	*o = (struct transfer_old){.next = *bucket(t, hash), .change = c, .hash = hash};
	*bucket(t, hash) = o;
	return 0;
}

/* Looks at what has changed since the last part. */
static int catch_up(struct transfer *t)
{
	struct change *c;
	int r;

	while (!(r = history_next(t->history, t->seen, &c))) {
		t->seen = c->number;
		r = keep(t, c);
		if (r)
			return r;
	}
	return r == -EAGAIN ? 0 : r;
}

struct sending {
	struct transfer *t;
	const uint8_t *owner;
	uint32_t ttl;
	int r; /* the first error */
};

static void send_rr(void *ctx, const struct rr *rr)
{
	struct sending *s = ctx;

	if (!s->r)
		s->r = transfer_out_rr(&s->t->out, s->owner, s->ttl, rr);
}

static uint16_t set_count(const struct xdns_record *rec, uint16_t type)
{
	return type == DNS_TYPE_A ? rec->n_a : type == DNS_TYPE_AAAA ? rec->n_aaaa : rec->n_srv;
}

/* A set as it stands in the zone. */
static void send_set(struct sending *s, const struct xdns_record *rec, uint16_t type)
{
	const struct pool *p = zone_read_pool(s->t->zone);
	uint8_t target[DNS_NAME_MAX + 1];

	for (uint32_t i = 0; i < set_count(rec, type); i++) {
		struct rr rr = {.type = type};

		if (type == DNS_TYPE_A) {
			memcpy(rr.a, xdns_record_a(p, rec, i), 4);
		} else if (type == DNS_TYPE_AAAA) {
			memcpy(rr.aaaa, xdns_record_aaaa(p, rec, i), 16);
		} else {
			const struct xdns_srv *srv = xdns_record_srv(p, rec, i);
			const struct xdns_record *to = xdns_env_target(p, srv->target);

			if (!to || xdns_put_name(p, to, target))
				continue;
			rr.srv.port = srv->port;
			rr.srv.weight = srv->weight;
			rr.srv.target = target;
		}
		send_rr(s, &rr);
	}
}

static void send_name(void *ctx, const uint8_t *wire, const struct xdns_record *rec)
{
	struct sending *s = ctx;
	uint64_t hash;

	if (rec->flags & XDNS_RECORD_REVERSE)
		return; /* of another zone */
	s->owner = wire;
	hash = zone_name_hash(s->t->zone, wire);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (set_count(rec, types[i]) && !find_old(s->t, hash, wire, types[i]))
			send_set(s, rec, types[i]);
}

/* Sets that have changed since, as they were. */
static void send_old(struct sending *s, uint64_t to)
{
	struct transfer_old **at = bucket(s->t, to);

	while (*at) {
		struct transfer_old *o = *at;

		if (o->hash > to) {
			at = &o->next;
			continue;
		}
		s->owner = o->change->data;
		change_for_each_rr(o->change, false, send_rr, s);
		*at = o->next;
		s->t->old_octets -= sizeof(*o) + sizeof(*o->change) + o->change->len;
		change_put(o->change);
		free(o);
	}
}

static int send_apex(struct transfer *t)
{
	const struct xdns_config *zc = zone_config(t->zone);
	uint8_t name[DNS_NAME_MAX + 1];
	size_t len = zone_config_mname(zc, name);
	int r = transfer_out_soa(&t->out, zc, t->serial);

	return r || !len ? r
			 : transfer_out_data(&t->out, zc->domain, DNS_TYPE_NS, zc->ttl, name, len);
}

/* The last hash of the part from t->next on: not beyond its bucket. */
static uint64_t part_end(const struct transfer *t)
{
	uint64_t end = t->next + (t->step - 1), whole = UINT64_MAX / TRANSFER_BUCKETS;
	uint64_t bucket_end = t->next | whole;

	return end < t->next || end > bucket_end ? bucket_end : end;
}

int transfer_zone_step(struct transfer *t)
{
	struct sending s = {.t = t, .ttl = zone_config(t->zone)->ttl};
	uint64_t to;

	if (!t->step) {
		rcu_read_lock();
		t->step = UINT64_MAX / (zone_read_places(t->zone) / NAMES_AT_ONCE + 1);
		rcu_read_unlock();
		t->seen = t->newest;
		s.r = send_apex(t);
	}
	to = part_end(t);
	zone_hold(t->zone);
	rcu_read_lock();
	if (!s.r)
		s.r = catch_up(t);
	if (!s.r)
		zone_read_range(t->zone, t->next, to, send_name, &s);
	rcu_read_unlock();
	zone_release(t->zone);
	send_old(&s, to);
	t->next = to + 1;
	if (s.r || to < UINT64_MAX)
		return s.r ? s.r : 1;
	return transfer_out_soa(&t->out, zone_config(t->zone), t->serial);
}

void transfer_zone_done(struct transfer *t)
{
	for (size_t i = 0; i < TRANSFER_BUCKETS; i++) {
		while (t->old[i]) {
			struct transfer_old *o = t->old[i];

			t->old[i] = o->next;
			change_put(o->change);
			free(o);
		}
	}
}
