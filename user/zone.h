/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The zone: every name of the domain (and, for PTR, reverse names) mapped to
 * one immutable record that holds all RRsets of the name. One thread writes;
 * any number reads under RCU and never waits.
 *
 * A resource record may have several contributors (two tasks on one address):
 * zone_add() counts them and zone_remove() takes one away; readers see the
 * record as long as one is left. Changes are collected until zone_commit(),
 * which builds new records for the touched names only, and publishes each with
 * one store: parents before children, targets before the SRV sets that name
 * them, removals in the opposite order.
 */
#ifndef XDNS_ZONE_H
#define XDNS_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

/* Data of one resource record; names are lower-case wire names, borrowed. */
struct rr {
	uint16_t type; /* DNS_TYPE_A, _AAAA, _SRV, _PTR; host order */
	union {
		uint8_t a[4];
		uint8_t aaaa[16];
		struct {
			uint16_t port; /* host order; priority is always 0 */
			uint16_t weight;
			const uint8_t *target;
		} srv;
		const uint8_t *ptr;
	};
};

struct zone_counts {
	uint64_t names; /* that exist, empty non-terminals included */
	uint64_t a, aaaa, srv, ptr;
};

struct zone_changes {
	uint64_t names_added, names_changed, names_removed;
};

/*
 * config is what the XDP program gets too (zone_config.h); copied. The calling
 * thread becomes the writer and registers with RCU.
 */
struct xdns_config;
int zone_new(const struct xdns_config *config, struct zone **ret);

/* No reader is left. Accepts NULL. */
void zone_free(struct zone *z);

/*
 * owner: lower-case wire name, at or below the domain or below in-addr.arpa. /
 * ip6.arpa. (PTR only). -ENOMEM. Of a set of more than
 * 65535 records the rest is not served.
 */
int zone_add(struct zone *z, const uint8_t *owner, const struct rr *rr);

/* Undoes one zone_add() of the same record. What was never added is ignored by the commit. */
int zone_remove(struct zone *z, const uint8_t *owner, const struct rr *rr);

/*
 * How many zone_add() of records of this name and type have not been undone, those that were not
 * committed yet included. Writer's thread.
 */
size_t zone_contributors(const struct zone *z, const uint8_t *owner, uint16_t type);

/*
 * Makes all changes since the last commit visible under this SOA serial.
 * On failure (-ENOMEM) names not yet replaced keep their old records and the next
 * commit tries them again.
 */
int zone_commit(struct zone *z, uint32_t serial, struct zone_changes *ret_changes);

uint32_t zone_serial(const struct zone *z);

/*
 * Nobody has said for too long that the zone is still true: nothing is answered from it (SERVFAIL)
 * until this is taken back. Any thread.
 */
void zone_set_expired(struct zone *z, bool expired);
bool zone_expired(const struct zone *z);

/* Names may be missing (a zone taken over in part): a missing name is no NXDOMAIN. Any thread. */
void zone_set_incomplete(struct zone *z, bool incomplete);
bool zone_incomplete(const struct zone *z);
struct zone_counts zone_counts(const struct zone *z);

/* Calls fn for each record, in no order; for tests, dumps and the API. Writer's thread. */
typedef void (*zone_rr_fn)(void *ctx, const uint8_t *owner, const struct rr *rr);
void zone_for_each_rr(const struct zone *z, zone_rr_fn fn, void *ctx);

/* The same for one name; false: it does not exist. */
bool zone_for_each_rr_of(const struct zone *z, const uint8_t *owner, zone_rr_fn fn, void *ctx);

/*
 * Memory that readers may still see is used again after a grace period. prepare (writer's
 * thread) says whether there is any; wait (any thread, blocks some milliseconds) outlasts
 * the readers; finish (writer's thread) takes it back.
 */
bool zone_reclaim_prepare(struct zone *z);
void zone_reclaim_wait(struct zone *z);
void zone_reclaim_finish(struct zone *z);

#endif
