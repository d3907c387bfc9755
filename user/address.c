// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_CHARS 3

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

/* What stands behind the '/'; -EINVAL if that is no number of at most max. */
static int parse_bits(const char *text, unsigned max, unsigned *ret)
{
	size_t len = strlen(text);
	unsigned long bits;

	if (!len || len > PREFIX_CHARS || strspn(text, "0123456789") != len)
		return -EINVAL;
	bits = strtoul(text, NULL, 10);
	if (bits > max)
		return -EINVAL;
	*ret = (unsigned)bits;
	return 0;
}

static bool is_clear_behind(const struct address *a, unsigned bits, unsigned max)
{
	for (unsigned i = bits; i < max; i++)
		if (a->bytes[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

const char *address_parse_network(const char *text, struct address *ret, unsigned *ret_bits)
{
	char host[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	unsigned max;

	if (len >= sizeof(host))
		return "not a network";
	memcpy(host, text, len);
	host[len] = '\0';
	if (address_parse(host, ret) < 0)
		return "not a network";
	max = ret->family == AF_INET ? 32 : 128;
	*ret_bits = max;
	if (text[len] == '/' && parse_bits(text + len + 1, max, ret_bits) < 0)
		return "not a length of a prefix";
	return is_clear_behind(ret, *ret_bits, max) ? NULL : "has bits set behind its prefix";
}
