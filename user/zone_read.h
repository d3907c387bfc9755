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

/* Where a record's sets and targets stand. */
const struct pool *zone_read_pool(const struct zone *z);

#endif
