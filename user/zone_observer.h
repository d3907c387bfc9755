/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a commit changes, name by name, for somebody who wants to tell others. */
#ifndef XDNS_ZONE_OBSERVER_H
#define XDNS_ZONE_OBSERVER_H

#include "abi.h"
#include "zone.h"

struct zone_observer {
	/*
	 * A name of the domain gets another record, or its first (was: NULL), or goes (is: NULL).
	 * Records and all they lead to are borrowed for the call. Called while the commit
	 * publishes: must be quick, and cannot fail.
	 */
	void (*changed)(void *ctx, const uint8_t *wire, size_t wire_len,
			const struct xdns_record *was, const struct xdns_record *is);
	/* The commit is through; what was told since the one before has this serial. */
	void (*committed)(void *ctx, uint32_t serial);
};

/* observer NULL: none. All calls come from the zone's writer, as this has to. */
void zone_set_observer(struct zone *z, const struct zone_observer *observer, void *ctx);

#endif
