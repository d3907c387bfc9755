// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packets_frames.h"

#include <string.h>

#include "packet_frame.h"
#include "packet_names.h"
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
EDIT(ip_options_40, {
	insert(f, f->l4, 40);
	memset(l3 + 20, 0, 40);
	l3[0] = 0x4f;
	l3[3] += 40;
})
EDIT(ihl_15, l3[0] = 0x4f)
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
EDIT(more_and_none, l3[6] = 0x60)
EDIT(ip_id, memset(l3 + 4, 0xff, 2))
EDIT(ip_check_0, memset(l3 + 10, 0, 2))
EDIT(ip_check_wrong, l3[11] ^= 1)
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
EDIT(ttl_255, l3[f->ip6 ? 7 : 8] = 255)
EDIT(port_source_0, memset(l4, 0, 2))
EDIT(port_source_dns, memcpy(l4, "\0\x35", 2))
EDIT(port_source_echo, memcpy(l4, "\0\x07", 2))
EDIT(port_source_last, memset(l4, 0xff, 2))
EDIT(check_0, memset(l4 + 6, 0, 2))
EDIT(check_wrong, l4[6] ^= 0x5a)
EDIT(check_ffff, memset(l4 + 6, 0xff, 2))
EDIT(port_other, l4[3] = 54)
EDIT(port_swapped, {
	l4[2] = 0x35;
	l4[3] = 0;
})
EDIT(not_udp, l3[f->ip6 ? 6 : 9] = 6)
EDIT(icmp, l3[f->ip6 ? 6 : 9] = f->ip6 ? 58 : 1)
EDIT(udp_lite, l3[f->ip6 ? 6 : 9] = 136)
EDIT(ip_in_ip, l3[f->ip6 ? 6 : 9] = 41)
EDIT(protocol_255, l3[f->ip6 ? 6 : 9] = 255)
EDIT(routing_header, {
	insert(f, f->l4, 8);
	memcpy(l3 + 40, "\x11\0\0\0\0\0\0\0", 8);
	l3[6] = 43;
	l3[5] += 8;
})
EDIT(no_next_header, l3[6] = 59)
EDIT(destination_options, l3[6] = 60)
EDIT(authentication_header, l3[6] = 51)
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
EDIT(ether_length, memcpy(p + f->l3 - 2, "\x00\x3f", 2))
EDIT(mpls, memcpy(p + f->l3 - 2, "\x88\x47", 2))
EDIT(old_qinq, {
	insert(f, 12, 4);
	memcpy(p + 12, "\x91\0\0\1", 4);
})
/* What tags say besides their type, if there are any. */
EDIT(tags_0, {
	for (size_t at = 14; at < f->l3; at += 4)
		memset(p + at, 0, 2);
})
EDIT(tags_ffff, {
	for (size_t at = 14; at < f->l3; at += 4)
		memset(p + at, 0xff, 2);
})
EDIT(third_tag, {
	insert(f, 12, 12);
	memcpy(p + 12, "\x88\xa8\0\1\x81\0\0\2\x81\0\0\3", 12);
})
EDIT(mac_multicast, p[6] |= 1)
EDIT(mac_to_all, memset(p, 0xff, 6))
EDIT(mac_to_multicast, memcpy(p, "\x01\0\x5e\0\0\xfb", 6))
EDIT(mac_to_other, p[5]++)
EDIT(mac_from_own, memcpy(p + 6, p, 6))
EDIT(mac_from_0, memset(p + 6, 0, 6))
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
EDIT(from_broadcast, memcpy(l3 + 12, broadcast_ip4[0], 4))
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
EDIT(from_second,
     memcpy(l3 + (f->ip6 ? 8 : 12), f->ip6 ? server_ip6[1] : server_ip4[1], f->ip6 ? 16 : 4))
EDIT(from_second_broadcast, memcpy(l3 + 12, broadcast_ip4[1], 4))
EDIT(from_link_local, memcpy(l3 + (f->ip6 ? 8 : 12), f->ip6 ? "\xfe\x80" : "\xa9\xfe", 2))
EDIT(from_1, memcpy(l3 + 12, "\1\0\0\0", 4))
EDIT(from_126, memcpy(l3 + 12, "\x7e\xff\xff\xff", 4))
EDIT(from_128, memcpy(l3 + 12, "\x80\0\0\0", 4))
EDIT(from_223, memcpy(l3 + 12, "\xdf\xff\xff\xff", 4))
EDIT(from_mapped, memcpy(l3 + 8, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7", 16))
EDIT(from_compatible, memcpy(l3 + 8, "\0\0\0\0\0\0\0\0\0\0\0\0\xc0\0\2\7", 16))
EDIT(from_unique_local, l3[8] = 0xfd)
EDIT(from_nat64, memcpy(l3 + 8, "\0\x64\xff\x9b\0\0\0\0\0\0\0\0\xc0\0\2\7", 16))
EDIT(to_second,
     memcpy(l3 + (f->ip6 ? 24 : 16), f->ip6 ? server_ip6[1] : server_ip4[1], f->ip6 ? 16 : 4))
EDIT(to_other, l3[f->ip6 ? 39 : 19]++)
EDIT(to_other_net, l3[f->ip6 ? 24 : 16]++)
EDIT(to_multicast, memcpy(l3 + (f->ip6 ? 24 : 16), f->ip6 ? "\xff\x02" : "\xe0\0", 2))
EDIT(to_all_ones, memset(l3 + 16, 0xff, 4))
EDIT(to_loopback, {
	if (f->ip6) {
		memset(l3 + 24, 0, 16);
		l3[39] = 1;
	} else
		memcpy(l3 + 16, "\x7f\0\0\1", 4);
})
EDIT(to_unspecified, memset(l3 + (f->ip6 ? 24 : 16), 0, f->ip6 ? 16 : 4))
EDIT(to_broadcast, memcpy(l3 + 16, broadcast_ip4[0], 4))

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
	PASS("ARP", arp, not_ip),
	PASS("Ethernet: a length (802.3) instead of a type", ether_length, not_ip),
	PASS("Ethernet: MPLS", mpls, not_ip),
	PASS("Ethernet: type of the other family", other_family, length),
	{ "Ethernet: padding", 0, { "one.mesos", .pad = 18 }, .outcome = XDNS_answer_a, .want = ONE },
	{ "Ethernet: padding longer than the answer", 0, { "one.mesos", .pad = 250 }, .outcome = XDNS_answer_a, .want = ONE },
	{ "Ethernet: padding as long as the answer", 0, { "one.mesos", .pad = 16 }, .outcome = XDNS_answer_a, .want = ONE },
	PASS("MAC: to all", mac_to_all, source),
	PASS("MAC: to a group", mac_to_multicast, source),
	PASS("MAC: from a group", mac_multicast, source),
	SENT("MAC: to another machine", mac_to_other),
	SENT("MAC: from the machine it goes to", mac_from_own),
	SENT("MAC: from 00:00:00:00:00:00", mac_from_0),
	SENT("VLAN: ID 0, priority 0", tags_0),
	SENT("VLAN: ID 4095, priority 7, DEI", tags_ffff),
	PASS("VLAN: three tags, or more", third_tag, not_ip),
	PASS("VLAN: a tag of type 0x9100", old_qinq, not_ip),

	PASS4("IPv4: options", ip_options, ip_options),
	PASS4("IPv4: 40 octets of options", ip_options_40, ip_options),
	PASS4("IPv4: header of 60 octets, without the room", ihl_15, ip_options),
	PASS4("IPv4: header of 16 octets", ihl_4, length),
	PASS4("IPv4: header of 0 octets", ihl_0, length),
	PASS("IP: version 5", ip_version_5, length),
	PASS4("IPv4: more fragments", more_fragments, fragment),
	PASS4("IPv4: more fragments, but do not fragment", more_and_none, fragment),
	PASS4("IPv4: fragment at 8", fragment_offset, fragment),
	PASS4("IPv4: last fragment", fragment_last, fragment),
	SENT4("IPv4: do not fragment", dont_fragment),
	SENT4("IPv4: reserved flag", reserved_flag),
	SENT4("IPv4: ID 0xffff", ip_id),
	SENT4("IPv4: header checksum 0", ip_check_0),
	SENT4("IPv4: header checksum wrong", ip_check_wrong),
	PASS("IP: longer than UDP", ip_longer, length),
	PASS("IP: shorter than UDP", ip_shorter, length),
	PASS("IP: length 0", ip_zero, length),
	PASS4("IPv4: nothing but the header", ip_only_header, length),
	SENT("IP: TTL or hop limit 0", ttl_0),
	SENT("IP: TTL or hop limit 1", ttl_1),
	SENT("IP: TTL or hop limit 255", ttl_255),
	{ "IP: DSCP stays, ECN does not", 0, { "one.mesos", .tos = 0xbb }, .outcome = XDNS_answer_a, .want = ONE },
	{ "IP: ECN 1, flow label", 0, { "one.mesos", .tos = 0x01, .flow = 0x9abcd }, .outcome = XDNS_answer_a, .want = ONE },
	{ "IP: DSCP, ECN, flow label all ones", 0, { "one.mesos", .tos = 0xff, .flow = 0xfffff }, .outcome = XDNS_answer_a, .want = ONE },
	PASS("IP: TCP", not_udp, not_udp),
	PASS("IP: ICMP", icmp, not_udp),
	PASS("IP: UDP-Lite", udp_lite, not_udp),
	PASS("IP: IPv6 inside", ip_in_ip, not_udp),
	PASS("IP: protocol 255", protocol_255, not_udp),
	PASS6("IPv6: hop-by-hop header", extension_header, not_udp),
	PASS6("IPv6: routing header", routing_header, not_udp),
	PASS6("IPv6: fragment header", ipv6_fragment, not_udp),
	PASS6("IPv6: destination options", destination_options, not_udp),
	PASS6("IPv6: authentication header", authentication_header, not_udp),
	PASS6("IPv6: no next header", no_next_header, not_udp),

	PASS("UDP: longer than IP", udp_longer, length),
	PASS("UDP: shorter than IP", udp_shorter, length),
	PASS("UDP: length 0", udp_zero, length),
	PASS("UDP: with IP longer than the frame", both_longer, length),
	PASS("UDP: with IP much longer than the frame", both_much_longer, length),
	{ "UDP: frame shorter than IP and UDP", 0, { "one.mesos", .trail = 9 }, .mangle = frame_cut, .outcome = XDNS_pass_length },
	{ "UDP: frame shorter by a part of the OPT", 0, { "one.mesos", .edns = true, .options = 9 }, .mangle = frame_cut, .outcome = XDNS_pass_length },
	PASS("UDP: from port 0", port_source_0, source),
	SENT("UDP: from port 53", port_source_dns),
	SENT("UDP: from port 7", port_source_echo),
	SENT("UDP: from port 65535", port_source_last),
	PASS("UDP: to another port", port_other, port),
	PASS("UDP: to the port with its octets swapped", port_swapped, port),
	SENT4("UDP: checksum 0, IPv4", check_0),
	PASS6("UDP: checksum 0, IPv6", check_0, checksum),
	SENT("UDP: checksum 0xffff", check_ffff),
	SENT("UDP: checksum wrong", check_wrong),

	PASS("from multicast", from_multicast, source),
	PASS4("from 255.255.255.255", from_all_ones, source),
	PASS4("from class E", from_class_e, source),
	PASS4("from our subnet's broadcast address", from_broadcast, source),
	PASS4("from another of our subnets' broadcast addresses", from_second_broadcast, source),
	PASS("from loopback", from_loopback, source),
	PASS("from 0.0.0.0, from ::", from_unspecified, source),
	PASS("from the very address it goes to", from_own, source),
	PASS("from another address of ours", from_second, source),
	PASS6("from ::ffff:192.0.2.7", from_mapped, source),
	PASS6("from ::192.0.2.7", from_compatible, source),
	SENT6("from 64:ff9b::192.0.2.7", from_nat64),
	SENT6("from fd00::/8", from_unique_local),
	SENT6("from 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", from_mostly_ones),
	SENT("from a link-local address", from_link_local),
	SENT4("from 1.0.0.0", from_1),
	SENT4("from 126.255.255.255", from_126),
	SENT4("from 128.0.0.0", from_128),
	SENT4("from 223.255.255.255", from_223),
	SENT("to our second address", to_second),
	PASS("to a neighbour", to_other, address),
	PASS("to another network", to_other_net, address),
	PASS("to multicast", to_multicast, address),
	PASS("to loopback", to_loopback, address),
	PASS("to 0.0.0.0, to ::", to_unspecified, address),
	PASS4("to 255.255.255.255", to_all_ones, address),
	PASS4("to our subnet's broadcast address", to_broadcast, address),

	{ "zone: not served", 0, Q, .plane.not_serving = true, .outcome = XDNS_pass_not_serving, .user = USER_REPLY, .want = ONE },
	{ "zone: expired", 0, Q, .plane.expired = true, .outcome = XDNS_pass_expired, .user = USER_REPLY, .want = ONE },
	{ "zone: index changing, a name that is there", 0, Q, .plane.changing = true, .outcome = XDNS_answer_a, .want = ONE },
	{ "zone: index changing, a type that is not there", 0, { "one.mesos", DNS_TYPE_AAAA }, .plane.changing = true, .outcome = XDNS_answer_nodata, .want = { .denial = true } },
	{ "zone: index changing, a name that is not there", 0, { "nobody.mesos" }, .plane.changing = true, .outcome = XDNS_pass_changing, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "zone: index changing, a name outside", 0, { "example.org" }, .plane.changing = true, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "zone: index incomplete, a name that is there", 0, Q, .plane.incomplete = true, .outcome = XDNS_answer_a, .want = ONE },
	{ "zone: index incomplete, a type that is not there", 0, { "one.mesos", DNS_TYPE_AAAA }, .plane.incomplete = true, .outcome = XDNS_answer_nodata, .want = { .denial = true } },
	{ "zone: index incomplete, a name that is not there", 0, { "nobody.mesos" }, .plane.incomplete = true, .outcome = XDNS_pass_memory, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "zone: index incomplete and changing", 0, { "nobody.mesos" }, .plane.incomplete = true, .plane.changing = true, .outcome = XDNS_pass_changing, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "zone: index incomplete, a name outside", 0, { "example.org" }, .plane.incomplete = true, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "zone: a record beyond the maps", 0, { "one.mesos" }, .plane.beyond = true, .outcome = XDNS_pass_memory, .user = USER_REPLY, .want = ONE },
	{ "zone: a name that the small index lacks", 0, Q, .plane.front_lacks = true, .outcome = XDNS_answer_a, .want = ONE },
	{ "zone: a part of the A set is not in the maps", 0, { "a20.mesos" }, .plane.no_set = true, .outcome = XDNS_pass_target },
	{ "zone: a part of the AAAA set is not in the maps", 0, { "v6x20.mesos", DNS_TYPE_AAAA }, .plane.no_set = true, .outcome = XDNS_pass_target },
	{ "zone: a part of the SRV set is not in the maps", 0, { "_ten._tcp.m.mesos", DNS_TYPE_SRV }, .plane.no_set = true, .outcome = XDNS_pass_target },
	{ "zone: a part of a short SRV set is not in the maps", 0, { "_two._tcp.m.mesos", DNS_TYPE_SRV }, .plane.no_set = true, .outcome = XDNS_pass_target },
	{ "zone: a part of the name is not in the maps", 0, { NAME128 }, .plane.no_set = true, .outcome = XDNS_pass_memory },
	{ "zone: two names of one hash", 0, { "clash.mesos" }, .plane.collision = true, .outcome = XDNS_pass_collision, .user = USER_REPLY, .want = ONE },
	{ "zone: another name's record", 0, { "one.mesos" }, .plane.other_name = "clash.mesos", .outcome = XDNS_pass_collision, .user = USER_REPLY, .want = ONE },
	{ "zone: an SRV target that is not there", 0, { "_hole._tcp.m.mesos", DNS_TYPE_SRV }, .plane.hole = true, .outcome = XDNS_pass_target, .user = USER_REPLY, .want = { .an = 1, .extra = ALL_SETS } },
	{ "MTU: cut", 0, { "a20.mesos" }, .plane.max_udp = 100, .outcome = XDNS_answer_truncated, .want = { .tc = true, .an = 4 } },
	{ "MTU: cut, EDNS", 0, { "a20.mesos", .edns = true, .size = 4096 }, .plane.max_udp = 128, .outcome = XDNS_answer_truncated, .want = { .tc = true, .an = 5 } },
	{ "MTU: not one record", 0, { "one.mesos" }, .plane.max_udp = 42, .outcome = XDNS_answer_truncated, .want = { .tc = true } },
	{ "MTU: not even the question", 0, { "one.mesos", .edns = true }, .plane.max_udp = 12, .outcome = XDNS_answer_truncated, .want = { .tc = true } },
	{ "MTU: a denial just fits", 0, { "nobody.mesos" }, .plane.max_udp = 79, .outcome = XDNS_answer_nxdomain, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "MTU: a denial is one octet too long", 0, { "nobody.mesos" }, .plane.max_udp = 78, .outcome = XDNS_pass_mtu, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
	{ "MTU: no denial", 0, { "nobody.mesos" }, .plane.max_udp = 60, .outcome = XDNS_pass_mtu, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true } },
};
/* clang-format on */

const struct rows packets_frames = {rows, ARRAY_SIZE(rows)};
