// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Answers the kernel leaves to userspace: ANY, NS, PTR; and SRV, step by step as the kernel's. */
#include "reply_internal.h"

#include <string.h>

#include "dname_text.h"
#include "zone_config.h"

static void srv_answer(struct reply *r, const struct xdns_record *rec)
{
	enum xdns_step step = XDNS_STEP_DONE;

	xdns_srv_begin(rec, &r->q, &r->a);
	r->a.pos = r->a.len;
	for (uint32_t k = 0; k < rec->n_srv && step == XDNS_STEP_DONE; k++)
		step = xdns_srv_step(r->pool, rec, k, r->zc->ttl, &r->a, r->body, REPLY_BODY_CAP);
}

static void srv_extra(struct reply *r, const struct xdns_record *rec)
{
	enum xdns_step step = r->a.cut ? XDNS_STEP_FULL : XDNS_STEP_DONE;

	for (uint32_t k = 0; k < rec->n_srv && step == XDNS_STEP_DONE; k++)
		step = xdns_extra_step(r->pool, rec, &r->q, k, r->zc->ttl, &r->a, r->body,
				       REPLY_BODY_CAP);
}

void reply_srv(struct reply *r, const struct xdns_record *rec)
{
	srv_answer(r, rec);
	srv_extra(r, rec);
}

/* A record of any type with a name of the zone as its data's end: NS and PTR. */
static bool put_name_rr(struct reply *r, uint16_t owner, uint16_t type, const uint8_t *name,
			size_t name_len)
{
	int at = xdns_answer_take(&r->a, XDNS_RR_FIXED_LEN + name_len, REPLY_BODY_CAP);

	if (at < 0) {
		r->a.cut = 1;
		return false;
	}
	xdns_put_rr(r->body + at, owner, type, r->zc->ttl, name_len);
	memcpy(r->body + at + XDNS_RR_FIXED_LEN, name, name_len);
	r->a.an++;
	return true;
}

void reply_ptr(struct reply *r, const struct xdns_record *rec)
{
	uint32_t n = rec->n_srv, start = xdns_rotation(r->q.id, n);

	for (uint32_t k = 0; k < n; k++) {
		const struct xdns_srv *ptr = xdns_record_srv(r->pool, rec, xdns_wrap(start + k, n));
		const struct xdns_record *target = xdns_env_target(r->pool, ptr->target);
		uint8_t name[DNS_NAME_MAX + 1];

		if (!target || xdns_put_name(r->pool, target, name))
			continue;
		if (!put_name_rr(r, XDNS_OWNER_QNAME, DNS_TYPE_PTR, name, target->name_len))
			break;
	}
}

/* The zone's one NS; *ret_target: the offset of its data in the message. */
static bool put_ns(struct reply *r, uint8_t name[DNS_NAME_MAX + 1], size_t *ret_len,
		   uint32_t *ret_target)
{
	*ret_len = zone_config_mname(r->zc, name);
	*ret_target = DNS_HEADER_LEN + r->q.len + r->a.len + XDNS_RR_FIXED_LEN;
	return *ret_len && put_name_rr(r, XDNS_OWNER_QNAME, DNS_TYPE_NS, name, *ret_len);
}

/* With the addresses the zone has for the server (RFC 1034 4.3.2). */
void reply_ns(struct reply *r)
{
	uint8_t name[DNS_NAME_MAX + 1];
	const struct xdns_record *server;
	struct xdns_qname q;
	uint32_t target;
	size_t len;

	if (!put_ns(r, name, &len, &target))
		return;
	if (xdns_qname_read(name, name + len, r->zc->hash_key, &q))
		return;
	server = zone_find(r->zone, &q);
	if (server)
		xdns_extra_target(r->pool, server, DNS_POINTER | target, r->zc->ttl, &r->a, r->body,
				  REPLY_BODY_CAP);
}

/* RFC 8482 4.2: one HINFO that says why there is no more. */
static void minimal_any(struct reply *r)
{
	static const uint8_t rdata[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
	int at = xdns_answer_take(&r->a, XDNS_RR_FIXED_LEN + sizeof(rdata), REPLY_BODY_CAP);

	if (at < 0) {
		r->a.cut = 1;
		return;
	}
	xdns_put_rr(r->body + at, XDNS_OWNER_QNAME, DNS_TYPE_HINFO, r->zc->ttl, sizeof(rdata));
	memcpy(r->body + at + XDNS_RR_FIXED_LEN, rdata, sizeof(rdata));
	r->a.an++;
}

void reply_any(struct reply *r, const struct xdns_record *rec)
{
	bool apex = r->q.name.len == r->zc->domain_len;
	uint8_t name[DNS_NAME_MAX + 1];
	uint32_t target;
	size_t len;

	if (!rec->n_a && !rec->n_aaaa && !rec->n_srv && !apex)
		return;
	if (!r->client->tcp) {
		minimal_any(r);
		return;
	}
	if (apex) {
		if (!xdns_put_apex_rr(r->zc, &r->zc->soa, &r->q, zone_serial(r->zone), &r->a,
				      r->body, REPLY_BODY_CAP))
			r->a.an++;
		put_ns(r, name, &len, &target);
	}
	if (rec->n_srv)
		srv_answer(r, rec);
	xdns_answer_a(r->pool, rec, rec->n_a, &r->q, r->zc->ttl, &r->a, r->body, DNS_TCP_MAX);
	xdns_answer_aaaa(r->pool, rec, rec->n_aaaa, &r->q, r->zc->ttl, &r->a, r->body, DNS_TCP_MAX);
	if (rec->n_srv)
		srv_extra(r, rec);
}
