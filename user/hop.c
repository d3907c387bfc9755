// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "hop.h"

#include <string.h>

#include "octets.h"
#include "wire_walk.h"

/* Offsets in a message and in an OPT whose name is the root (RFC 6891 6.1.2). */
#define QDCOUNT_AT   4
#define OPT_SIZE_AT  3
#define OPT_RDLEN_AT (DNS_OPT_LEN - 2)

/* Where the OPT begins that ends the message; 0: nowhere. */
static size_t find_opt(const uint8_t *msg, size_t len)
{
	size_t at, last = 0;
	struct wire_rr rr = {0};
	unsigned records;

	if (len < DNS_HEADER_LEN)
		return 0;
	at = wire_skip_questions(msg, len);
	records = get16(msg + QDCOUNT_AT + 2) + get16(msg + QDCOUNT_AT + 4) +
		  get16(msg + QDCOUNT_AT + 6);
	if (!at || !get16(msg + QDCOUNT_AT + 6))
		return 0;
	for (; records; records--) {
		if (wire_read_rr(msg + at, len - at, &rr))
			return 0;
		last = at;
		at += rr.len;
	}
	return at == len && rr.type == DNS_TYPE_OPT && rr.name_len == 1 ? last : 0;
}

/* Octets of the option at p; of a broken one, which no reader of ours lets come here: all. */
static size_t option_size(const uint8_t *p, size_t left)
{
	size_t size = left;

	if (left >= DNS_OPTION_HEADER_LEN)
		size = DNS_OPTION_HEADER_LEN + get16(p + 2);
	return size < left ? size : left;
}

/* The options at p without cookies, moved together; returns how many octets are left. */
static size_t drop_cookies(uint8_t *p, size_t len)
{
	size_t kept = 0;

	for (size_t at = 0, size; at < len; at += size) {
		size = option_size(p + at, len - at);
		if (size >= DNS_OPTION_HEADER_LEN && get16(p + at) == DNS_COOKIE_OPTION)
			continue;
		memmove(p + kept, p + at, size);
		kept += size;
	}
	return kept;
}

size_t hop_query(uint8_t *query, size_t len)
{
	size_t at = find_opt(query, len), kept;
	uint16_t size;

	if (!at)
		return len;
	kept = drop_cookies(query + at + DNS_OPT_LEN, len - at - DNS_OPT_LEN);
	if (at + DNS_OPT_LEN + kept == len)
		return len;
	put16(query + at + OPT_RDLEN_AT, kept);
	size = get16(query + at + OPT_SIZE_AT);
	if (size >= DNS_UDP_PLAIN_MAX + HOP_COOKIE_LEN)
		put16(query + at + OPT_SIZE_AT, size - HOP_COOKIE_LEN);
	return at + DNS_OPT_LEN + kept;
}

size_t hop_reply(const struct hop *hop, uint8_t *reply, size_t len, size_t cap)
{
	size_t at;
	uint8_t *p;

	if (!hop->has_cookie || len + HOP_COOKIE_LEN > cap)
		return len;
	at = find_opt(reply, len);
	if (!at)
		return len;
	p = reply + at + OPT_RDLEN_AT;
	put16(p, get16(p) + HOP_COOKIE_LEN);
	p = put16(reply + len, DNS_COOKIE_OPTION);
	p = put16(p, DNS_COOKIE_LEN);
	memcpy(p, hop->cookie, DNS_COOKIE_LEN);
	return len + HOP_COOKIE_LEN;
}
