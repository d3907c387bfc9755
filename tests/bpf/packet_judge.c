// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packet_judge.h"

#include <stdlib.h>
#include <string.h>

#include "packet_frame.h"
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

/* What userspace answers to the same message. */
static bool user_agrees(struct bench *b, const struct frame *query, const struct frame *reply)
{
	static uint8_t out[DNS_TCP_MAX];
	const struct reply_client client = bench_client(query);
	struct reply_result result;
	size_t len = message_len(query);

	return reply_query(b->cfg, b->zone, &client, query->octet + query->dns, len, out,
			   sizeof(out), &result) == REPLY_SEND &&
	       result.len == reply->len - reply->dns &&
	       !memcmp(out, reply->octet + reply->dns, result.len);
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

/* What is wrong with a frame that was not answered; NULL: nothing. */
static const char *judge_passed(struct bench *b, const struct frame *query,
				const struct native_result *native, const struct frame *reply)
{
	if (native->len != query->len || memcmp(reply->octet, query->octet, query->len))
		return "passed, but not as it came";
	return user_is_sane(b, query) ? NULL : "userspace says something odd";
}

static const char *judge_answered(struct bench *b, const struct frame *query, struct frame *reply)
{
	struct frame asked = *query;

	if (!head_room_agrees(b, query, reply))
		return "another frame by way of the head room";
	locate(&asked);
	if (asked.dns + message_len(&asked) > asked.len)
		return "answered, but a part of the message is missing";
	locate(reply);
	if (!frame_valid(reply))
		return "wrong length or checksum in the reply";
	return user_agrees(b, &asked, reply) ? NULL : "userspace answers otherwise";
}

const char *packet_judge(struct bench *b, const struct frame *query, struct native_result *ret,
			 struct frame *ret_reply)
{
	static const struct native_room room = {256, 4096};

	*ret = native_run(b->native, query->octet, query->len, room, ret_reply->octet, FRAME_MAX);
	if (ret->counter == XDNS_COUNTERS_COUNT || ret->counter == XDNS_drop_write)
		return "not one counter, or the one for what cannot happen";
	if ((ret->verdict == NATIVE_TX) != (ret->counter <= XDNS_ANSWER_LAST))
		return "verdict and counter do not agree";
	ret_reply->len = ret->len;
	return ret->verdict == NATIVE_TX ? judge_answered(b, query, ret_reply)
					 : judge_passed(b, query, ret, ret_reply);
}
