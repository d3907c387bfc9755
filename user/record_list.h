/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records collected to be compared: a sink that keeps copies. */
#ifndef XDNS_RECORD_LIST_H
#define XDNS_RECORD_LIST_H

#include "record_sink.h"

struct record_item {
	struct rr rr; /* its target, or PTR, points into the list's names once sorted */
	size_t owner_at, owner_len, target_at;
	bool same; /* record_list_diff(): the other list has it, too */
};

struct record_list {
	struct record_sink sink; /* first: put() finds the list by it */
	struct record_item *items;
	size_t count, room;
	uint8_t *names;
	size_t names_len, names_room;
};

void record_list_init(struct record_list *l);
void record_list_done(struct record_list *l);

/* Sorts both and pairs equal records off, each counted once. Nothing may be put after that. */
void record_list_diff(struct record_list *a, struct record_list *b);

/* Makes the targets point into the list's names, where they stand now. */
void record_list_settle(struct record_list *l);

/* Orders two records of a settled list; 0: equal. */
int record_list_compare(const struct record_list *l, size_t i, size_t j);

#endif
