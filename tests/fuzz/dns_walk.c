// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dns_walk.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"

#define RR_FIXED 10 /* type, class, TTL, length of the RDATA */

static unsigned get16(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

/* Where the name at `at` ends; 0: it is none. Pointers lead to what stands before the name. */
static size_t walk_name(const uint8_t *msg, size_t len, size_t at, bool *pointers)
{
	size_t end = 0, octets = 1, before = at;

	while (at < len && msg[at]) {
		if (msg[at] >> 6 == 3) {
			size_t to;

			if (at + 2 > len)
				return 0;
			to = get16(msg + at) & 0x3fff;
			if (to >= before || to < DNS_HEADER_LEN)
				return 0;
			if (!end)
				end = at + 2;
			*pointers = true;
			before = at = to;
			continue;
		}
		octets += 1U + msg[at];
		if (msg[at] > DNS_LABEL_MAX || octets > DNS_NAME_MAX)
			return 0;
		at += 1U + msg[at];
	}
	if (at >= len)
		return 0;
	return end ? end : at + 1;
}

/* How RDATA of a known type is made: octets, names, octets. */
static bool rdata_fits(const uint8_t *msg, size_t at, size_t end, unsigned type, bool *pointers)
{
	size_t before = type == DNS_TYPE_SRV ? 6 : 0;
	size_t names = type == DNS_TYPE_SOA ? 2 : 1, behind = type == DNS_TYPE_SOA ? 20 : 0;

	switch (type) {
	case DNS_TYPE_A:
		return end - at == 4;
	case DNS_TYPE_AAAA:
		return end - at == 16;
	case DNS_TYPE_NS:
	case DNS_TYPE_PTR:
	case DNS_TYPE_SOA:
	case DNS_TYPE_SRV:
		break;
	default:
		return true;
	}
	at += before;
	while (names--) {
		at = at < end ? walk_name(msg, end, at, pointers) : 0;
		if (!at)
			return false;
	}
	return at + behind == end;
}

/* The record at `at`; false: there is none. */
static bool walk_record(const uint8_t *msg, size_t len, size_t at, struct dns_walk_rr *ret,
			bool *pointers)
{
	size_t fixed = walk_name(msg, len, at, pointers);

	if (!fixed || fixed + RR_FIXED > len)
		return false;
	*ret = (struct dns_walk_rr){
		.at = at,
		.rdata = fixed + RR_FIXED,
		.end = fixed + RR_FIXED + get16(msg + fixed + 8),
		.type = get16(msg + fixed),
		.rclass = get16(msg + fixed + 2),
	};
	return ret->end <= len && rdata_fits(msg, ret->rdata, ret->end, ret->type, pointers);
}

bool dns_walk(const uint8_t *msg, size_t len, struct dns_walk *ret)
{
	size_t at = DNS_HEADER_LEN;
	unsigned records;

	memset(ret, 0, sizeof(*ret));
	if (len < DNS_HEADER_LEN)
		return false;
	ret->questions = get16(msg + 4);
	for (unsigned i = 0; i < ret->questions; i++) {
		at = walk_name(msg, len, at, &ret->pointers);
		if (!at || at + 4 > len)
			return false;
		at += 4;
		if (!i)
			ret->question_end = at;
	}
	records = get16(msg + 6) + get16(msg + 8) + get16(msg + 10);
	while (records--) {
		if (!walk_record(msg, len, at, &ret->last, &ret->pointers))
			return false;
		if (ret->last.type == DNS_TYPE_OPT) {
			ret->opts++;
			ret->opt_size = ret->last.rclass;
		}
		ret->tsigs += ret->last.type == DNS_TYPE_TSIG;
		at = ret->last.end;
	}
	ret->end = at;
	return true;
}

void dns_walk_rr(const uint8_t *msg, size_t len, size_t at, struct dns_walk_rr *ret)
{
	bool pointers;

	if (!walk_record(msg, len, at, ret, &pointers))
		abort();
}

size_t dns_walk_name(const uint8_t *msg, size_t len, size_t at, uint8_t ret[])
{
	size_t octets = 0;

	for (;;) {
		if (at >= len)
			abort();
		if (msg[at] >> 6 == 3) {
			at = get16(msg + at) & 0x3fff;
			continue;
		}
		ret[octets++] = msg[at];
		if (!msg[at])
			return octets;
		for (size_t i = 1; i <= msg[at]; i++)
			ret[octets++] = (uint8_t)tolower(msg[at + i]);
		at += 1U + msg[at];
	}
}
