/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the zone tells the kernel's half: the index `names` is kept equal to the
 * zone's own. Records need no telling: they stand in memory both share. A zone
 * without a mirror serves userspace only. All calls come from the zone's writer.
 */
#ifndef XDNS_ZONE_MIRROR_H
#define XDNS_ZONE_MIRROR_H

#include "abi.h"
#include "zone.h"

struct pool;

/* A name of the index. */
struct zone_name {
	uint64_t hash;
	uint32_t record;     /* of now, XDNS_REF_COLLISION if another name has this hash, too */
	uint32_t old;	     /* of before this change; 0: the name is new to the index */
	const uint8_t *wire; /* borrowed for the call */
};

struct zone_mirror {
	/*
	 * Changes of the index, in order: parents before children when names come, the
	 * opposite when they go. A failure leaves the mirror not serving.
	 */
	void (*put)(void *ctx, const struct zone_name *names, size_t n);
	/* `old` is the record that goes; `record` is not looked at. */
	void (*remove)(void *ctx, const struct zone_name *names, size_t n);
	/* A commit is through: the SOA serial from now on. */
	void (*committed)(void *ctx, uint32_t serial);
	/* An array of the pool is full: attach larger ones. 0: try again. */
	int (*grow)(void *ctx);
	/* Returns when no XDP program run that began before is still under way. Any thread. */
	void (*wait_for_readers)(void *ctx);
};

/* mirror NULL: none. The caller has filled the mirror's index (zone_for_each_name()) before. */
void zone_set_mirror(struct zone *z, const struct zone_mirror *mirror, void *ctx);

struct pool *zone_pool(struct zone *z);

/* Names touched since the last commit: each may still need a record. */
size_t zone_pending(const struct zone *z);

/* Each name in the index with its record, as the mirror's index is to hold it. */
typedef int (*zone_name_fn)(void *ctx, const struct zone_name *name);
int zone_for_each_name(struct zone *z, zone_name_fn fn, void *ctx);

/*
 * The same from *at on, 0 at first; fn ends it by returning another value than 0, and *at is where
 * to go on. Names that come or go between two calls may be left out, or come twice.
 */
int zone_names_from(struct zone *z, uint32_t *at, zone_name_fn fn, void *ctx);

/* A name of the index that has this hash; false: none has. */
bool zone_name_of_hash(struct zone *z, uint64_t hash, struct zone_name *ret);

#endif
