/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What transfer.c (who gets what), transfer_zone.c and transfer_changes.c share. */
#ifndef XDNS_TRANSFER_INTERNAL_H
#define XDNS_TRANSFER_INTERNAL_H

#include "transfer.h"
#include "transfer_out.h"
#include "zone_read.h"

#define TRANSFER_BUCKETS 1024 /* a power of two */

enum transfer_form { TRANSFER_ZONE, TRANSFER_CHANGES, TRANSFER_CURRENT };

/* What a set was in the version that is sent; the set has changed since. */
struct transfer_old {
	struct transfer_old *next;
	struct change *change; /* the first since */
	uint64_t hash;
};

struct transfer {
	struct transfer_source *source;
	const struct zone *zone;
	struct history *history;
	struct transfer_out out;
	struct sockaddr_storage peer;
	bool incremental; /* IXFR */
	uint32_t has;	  /* IXFR: the serial that the secondary has */

	bool begun;
	enum transfer_form form;
	uint32_t serial; /* of the version that is sent */
	uint64_t newest; /* number of its last change */

	/* the zone: names by their hashes */
	uint64_t next, step; /* where to go on; how far at a time */
	uint64_t seen;	     /* number of the last change that was looked at */
	struct transfer_old *old[TRANSFER_BUCKETS];
	size_t old_octets;

	/* the changes: by name and type, the oldest first */
	struct change **changes;
	size_t changes_count, at;
	bool adding;
};

/* Both make a part, and return as transfer_fill() does. */
int transfer_zone_step(struct transfer *t);
int transfer_changes_step(struct transfer *t);

/* Takes the changes since t->has up to t->newest. -ESTALE: they are not all known. */
int transfer_changes_take(struct transfer *t);

void transfer_zone_done(struct transfer *t);
void transfer_changes_done(struct transfer *t);

#endif
