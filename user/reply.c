// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * parse -> whose name is it? -> answer -> header. A query of the one shape the
 * kernel answers goes through the same three functions of include/ as there.
 */
#include "reply.h"

#include <errno.h>
#include <string.h>
#include <urcu.h>

#include "reply_internal.h"

/* The body's way into the message, with the OPT and the header around it. */
static size_t finish(struct reply *r, const uint8_t *query, uint8_t *out, size_t cap)
{
	struct dns_header h = {.id = r->q.id};
	uint16_t flags = DNS_FLAG_QR | (r->q.flags & (DNS_OPCODE_MASK | DNS_FLAG_RD));

	if (!r->error)
		flags = xdns_answer_flags(r->zc, &r->q, r->a.rcode, r->a.cut);
	else
		flags |= (r->rcode & DNS_RCODE_MASK) | (r->a.cut ? DNS_FLAG_TC : 0) |
			 (r->q.flags & DNS_FLAG_CD);
	if (DNS_HEADER_LEN + r->q.len + r->a.len > cap)
		return 0;
	h.flags = xdns_be16(flags);
	h.qdcount = xdns_be16(r->q.len ? 1 : 0);
	h.ancount = xdns_be16(r->a.an);
	h.nscount = xdns_be16(r->a.ns);
	h.arcount = xdns_be16(r->a.ar);
	memcpy(out, &h, DNS_HEADER_LEN);
	memcpy(out + DNS_HEADER_LEN, query + DNS_HEADER_LEN, r->q.len);
	memcpy(out + DNS_HEADER_LEN + r->q.len, r->body, r->a.len);
	return DNS_HEADER_LEN + r->q.len + r->a.len;
}

/* A response without records: errors, or TC alone. */
static size_t finish_error(struct reply *r, uint16_t rcode, const uint8_t *query, uint8_t *out,
			   size_t cap)
{
	bool cut = r->a.cut;

	memset(&r->a, 0, sizeof(r->a));
	r->a.cut = cut;
	r->error = true;
	r->rcode = rcode;
	reply_put_opt(r);
	return finish(r, query, out, cap);
}

/* What a response says, for the counters. */
static enum traffic_answer error_said(uint16_t rcode)
{
	switch (rcode) {
	case DNS_RCODE_FORMERR:
		return ANSWER_formerr;
	case DNS_RCODE_NOTIMP:
		return ANSWER_notimp;
	case DNS_RCODE_REFUSED:
		return ANSWER_refused;
	case DNS_RCODE_BADVERS:
		return ANSWER_badvers;
	case DNS_RCODE_NOTAUTH:
		return ANSWER_notauth;
	default:
		return ANSWER_servfail;
	}
}

static enum traffic_answer answer_said(const struct reply *r)
{
	if (r->a.cut)
		return ANSWER_truncated;
	if (r->a.rcode == DNS_RCODE_NXDOMAIN)
		return ANSWER_nxdomain;
	if (!r->a.an)
		return ANSWER_nodata;
	switch (r->q.type) {
	case DNS_TYPE_A:
		return ANSWER_a;
	case DNS_TYPE_AAAA:
		return ANSWER_aaaa;
	case DNS_TYPE_SRV:
		return ANSWER_srv;
	case DNS_TYPE_SOA:
		return ANSWER_soa;
	case DNS_TYPE_NS:
		return ANSWER_ns;
	case DNS_TYPE_PTR:
		return ANSWER_ptr;
	default:
		return ANSWER_any;
	}
}

/* The sets of a name that exists; nothing written means NODATA. */
static void answer_record(struct reply *r, const struct xdns_record *rec)
{
	const struct xdns_config *zc = r->zc;
	bool apex = r->q.name.len == zc->domain_len;

	switch (r->q.type) {
	case DNS_TYPE_A:
		xdns_answer_a(r->pool, rec, rec->n_a, &r->q, zc->ttl, &r->a, r->body,
			      REPLY_BODY_CAP);
		break;
	case DNS_TYPE_AAAA:
		xdns_answer_aaaa(r->pool, rec, rec->n_aaaa, &r->q, zc->ttl, &r->a, r->body,
				 REPLY_BODY_CAP);
		break;
	case DNS_TYPE_SRV:
		if (rec->n_srv)
			reply_srv(r, rec);
		break;
	case DNS_TYPE_SOA:
		if (apex && !xdns_put_apex_rr(zc, &zc->soa, &r->q, zone_serial(r->zone), &r->a,
					      r->body, REPLY_BODY_CAP))
			r->a.an = 1;
		break;
	case DNS_TYPE_NS:
		if (apex)
			reply_ns(r);
		break;
	case DNS_TYPE_ANY:
		reply_any(r, rec);
		break;
	}
}

/* The name without any ".*", as Mesos-DNS looks it up; NULL if it has none or is not there. */
static const struct xdns_record *find_without_wildcards(const struct reply *r)
{
	const uint8_t *in = (const uint8_t *)r->q.name.word;
	uint8_t out[DNS_NAME_MAX + 1];
	struct xdns_qname q;
	size_t at = 0, len = 0;

	if (!xdns_qname_has_star(&r->q.name))
		return NULL;
	/*
	 * ".*" in text: a label that starts with '*', behind the first. What is left of it
	 * joins the label before.
	 */
	for (size_t last = 0; in[at]; at += in[at] + 1) {
		size_t rest = in[at];

		if (at > 0 && in[at + 1] == '*') {
			rest--;
			if (out[last] + rest > DNS_LABEL_MAX)
				return NULL;
			out[last] += rest;
			memcpy(out + len, in + at + 2, rest);
			len += rest;
			continue;
		}
		last = len;
		memcpy(out + len, in + at, rest + 1);
		len += rest + 1;
	}
	out[len++] = 0;
	if (xdns_qname_read(out, out + len, r->zc->hash_key, &q))
		return NULL;
	return zone_find(r->zone, &q);
}

static bool is_transfer(const struct reply *r)
{
	return r->q.type == DNS_TYPE_AXFR || r->q.type == DNS_TYPE_IXFR;
}

/* Octets that the response may have, its signature not counted. */
static uint32_t room_of(const struct reply *r)
{
	return (r->client->tcp ? DNS_TCP_MAX : r->q.limit) - r->reserved;
}

/* A name of the domain. Returns 0 or the rcode of an error. */
static uint16_t answer_zone(struct reply *r)
{
	const struct xdns_record *rec;
	uint8_t rcode;

	if (r->qclass != DNS_CLASS_IN) {
		r->ede = DNS_EDE_NOT_SUPPORTED;
		return DNS_RCODE_REFUSED;
	}
	if (!zone_ready(r->zone)) {
		r->ede = DNS_EDE_NOT_READY;
		return DNS_RCODE_SERVFAIL;
	}
	if (zone_expired(r->zone)) {
		r->ede = DNS_EDE_NO_REACHABLE_AUTHORITY;
		return DNS_RCODE_SERVFAIL;
	}
	if (is_transfer(r)) { /* there are no secondaries */
		r->ede = DNS_EDE_PROHIBITED;
		return DNS_RCODE_REFUSED;
	}
	xdns_answer_init(&r->a, &r->q, room_of(r));
	rec = zone_find(r->zone, &r->q.name);
	if (!rec)
		rec = find_without_wildcards(r);
	if (!rec && zone_incomplete(r->zone)) {
		memset(&r->a, 0, sizeof(r->a));
		r->ede = DNS_EDE_NOT_READY;
		return DNS_RCODE_SERVFAIL;
	}
	if (rec)
		answer_record(r, rec);
	rcode = rec ? DNS_RCODE_NOERROR : DNS_RCODE_NXDOMAIN;
	if (!r->a.an && !r->a.cut &&
	    xdns_answer_negative(r->zc, &r->q, rcode, zone_serial(r->zone), &r->a, r->body,
				 REPLY_BODY_CAP)) {
		r->a.rcode = rcode; /* a SOA of long names under a long question: by TCP */
		r->a.cut = 1;
	}
	if (r->client->tcp)
		r->a.cut = 0; /* there is no larger transport to turn to */
	reply_put_opt(r);
	return DNS_RCODE_NOERROR;
}

/* PTR of an address the zone has names for. */
static bool answer_reverse(struct reply *r)
{
	const struct xdns_record *rec;

	if (!r->cfg->reverse_dns || r->q.type != DNS_TYPE_PTR || !zone_ready(r->zone) ||
	    zone_expired(r->zone))
		return false;
	rec = zone_find(r->zone, &r->q.name);
	if (!rec || !(rec->flags & XDNS_RECORD_REVERSE))
		return false;
	xdns_answer_init(&r->a, &r->q, room_of(r));
	reply_ptr(r, rec);
	reply_put_opt(r);
	return r->a.an || r->a.cut;
}

/* Whom to ask about a name outside the domain: the longest zone of zoneResolvers that holds it. */
static const struct config_resolvers *resolvers_for(const struct reply *r)
{
	const struct config_zone_resolvers *best = NULL;

	for (size_t i = 0; i < r->cfg->zone_resolvers_count; i++) {
		const struct config_zone_resolvers *z = &r->cfg->zone_resolvers[i];

		if ((!best || z->wire_len > best->wire_len) &&
		    reply_name_below(&r->q.name, z->wire, z->wire_len))
			best = z;
	}
	return best ? &best->resolvers : &r->cfg->resolvers;
}

/* The response to a question that is understood: rcode 0, what is in r; else an error. */
static enum reply_verdict respond(struct reply *r, uint16_t rcode, const uint8_t *query,
				  uint8_t *out, size_t cap, struct reply_result *ret)
{
	ret->answer = rcode ? error_said(rcode) : answer_said(r);
	ret->len = rcode ? finish_error(r, rcode, query, out, cap) : finish(r, query, out, cap);
	return REPLY_SEND;
}

/* A query without a question that is there for a server cookie (RFC 7873 5.4). */
static bool only_cookie(const struct reply *r, const uint8_t *query)
{
	const struct dns_header *h = (const void *)query;

	return !h->qdcount && !(r->q.flags & DNS_OPCODE_MASK) && r->q.asked;
}

static enum reply_verdict respond_cookie(struct reply *r, const uint8_t *query, uint8_t *out,
					 size_t cap, struct reply_result *ret)
{
	uint16_t rcode = r->cookie_refused ? DNS_RCODE_BADCOOKIE : DNS_RCODE_NOERROR;

	ret->answer = ANSWER_cookie;
	ret->len = finish_error(r, rcode, query, out, cap);
	return REPLY_SEND;
}

/* The question is understood: whose is it? */
static enum reply_verdict answer(struct reply *r, const uint8_t *query, uint8_t *out, size_t cap,
				 struct reply_result *ret)
{
	const struct config_resolvers *resolvers;
	uint16_t rcode;

	if (reply_name_below(&r->q.name, r->zc->domain, r->zc->domain_len)) {
		if (is_transfer(r) && r->cfg->secondaries_count)
			return REPLY_TRANSFER;
		rcode = answer_zone(r);
		return respond(r, rcode, query, out, cap, ret);
	}
	if (r->qclass == DNS_CLASS_IN && answer_reverse(r))
		return respond(r, DNS_RCODE_NOERROR, query, out, cap, ret);
	resolvers = resolvers_for(r);
	if (!r->cfg->external_on || !resolvers->count || is_transfer(r)) {
		r->ede = DNS_EDE_NOT_AUTHORITATIVE;
		return respond(r, DNS_RCODE_REFUSED, query, out, cap, ret);
	}
	ret->resolvers = resolvers;
	ret->limit = r->client->tcp ? DNS_TCP_MAX : r->q.limit;
	ret->hop.has_cookie = r->q.asked & XDNS_ASKED_COOKIE;
	if (ret->hop.has_cookie)
		memcpy(ret->hop.cookie, r->q.cookie, sizeof(ret->hop.cookie));
	return REPLY_FORWARD;
}

/*
 * A signed question gets a signed answer (RFC 8945 5.2, 5.3), also if rcode is all that there is to
 * say to it. What is signed for somebody else goes on as it is (5.5); with a key of ours, outside
 * the domain, there is nobody to ask.
 */
static enum reply_verdict answer_signed(struct reply *r, uint16_t rcode, const uint8_t *query,
					size_t len, uint8_t *out, size_t cap,
					struct reply_result *ret)
{
	const struct config *cfg = r->cfg;
	enum reply_verdict verdict;
	struct tsig t;
	size_t at;
	int error = tsig_find(query, len, &at);

	if (!error)
		error = at ? tsig_verify(cfg->tsig_keys, cfg->tsig_keys_count, query, len, at,
					 r->client->now, &t)
			   : -EBADMSG;
	if (error)
		return respond(r, error == -ENOMEM ? DNS_RCODE_SERVFAIL : DNS_RCODE_FORMERR, query,
			       out, cap, ret);
	if (rcode && !t.key)
		return respond(r, rcode, query, out, cap, ret);
	if (!rcode && (is_transfer(r) ||
		       (!t.key && !reply_name_below(&r->q.name, r->zc->domain, r->zc->domain_len))))
		return answer(r, query, out, cap, ret);
	r->reserved = (uint16_t)tsig_room(&t);
	if (t.error || rcode)
		verdict = respond(r, t.error ? DNS_RCODE_NOTAUTH : rcode, query, out, cap, ret);
	else
		verdict = answer(r, query, out, cap, ret);
	if (verdict == REPLY_FORWARD) {
		r->ede = DNS_EDE_NOT_AUTHORITATIVE;
		verdict = respond(r, DNS_RCODE_REFUSED, query, out, cap, ret);
	}
	ret->len = tsig_sign(&t, out, ret->len, cap, r->client->now);
	return verdict;
}

/* Fills r from a message of any shape; false and the rcode if that is all there is to say. */
static bool parse(struct reply *r, const uint8_t *query, size_t len, uint16_t *ret_rcode)
{
	enum xdns_counter shape = xdns_question_parse(query, query + len, len, &r->q);
	bool question;

	r->qclass = DNS_CLASS_IN;
	if (shape == XDNS_OPTIONS)
		shape = xdns_question_options(query + xdns_question_options_at(&r->q), query + len,
					      r->q.options, &r->q);
	if (shape == XDNS_CONTINUE && reply_name_valid(&r->q.name)) {
		r->q.name.hash = xdns_qname_hash(&r->q.name, r->zc->hash_key);
		xdns_qname_fold(&r->q.name, &r->q.name);
		return true;
	}
	*ret_rcode = reply_parse(query, len, r->zc->hash_key, r, &question);
	if (!question)
		r->q.len = 0;
	return *ret_rcode == DNS_RCODE_NOERROR;
}

/* Nothing else is ever answered: two servers could go on for ever. */
static bool is_query(const uint8_t *msg, size_t len)
{
	return len >= DNS_HEADER_LEN && !(msg[2] & 0x80);
}

enum reply_verdict reply_query(const struct config *cfg, const struct zone *zone,
			       const struct reply_client *client, const uint8_t *query, size_t len,
			       uint8_t *out, size_t cap, struct reply_result *ret)
{
	uint8_t body[REPLY_BODY_CAP];
	struct reply r;
	enum reply_verdict verdict;
	uint16_t rcode = DNS_RCODE_NOERROR;
	bool good;

	memset(ret, 0, sizeof(*ret));
	ret->type = QTYPE_unreadable;
	if (!is_query(query, len))
		return REPLY_DROP;
	r.cfg = cfg;
	r.zone = zone;
	r.zc = zone_config(zone);
	r.pool = zone_read_pool(zone);
	r.client = client;
	r.nsid = r.cookie_refused = r.has_tsig = false;
	r.reserved = 0;
	r.rcode = DNS_RCODE_NOERROR;
	r.ede = -1;
	r.error = false;
	r.body = body;
	memset(&r.a, 0, sizeof(r.a));
	good = parse(&r, query, len, &rcode);
	reply_take_options(&r);
	ret->cookie_valid = r.q.cookie_valid;
	if (r.q.len)
		ret->type = traffic_type_of(r.q.type);
	if (only_cookie(&r, query))
		return respond_cookie(&r, query, out, cap, ret);
	rcu_read_lock();
	if (r.has_tsig && cfg->tsig_keys_count)
		verdict = answer_signed(&r, rcode, query, len, out, cap, ret);
	else if (!good)
		verdict = respond(&r, rcode, query, out, cap, ret);
	else
		verdict = answer(&r, query, out, cap, ret);
	rcu_read_unlock();
	return verdict;
}

/* A response without records, and without options that the client may have asked for. */
static size_t answer_empty(struct reply *r, uint16_t rcode, const uint8_t *query, size_t len,
			   uint8_t *out, size_t cap)
{
	static const __u64 no_key[XDNS_HASH_WORDS][2];
	static const struct config plain;
	bool question;

	r->cfg = &plain;
	reply_parse(query, len, no_key, r, &question);
	r->q.asked = 0;
	if (!question)
		r->q.len = 0;
	return finish_error(r, rcode, query, out, cap);
}

enum reply_verdict reply_refuse(const uint8_t *query, size_t len, uint8_t *out, size_t cap,
				struct reply_result *ret)
{
	uint8_t body[DNS_OPT_LEN + REPLY_SLACK];
	struct reply r = {.ede = DNS_EDE_PROHIBITED, .body = body};

	*ret = (struct reply_result){.type = QTYPE_unreadable, .answer = ANSWER_refused};
	if (!is_query(query, len))
		return REPLY_DROP;
	ret->len = answer_empty(&r, DNS_RCODE_REFUSED, query, len, out, cap);
	if (r.q.len)
		ret->type = traffic_type_of(r.q.type);
	return REPLY_SEND;
}

size_t reply_empty(const uint8_t *query, size_t len, uint8_t rcode, bool truncated, uint8_t *out,
		   size_t cap)
{
	uint8_t body[DNS_OPT_LEN + REPLY_SLACK];
	struct reply r = {.ede = -1, .body = body, .a.cut = truncated};

	if (len < DNS_HEADER_LEN)
		return 0;
	if (rcode == DNS_RCODE_SERVFAIL)
		r.ede = DNS_EDE_NO_REACHABLE_AUTHORITY;
	return answer_empty(&r, rcode, query, len, out, cap);
}

size_t reply_error(const uint8_t *query, size_t len, uint16_t rcode, int ede, uint8_t *out,
		   size_t cap)
{
	uint8_t body[DNS_OPT_LEN + REPLY_SLACK];
	struct reply r = {.ede = ede, .body = body};

	if (len < DNS_HEADER_LEN)
		return 0;
	return answer_empty(&r, rcode, query, len, out, cap);
}
