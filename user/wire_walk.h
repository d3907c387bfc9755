/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Walking over the records of a message from outside, which may be broken anywhere. */
#ifndef XDNS_WIRE_WALK_H
#define XDNS_WIRE_WALK_H

#include <stddef.h>
#include <stdint.h>

/* A record where it stands; numbers in host order. */
struct wire_rr {
	const uint8_t *name;
	size_t name_len; /* octets in place: the name may end in a pointer */
	uint16_t type, rclass;
	uint32_t ttl;
	const uint8_t *rdata;
	uint16_t rdlen;
	size_t len; /* octets of all of it */
};

/* Octets of a name that may end in a pointer (not followed); 0: it is broken. */
size_t wire_skip_name(const uint8_t *p, size_t left);

/* Where the questions of a message of at least a header end; 0: it is broken. */
size_t wire_skip_questions(const uint8_t *msg, size_t len);

/* -EBADMSG: it is broken, or not all there. */
int wire_read_rr(const uint8_t *p, size_t left, struct wire_rr *ret);

/*
 * The name at `at`, pointers followed, letters lowered; returns its octets. -EBADMSG. Pointers
 * must lead back (RFC 1035 4.1.4), so there is an end.
 */
int wire_expand_name(const uint8_t *msg, size_t len, size_t at,
		     uint8_t ret[/* DNS_NAME_MAX + 1 */]);

#endif
