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

/*
 * To 16 bits, network order as the words were. A word plus itself with its halves exchanged has
 * the halves' sum in its upper half, and the carry has come round.
 */
static __always_inline __u16 xdns_sum_fold(__u64 sum)
{
	__u32 half = (sum + (sum >> 32 | sum << 32)) >> 32;

	return (half + (half >> 16 | half << 16)) >> 16;
}

/*
 * The sum of a part, as it counts when the part starts at an odd octet: its octets exchanged, which
 * modulo 2^16 - 1 is a factor of 2^8. Of sums below 2^56, which no message's comes near.
 */
static __always_inline __u64 xdns_sum_odd(__u64 sum)
{
	return sum << 8;
}

/* Either, by where the part starts; without a branch. */
static __always_inline __u64 xdns_sum_at(__u32 at, __u64 sum)
{
	return sum << ((at & 1) * 8);
}

/* The header field; UDP sends a zero as 0xffff (RFC 768, RFC 8200 8.1). */
static __always_inline __u16 xdns_sum_finish(__u64 sum)
{
	return ~xdns_sum_fold(sum);
}

#endif
