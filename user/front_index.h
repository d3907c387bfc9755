/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The writer's side of the front index (include/front.h): an array of buckets that the XDP
 * program reads while it changes, one 8-octet store at a time.
 */
#ifndef XDNS_FRONT_INDEX_H
#define XDNS_FRONT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

struct front {
	struct xdns_front *bucket; /* the caller's memory, zero at first */
	uint32_t buckets;	   /* of front_buckets(), without the extra ones */
	uint32_t gone;		   /* places that say "look further" and nothing else */
	uint32_t used;		   /* entries */
};

/* Buckets for so many names: about five of nine entries are taken when all have come. */
uint32_t front_buckets(uint32_t names);

/* Buckets the array must have. */
uint32_t front_array(uint32_t buckets);

/*
 * The record of a hash: new if old is 0, else in the place of the old one.
 * XDNS_REF_COLLISION stays one entry however often it is put. False: all places where readers look
 * for it are taken. They stay taken, if only by "look further", until the index is emptied, so
 * readers are told nothing of this hash and ask the hash map.
 */
bool front_put(struct front *f, uint64_t hash, uint32_t old, uint32_t record);

/* Takes the entry of a hash and record out, if it is there. */
void front_remove(struct front *f, uint64_t hash, uint32_t record);

/* Do readers find this record under this hash? */
bool front_has(const struct front *f, uint64_t hash, uint32_t record);

/* Would readers take it for absent? They never do of what was put, even if there was no place. */
bool front_denies(const struct front *f, uint64_t hash, uint32_t record);

/* Empties the index. */
void front_clear(struct front *f);

/* Is it time to build the index anew? Places taken out make look-ups long. */
bool front_worn(const struct front *f);

#endif
