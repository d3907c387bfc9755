// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "abi.h"
#include "packet_names.h"
#include "packet_zone.h"
#include "util.h"
#include "zone_config.h"

/* What a row leaves out is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define JSON_COMMON "\"masters\":[\"127.0.0.1:5050\"],\"resolvers\":[\"192.0.2.1\"],"

/* Targets get their numbers, and so their order in a set, as they are first named here. */
static const struct name_model main_names[] = {
	{"one.mesos", .net = 1, .a = 1},
	{"a4.mesos", .net = 2, .a = 4},
	{"a5.mesos", .net = 3, .a = 5},
	{"a16.mesos", .net = 4, .a = 16},
	{"a17.mesos", .net = 5, .a = 17},
	{"a20.mesos", .net = 6, .a = 20},
	{"a120.mesos", .net = 7, .a = 120},
	{NAME31, .net = 8, .a = 29},
	{NAME32, .net = 9, .a = 29},
	{NAME33, .net = 10, .a = 29},
	{NAME52, .net = 11, .a = 72},
	{NAME53, .net = 12, .a = 72},
	{NAME54, .net = 13, .a = 72},
	{"v6.mesos", .net = 14, .aaaa = 1},
	{"v6x5.mesos", .net = 15, .aaaa = 5},
	{"v6x20.mesos", .net = 16, .aaaa = 20},
	{"both.mesos", .net = 17, .a = 2, .aaaa = 2},
	{"x.y.z.mesos", .net = 18, .a = 1},
	{"we*b.mesos", .net = 19, .a = 1},
	{NAME64, .net = 20, .a = 1},
	{NAME65, .net = 21, .a = 1},
	{NAME128, .net = 22, .a = 2},
	{NAME255, .net = 23, .a = 3},
	{"_one._tcp.m.mesos", .net = 24, .srv = 1, .targets = 1, "one-%u.m.slave.mesos", 1},
	{"_two._tcp.m.mesos", .net = 25, .srv = 2, .targets = 2, "two-%u.m.slave.mesos", 2, 1},
	{"_six._tcp.m.mesos", .net = 26, .srv = 6, .targets = 6, "six-%u.m.slave.mesos", 0, 1},
	{"_dup._tcp.m.mesos", .net = 27, .srv = 5, .targets = 2, "dup-%u.m.slave.mesos", 1, 1},
	{"_ten._tcp.m.mesos", .net = 28, .srv = 10, .targets = 10, "ten-%u.m.slave.mesos", 1},
	{"_forty._tcp.m.mesos", .net = 29, .srv = 40, .targets = 40, "n-%02u.m.slave.mesos", 1},
	{"_bare._tcp.m.mesos", .net = 30, .srv = 3, .targets = 3, "bare-%u.elsewhere.org"},
	{"_long._tcp.m.mesos", .net = 31, .srv = 1, .targets = 1, LONG_TARGET, 1, 1},
	{"_long9._tcp.m.mesos", .net = 32, .srv = 9, .targets = 9, LONG9_TARGET, 1},
	{"_rich._tcp.m.mesos", .net = 33, .srv = 2, .targets = 2, "rich-%u.m.slave.mesos", 9, 9},
	{SRV255, .net = 34, .srv = 2, .targets = 1, "srv255-%u.m.slave.mesos", 1},
	{SRV254, .net = 38, .srv = 2, .targets = 2, LONG_TARGET2, 1},
	{"_all._tcp.m.mesos", .net = 35, .a = 1, .aaaa = 1, .srv = 1, .targets = 1,
	 .to = "all-%u.m.slave.mesos", .target_a = 1},
	{"_hole._tcp.m.mesos", .net = 36, .srv = 1, .targets = 1, "hole-%u.m.slave.mesos", 1},
	{"_pair._tcp.m.mesos", .net = 39, .srv = 1, .targets = 1, "pair-%u.m.slave.mesos", 1, 1},
	{"_brief._tcp.m.mesos", .net = 40, .srv = 1, .targets = 1, "b%u.io"},
	{"_wide._tcp.m.mesos", .net = 41, .srv = 1, .targets = 1, "wide-%u.m.slave.mesos", 1, 2},
	/* short sets, which go the quick way */
	{"_twin._tcp.m.mesos", .net = 42, .srv = 2, .targets = 2, "twin-%u.m.slave.mesos", 1},
	{"_same._tcp.m.mesos", .net = 43, .srv = 2, .targets = 1, "same-%u.m.slave.mesos", 1},
	{"_tiny._tcp.m.mesos", .net = 44, .srv = 2, .targets = 2, "t%u.mesos", 1},
	{"_far._tcp.m.mesos", .net = 45, .srv = 2, .targets = 2,
	 "far-%u.more-than-thirty-two-octets.m.slave.mesos", 1},
	{"_brim._tcp.m.mesos", .net = 47, .srv = 2, .targets = 2,
	 "brim-%u.a-label-that-makes-it-64-octets-at-any-ti.m.slave.mesos", 1},
	{"_lone._tcp.m.mesos", .net = 46, .srv = 1, .targets = 1, "l%u.mesos", 1},
	{"clash.mesos", .net = 37, .a = 1},
	{"7.1.0.10.in-addr.arpa", .ptr = "one.mesos"},
};

static const struct name_model quiet_names[] = {
	{"one.big.example.org", .net = 1, .a = 1},
	{"a120.big.example.org", .net = 2, .a = 120},
	{"v6x60.big.example.org", .net = 3, .aaaa = 60},
	{"_forty._tcp.big.example.org", .net = 4, .srv = 40, .targets = 40, "q-%02u.example.net",
	 .target_a = 1},
};

const struct zone_model packet_zones[PACKET_ZONES] = {
	[ZONE_MAIN] =
		{
			.json = "{" JSON_COMMON "\"domain\":\"mesos\",\"ttl\":300,\"SOAMinttl\":45,"
				"\"SOARefresh\":61,\"SOARetry\":602,\"SOAExpire\":86403,"
				"\"recurseon\":true,\"ReverseDnsOn\":true}",
			.domain = "mesos",
			.ttl = 300,
			.negative_ttl = 45,
			.soa_timers = {61, 602, 86403, 45},
			.mname = "ns1@",
			.rname = "root.ns1@",
			.recurse = true,
			.truncate = true,
			.names = main_names,
			.count = ARRAY_SIZE(main_names),
		},
	[ZONE_QUIET] =
		{
			.json = "{" JSON_COMMON "\"domain\":\"big.example.org\",\"ttl\":7,"
				"\"SOAMinttl\":3600,\"SOARefresh\":62,\"SOARetry\":603,"
				"\"SOAExpire\":86404,\"SOAMname\":\"" MNAME250 ".\","
				"\"SOARname\":\"" RNAME250 ".\","
				"\"recurseon\":false,\"externalon\":false,\"SetTruncateBit\":"
				"false}",
			.domain = "big.example.org",
			.ttl = 7,
			.negative_ttl = 7,
			.soa_timers = {62, 603, 86404, 3600},
			.mname = MNAME250,
			.rname = RNAME250,
			.names = quiet_names,
			.count = ARRAY_SIZE(quiet_names),
		},
};

size_t packet_name(const char *text, uint8_t wire[PACKET_WIRE_MAX])
{
	size_t len = 0;

	while (*text) {
		size_t label = strcspn(text, ".");

		assert_true(label && len + label + 2 <= PACKET_WIRE_MAX);
		wire[len++] = label;
		memcpy(wire + len, text, label);
		len += label;
		text += label + (text[label] == '.');
	}
	wire[len++] = 0;
	return len;
}

size_t packet_target(const struct name_model *m, unsigned k, uint8_t wire[PACKET_WIRE_MAX])
{
	char text[PACKET_WIRE_MAX];
	const char *number = strchr(m->to, '%');

	/* formats are ours, "%u" or "%02u" */
	snprintf(text, sizeof(text), number[1] == '0' ? "%.*s%02u%s" : "%.*s%u%s",
		 (int)(number - m->to), m->to, k, strchr(number, 'u') + 1);
	return packet_name(text, wire);
}

void packet_address4(const struct name_model *m, unsigned host, unsigned i, uint8_t ret[4])
{
	ret[0] = 10;
	ret[1] = m->net;
	ret[2] = host;
	ret[3] = i + 1;
}

void packet_address6(const struct name_model *m, unsigned host, unsigned i, uint8_t ret[16])
{
	static const uint8_t prefix[4] = {0x20, 0x01, 0x0d, 0xb8};

	memset(ret, 0, 16);
	memcpy(ret, prefix, 4);
	ret[5] = m->net;
	ret[7] = host;
	ret[15] = i + 1;
}

const struct name_model *packet_find(const struct zone_model *z, const char *owner)
{
	for (size_t i = 0; i < z->count; i++)
		if (!strcasecmp(z->names[i].owner, owner))
			return &z->names[i];
	return NULL;
}

static void add_addresses(struct zone *z, const uint8_t *owner, const struct name_model *m,
			  unsigned host, unsigned a, unsigned aaaa)
{
	struct rr rr = {.type = DNS_TYPE_A};

	/* last first: the order of a set is the zone's doing, not the order of arrival */
	while (a-- > 0) {
		packet_address4(m, host, a, rr.a);
		assert_int_equal(zone_add(z, owner, &rr), 0);
	}
	rr.type = DNS_TYPE_AAAA;
	while (aaaa-- > 0) {
		packet_address6(m, host, aaaa, rr.aaaa);
		assert_int_equal(zone_add(z, owner, &rr), 0);
	}
}

static void add_name(struct zone *z, const struct name_model *m)
{
	uint8_t owner[PACKET_WIRE_MAX], target[PACKET_WIRE_MAX];

	packet_name(m->owner, owner);
	add_addresses(z, owner, m, 0, m->a, m->aaaa);
	for (unsigned i = 0; i < m->srv; i++) {
		struct rr rr = {.type = DNS_TYPE_SRV, .srv = {PACKET_SRV_PORT + i, 1, target}};

		packet_target(m, i * m->targets / m->srv, target);
		assert_int_equal(zone_add(z, owner, &rr), 0);
	}
	for (unsigned k = 0; k < m->targets; k++) {
		packet_target(m, k, target);
		add_addresses(z, target, m, k + 1, m->target_a, m->target_aaaa);
	}
	if (m->ptr) {
		struct rr rr = {.type = DNS_TYPE_PTR, .ptr = target};

		packet_name(m->ptr, target);
		assert_int_equal(zone_add(z, owner, &rr), 0);
	}
}

void packet_zone_build(const struct zone_model *m, struct config **ret_cfg, struct zone **ret)
{
	struct xdns_config zc;
	struct zone_changes changes;
	char *error = NULL;

	if (config_parse("packets.json", m->json, strlen(m->json), ret_cfg, &error))
		fail_msg("%s", error);
	assert_int_equal(zone_config_make(*ret_cfg, &zc), 0);
	assert_int_equal(zone_new(&zc, ret), 0);
	for (size_t i = 0; i < m->count; i++)
		add_name(*ret, &m->names[i]);
	assert_int_equal(zone_commit(*ret, PACKET_SERIAL, &changes), 0);
}
