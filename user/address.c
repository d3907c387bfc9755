// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

int address_parse(const char *text, struct address *ret)
{
	struct address a = {0};

	if (inet_pton(AF_INET, text, a.bytes) == 1) {
		a.family = AF_INET;
	} else if (inet_pton(AF_INET6, text, a.bytes) == 1) {
		a.family = AF_INET6;
		if (memcmp(a.bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
			a.family = AF_INET;
			memcpy(a.bytes, a.bytes + 12, 4);
			memset(a.bytes + 4, 0, 12);
		}
	} else {
		return -EINVAL;
	}
	*ret = a;
	return 0;
}

const char *address_format(const struct address *a, char *buf, size_t len)
{
	static const uint8_t zeros[12];
	unsigned high = (unsigned)(a->bytes[12] << 8 | a->bytes[13]);
	unsigned low = (unsigned)(a->bytes[14] << 8 | a->bytes[15]);

	if (len == 0)
		return buf;
	buf[0] = '\0';
	if (a->family == 0)
		return buf;
	/*
	 * inet_ntop() writes the long deprecated ::a.b.c.d; RFC 5952 section 5
	 * keeps the mixed form for prefixes known to hold an IPv4 address.
	 */
	if (a->family == AF_INET6 && high != 0 && memcmp(a->bytes, zeros, sizeof(zeros)) == 0)
		snprintf(buf, len, "::%x:%x", high, low);
	else if (!inet_ntop(a->family, a->bytes, buf, (socklen_t)len))
		buf[0] = '\0';
	return buf;
}

bool address_equal(const struct address *a, const struct address *b)
{
	size_t len = a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;

	return a->family == b->family && memcmp(a->bytes, b->bytes, len) == 0;
}

bool address_within(const struct address *a, const struct address *b, unsigned prefix)
{
	unsigned whole = prefix / 8, rest = prefix % 8;

	return a->family == b->family && !memcmp(a->bytes, b->bytes, whole) &&
	       (!rest || !((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)));
}

socklen_t address_to_sockaddr(const struct address *a, uint16_t port, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){0};
	if (a->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->bytes, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a->bytes, 16);
	return sizeof(*in6);
}

void address_from_sockaddr(const struct sockaddr_storage *addr, struct address *ret)
{
	*ret = (struct address){.family = (uint8_t)addr->ss_family};
	if (addr->ss_family == AF_INET)
		memcpy(ret->bytes, &((const struct sockaddr_in *)addr)->sin_addr, 4);
	else if (addr->ss_family == AF_INET6)
		memcpy(ret->bytes, &((const struct sockaddr_in6 *)addr)->sin6_addr, 16);
}
