/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The two zones the packets ask about, described by rules short enough to check answers by:
 * the i-th A of a set is 10.NET.0.(i+1), the i-th AAAA 2001:db8:NET::(i+1); the i-th
 * SRV has port 31000+i and weight 1 and leads to target number i * targets / srv;
 * target k's addresses are 10.NET.(k+1).(i+1) and 2001:db8:NET:(k+1)::(i+1).
 */
#ifndef XDNS_TESTS_PACKET_ZONE_H
#define XDNS_TESTS_PACKET_ZONE_H

#include "config.h"
#include "zone.h"

#define PACKET_SERIAL	1700000001
#define PACKET_WIRE_MAX 320 /* room for names that are too long */
#define PACKET_SRV_PORT 31000

struct name_model {
	const char *owner;
	uint8_t net;
	uint16_t a, aaaa, srv, targets;
	const char *to; /* names of the targets: one %u */
	uint16_t target_a, target_aaaa;
	const char *ptr;
};

struct zone_model {
	const char *json; /* of config.json */
	const char *domain;
	uint32_t ttl, negative_ttl;
	uint32_t soa_timers[4];	   /* refresh, retry, expire, minimum */
	const char *mname, *rname; /* "@" at the end: the domain, compressed */
	bool recurse, truncate;
	const struct name_model *names;
	size_t count;
};

enum packet_zone { ZONE_MAIN, ZONE_QUIET, PACKET_ZONES };

extern const struct zone_model packet_zones[PACKET_ZONES];

/* "a.b" to wire, octet by octet as written, without any check. Returns the length. */
size_t packet_name(const char *text, uint8_t wire[PACKET_WIRE_MAX]);

/* Lower-case wire name of the k-th target. */
size_t packet_target(const struct name_model *m, unsigned k, uint8_t wire[PACKET_WIRE_MAX]);

void packet_address4(const struct name_model *m, unsigned host, unsigned i, uint8_t ret[4]);
void packet_address6(const struct name_model *m, unsigned host, unsigned i, uint8_t ret[16]);

/* The model of the name (case does not matter), NULL if there is none. */
const struct name_model *packet_find(const struct zone_model *z, const char *owner);

/* Builds the zone through zone_add(). Asserts that all goes well. */
void packet_zone_build(const struct zone_model *m, struct config **ret_cfg, struct zone **ret);

#endif
