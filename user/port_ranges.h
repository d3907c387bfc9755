/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Mesos's text form of the resource "ports": "[31000-31005, 32000-32000]". */
#ifndef XDNS_PORT_RANGES_H
#define XDNS_PORT_RANGES_H

#include "cluster.h"

struct port_range_list {
	struct port_range *list;
	size_t count, cap;
};

/*
 * Appends the ranges in text, as Mesos-DNS reads it: from the first [ to the next [ or ],
 * entries split at commas. Entries that are not FIRST-LAST, and the part of a range outside
 * 0..65535, are left out and counted; a range that runs backwards is empty. 0 or -ENOMEM.
 */
int port_ranges_parse(const char *text, struct port_range_list *list, uint64_t *skipped);

/*
 * Appends one range; the part of it outside 0..65535 is left out and counted; one that runs
 * backwards is empty. 0 or -ENOMEM.
 */
int port_ranges_add(struct port_range_list *list, int64_t first, int64_t last, uint64_t *skipped);

/* Sorts the ranges and joins those that touch, as masters do before they write them as text. */
void port_ranges_join(struct port_range_list *list);

#endif
