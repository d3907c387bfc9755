// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packet_judge.h"

#include <stdlib.h>
#include <string.h>

#include "packet_frame.h"
#include "packet_rules.h"
#include "reply.h"

/* Where a frame that was answered has its DNS message. */
static void locate(struct frame *f)
{
	f->l3 = 14;
	while (f->octet[f->l3 - 2] == 0x81 || f->octet[f->l3 - 2] == 0x88)
		f->l3 += 4;
	f->ip6 = f->octet[f->l3] >> 4 == 6;
	f->l4 = f->l3 + (f->ip6 ? 40 : 20);
	f->dns = f->l4 + 8;
}

/* Octets of the message, as UDP says. */
static size_t message_len(const struct frame *f)
{
	return (f->octet[f->l4 + 4] << 8 | f->octet[f->l4 + 5]) - 8;
}

/* What userspace answers to the message of a frame that the program understood. */
static bool ask_user(struct bench *b, const struct frame *query, uint8_t out[DNS_TCP_MAX],
		     struct reply_result *ret)
{
	const struct reply_client client = bench_client(query);

	return reply_query(b->cfg, b->zone, &client, query->octet + query->dns, message_len(query),
			   out, DNS_TCP_MAX, ret) == REPLY_SEND;
}

/* Is it what was sent? limited: to a client for whom there is no room. */
static bool user_agrees(struct bench *b, const struct frame *query, bool limited,
			const struct frame *reply, struct reply_result *ret)
{
	static uint8_t out[DNS_TCP_MAX];
	size_t len = message_len(query);

	if (!ask_user(b, query, out, ret) && !limited)
		return false;
	if (limited)
		ret->len = reply_empty(query->octet + query->dns, len, DNS_RCODE_NOERROR, true, out,
				       sizeof(out));
	return (!limited || ret->len <= len) && ret->len == reply->len - reply->dns &&
	       !memcmp(out, reply->octet + reply->dns, ret->len);
}

/* Whatever came behind the UDP header, to userspace: in memory of its exact size. */
static bool user_is_sane(struct bench *b, const struct frame *query)
{
	static uint8_t out[DNS_TCP_MAX];
	size_t len = query->len > query->dns ? query->len - query->dns : 0;
	uint8_t *message = malloc(len + 2);
	struct reply_result result;
	enum reply_verdict verdict;
	bool sane = true;

	if (!message)
		abort();
	/* the spare octets are in front (it starts at an even address): what is read behind the end
	 * shows */
	memcpy(message + 2, query->octet + query->dns, len);
	verdict = reply_query(b->cfg, b->zone, &(struct reply_client){0}, message + 2, len, out,
			      sizeof(out), &result);
	if (verdict == REPLY_SEND)
		sane = result.len >= DNS_HEADER_LEN && result.len <= DNS_UDP_EDNS_MAX &&
		       !memcmp(out, message + 2, 2) && (out[2] & 0x80);
	free(message);
	return sane;
}

/* The way through the head room leads to the same frame. */
static bool head_room_agrees(struct bench *b, const struct frame *query, const struct frame *reply)
{
	static const struct native_room room = {4096, 0};
	struct frame other;
	struct native_result got =
		native_run(b->native, query->octet, query->len, room, other.octet, FRAME_MAX);

	return got.verdict == NATIVE_TX && got.len == reply->len &&
	       !memcmp(other.octet, reply->octet, got.len);
}

/* The general way leads to the same frame and the same counter. */
static bool general_agrees(struct bench *b, const struct frame *query, struct native_room room,
			   const struct native_result *quick, const struct frame *reply)
{
	struct frame other;
	struct native_result got = native_run_general(b->native, query->octet, query->len, room,
						      other.octet, FRAME_MAX);

	return got.verdict == quick->verdict && got.counter == quick->counter &&
	       got.len == quick->len && !memcmp(other.octet, reply->octet, got.len);
}

/* What is wrong with a frame that was not answered; NULL: nothing. */
static const char *judge_passed(struct bench *b, const struct frame *query,
				const struct native_result *native, const struct frame *reply)
{
	if (native->len != query->len || memcmp(reply->octet, query->octet, query->len))
		return "passed, but not as it came";
	return user_is_sane(b, query) ? NULL : "userspace says something odd";
}

/* Has the limit a say in it? What passes before or behind that is another frame, or was counted. */
static bool is_judged(const struct bench *b, enum xdns_counter counter)
{
	return counter >= XDNS_DROP_FIRST || counter == XDNS_pass_refused ||
	       (b->limited && counter >= XDNS_pass_not_serving && counter <= XDNS_pass_memory);
}

/* What the lists and the limit have decided. */
static const char *judge_limited(struct bench *b, const struct frame *query,
				 enum xdns_counter counter)
{
	static uint8_t out[DNS_TCP_MAX];
	struct reply_result result = {0};
	struct frame asked = *query;

	locate(&asked);
	if (!ask_user(b, &asked, out, &result) && counter == XDNS_drop_limited)
		return "dropped, but userspace has no answer either";
	if (counter < XDNS_DROP_FIRST && result.answer == ANSWER_formerr)
		return NULL; /* where the cookie is to be found is a matter of opinion */
	if (counter == XDNS_pass_refused) /* its cookie is not looked at */
		result.cookie_valid = false;
	return packet_rules_judge(b, &asked, counter, result.cookie_valid);
}

static const char *judge_answered(struct bench *b, const struct frame *query,
				  enum xdns_counter counter, struct frame *reply)
{
	struct frame asked = *query;
	struct reply_result result;

	if (!head_room_agrees(b, query, reply))
		return "another frame by way of the head room";
	locate(&asked);
	if (asked.dns + message_len(&asked) > asked.len)
		return "answered, but a part of the message is missing";
	locate(reply);
	if (!frame_valid(reply))
		return "wrong length or checksum in the reply";
	if (!user_agrees(b, &asked, counter == XDNS_answer_limited, reply, &result))
		return "userspace answers otherwise";
	return b->limited ? packet_rules_judge(b, &asked, counter, result.cookie_valid) : NULL;
}

static enum native_verdict verdict_of(enum xdns_counter counter)
{
	if (counter <= XDNS_ANSWER_LAST)
		return NATIVE_TX;
	return counter < XDNS_DROP_FIRST ? NATIVE_PASS : NATIVE_DROP;
}

const char *packet_judge(struct bench *b, const struct frame *query, struct native_result *ret,
			 struct frame *ret_reply)
{
	static const struct native_room room = {256, 4096};
	const char *wrong = NULL;

	*ret = native_run(b->native, query->octet, query->len, room, ret_reply->octet, FRAME_MAX);
	if (ret->counter == XDNS_COUNTERS_COUNT || ret->counter == XDNS_drop_write)
		return "not one counter, or the one for what cannot happen";
	if (ret->verdict != verdict_of(ret->counter))
		return "verdict and counter do not agree";
	ret_reply->len = ret->len;
	if (!general_agrees(b, query, room, ret, ret_reply))
		return "the general way leads elsewhere";
	if (ret->verdict == NATIVE_TX)
		return judge_answered(b, query, ret->counter, ret_reply);
	if (ret->verdict == NATIVE_PASS)
		wrong = judge_passed(b, query, ret, ret_reply);
	if (!wrong && is_judged(b, ret->counter))
		wrong = judge_limited(b, query, ret->counter);
	return wrong;
}
