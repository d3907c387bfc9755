// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Any DNS message to the userspace responder: what it says is a message, to this one, and no
 * longer than the client takes.
 *
 * Input: an octet that says how, then the message.
 */
#include <string.h>

#include "bpf/packet_cookie.h"
#include "dns.h"
#include "dns_walk.h"
#include "fuzz.h"
#include "reply.h"
#include "zones.h"

/* The first octet. */
#define HOW_QUIET      0x01 /* the other zone */
#define HOW_TCP	       0x02
#define HOW_EXPIRED    0x04
#define HOW_INCOMPLETE 0x08

#define COPIED_BITS (DNS_OPCODE_MASK | DNS_FLAG_RD)

struct query {
	const uint8_t *msg;
	size_t len;
	bool tcp;
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

/* Octets that the client takes. A query that cannot be walked over may hold an OPT all the same. */
static size_t limit_of(const struct query *q)
{
	struct dns_walk w;

	if (q->tcp)
		return DNS_TCP_MAX;
	if (q->len < DNS_HEADER_LEN || !get16(q->msg + 10))
		return DNS_UDP_PLAIN_MAX;
	if (!dns_walk(q->msg, q->len, &w))
		return DNS_UDP_EDNS_MAX;
	if (!w.opts || w.opt_size < DNS_UDP_PLAIN_MAX)
		return DNS_UDP_PLAIN_MAX;
	return w.opt_size < DNS_UDP_EDNS_MAX ? w.opt_size : DNS_UDP_EDNS_MAX;
}

static void judge(const struct query *q, const uint8_t *out, size_t len)
{
	unsigned asked = get16(q->msg + 2), said = get16(out + 2);
	struct dns_walk w;

	MUST(len <= limit_of(q));
	MUST(dns_walk(out, len, &w) && w.end == len);
	MUST(!memcmp(out, q->msg, 2));
	MUST(said & DNS_FLAG_QR);
	MUST(!((asked ^ said) & COPIED_BITS));
	MUST(w.opts <= (get16(q->msg + 10) ? 1 : 0)); /* RFC 6891 7: only to who sent one */
	MUST(!(q->tcp && said & DNS_FLAG_TC));
	if (w.questions)
		MUST(w.questions == 1 && get16(q->msg + 4) == 1 && w.question_end <= q->len &&
		     !memcmp(out + DNS_HEADER_LEN, q->msg + DNS_HEADER_LEN,
			     w.question_end - DNS_HEADER_LEN));
}

/* What is said in place of a resolver's answer, in memory of its exact size. */
static void try_empty(const struct query *q, uint8_t rcode, bool truncated)
{
	uint8_t *out = malloc(DNS_UDP_PLAIN_MAX);
	struct query as_udp = *q;
	size_t len;

	MUST(out);
	as_udp.tcp = false;
	len = reply_empty(q->msg, q->len, rcode, truncated, out, DNS_UDP_PLAIN_MAX);
	judge(&as_udp, out, len);
	MUST((get16(out + 2) & DNS_RCODE_MASK) == rcode);
	MUST(!(get16(out + 2) & DNS_FLAG_TC) == !truncated);
	free(out);
}

static void ask(struct bench *b, const struct query *q)
{
	const struct reply_client client = {.tcp = q->tcp, .now = PACKET_NOW};
	size_t cap = q->tcp ? DNS_TCP_MAX : DNS_UDP_EDNS_MAX;
	uint8_t *out = malloc(cap);
	struct reply_result result;

	MUST(out);
	switch (reply_query(b->cfg, b->zone, &client, q->msg, q->len, out, cap, &result)) {
	case REPLY_DROP:
		MUST(q->len < DNS_HEADER_LEN || q->msg[2] & 0x80);
		break;
	case REPLY_SEND:
		MUST(result.len >= DNS_HEADER_LEN);
		judge(q, out, result.len);
		break;
	case REPLY_FORWARD:
		MUST(result.resolvers->count > 0 && result.limit <= limit_of(q));
		try_empty(q, DNS_RCODE_SERVFAIL, false);
		try_empty(q, DNS_RCODE_NOERROR, true);
		break;
	case REPLY_TRANSFER:
		MUST(b->cfg->secondaries_count > 0);
		break;
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	uint8_t how = fuzz_octet(&in), *msg;
	struct bench *b = fuzz_zone(how & HOW_QUIET ? ZONE_QUIET : ZONE_MAIN);
	void *memory;

	if (in.left > DNS_TCP_MAX)
		return 0;
	memory = fuzz_copy(in.at, in.left, &msg);
	zone_set_expired(b->zone, how & HOW_EXPIRED);
	zone_set_incomplete(b->zone, how & HOW_INCOMPLETE);
	ask(b, &(struct query){msg, in.left, how & HOW_TCP});
	free(memory);
	return 0;
}
