// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads responses: whose data, which version, and is it all of it? */
#include "stress_check.h"

#include <stdio.h>
#include <string.h>

#include "dns.h"
#include "stress_rules.h"

#define EDNS_SIZE 1232

size_t stress_query(const struct stress_name *n, uint16_t type, uint16_t id, bool edns,
		    uint8_t *buf)
{
	struct dns_header h = {.id = id, .qdcount = xdns_be16(1)};
	size_t len = DNS_HEADER_LEN;

	h.arcount = edns ? xdns_be16(1) : 0;
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + len, n->wire, n->wire_len);
	len += n->wire_len;
	xdns_put16(buf + len, xdns_be16(type));
	xdns_put16(buf + len + 2, xdns_be16(DNS_CLASS_IN));
	len += 4;
	if (edns) {
		memset(buf + len, 0, DNS_OPT_LEN);
		xdns_put16(buf + len + 1, xdns_be16(DNS_TYPE_OPT));
		xdns_put16(buf + len + 3, xdns_be16(EDNS_SIZE));
		len += DNS_OPT_LEN;
	}
	return len;
}

/* One RRset as it is read record by record. */
struct set {
	uint32_t count;
	uint16_t version;
	uint64_t indices; /* seen */
};

struct check {
	const struct stress_world *w;
	const struct stress_name *n;
	uint16_t type;
	const uint8_t *msg;
	size_t len, at, question_end;
	struct stress_seen *seen;
	uint64_t *fault; /* the counter of what is wrong with it */
	const char *what;
	struct set set;
};

static bool fail(struct check *c, uint64_t *counter, const char *what)
{
	if (!c->fault) {
		c->fault = counter;
		c->what = what;
	}
	return false;
}

/* Takes one more record into a set: same version, no index twice. */
static bool take(struct check *c, struct set *s, uint16_t version, uint32_t i)
{
	if (s->count && s->version != version)
		return fail(c, &c->seen->counts.torn, "two versions in one set");
	if (s->indices >> i & 1)
		return fail(c, &c->seen->counts.torn, "a record twice");
	s->version = version;
	s->indices |= 1ULL << i;
	s->count++;
	return true;
}

/* The set is over: has it all records of its version? */
static bool complete(struct check *c, const struct stress_name *n, uint16_t type,
		     const struct set *s, bool cut)
{
	uint32_t size = stress_size(n, type, s->version);

	if (s->count > size || (!cut && s->count != size))
		return fail(c, &c->seen->counts.torn, "not the number of records of its version");
	if (s->count && s->indices >> size)
		return fail(c, &c->seen->counts.torn, "a record its version does not have");
	return true;
}

static bool newest(struct check *c, uint16_t version, uint16_t *seen, bool *any)
{
	if (*any && (int16_t)(version - *seen) < 0)
		return fail(c, &c->seen->counts.back, "older than what was seen before");
	*seen = version;
	*any = true;
	return true;
}

static bool take_a(struct check *c, struct set *s, const struct stress_name *n,
		   const uint8_t *rdata)
{
	uint32_t v;
	uint8_t want[4];

	memcpy(&v, rdata, 4);
	if (v >> 22 != n->id)
		return fail(c, &c->seen->counts.foreign, "another name's A");
	stress_a(n, v >> 6, v & 63, want);
	if (memcmp(want, rdata, 4))
		return fail(c, &c->seen->counts.torn, "an A in pieces");
	return take(c, s, v >> 6, v & 63);
}

static bool take_aaaa(struct check *c, struct set *s, const struct stress_name *n,
		      const uint8_t *rdata)
{
	uint16_t head[4];
	uint8_t want[16];

	memcpy(head, rdata, 8);
	if (head[0] != n->id)
		return fail(c, &c->seen->counts.foreign, "another name's AAAA");
	stress_aaaa(n, head[1], head[2], want);
	if (head[2] > 63 || memcmp(want, rdata, 16))
		return fail(c, &c->seen->counts.torn, "an AAAA in pieces");
	return take(c, s, head[1], head[2]);
}

static bool take_srv(struct check *c, const uint8_t *rdata, uint16_t rdlen)
{
	uint16_t weight = xdns_be16(xdns_get16(rdata + 2)), port = xdns_be16(xdns_get16(rdata + 4));
	const struct stress_name *t;

	/* the id has ten bits, of which the weight holds all */
	if (weight >> 6 != c->n->id)
		return fail(c, &c->seen->counts.foreign, "another name's SRV");
	t = stress_target(c->w, c->n, port, weight & 63);
	if (xdns_get16(rdata) || rdlen != 6 + t->wire_len ||
	    memcmp(rdata + 6, t->wire, t->wire_len))
		return fail(c, &c->seen->counts.torn, "an SRV with another one's target");
	return take(c, &c->set, port, weight & 63);
}

/* Fixed part of the RR at c->at: owner's offset, type, RDATA. */
static bool next_rr(struct check *c, uint16_t *ret_owner, uint16_t *ret_type,
		    const uint8_t **ret_rdata, uint16_t *ret_rdlen)
{
	const uint8_t *p = c->msg + c->at;
	uint64_t *malformed = &c->seen->counts.malformed;

	if (c->at + 11 <= c->len && !p[0] && xdns_get16(p + 1) == xdns_be16(DNS_TYPE_OPT)) {
		*ret_owner = 0;
		*ret_type = DNS_TYPE_OPT;
		*ret_rdlen = xdns_be16(xdns_get16(p + 9));
		*ret_rdata = p + 11;
		c->at += 11 + *ret_rdlen;
		return c->at <= c->len || fail(c, malformed, "a cut OPT");
	}
	if (c->at + 12 > c->len || (p[0] & 0xc0) != 0xc0)
		return fail(c, malformed, "a cut RR or an owner that is no pointer");
	*ret_owner = xdns_be16(xdns_get16(p)) & 0x3fff;
	*ret_type = xdns_be16(xdns_get16(p + 2));
	*ret_rdlen = xdns_be16(xdns_get16(p + 10));
	*ret_rdata = p + 12;
	c->at += 12 + *ret_rdlen;
	return c->at <= c->len || fail(c, malformed, "a cut RR");
}

static bool answers(struct check *c, uint32_t n)
{
	static const uint16_t rdlen_of[] = {[DNS_TYPE_A] = 4, [DNS_TYPE_AAAA] = 16};
	uint16_t owner, type, rdlen;
	const uint8_t *rdata;

	for (uint32_t i = 0; i < n; i++) {
		if (!next_rr(c, &owner, &type, &rdata, &rdlen))
			return false;
		if (owner != DNS_HEADER_LEN || type != c->type ||
		    (type != DNS_TYPE_SRV && rdlen != rdlen_of[type]))
			return fail(c, &c->seen->counts.malformed, "an answer RR of another kind");
		if (type == DNS_TYPE_A	    ? !take_a(c, &c->set, c->n, rdata)
		    : type == DNS_TYPE_AAAA ? !take_aaaa(c, &c->set, c->n, rdata)
					    : !take_srv(c, rdata, rdlen))
			return false;
	}
	return true;
}

static const struct stress_name *name_at(const struct check *c, uint16_t at)
{
	size_t first = c->w->first[STRESS_NODE];
	size_t end = first + c->w->count_of[STRESS_NODE] + c->w->count_of[STRESS_BARE];

	for (size_t i = first; i < end; i++) {
		const struct stress_name *t = &c->w->names[i];

		if (at + t->wire_len <= c->len && !memcmp(c->msg + at, t->wire, t->wire_len))
			return t;
	}
	return NULL;
}

static bool end_of_target(struct check *c, const struct stress_name *t, const struct set *s)
{
	return !t || (complete(c, t, DNS_TYPE_A, s, false) &&
		      newest(c, s->version, &c->seen->target[t->id].version,
			     &c->seen->target[t->id].any));
}

/* Addresses of SRV targets: each target's set whole, each target once. */
static bool extras(struct check *c, uint32_t n)
{
	const struct stress_name *target = NULL;
	uint16_t owner, type, rdlen, last = 0;
	const uint8_t *rdata;
	struct set set = {0};

	for (uint32_t i = 0; i < n; i++) {
		if (!next_rr(c, &owner, &type, &rdata, &rdlen))
			return false;
		if (type == DNS_TYPE_OPT)
			continue;
		if (type != DNS_TYPE_A || rdlen != 4)
			return fail(c, &c->seen->counts.malformed, "an odd additional RR");
		if (owner != last) {
			if (!end_of_target(c, target, &set))
				return false;
			memset(&set, 0, sizeof(set));
			target = name_at(c, owner);
			last = owner;
			if (!target)
				return fail(c, &c->seen->counts.foreign, "addresses of no target");
		}
		if (!take_a(c, &set, target, rdata))
			return false;
	}
	return end_of_target(c, target, &set);
}

/* No record of the type, or no such name: may that be said of it? */
static bool negative(struct check *c, uint8_t rcode)
{
	struct stress_counts *n = &c->seen->counts;

	if (rcode == DNS_RCODE_NXDOMAIN) {
		if (stress_always(c->n))
			return fail(c, &n->false_nxdomain,
				    "NXDOMAIN of a name that is always there");
		n->nxdomain++;
		return true;
	}
	if (rcode || c->n->kind == STRESS_NEVER)
		return fail(c, &n->foreign, "NODATA of a name that is never there");
	if (stress_has(c->n, c->type))
		return fail(c, &n->torn, "NODATA of a set that is never empty");
	n->nodata++;
	return true;
}

static bool check(struct check *c, const uint8_t *query, size_t query_len)
{
	struct stress_counts *n = &c->seen->counts;
	const struct dns_header *h = (const void *)c->msg;
	size_t question_len = c->n->wire_len + 4U;
	uint16_t flags;
	bool cut;

	if (c->len < DNS_HEADER_LEN + question_len || query_len < DNS_HEADER_LEN + question_len ||
	    h->id != ((const struct dns_header *)query)->id || h->qdcount != xdns_be16(1) ||
	    memcmp(c->msg + DNS_HEADER_LEN, query + DNS_HEADER_LEN, question_len))
		return fail(c, &n->malformed, "not the question that was asked");
	flags = xdns_be16(h->flags);
	cut = flags & DNS_FLAG_TC;
	c->at = DNS_HEADER_LEN + question_len;
	if (!h->ancount && !cut)
		return negative(c, flags & DNS_RCODE_MASK);
	if (flags & DNS_RCODE_MASK)
		return fail(c, &n->malformed, "records and an error");
	if (!answers(c, xdns_be16(h->ancount)) || !complete(c, c->n, c->type, &c->set, cut))
		return false;
	if (c->set.count &&
	    !newest(c, c->set.version, &c->seen->owner[c->n->id][c->type == DNS_TYPE_AAAA].version,
		    &c->seen->owner[c->n->id][c->type == DNS_TYPE_AAAA].any))
		return false;
	if (!extras(c, xdns_be16(h->arcount)))
		return false;
	n->answers++;
	n->truncated += cut;
	return true;
}

void stress_check(const struct stress_world *w, const struct stress_name *n, uint16_t type,
		  const uint8_t *query, size_t query_len, const uint8_t *msg, size_t len,
		  struct stress_seen *seen)
{
	struct check c = {.w = w, .n = n, .type = type, .msg = msg, .len = len, .seen = seen};
	int at;

	seen->counts.reads++;
	if (check(&c, query, query_len))
		return;
	++*c.fault;
	if (seen->first_fault[0])
		return;
	at = snprintf(seen->first_fault, sizeof(seen->first_fault),
		      "name %u (kind %d) type %u: %s:", n->id, n->kind, type, c.what);
	for (size_t i = 0; i < len && at < (int)sizeof(seen->first_fault) - 3; i++)
		at += snprintf(seen->first_fault + at, sizeof(seen->first_fault) - at, "%02x",
			       msg[i]);
}

bool stress_is_current(const struct stress_world *w, const struct stress_name *n, uint16_t type,
		       const uint8_t *msg, size_t len)
{
	const struct dns_header *h = (const void *)msg;
	struct stress_seen seen = {0};
	struct check c = {.w = w,
			  .n = n,
			  .type = type,
			  .msg = msg,
			  .len = len,
			  .seen = &seen,
			  .at = DNS_HEADER_LEN + n->wire_len + 4U};
	uint16_t flags = xdns_be16(h->flags);
	bool exists = n->there || stress_always(n);

	if ((flags & DNS_RCODE_MASK) != (exists ? DNS_RCODE_NOERROR : DNS_RCODE_NXDOMAIN))
		return false;
	if (!stress_size(n, type, n->version) || !n->there)
		return !h->ancount;
	return answers(&c, xdns_be16(h->ancount)) && c.set.version == n->version &&
	       complete(&c, n, type, &c.set, flags & DNS_FLAG_TC);
}
