/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A zone that only remembers what was added to it, as lines of text. */
#ifndef XDNS_TESTS_FAKE_ZONE_H
#define XDNS_TESTS_FAKE_ZONE_H

#include <stddef.h>

#include "zone.h"

struct zone {
	char **lines; /* "OWNER TYPE DATA", one for each contribution */
	size_t count, room;
	size_t calls;	   /* of zone_add() and zone_remove() */
	size_t fail_after; /* calls that succeed before the one that fails with -ENOMEM; 0: all do
			    */
	int remove_errors; /* removals of what was never added */
};

void fake_zone_done(struct zone *z);
void fake_zone_sort(struct zone *z);

/* How often the line is there. */
size_t fake_zone_has(const struct zone *z, const char *line);

#endif
