/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A zone "mesos" to change by names and texts. */
#ifndef XDNS_TESTS_ZONE_FIXTURE_H
#define XDNS_TESTS_ZONE_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "dname_text.h"
#include "dns.h"
#include "zone.h"
#include "zone_config.h"

static inline struct xdns_config make_config(void)
{
	struct config *cfg;
	struct xdns_config zc;
	char *error = NULL;
	const char *json = "{\"masters\":[\"127.0.0.1:5050\"],\"resolvers\":[\"127.0.0.9\"]}";

	assert_int_equal(config_parse("test.json", json, strlen(json), &cfg, &error), 0);
	assert_int_equal(zone_config_make(cfg, &zc), 0);
	config_free(cfg);
	return zc;
}

static inline struct zone *new_zone(void)
{
	struct xdns_config zc = make_config();
	struct zone *z;

	assert_int_equal(zone_new(&zc, &z), 0);
	return z;
}

static inline void wire_of(const char *text, uint8_t wire[DNAME_WIRE_MAX + 1])
{
	assert_true(dname_from_text(text, strlen(text), wire) > 0);
}

static inline void change(struct zone *z, bool add, const char *owner, const struct rr *rr)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];

	wire_of(owner, wire);
	assert_int_equal(add ? zone_add(z, wire, rr) : zone_remove(z, wire, rr), 0);
}

static inline void change_a(struct zone *z, bool add, const char *owner, uint32_t address)
{
	struct rr rr = {.type = DNS_TYPE_A};

	memcpy(rr.a, &address, 4);
	change(z, add, owner, &rr);
}

static inline void change_srv(struct zone *z, bool add, const char *owner, uint16_t port,
			      const char *target)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_SRV, .srv = {.port = port, .weight = 1}};

	wire_of(target, wire);
	rr.srv.target = wire;
	change(z, add, owner, &rr);
}

static inline struct zone_changes commit(struct zone *z, uint32_t serial)
{
	struct zone_changes changes;

	assert_int_equal(zone_commit(z, serial, &changes), 0);
	if (zone_reclaim_prepare(z)) {
		zone_reclaim_wait(z);
		zone_reclaim_finish(z);
	}
	return changes;
}

#endif
