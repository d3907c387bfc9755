// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packets_frames.h"

#include <string.h>

#include "packet_frame.h"
#include "util.h"

/* What a row leaves out is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define EDIT(name, body)                                                                           \
	static void name(struct frame *f)                                                          \
	{                                                                                          \
		uint8_t *p = f->octet;                                                             \
		uint8_t *l3 = p + f->l3;                                                           \
		uint8_t *l4 = p + f->l4;                                                           \
		(void)l3;                                                                          \
		(void)l4;                                                                          \
		body;                                                                              \
	}

/* Room for n octets at an offset; what is behind moves. */
static void insert(struct frame *f, size_t at, size_t n)
{
	memmove(f->octet + at + n, f->octet + at, f->len - at);
	f->len += n;
	f->l3 += f->l3 >= at ? n : 0;
	f->l4 += f->l4 >= at ? n : 0;
	f->dns += f->dns >= at ? n : 0;
}

EDIT(ip_options, {
	insert(f, f->l4, 4);
	memset(l3 + 20, 1, 4);
	l3[0] = 0x46;
	l3[3] += 4;
})
EDIT(ihl_4, l3[0] = 0x44)
EDIT(ihl_0, l3[0] = 0x40)
EDIT(ip_version_5, l3[0] = 0x50 | (l3[0] & 15))
EDIT(more_fragments, l3[6] = 0x20)
EDIT(fragment_offset, l3[7] = 1)
EDIT(fragment_last, {
	l3[6] = 0x1f;
	l3[7] = 0xff;
})
EDIT(dont_fragment, l3[6] = 0x40)
EDIT(reserved_flag, l3[6] = 0x80)
EDIT(ip_longer, l3[f->ip6 ? 5 : 3]++)
EDIT(ip_shorter, l3[f->ip6 ? 5 : 3]--)
EDIT(ip_zero, memset(l3 + (f->ip6 ? 4 : 2), 0, 2))
EDIT(ip_only_header, {
	l3[2] = 0;
	l3[3] = 20;
})
EDIT(udp_longer, l4[5]++)
EDIT(udp_shorter, l4[5]--)
EDIT(udp_zero, memset(l4 + 4, 0, 2))
EDIT(both_longer, {
	l3[f->ip6 ? 5 : 3]++;
	l4[5]++;
})
EDIT(both_much_longer, {
	l3[f->ip6 ? 4 : 2] = 0x40;
	l4[4] = 0x40;
})
/* A frame that lost octets: of what is behind the question. */
EDIT(frame_cut, {
	(void)p;
	f->len -= 3;
})
EDIT(ttl_1, l3[f->ip6 ? 7 : 8] = 1)
EDIT(ttl_0, l3[f->ip6 ? 7 : 8] = 0)
EDIT(port_source_0, memset(l4, 0, 2))
EDIT(port_other, l4[3] = 54)
EDIT(port_swapped, {
	l4[2] = 0x35;
	l4[3] = 0;
})
EDIT(not_udp, l3[f->ip6 ? 6 : 9] = 6)
EDIT(extension_header, {
	insert(f, f->l4, 8);
	memset(l3 + 40, 0, 8);
	l3[40] = 17;
	l3[6] = 0;
	l3[5] += 8;
})
EDIT(ipv6_fragment, l3[6] = 44)
EDIT(arp, memcpy(p + f->l3 - 2, "\x08\x06", 2))
EDIT(other_family, memcpy(p + f->l3 - 2, f->ip6 ? "\x08\x00" : "\x86\xdd", 2))
EDIT(third_tag, {
	insert(f, 12, 12);
	memcpy(p + 12, "\x88\xa8\0\1\x81\0\0\2\x81\0\0\3", 12);
})
EDIT(mac_multicast, p[6] |= 1)
EDIT(mac_to_all, memset(p, 0xff, 6))
EDIT(from_multicast, {
	if (f->ip6)
		memcpy(l3 + 8, "\xff\x02", 2);
	else
		l3[12] = 224;
})
EDIT(from_all_ones, memset(l3 + 12, 0xff, 4))
/* Sums of such words have a carry out of 64 bits. */
EDIT(from_mostly_ones, memset(l3 + 12, 0xff, 12))
EDIT(from_class_e, l3[12] = 240)
EDIT(from_broadcast, memcpy(l3 + 12, broadcast_ip4, 4))
EDIT(from_loopback, {
	if (f->ip6) {
		memset(l3 + 8, 0, 16);
		l3[23] = 1;
	} else
		l3[12] = 127;
})
EDIT(from_unspecified, {
	if (f->ip6)
		memset(l3 + 8, 0, 16);
	else
		l3[12] = 0;
})
EDIT(from_own, memcpy(l3 + (f->ip6 ? 8 : 12), l3 + (f->ip6 ? 24 : 16), f->ip6 ? 16 : 4))
EDIT(to_second,
     memcpy(l3 + (f->ip6 ? 24 : 16), f->ip6 ? server_ip6[1] : server_ip4[1], f->ip6 ? 16 : 4))
EDIT(to_other, l3[f->ip6 ? 39 : 19]++)
EDIT(to_other_net, l3[f->ip6 ? 24 : 16]++)
EDIT(to_multicast, memcpy(l3 + (f->ip6 ? 24 : 16), f->ip6 ? "\xff\x02" : "\xe0\0", 2))
EDIT(to_broadcast, memcpy(l3 + 16, broadcast_ip4, 4))

#define Q                                                                                          \
	{                                                                                          \
		"one.mesos"                                                                        \
	}
#define ONE                                                                                        \
	{                                                                                          \
		.an = 1                                                                            \
	}
#define PASS(text, how, why)                                                                       \
	{                                                                                          \
		text, 0, Q, .mangle = how, .outcome = XDNS_pass_##why                              \
	}
#define PASS4(text, how, why)                                                                      \
	{                                                                                          \
		text, 0, Q, .mangle = how, .only = ONLY_IP4, .outcome = XDNS_pass_##why            \
	}
#define PASS6(text, how, why)                                                                      \
	{                                                                                          \
		text, 0, Q, .mangle = how, .only = ONLY_IP6, .outcome = XDNS_pass_##why            \
	}
#define SENT(text, how)                                                                            \
	{                                                                                          \
		text, 0, Q, .mangle = how, .outcome = XDNS_answer_a, .want = ONE                   \
	}
#define SENT4(text, how)                                                                           \
	{                                                                                          \
		text, 0, Q, .mangle = how, .only = ONLY_IP4, .outcome = XDNS_answer_a, .want = ONE \
	}
#define SENT6(text, how)                                                                           \
	{                                                                                          \
		text, 0, Q, .mangle = how, .only = ONLY_IP6, .outcome = XDNS_answer_a, .want = ONE \
	}

/* clang-format off */
static const struct row rows[] = {
	PASS4("IP: options", ip_options, ip_options),
	PASS4("IP: header of 16 octets", ihl_4, length),
	PASS4("IP: header of 0 octets", ihl_0, length),
	PASS("IP: version 5", ip_version_5, length),
	PASS4("IP: more fragments", more_fragments, fragment),
	PASS4("IP: fragment at 8", fragment_offset, fragment),
	PASS4("IP: last fragment", fragment_last, fragment),
	SENT4("IP: do not fragment", dont_fragment),
	SENT4("IP: reserved flag", reserved_flag),
	PASS("IP: longer than UDP", ip_longer, length),
	PASS("IP: shorter than UDP", ip_shorter, length),
	PASS("IP: length 0", ip_zero, length),
	PASS4("IP: nothing but the header", ip_only_header, length),
	PASS("UDP: longer than IP", udp_longer, length),
	PASS("UDP: shorter than IP", udp_shorter, length),
	PASS("UDP: length 0", udp_zero, length),
	PASS("IP and UDP longer than the frame", both_longer, length),
	PASS("IP and UDP much longer than the frame", both_much_longer, length),
	{ "frame shorter than IP and UDP", 0, { "one.mesos", .trail = 9 }, .mangle = frame_cut, .outcome = XDNS_pass_length },
	{ "frame shorter by a part of the OPT", 0, { "one.mesos", .edns = true, .options = 9 }, .mangle = frame_cut, .outcome = XDNS_pass_length },
	SENT("IP: TTL 1", ttl_1),
	SENT("IP: TTL 0", ttl_0),
	{ "IP: DSCP stays, ECN does not", 0, { "one.mesos", .tos = 0xbb }, .outcome = XDNS_answer_a, .want = ONE },
	{ "IP: ECN 1, flow label", 0, { "one.mesos", .tos = 0x01, .flow = 0x9abcd }, .outcome = XDNS_answer_a, .want = ONE },
	PASS("UDP: source port 0", port_source_0, source),
	PASS("UDP: another port", port_other, port),
	PASS("UDP: the port's octets swapped", port_swapped, port),
	{ "UDP: checksum 0", 0, Q, .ask.check = CHECK_ZERO, .outcome = XDNS_answer_a, .want = ONE },
	{ "UDP: checksum garbage", 0, Q, .ask.check = CHECK_GARBAGE, .outcome = XDNS_answer_a, .want = ONE },
	PASS("TCP", not_udp, not_udp),
	PASS6("IPv6: hop-by-hop header", extension_header, not_udp),
	PASS6("IPv6: fragment header", ipv6_fragment, not_udp),
	PASS("ARP", arp, not_ip),
	PASS("type of the other family", other_family, length),
	PASS("three VLAN tags, or more", third_tag, not_ip),
	PASS("from a multicast MAC", mac_multicast, source),
	PASS("to the broadcast MAC", mac_to_all, source),
	{ "Ethernet padding", 0, { "one.mesos", .pad = 18 }, .outcome = XDNS_answer_a, .want = ONE },
	{ "Ethernet padding longer than the answer", 0, { "one.mesos", .pad = 250 }, .outcome = XDNS_answer_a, .want = ONE },
	{ "Ethernet padding as long as the answer", 0, { "one.mesos", .pad = 16 }, .outcome = XDNS_answer_a, .want = ONE },
	PASS("from multicast", from_multicast, source),
	PASS4("from 255.255.255.255", from_all_ones, source),
	SENT6("from 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", from_mostly_ones),
	PASS4("from class E", from_class_e, source),
	PASS4("from the subnet's broadcast address", from_broadcast, source),
	PASS("from loopback", from_loopback, source),
	PASS("from nobody", from_unspecified, source),
	PASS("from the very address it goes to", from_own, source),
	SENT("to the second address", to_second),
	PASS("to a neighbour", to_other, address),
	PASS("to another network", to_other_net, address),
	PASS("to multicast", to_multicast, address),
	PASS4("to the subnet's broadcast address", to_broadcast, address),

	{ "not serving", 0, Q, .plane.not_serving = true, .outcome = XDNS_pass_not_serving, .user = USER_REPLY, .want = ONE },
	{ "expired", 0, Q, .plane.expired = true, .outcome = XDNS_pass_expired, .user = USER_REPLY, .want = ONE },
	{ "index changing: a name that is there", 0, Q, .plane.changing = true, .outcome = XDNS_answer_a, .want = ONE },
	{ "index changing: a type that is not there", 0, { "one.mesos", DNS_TYPE_AAAA }, .plane.changing = true, .outcome = XDNS_answer_nodata, .want = { .denial = true } },
	{ "index changing: a name that is not there", 0, { "nobody.mesos" }, .plane.changing = true, .outcome = XDNS_pass_changing, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "index changing: a name outside", 0, { "example.org" }, .plane.changing = true, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "index incomplete: a name that is there", 0, Q, .plane.incomplete = true, .outcome = XDNS_answer_a, .want = ONE },
	{ "index incomplete: a type that is not there", 0, { "one.mesos", DNS_TYPE_AAAA }, .plane.incomplete = true, .outcome = XDNS_answer_nodata, .want = { .denial = true } },
	{ "index incomplete: a name that is not there", 0, { "nobody.mesos" }, .plane.incomplete = true, .outcome = XDNS_pass_memory, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "index incomplete and changing", 0, { "nobody.mesos" }, .plane.incomplete = true, .plane.changing = true, .outcome = XDNS_pass_changing, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "index incomplete: a name outside", 0, { "example.org" }, .plane.incomplete = true, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "a record beyond the maps", 0, { "one.mesos" }, .plane.beyond = true, .outcome = XDNS_pass_memory, .user = USER_REPLY, .want = ONE },
	{ "two names of one hash", 0, { "clash.mesos" }, .plane.collision = true, .outcome = XDNS_pass_collision, .user = USER_REPLY, .want = ONE },
	{ "another name's record", 0, { "one.mesos" }, .plane.other_name = "clash.mesos", .outcome = XDNS_pass_collision, .user = USER_REPLY, .want = ONE },
	{ "an SRV target that is not there", 0, { "_hole._tcp.m.mesos", DNS_TYPE_SRV }, .plane.hole = true, .outcome = XDNS_pass_target, .user = USER_REPLY, .want = { .an = 1, .extra = ALL_SETS } },
	{ "small MTU: cut", 0, { "a20.mesos" }, .plane.max_udp = 100, .outcome = XDNS_answer_truncated, .want = { .tc = true, .an = 4 } },
	{ "small MTU: cut, EDNS", 0, { "a20.mesos", .edns = true, .size = 4096 }, .plane.max_udp = 128, .outcome = XDNS_answer_truncated, .want = { .tc = true, .an = 5 } },
	{ "small MTU: not one record", 0, { "one.mesos" }, .plane.max_udp = 42, .outcome = XDNS_answer_truncated, .want = { .tc = true } },
	{ "small MTU: not even the question", 0, { "one.mesos", .edns = true }, .plane.max_udp = 12, .outcome = XDNS_answer_truncated, .want = { .tc = true } },
	{ "small MTU: a denial just fits", 0, { "nobody.mesos" }, .plane.max_udp = 79, .outcome = XDNS_answer_nxdomain, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "small MTU: a denial is one octet too long", 0, { "nobody.mesos" }, .plane.max_udp = 78, .outcome = XDNS_pass_mtu, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "small MTU: no denial", 0, { "nobody.mesos" }, .plane.max_udp = 60, .outcome = XDNS_pass_mtu, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
};
/* clang-format on */

const struct rows packets_frames = {rows, ARRAY_SIZE(rows)};
