/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What xdnsctl's own XDP program is told and hands over: shared by xdnsctl-tap.bpf.c and
 * xdnsctl-tap.c. */
#ifndef XDNS_TOOLS_XDNSCTL_TAP_ABI_H
#define XDNS_TOOLS_XDNSCTL_TAP_ABI_H

#include "counters.h"
#include "dname.h"
#include "pkt.h"

#define TAP_KEPT_MAX 2048 /* octets of a frame; a power of two */

/* Constant for the program's life. Numbers are in host byte order unless said. */
struct tap_rules {
	__u64 name[XDNS_HASH_WORDS]; /* only queries for this lower-case wire name */
	__u64 mask[XDNS_HASH_WORDS]; /* of its octets: all ones; behind it: zero. All zero: any */
	__u8 wanted[XDNS_COUNTERS_COUNT]; /* outcomes: 1 */
	__u8 answers;			  /* hands over what is sent, too, not only what came */
	__u8 sample; /* only the frame as it leaves, its outcome not known: costs less */
	__u16 port;  /* network order; a sample is from or to it */
	__u32 kept;  /* octets of a frame at most, up to TAP_KEPT_MAX */
};

/* May change at any time; in memory both sides have. */
struct tap_control {
	__u32 every; /* looks at one frame of so many */
	__u32 unused;
	__u64 until; /* CLOCK_BOOTTIME, ns: whoever looks puts it off; if it is past, nobody does */
	__u64 looked; /* frames that were looked at */
	__u64 lost;   /* frames that the ring had no room for */
};

/* One frame in the ring. What was sent follows what came, on the same CPU. */
struct tap_frame {
	__u64 time;   /* CLOCK_BOOTTIME, ns */
	__u64 number; /* of the frame that came, the same in its answer; no two have one */
	__u32 interface;
	__u32 cpu;
	__u32 len;	/* octets of the frame */
	__u32 kept;	/* octets below */
	__u32 sent_len; /* of the answer; 0: none was sent */
	__u8 sent;	/* this is the answer */
	__u8 verdict;	/* enum xdp_action */
	__u8 outcome;	/* enum xdns_counter; XDNS_COUNTERS_COUNT: not known */
	__u8 unused;
	__u8 data[TAP_KEPT_MAX];
};
#define TAP_FRAME_HEAD __builtin_offsetof(struct tap_frame, data)

/* Octets from a frame's start to an IPv6 query's UDP payload, two VLAN tags included. */
#define TAP_HEADERS_MAX (ETH_HEADER_LEN + 2 * VLAN_TAG_LEN + IP6_HEADER_LEN + UDP_HEADER_LEN)

/* Where the IP header stands in a frame of which TAP_HEADERS_MAX octets may be read. */
static __always_inline __u32 tap_l3_at(const __u8 *data)
{
	__u32 at = ETH_HEADER_LEN;

	for (int tags = 0; tags < 2; tags++) {
		__u16 type = xdns_get16(data + at - 2);

		if (type != xdns_be16(ETHERTYPE_VLAN) && type != xdns_be16(ETHERTYPE_QINQ))
			break;
		at += VLAN_TAG_LEN;
	}
	return at;
}

/* And UDP's; 0: there is none. */
static __always_inline __u32 tap_udp_at(const __u8 *data)
{
	__u32 l3 = tap_l3_at(data);
	__u16 type = xdns_get16(data + l3 - 2);

	if (type == xdns_be16(ETHERTYPE_IP4) && data[l3] == 0x45 &&
	    data[l3 + __builtin_offsetof(struct ip4_header, protocol)] == IP_PROTOCOL_UDP)
		return l3 + IP4_HEADER_LEN;
	if (type == xdns_be16(ETHERTYPE_IP6) &&
	    data[l3 + __builtin_offsetof(struct ip6_header, next_header)] == IP_PROTOCOL_UDP)
		return l3 + IP6_HEADER_LEN;
	return 0;
}

#endif
