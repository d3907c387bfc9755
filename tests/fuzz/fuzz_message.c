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
#include "hop.h"
#include "judge.h"
#include "reply.h"
#include "zones.h"

/* The first octet. */
#define HOW_QUIET      0x01 /* the other zone */
#define HOW_TCP	       0x02
#define HOW_EXPIRED    0x04
#define HOW_INCOMPLETE 0x08
#define HOW_REFUSED    0x10 /* the client may not ask */

/* What is said in place of a resolver's answer, in memory of its exact size. */
static void try_empty(const struct judged_query *q, uint8_t rcode, bool truncated)
{
	uint8_t *out = malloc(DNS_UDP_PLAIN_MAX);
	struct judged_query as_udp = *q;
	size_t len;

	MUST(out);
	as_udp.tcp = false;
	len = reply_empty(q->msg, q->len, rcode, truncated, out, DNS_UDP_PLAIN_MAX);
	judge_answer(&as_udp, out, len);
	MUST((out[3] & DNS_RCODE_MASK) == rcode);
	MUST(!(out[2] & DNS_FLAG_TC >> 8) == !truncated);
	free(out);
}

/* To a client that has been sent too much: no longer than what it sent. */
static void try_slip(const struct judged_query *q, enum traffic_type type)
{
	struct judged_query as_udp = *q;
	uint8_t out[DNS_UDP_EDNS_MAX];
	size_t len;

	if (type == QTYPE_unreadable)
		return;
	as_udp.tcp = false;
	len = reply_empty(q->msg, q->len, DNS_RCODE_NOERROR, true, out, sizeof(out));
	judge_answer(&as_udp, out, len);
	MUST(len <= q->len && out[2] & DNS_FLAG_TC >> 8);
}

/* To a client that may not ask. */
static void refuse(const struct judged_query *q)
{
	uint8_t *out = malloc(DNS_UDP_EDNS_MAX);
	struct reply_result result;

	MUST(out);
	if (reply_refuse(q->msg, q->len, out, DNS_UDP_EDNS_MAX, &result) == REPLY_SEND) {
		judge_answer(q, out, result.len);
		MUST((out[3] & DNS_RCODE_MASK) == DNS_RCODE_REFUSED);
	} else {
		MUST(q->len < DNS_HEADER_LEN || q->msg[2] & 0x80);
	}
	free(out);
}

/* The message as a query on its way to a resolver, and as the reply: no cookie goes, ours comes. */
static void try_hop(const struct judged_query *q)
{
	static const struct hop hop = {.has_cookie = true, .cookie = "our client's and our own"};
	size_t cap = q->len + HOP_COOKIE_LEN, len;
	uint8_t *msg = malloc(cap);
	struct dns_walk before, after;
	bool whole = dns_walk(q->msg, q->len, &before) && before.end == q->len;

	MUST(msg);
	memcpy(msg, q->msg, q->len);
	len = hop_query(msg, q->len);
	MUST(len <= q->len && !memcmp(msg, q->msg, len < DNS_HEADER_LEN ? len : DNS_HEADER_LEN));
	MUST(!whole || (dns_walk(msg, len, &after) && after.end == len));
	MUST(len == hop_query(msg, len)); /* none is left */
	memcpy(msg, q->msg, q->len);
	len = hop_reply(&hop, msg, q->len, cap);
	if (len == q->len) {
		MUST(!memcmp(msg, q->msg, len));
	} else {
		MUST(len == cap &&
		     !memcmp(msg + len - sizeof(hop.cookie), hop.cookie, sizeof(hop.cookie)));
		MUST(!whole || (dns_walk(msg, len, &after) && after.end == len));
		MUST(!whole || before.last.type == DNS_TYPE_OPT);
	}
	memcpy(msg, q->msg, q->len);
	MUST(hop_reply(&hop, msg, q->len, cap - 1) == q->len);
	free(msg);
}

static void ask(struct bench *b, const struct judged_query *q)
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
		judge_answer(q, out, result.len);
		try_slip(q, result.type);
		break;
	case REPLY_FORWARD:
		MUST(result.resolvers->count > 0 && result.limit <= judge_limit(q));
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
	struct judged_query q;
	void *memory;

	if (in.left > DNS_TCP_MAX)
		return 0;
	memory = fuzz_copy(in.at, in.left, &msg);
	zone_set_expired(b->zone, how & HOW_EXPIRED);
	zone_set_incomplete(b->zone, how & HOW_INCOMPLETE);
	q = (struct judged_query){msg, in.left, how & HOW_TCP};
	try_hop(&q);
	if (how & HOW_REFUSED)
		refuse(&q);
	else
		ask(b, &q);
	free(memory);
	return 0;
}
