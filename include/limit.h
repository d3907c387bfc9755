/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Response-rate limiting: the rule, for both planes. A network (IPv4 /24, IPv6 /56: the smallest
 * that one attacker's victim has) gets one response each `interval`, up to a second's worth at
 * once. That is the generic cell rate algorithm (ITU-T I.371, A): a cell holds the time at which
 * its network would have used up what it was sent, and a response is too many when that is a second
 * ahead.
 *
 * Networks share XDNS_LIMIT_CELLS cells by a keyed hash, so memory does not grow with the sources
 * that are made up, and nobody who does not know the key can choose whose cell is his.
 *
 * What the program leaves to userspace counts as a response when userspace answers. So that a flood
 * of it costs no more than that, the program counts what it leaves, too, by the same rule in cells
 * of its own, behind the others.
 */
#ifndef XDNS_LIMIT_H
#define XDNS_LIMIT_H

#include "abi.h"

#define XDNS_LIMIT_BITS	 16
#define XDNS_LIMIT_CELLS (1U << XDNS_LIMIT_BITS)
#define XDNS_LIMIT_ALL	 (2 * XDNS_LIMIT_CELLS) /* a network's second cell is that much behind */
#define XDNS_LIMIT_BURST 1000000000ULL		/* ns */
#define XDNS_LIMIT_TRIES 4

enum xdns_limit_verdict {
	XDNS_LIMIT_ANSWER,
	XDNS_LIMIT_SLIP, /* TC and no more: who is not forged comes back by TCP */
	XDNS_LIMIT_DROP,
};

/* Addresses as they stand in a packet. The highest bit tells IPv4 from any IPv6 network. */
static __always_inline __u64 xdns_limit_net4(__u32 address)
{
	return (address & 0x00ffffff) | 1ULL << 63;
}

static __always_inline __u64 xdns_limit_net6(__u64 first_half)
{
	return first_half & 0x00ffffffffffffffULL;
}

/* Multiplied twice: once would leave some keys with which neighbours in a row share few cells. */
static __always_inline __u32 xdns_limit_cell(const struct xdns_limit *l, __u64 net)
{
	__u64 hash = net * (l->key[0] | 1) + l->key[1];

	return (hash ^ hash >> 32) * (l->key[1] | 1) >> (64 - XDNS_LIMIT_BITS);
}

/* Would one response more be too many? */
static __always_inline int xdns_limit_reached(__u64 seen, const struct xdns_limit *l, __u64 now)
{
	return seen > now && seen - now > XDNS_LIMIT_BURST - l->interval;
}

/* What comes of a response that is too many. */
static __always_inline enum xdns_limit_verdict xdns_limit_beyond(const struct xdns_limit *l,
								 __u32 random)
{
	return l->slip && !((__u64)random * l->slip >> 32) ? XDNS_LIMIT_SLIP : XDNS_LIMIT_DROP;
}

/*
 * One response more to the network of this cell? now: CLOCK_MONOTONIC in ns, the same for both
 * planes. A response that is too many writes nothing, so a flood's line stays shared between CPUs.
 * An exchange that fails means that another CPU took its turn; after XDNS_LIMIT_TRIES of them
 * within nanoseconds the network is flooded.
 */
static __always_inline int xdns_limit_take(__u64 *cell, const struct xdns_limit *l, __u64 now)
{
	for (int i = 0; i < XDNS_LIMIT_TRIES; i++) {
		__u64 seen = xdns_read_once(*cell);
		__u64 from = seen > now ? seen : now;

		if (xdns_limit_reached(seen, l, now))
			break;
		if (__sync_val_compare_and_swap(cell, seen, from + l->interval) == seen)
			return 1;
	}
	return 0;
}

/* One question more of this network to userspace? cell: its first, of which nothing is taken. */
static __always_inline int xdns_limit_pass(const __u64 *cell, __u64 *passed,
					   const struct xdns_limit *l, __u64 now)
{
	return !xdns_limit_reached(*(const volatile __u64 *)cell, l, now) &&
	       xdns_limit_take(passed, l, now);
}

#endif
