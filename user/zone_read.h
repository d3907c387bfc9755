/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The readers' side of the zone: from a scanned name to its record. Callers are registered with
 * RCU and hold rcu_read_lock() as long as they look at a record.
 */
#ifndef XDNS_ZONE_READ_H
#define XDNS_ZONE_READ_H

#include <stdbool.h>

#include "abi.h"
#include "dname.h"
#include "pool.h"
#include "zone.h"

/* Domain, SOA, TTL, hash keys: the same octets the XDP program has. */
const struct xdns_config *zone_config(const struct zone *z);

/* Has there been a first commit? Before it the zone knows nothing, so nothing may be denied. */
bool zone_ready(const struct zone *z);

/* The record of a name that exists (or of a reverse name), else NULL. */
const struct xdns_record *zone_find(const struct zone *z, const struct xdns_qname *q);

/* Each name that exists, with its record, in no order; a name that comes or goes meanwhile may be
 * left out. Reverse names are among them.
 */
typedef void (*zone_read_fn)(void *ctx, const uint8_t *wire, const struct xdns_record *r);
void zone_read_for_each(const struct zone *z, zone_read_fn fn, void *ctx);

/*
 * The same for the names whose hashes are from..to, both included. While zone_hold() is in effect
 * none is left out.
 */
void zone_read_range(const struct zone *z, uint64_t from, uint64_t to, zone_read_fn fn, void *ctx);

/* About how many names there may be; under RCU. */
uint32_t zone_read_places(const struct zone *z);

/* The hash of a lower-case wire name. */
uint64_t zone_name_hash(const struct zone *z, const uint8_t *wire);

/*
 * Until zone_release() the zone is one version, that of zone_serial(). The writer waits meanwhile:
 * for some ten microseconds at a time, not more. Not from the writer's thread.
 */
void zone_hold(const struct zone *z);
void zone_release(const struct zone *z);

/* Where a record's sets and targets stand. */
const struct pool *zone_read_pool(const struct zone *z);

#endif
