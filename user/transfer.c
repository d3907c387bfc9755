// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <urcu.h>

#include "endpoint.h"
#include "log.h"
#include "octets.h"
#include "reply.h"
#include "transfer_internal.h"
#include "util.h"
#include "wire_walk.h"

#define SOA_NUMBERS 20 /* octets of a SOA behind its names */

/* A query and what it says. */
struct asked {
	const struct transfer_query *q;
	const struct config *cfg;
	const struct zone *zone;
	uint16_t type;
	size_t question_len;
	bool apex, has_opt;
	uint32_t has; /* IXFR: the serial of the SOA that it brings */
	struct tsig tsig;
	bool is_signed, by_key; /* by_key: and rightly */
};

/* The serial of a SOA record. */
static int soa_serial(const struct wire_rr *rr, uint32_t *ret)
{
	size_t mname = wire_skip_name(rr->rdata, rr->rdlen), rname;
	const uint8_t *p = rr->rdata + mname;

	if (rr->type != DNS_TYPE_SOA || !mname)
		return -EBADMSG;
	rname = wire_skip_name(p, rr->rdlen - mname);
	if (!rname || rr->rdlen != mname + rname + SOA_NUMBERS)
		return -EBADMSG;
	p += rname;
	*ret = get32(p);
	return 0;
}

/* One question (reply.h has seen to that), for IXFR a SOA in the authority section (RFC 1995 3). */
static int parse(struct asked *a)
{
	const uint8_t *msg = a->q->octets;
	const struct xdns_config *zc = zone_config(a->zone);
	size_t len = a->q->len, at;
	unsigned before = (unsigned)get16(msg + 6) + get16(msg + 8), additional = get16(msg + 10);
	uint8_t name[DNS_NAME_MAX + 1];
	int name_len = wire_expand_name(msg, len, DNS_HEADER_LEN, name);
	bool soa = false;

	at = DNS_HEADER_LEN + wire_skip_name(msg + DNS_HEADER_LEN, len - DNS_HEADER_LEN);
	if (name_len < 0 || at + 4 > len)
		return -EBADMSG;
	a->apex = name_len == zc->domain_len && !memcmp(name, zc->domain, zc->domain_len);
	a->type = get16(msg + at);
	at += 4;
	a->question_len = at - DNS_HEADER_LEN;
	for (unsigned i = 0; i < before + additional; i++) {
		struct wire_rr rr;

		if (wire_read_rr(msg + at, len - at, &rr))
			return -EBADMSG;
		if (i < before && i >= get16(msg + 6))
			soa |= !soa_serial(&rr, &a->has);
		a->has_opt |= i >= before && rr.type == DNS_TYPE_OPT;
		at += rr.len;
	}
	return a->type == DNS_TYPE_IXFR && !soa ? -EBADMSG : 0;
}

/* RFC 8945 5.2. 0, or the rcode that the query earns. */
static uint16_t check_signature(struct asked *a)
{
	const struct config *cfg = a->cfg;
	size_t at;
	int r;

	if (tsig_find(a->q->octets, a->q->len, &at))
		return DNS_RCODE_FORMERR;
	if (!at)
		return 0;
	r = tsig_verify(cfg->tsig_keys, cfg->tsig_keys_count, a->q->octets, a->q->len, at,
			(uint64_t)time(NULL), &a->tsig);
	if (r)
		return r == -ENOMEM ? DNS_RCODE_SERVFAIL : DNS_RCODE_FORMERR;
	a->is_signed = true;
	a->by_key = !a->tsig.error;
	return a->by_key ? 0 : DNS_RCODE_NOTAUTH;
}

static bool is_allowed(const struct asked *a)
{
	struct address peer;

	address_from_sockaddr(a->q->peer, &peer);
	for (size_t i = 0; i < a->cfg->secondaries_count; i++) {
		const struct config_secondary *s = &a->cfg->secondaries[i];

		if (address_within(&peer, &s->address, s->prefix) &&
		    (s->key < 0 || (a->by_key && a->tsig.key == &a->cfg->tsig_keys[s->key])))
			return true;
	}
	return false;
}

/* Takes one of the places for those that run. */
static bool take_place(struct transfer_source *s)
{
	if (__atomic_add_fetch(&s->running, 1, __ATOMIC_RELAXED) <= TRANSFERS_MAX)
		return true;
	__atomic_sub_fetch(&s->running, 1, __ATOMIC_RELAXED);
	return false;
}

static void begin_out(struct transfer_out *o, const struct asked *a)
{
	const uint8_t *msg = a->q->octets;

	o->id = get16(msg);
	o->flags = DNS_FLAG_QR | DNS_FLAG_AA | (get16(msg + 2) & DNS_FLAG_RD);
	memcpy(o->question, msg + DNS_HEADER_LEN, a->question_len);
	o->question_len = a->question_len;
	o->has_opt = a->has_opt;
	o->is_signed = a->is_signed;
	if (a->is_signed) { /* the configuration may be another before the transfer is over */
		o->key = *a->tsig.key;
		o->tsig = a->tsig;
		o->tsig.key = &o->key;
	}
}

/* By UDP the SOA of now is all of the answer, and it fits (RFC 1995 2). */
static size_t answer_soa(const struct asked *a, uint8_t *out, size_t cap)
{
	struct transfer_out o = {0};
	size_t len = 0;

	begin_out(&o, a);
	if (!transfer_out_soa(&o, zone_config(a->zone), zone_serial(a->zone)) &&
	    !transfer_out_flush(&o) && o.len - TRANSFER_PREFIX <= cap) {
		len = o.len - TRANSFER_PREFIX;
		memcpy(out, o.octets + TRANSFER_PREFIX, len);
	}
	free(o.octets);
	explicit_bzero(&o.key, sizeof(o.key));
	return len;
}

static int start(struct transfer_source *s, const struct asked *a, struct transfer **ret)
{
	struct transfer *t;

	if (!take_place(s))
		return -EBUSY;
	t = calloc(1, sizeof(*t));
	if (!t) {
		__atomic_sub_fetch(&s->running, 1, __ATOMIC_RELAXED);
		return -ENOMEM;
	}
	t->source = s;
	t->zone = s->zone;
	t->history = s->history;
	t->peer = *a->q->peer;
	t->incremental = a->type == DNS_TYPE_IXFR;
	t->has = a->has;
	begin_out(&t->out, a);
	*ret = t;
	return 0;
}

/* What becomes of the query: a transfer, a SOA, or an rcode. */
static uint16_t judge(struct transfer_source *s, struct asked *a, struct transfer **ret,
		      enum transfer_outcome *ret_outcome, int *ret_ede)
{
	uint16_t rcode = check_signature(a);

	if (rcode) {
		*ret_outcome = rcode == DNS_RCODE_SERVFAIL ? TRANSFER_busy : TRANSFER_bad_signature;
		return rcode;
	}
	*ret_outcome = TRANSFER_refused;
	*ret_ede = DNS_EDE_PROHIBITED;
	if (!is_allowed(a))
		return DNS_RCODE_REFUSED;
	if (parse(a))
		return DNS_RCODE_FORMERR;
	if (!a->apex || (!a->q->tcp && a->type == DNS_TYPE_AXFR))
		return DNS_RCODE_REFUSED;
	*ret_outcome = TRANSFER_unready;
	*ret_ede = DNS_EDE_NOT_READY;
	if (!zone_ready(a->zone) || zone_expired(a->zone) || zone_incomplete(a->zone))
		return DNS_RCODE_SERVFAIL;
	*ret_outcome = a->q->tcp ? TRANSFER_busy : TRANSFER_ixfr_udp;
	return a->q->tcp && start(s, a, ret) ? DNS_RCODE_SERVFAIL : DNS_RCODE_NOERROR;
}

void transfer_begin(struct transfer_source *s, const struct transfer_query *q, uint8_t *out,
		    size_t cap, struct transfer **ret, size_t *ret_len,
		    enum transfer_outcome *ret_outcome)
{
	struct asked a = {.q = q, .cfg = q->cfg, .zone = s->zone};
	int ede = -1;
	uint16_t rcode;

	*ret = NULL;
	*ret_len = 0;
	rcode = judge(s, &a, ret, ret_outcome, &ede);
	if (*ret)
		return;
	if (!rcode) {
		*ret_len = answer_soa(&a, out, cap);
		return;
	}
	*ret_len = reply_error(q->octets, q->len, rcode, ede, out, cap);
	if (a.is_signed)
		*ret_len = tsig_sign(&a.tsig, out, *ret_len, cap, (uint64_t)time(NULL));
}

enum traffic_answer transfer_said(enum transfer_outcome outcome)
{
	switch (outcome) {
	case TRANSFER_refused:
		return ANSWER_refused;
	case TRANSFER_bad_signature:
		return ANSWER_notauth;
	case TRANSFER_unready:
	case TRANSFER_busy:
		return ANSWER_servfail;
	default:
		return ANSWER_transfer;
	}
}

/* Is a before b, or the same (RFC 1982)? */
static bool not_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

/* Settles on a version, and on the form: changes where they are known. */
static int begin(struct transfer *t)
{
	uint32_t remembered;
	int r = 0;

	zone_hold(t->zone);
	t->serial = zone_serial(t->zone);
	t->newest = history_newest(t->history, &remembered);
	zone_release(t->zone);
	if (t->serial != remembered)
		return -ESTALE; /* the history has not begun yet */
	t->begun = true;
	if (!t->incremental)
		return 0;
	if (not_after(t->serial, t->has)) {
		t->form = TRANSFER_CURRENT;
		return 0;
	}
	r = transfer_changes_take(t);
	if (!r)
		t->form = TRANSFER_CHANGES;
	return r == -ESTALE ? 0 : r;
}

static int step(struct transfer *t)
{
	switch (t->form) {
	case TRANSFER_ZONE:
		return transfer_zone_step(t);
	case TRANSFER_CHANGES:
		return transfer_changes_step(t);
	default:
		return transfer_out_soa(&t->out, zone_config(t->zone), t->serial);
	}
}

int transfer_fill(struct transfer *t)
{
	int r = 1, flushed;

	t->out.len = 0;
	rcu_register_thread();
	if (!t->begun) {
		r = begin(t);
		r = r ? r : 1;
	}
	while (r > 0 && t->out.len < TRANSFER_CHUNK)
		r = step(t);
	rcu_unregister_thread();
	flushed = r < 0 ? 0 : transfer_out_flush(&t->out);
	return flushed ? flushed : r;
}

const uint8_t *transfer_octets(const struct transfer *t, size_t *ret_len)
{
	*ret_len = t->out.len;
	return t->out.octets;
}

enum transfer_outcome transfer_done(const struct transfer *t)
{
	static const enum transfer_outcome ixfr[] = {
		[TRANSFER_ZONE] = TRANSFER_ixfr_full,
		[TRANSFER_CHANGES] = TRANSFER_ixfr,
		[TRANSFER_CURRENT] = TRANSFER_ixfr_current,
	};
	enum transfer_outcome outcome = t->incremental ? ixfr[t->form] : TRANSFER_axfr;
	static const char *const words[] = {
#define X(name, help) #name,
		TRANSFER_OUTCOMES(X)
#undef X
	};
	char peer[ENDPOINT_TEXT_MAX], serial[16];

	snprintf(serial, sizeof(serial), "%" PRIu32, t->serial);
	if (t->incremental)
		log_about(LOG_LEVEL_INFO, "SERIAL", serial,
			  "transfer: %s to %s: serial %" PRIu32 " to %" PRIu32 ", %" PRIu64
			  " messages",
			  words[outcome], endpoint_text(&t->peer, peer), t->has, t->serial,
			  t->out.messages);
	else
		log_about(LOG_LEVEL_INFO, "SERIAL", serial,
			  "transfer: %s to %s: serial %" PRIu32 ", %" PRIu64 " messages",
			  words[outcome], endpoint_text(&t->peer, peer), t->serial,
			  t->out.messages);
	return outcome;
}

void transfer_free(struct transfer *t)
{
	__atomic_sub_fetch(&t->source->running, 1, __ATOMIC_RELAXED);
	transfer_zone_done(t);
	transfer_changes_done(t);
	free(t->out.octets);
	explicit_bzero(t, sizeof(*t));
	free(t);
}
