/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One's complement sums (RFC 1071) over 64-bit words: byte order does not
 * matter, and a part that starts at an odd octet is added byte-swapped. Every checksum we
 * send is a full one: a query from a local veth or guest carries only the
 * pseudo-header's sum, so nothing may be derived from it.
 */
#ifndef XDNS_CSUM_H
#define XDNS_CSUM_H

#include "compat.h"

/*
 * Adds a word. Carries gather in the upper half, which no message is long
 * enough to fill; a branch on a carry would double the verifier's work at each word.
 */
static __always_inline __u64 xdns_sum_add(__u64 sum, __u64 word)
{
	return sum + (word & 0xffffffff) + (word >> 32);
}

/* To 16 bits, network order as the words were. */
static __always_inline __u16 xdns_sum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The sum of a part, as it counts when the part starts at an odd octet. */
static __always_inline __u64 xdns_sum_odd(__u64 sum)
{
	return __builtin_bswap16(xdns_sum_fold(sum));
}

/* The header field; UDP sends a zero as 0xffff (RFC 768, RFC 8200 8.1). */
static __always_inline __u16 xdns_sum_finish(__u64 sum)
{
	return ~xdns_sum_fold(sum);
}

#endif
