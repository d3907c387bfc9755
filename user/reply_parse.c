// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The message parser for what question.h leaves to userspace. */
#include "reply_internal.h"

#include <string.h>

#include "dname_text.h"
#include "wire_walk.h"

#define RECORDS_MAX 2 /* additional ones; and of a section that is only walked over */

bool reply_name_valid(const struct xdns_qname *q)
{
	const uint8_t *octet = (const uint8_t *)q->word;
	size_t at = 0;

	while (at < q->len && octet[at]) {
		if (octet[at] > DNS_LABEL_MAX)
			return false;
		at += octet[at] + 1;
	}
	return at + 1 == q->len;
}

bool reply_name_below(const struct xdns_qname *q, const uint8_t *wire, size_t wire_len)
{
	const uint8_t *octet = (const uint8_t *)q->word;

	for (size_t at = 0; at + wire_len <= q->len; at += octet[at] + 1) {
		if (at + wire_len == q->len)
			return !memcmp(octet + at, wire, wire_len);
		if (!octet[at])
			return false;
	}
	return false;
}

/* Octets of the option at p, its header included. */
static size_t option_size(const uint8_t *p)
{
	return DNS_OPTION_HEADER_LEN + xdns_be16(xdns_get16(p + 2));
}

/* Options must fill the RDATA exactly (RFC 6891 6.1.2). */
static bool options_valid(const uint8_t *p, size_t len)
{
	while (len >= DNS_OPTION_HEADER_LEN) {
		size_t option = option_size(p);

		if (option > len)
			return false;
		p += option;
		len -= option;
	}
	return len == 0;
}

/* What valid options ask for. A malformed COOKIE is one only to a server that has cookies. */
static enum dns_rcode read_options(const uint8_t *p, size_t len, struct reply *r)
{
	const uint8_t *end = p + len;

	for (; p < end; p += option_size(p)) {
		if (xdns_question_option(p, end, option_size(p), &r->q) != XDNS_CONTINUE &&
		    r->cfg->cookies.secrets) {
			r->q.asked = 0;
			return DNS_RCODE_FORMERR;
		}
	}
	return DNS_RCODE_NOERROR;
}

static enum dns_rcode take_opt(const uint8_t *rr, size_t name_len, const uint8_t *rdata,
			       size_t rdlen, struct reply *r)
{
	uint16_t size = xdns_be16(xdns_get16(rr + name_len + 2));
	struct xdns_question *q = &r->q;

	/* one OPT, owned by the root (RFC 6891 6.1.1, 6.1.2) */
	if (q->opt_len || name_len != 1 || !options_valid(rdata, rdlen)) {
		q->opt_len = 0; /* whose would be answered? */
		return DNS_RCODE_FORMERR;
	}
	q->opt_len = DNS_OPT_LEN;
	q->dnssec_ok = rr[name_len + 6] >> 7;
	if (size > DNS_UDP_EDNS_MAX)
		size = DNS_UDP_EDNS_MAX;
	if (size > q->limit)
		q->limit = size;
	/* what the options of another version mean, nobody knows */
	return rr[name_len + 5] ? DNS_RCODE_BADVERS : read_options(rdata, rdlen, r);
}

/* Records behind the question: only an OPT in the additional section matters. */
static enum dns_rcode parse_records(const uint8_t *p, size_t left, unsigned before_additional,
				    unsigned additional, struct reply *r)
{
	enum dns_rcode opt, rcode = DNS_RCODE_NOERROR;

	for (unsigned i = 0; i < before_additional + additional; i++) {
		struct wire_rr rr;

		if (wire_read_rr(p, left, &rr))
			return DNS_RCODE_FORMERR;
		if (rr.type == DNS_TYPE_OPT) {
			if (i < before_additional) /* RFC 6891 6.1.1: there only */
				return DNS_RCODE_FORMERR;
			opt = take_opt(p, rr.name_len, rr.rdata, rr.rdlen, r);
			if (opt == DNS_RCODE_FORMERR)
				return opt;
			rcode = opt;
		}
		r->has_tsig |= rr.type == DNS_TYPE_TSIG;
		p += rr.len;
		left -= rr.len;
	}
	return rcode;
}

/*
 * A name with a zero octet inside a label, where the scan stops too early. It is a good name
 * (RFC 2181 11) that no zone here holds: without hash and sum nothing is found for it.
 */
static bool read_name_with_zero(const uint8_t *p, size_t left, struct xdns_qname *q)
{
	size_t len = 0;

	while (len < left && p[len] && p[len] <= DNS_LABEL_MAX)
		len += p[len] + 1U;
	if (len >= left || len >= DNS_NAME_MAX || p[len])
		return false;
	memset(q, 0, sizeof(*q));
	memcpy(q->word, p, len + 1);
	q->len = len + 1;
	dname_lower((uint8_t *)q->word, q->len);
	return true;
}

/*
 * A message that is not read further, but whose OPT is answered all the same (RFC 6891 7): only if
 * all of it can be walked over.
 */
static void look_for_opt(const uint8_t *p, size_t left, const struct dns_header *h, struct reply *r)
{
	unsigned before = xdns_be16(h->ancount) + xdns_be16(h->nscount);
	size_t name_len = 0;

	if (h->qdcount == xdns_be16(1)) {
		name_len = wire_skip_name(p, left);
		if (!name_len || left < name_len + 4)
			return;
		name_len += 4;
	} else if (h->qdcount) {
		return;
	}
	if (before > RECORDS_MAX || xdns_be16(h->arcount) > RECORDS_MAX ||
	    parse_records(p + name_len, left - name_len, before, xdns_be16(h->arcount), r) ==
		    DNS_RCODE_FORMERR)
		r->q.opt_len = 0;
}

enum dns_rcode reply_parse(const uint8_t *msg, size_t len, const __u64 (*key)[2], struct reply *r,
			   bool *ret_question)
{
	const struct dns_header *h = (const void *)msg;
	unsigned an = xdns_be16(h->ancount), ns = xdns_be16(h->nscount);
	unsigned ar = xdns_be16(h->arcount);
	struct xdns_question *q = &r->q;
	const uint8_t *p = msg + DNS_HEADER_LEN, *end = msg + len;

	*ret_question = false;
	memset(q, 0, sizeof(*q));
	q->id = h->id;
	q->flags = xdns_be16(h->flags);
	q->limit = DNS_UDP_PLAIN_MAX;
	if (q->flags & DNS_OPCODE_MASK || h->qdcount != xdns_be16(1)) { /* one: RFC 9619 */
		look_for_opt(p, (size_t)(end - p), h, r);
		return q->flags & DNS_OPCODE_MASK ? DNS_RCODE_NOTIMP : DNS_RCODE_FORMERR;
	}
	/* of other records as many as Mesos-DNS 0.10.1 accepts */
	if (an > 1 || ns > 1 || ar > RECORDS_MAX)
		return DNS_RCODE_FORMERR;
	if ((xdns_qname_read(p, end, key, &q->name) || !reply_name_valid(&q->name)) &&
	    !read_name_with_zero(p, (size_t)(end - p), &q->name))
		return DNS_RCODE_FORMERR;
	p += q->name.len;
	if (end - p < 4)
		return DNS_RCODE_FORMERR;
	q->type = xdns_be16(xdns_get16(p));
	r->qclass = xdns_be16(xdns_get16(p + 2));
	q->len = q->name.len + 4;
	*ret_question = true;
	return parse_records(p + 4, end - p - 4, an + ns, ar, r);
}
