/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The frame around a DNS message: Ethernet, up to two VLAN tags, IPv4 without
 * options or IPv6 without extension headers, UDP. Parsing only reads; writing the
 * reply's headers happens in place, once the frame has its final length.
 */
#ifndef XDNS_PKT_H
#define XDNS_PKT_H

#include "abi.h"
#include "counters.h"
#include "csum.h"

#define ETH_HEADER_LEN 14
#define VLAN_TAG_LEN   4
#define IP4_HEADER_LEN 20
#define IP6_HEADER_LEN 40
#define UDP_HEADER_LEN 8
#define REPLY_HOPS     64 /* TTL and hop limit of what we send (RFC 1700's default) */

#define ETHERTYPE_IP4	  0x0800
#define ETHERTYPE_IP6	  0x86dd
#define ETHERTYPE_VLAN	  0x8100 /* IEEE 802.1Q */
#define ETHERTYPE_QINQ	  0x88a8 /* IEEE 802.1ad */
#define IP_PROTOCOL_UDP	  17
#define IP4_FRAGMENT	  0x3fff /* more fragments, or an offset */
#define IP4_DONT_FRAGMENT 0x4000

/* None has padding; a frame's buffer starts at 2 modulo 4, so that all are aligned. */
struct eth_header {
	__u8 dst[6], src[6];
	__u16 type;
};

struct ip4_header {
	__u8 version_ihl, tos;
	__u16 total_len, id, fragment;
	__u8 ttl, protocol;
	__u16 check;
	__u32 src, dst;
};

struct ip6_header {
	__u32 version_class_flow;
	__u16 payload_len;
	__u8 next_header, hop_limit;
	__u8 src[16], dst[16];
};

struct udp_header {
	__u16 src, dst, len, check;
};

struct xdns_pkt {
	__u16 l3_off;  /* from the frame's start to the IP header */
	__u16 dns_off; /* to the DNS message */
	__u16 dns_len; /* octets of it, by UDP's length */
	__u8 is_ip6;
};

/* Is this IPv4 source one that no reply may go to? (RFC 1122 3.2.1.3, 3.2.2) */
static __always_inline int xdns_ip4_bad_source(__u32 src)
{
	__u8 first = src & 0xff;

	return first == 0 || first == 127 || first >= 224;
}

/*
 * The same of IPv6: multicast; all below ::/64, where unspecified, loopback and the addresses that
 * hold an IPv4 one are, and no sender is (RFC 4291 2.4).
 */
static __always_inline int xdns_ip6_bad_source(const __u8 *src)
{
	return src[0] == 0xff || !xdns_get64(src);
}

/*
 * To an address of ours, from one that may be answered? Not one of our own, which outside is made
 * up, and no subnet's broadcast address: the kernel drops both as martians.
 */
static __always_inline enum xdns_counter xdns_ip4_addresses(const struct ip4_header *ip,
							    const struct xdns_state *state)
{
	enum xdns_counter why = XDNS_pass_address;
	__u32 dst = ip->dst, src = ip->src;

	if (xdns_ip4_bad_source(src))
		return XDNS_pass_source;
	for (__u32 i = 0; i < XDNS_ADDRESSES_MAX; i++) {
		__u32 own;

		if (i >= state->ip4_count)
			break;
		own = xdns_get32(state->ip4[i].address);
		if (src == own || src == xdns_get32(state->ip4[i].broadcast))
			return XDNS_pass_source;
		if (dst == own)
			why = XDNS_CONTINUE;
	}
	return why;
}

static __always_inline enum xdns_counter xdns_ip6_addresses(const struct ip6_header *ip,
							    const struct xdns_state *state)
{
	__u64 dst_hi = xdns_get64(ip->dst), dst_lo = xdns_get64(ip->dst + 8);
	__u64 src_hi = xdns_get64(ip->src), src_lo = xdns_get64(ip->src + 8);
	enum xdns_counter why = XDNS_pass_address;

	if (xdns_ip6_bad_source(ip->src))
		return XDNS_pass_source;
	for (__u32 i = 0; i < XDNS_ADDRESSES_MAX; i++) {
		__u64 hi, lo;

		if (i >= state->ip6_count)
			break;
		hi = xdns_get64(state->ip6[i].address);
		lo = xdns_get64(state->ip6[i].address + 8);
		if (src_hi == hi && src_lo == lo)
			return XDNS_pass_source;
		if (dst_hi == hi && dst_lo == lo)
			why = XDNS_CONTINUE;
	}
	return why;
}

/* Ports and length of the UDP header; room: octets that IP says follow its header. */
static __always_inline enum xdns_counter xdns_udp_check(const struct udp_header *udp,
							const void *end, __u32 room, __u16 port)
{
	if (udp->dst != port)
		return XDNS_pass_port;
	if (udp->src == 0)
		return XDNS_pass_source;
	if (xdns_be16(udp->len) != room || room < UDP_HEADER_LEN + DNS_HEADER_LEN)
		return XDNS_pass_length;
	if (room > (__u64)(end - (const void *)udp)) /* octets of the frame are missing */
		return XDNS_pass_length;
	return XDNS_CONTINUE;
}

static __always_inline enum xdns_counter xdns_ip4_parse(const void *l3, const void *end, __u16 port,
							const struct xdns_state *state,
							struct xdns_pkt *pkt)
{
	const struct ip4_header *ip = l3;
	const struct udp_header *udp = (const void *)(ip + 1);
	enum xdns_counter why;

	if ((const void *)(ip + 1) > end)
		return XDNS_pass_length;
	if (ip->version_ihl != 0x45)
		return (ip->version_ihl >> 4) == 4 && (ip->version_ihl & 15) > 5
			       ? XDNS_pass_ip_options
			       : XDNS_pass_length;
	if (ip->protocol != IP_PROTOCOL_UDP)
		return XDNS_pass_not_udp;
	if (ip->fragment & xdns_be16(IP4_FRAGMENT))
		return XDNS_pass_fragment;
	if ((const void *)(udp + 1) > end)
		return XDNS_pass_length;
	why = xdns_udp_check(udp, end, xdns_be16(ip->total_len) - IP4_HEADER_LEN, port);
	if (why != XDNS_CONTINUE)
		return why;
	pkt->is_ip6 = 0;
	pkt->dns_len = xdns_be16(udp->len) - UDP_HEADER_LEN;
	pkt->dns_off = pkt->l3_off + IP4_HEADER_LEN + UDP_HEADER_LEN;
	return xdns_ip4_addresses(ip, state);
}

static __always_inline enum xdns_counter xdns_ip6_parse(const void *l3, const void *end, __u16 port,
							const struct xdns_state *state,
							struct xdns_pkt *pkt)
{
	const struct ip6_header *ip = l3;
	const struct udp_header *udp = (const void *)(ip + 1);
	enum xdns_counter why;

	if ((const void *)(ip + 1) > end)
		return XDNS_pass_length;
	if ((ip->version_class_flow & 0xf0) != 0x60)
		return XDNS_pass_length;
	if (ip->next_header != IP_PROTOCOL_UDP)
		return XDNS_pass_not_udp;
	if ((const void *)(udp + 1) > end)
		return XDNS_pass_length;
	why = xdns_udp_check(udp, end, xdns_be16(ip->payload_len), port);
	if (why != XDNS_CONTINUE)
		return why;
	if (!udp->check)
		return XDNS_pass_checksum; /* no receiver may take it, RFC 8200 8.1 */
	pkt->is_ip6 = 1;
	pkt->dns_len = xdns_be16(udp->len) - UDP_HEADER_LEN;
	pkt->dns_off = pkt->l3_off + IP6_HEADER_LEN + UDP_HEADER_LEN;
	return xdns_ip6_addresses(ip, state);
}

/* A group address can be no reply's source. */
static __always_inline enum xdns_counter xdns_eth_check(const struct eth_header *eth)
{
	return (eth->src[0] | eth->dst[0]) & 1 ? XDNS_pass_source : XDNS_CONTINUE;
}

/*
 * The frame data..end: XDNS_CONTINUE and *pkt if it carries a UDP datagram to
 * our port and one of our addresses, else why it is none of ours.
 */
static __always_inline enum xdns_counter xdns_pkt_parse(const void *data, const void *end,
							__u16 port, const struct xdns_state *state,
							struct xdns_pkt *pkt)
{
	const struct eth_header *eth = data;
	const __u8 *l3 = (const void *)(eth + 1);
	enum xdns_counter why = XDNS_pass_not_ip;
	__u16 type;

	if ((const void *)(eth + 1) > end)
		return XDNS_pass_not_ip;
	type = eth->type;
	for (int tags = 0; tags < 2; tags++) {
		if (type != xdns_be16(ETHERTYPE_VLAN) && type != xdns_be16(ETHERTYPE_QINQ))
			break;
		if ((const void *)(l3 + VLAN_TAG_LEN) > end)
			return XDNS_pass_not_ip;
		type = xdns_get16(l3 + 2);
		l3 += VLAN_TAG_LEN;
	}
	/* a sum of constants: the verifier does not follow a difference of packet pointers */
	pkt->l3_off = ETH_HEADER_LEN;
	if (l3 != (const void *)(eth + 1))
		pkt->l3_off += l3 == (const __u8 *)(eth + 1) + VLAN_TAG_LEN ? VLAN_TAG_LEN
									    : 2 * VLAN_TAG_LEN;
	if (type == xdns_be16(ETHERTYPE_IP4))
		why = xdns_ip4_parse(l3, end, port, state, pkt);
	else if (type == xdns_be16(ETHERTYPE_IP6))
		why = xdns_ip6_parse(l3, end, port, state, pkt);
	return why == XDNS_CONTINUE ? xdns_eth_check(eth) : why;
}

/*
 * The same of a frame without VLAN tags. ip6: what its type says, a constant, so that all places
 * are known to the compiler.
 */
static __always_inline enum xdns_counter xdns_pkt_parse_plain(const void *data, const void *end,
							      int ip6, __u16 port,
							      const struct xdns_state *state,
							      struct xdns_pkt *pkt)
{
	const struct eth_header *eth = data;
	enum xdns_counter why;

	pkt->l3_off = ETH_HEADER_LEN;
	why = ip6 ? xdns_ip6_parse(eth + 1, end, port, state, pkt)
		  : xdns_ip4_parse(eth + 1, end, port, state, pkt);
	return why == XDNS_CONTINUE ? xdns_eth_check(eth) : why;
}

/*
 * What a reply's headers keep of the query's. It is taken out before anything is written: the
 * reply may begin at another place, over the query's headers. Addresses are named as the query
 * has them, the octets in network order.
 */
struct xdns_flow {
	__u64 mac_dst;			      /* and the first two octets of the source's */
	__u64 mac_src;			      /* and the type behind it */
	__u64 src_hi, src_lo, dst_hi, dst_lo; /* IPv4: both in src_lo */
	__u32 tag[2];
	__u32 class; /* the IP header's first word */
	__u32 ports;
};

/* Addresses and ports. Linux 6.1 forgets over a spill which way is_ip6 went: one branch. */
static __always_inline int xdns_flow_load_ends(const __u8 *l3, const void *end, int is_ip6,
					       struct xdns_flow *f)
{
	if (is_ip6) {
		if ((const void *)(l3 + IP6_HEADER_LEN + UDP_HEADER_LEN) > end)
			return -1;
		f->ports = xdns_get32(l3 + IP6_HEADER_LEN);
		f->src_hi = xdns_get64(l3 + 8);
		f->src_lo = xdns_get64(l3 + 16);
		f->dst_hi = xdns_get64(l3 + 24);
		f->dst_lo = xdns_get64(l3 + 32);
	} else {
		if ((const void *)(l3 + IP4_HEADER_LEN + UDP_HEADER_LEN) > end)
			return -1;
		f->ports = xdns_get32(l3 + IP4_HEADER_LEN);
		f->src_lo = xdns_get64(l3 + 12);
	}
	f->class = xdns_get32(l3);
	return 0;
}

static __always_inline int xdns_flow_load(const void *data, const void *end,
					  const struct xdns_pkt *pkt, struct xdns_flow *f)
{
	const __u8 *eth = data, *tags = eth + ETH_HEADER_LEN;

	if ((const void *)tags > end)
		return -1;
	f->mac_dst = xdns_get64(eth);
	f->mac_src = xdns_get64(eth + 6);
	for (__u32 i = 0; i < 2; i++) {
		if (pkt->l3_off <= ETH_HEADER_LEN + i * VLAN_TAG_LEN)
			break;
		if ((const void *)(tags + (i + 1) * VLAN_TAG_LEN) > end)
			return -1;
		f->tag[i] = xdns_get32(tags + i * VLAN_TAG_LEN);
	}
	return xdns_flow_load_ends(eth + (pkt->l3_off & 0x1f), end, pkt->is_ip6, f);
}

/* The functions below write the reply's headers; sums are made of values in hand. */

static __always_inline int xdns_eth_reply(void *data, const void *end, const struct xdns_pkt *pkt,
					  const struct xdns_flow *f)
{
	__u8 *eth = data, *tags = eth + ETH_HEADER_LEN;

	if ((const void *)tags > end)
		return -1;
	xdns_put64(eth, f->mac_src);
	xdns_put64(eth + 6, (f->mac_dst & 0x0000ffffffffffffULL) | f->mac_src >> 48 << 48);
	for (__u32 i = 0; i < 2; i++) {
		if (pkt->l3_off <= ETH_HEADER_LEN + i * VLAN_TAG_LEN)
			break;
		if ((const void *)(tags + (i + 1) * VLAN_TAG_LEN) > end)
			return -1;
		xdns_put32(tags + i * VLAN_TAG_LEN, f->tag[i]);
	}
	return 0;
}

/* Returns the pseudo-header's sum. */
static __always_inline __u64 xdns_ip4_reply(__u8 *ip, const struct xdns_flow *f, __u32 udp_len)
{
	/* ECN is the receiver's to set (RFC 3168); id 0: an atomic datagram, RFC 6864 4.1 */
	__u32 first = (f->class & 0xfcff) | (__u32)xdns_be16(IP4_HEADER_LEN + udp_len) << 16;
	__u32 second = (__u32)xdns_be16(IP4_DONT_FRAGMENT) << 16;
	__u32 third = REPLY_HOPS | IP_PROTOCOL_UDP << 8;
	__u64 addresses = xdns_sum_add(0, f->src_lo);

	third |= (__u32)xdns_sum_finish(addresses + first + second + third) << 16;
	xdns_put64(ip, first | (__u64)second << 32);
	xdns_put32(ip + 8, third);
	xdns_put64(ip + 12, f->src_lo >> 32 | f->src_lo << 32);
	return addresses + xdns_be16(IP_PROTOCOL_UDP) + xdns_be16(udp_len);
}

static __always_inline __u64 xdns_ip6_reply(__u8 *ip, const struct xdns_flow *f, __u32 udp_len)
{
	__u64 sum = xdns_sum_add(
		xdns_sum_add(xdns_sum_add(xdns_sum_add(0, f->src_hi), f->src_lo), f->dst_hi),
		f->dst_lo);
	__u32 rest = xdns_be16(udp_len) | IP_PROTOCOL_UDP << 16 | (__u32)REPLY_HOPS << 24;

	/* version and DSCP stay */
	xdns_put64(ip, (f->class & xdns_be32(0xffc00000)) | (__u64)rest << 32);
	xdns_put64(ip + 8, f->dst_hi);
	xdns_put64(ip + 16, f->dst_lo);
	xdns_put64(ip + 24, f->src_hi);
	xdns_put64(ip + 32, f->src_lo);
	return xdns_sum_add(sum, xdns_be16(IP_PROTOCOL_UDP) + xdns_be16(udp_len));
}

/* The checksum of UDP, in which 0 says that there is none (RFC 768, RFC 8200 8.1). */
static __always_inline __u16 xdns_udp_sum_finish(__u64 sum)
{
	__u16 check = xdns_sum_finish(sum);

	return check ? check : 0xffff;
}

/* sum: of the pseudo-header and the whole DNS message. */
static __always_inline void xdns_udp_reply(__u8 *udp, const struct xdns_flow *f, __u32 udp_len,
					   __u64 sum)
{
	__u32 len = xdns_be16(udp_len), ports = f->ports;
	__u32 check = xdns_udp_sum_finish(sum + ports + len);

	xdns_put64(udp, (ports >> 16 | ports << 16) | (__u64)(len | check << 16) << 32);
}

/* The DNS header, all of it, in two stores. Counts and flags in host order. Returns its sum. */
static __always_inline __u64 xdns_dns_reply(void *header, __u16 id, __u16 flags, __u16 an, __u16 ns,
					    __u16 ar)
{
	__u64 first = id | (__u32)xdns_be16(flags) << 16 | (__u64)xdns_be16(1) << 32 |
		      (__u64)xdns_be16(an) << 48;
	__u32 second = xdns_be16(ns) | (__u32)xdns_be16(ar) << 16;

	xdns_put64(header, first);
	xdns_put32(header + 8, second);
	return xdns_sum_add(second, first);
}

#endif
