/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A growing table of 64-bit keys: what has been seen, and a little about it. */
#ifndef XDNS_NAME_TABLE_H
#define XDNS_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_seen {
	uint64_t key; /* 0: free */
	uint64_t who;
	uint32_t at; /* the user's */
	uint8_t rule;
	bool several;
};

/* All 0 to begin with. */
struct name_table {
	struct name_seen *list;
	size_t size, used; /* size: a power of two */
};

/*
 * The entry of this key (not 0), made if there is none, with who 0; good until the next one is
 * made. NULL: no memory.
 */
struct name_seen *name_table_get(struct name_table *t, uint64_t key);

/* NULL: there is none. */
struct name_seen *name_table_find(const struct name_table *t, uint64_t key);

void name_table_done(struct name_table *t);

#endif
