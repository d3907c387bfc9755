// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "wire_walk.h"

#include <errno.h>
#include <string.h>

#include "dname_text.h"
#include "dns.h"
#include "octets.h"

#define QDCOUNT_OFFSET 4

size_t wire_skip_name(const uint8_t *p, size_t left)
{
	size_t at = 0;

	while (at < left) {
		if ((p[at] & 0xc0) == 0xc0)
			return at + 2 <= left ? at + 2 : 0;
		if (p[at] > DNS_LABEL_MAX)
			return 0;
		if (!p[at])
			return at + 1 <= DNS_NAME_MAX ? at + 1 : 0;
		at += p[at] + 1;
	}
	return 0;
}

size_t wire_skip_questions(const uint8_t *msg, size_t len)
{
	size_t at = DNS_HEADER_LEN;

	for (unsigned left = get16(msg + QDCOUNT_OFFSET); left; left--) {
		size_t name_len = wire_skip_name(msg + at, len - at);

		if (!name_len || len - at < name_len + 4)
			return 0;
		at += name_len + 4;
	}
	return at;
}

int wire_read_rr(const uint8_t *p, size_t left, struct wire_rr *ret)
{
	size_t name_len = wire_skip_name(p, left);
	const uint8_t *fixed = p + name_len;

	if (!name_len || left < name_len + 10)
		return -EBADMSG;
	*ret = (struct wire_rr){
		.name = p,
		.name_len = name_len,
		.type = get16(fixed),
		.rclass = get16(fixed + 2),
		.ttl = get32(fixed + 4),
		.rdata = fixed + 10,
		.rdlen = get16(fixed + 8),
		.len = name_len + 10 + get16(fixed + 8),
	};
	return ret->len <= left ? 0 : -EBADMSG;
}

int wire_expand_name(const uint8_t *msg, size_t len, size_t at, uint8_t ret[])
{
	size_t out = 0, before = at;

	while (at < len) {
		size_t label = msg[at];

		if ((label & 0xc0) == 0xc0) {
			if (at + 2 > len)
				return -EBADMSG;
			at = get16(msg + at) & DNS_POINTER_MAX;
			if (at >= before)
				return -EBADMSG;
			before = at;
			continue;
		}
		if (label > DNS_LABEL_MAX || at + 1 + label > len || out + 1 + label > DNS_NAME_MAX)
			return -EBADMSG;
		memcpy(ret + out, msg + at, 1 + label);
		out += 1 + label;
		at += 1 + label;
		if (!label) {
			dname_lower(ret, out);
			return (int)out;
		}
	}
	return -EBADMSG;
}
