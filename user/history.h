/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The zone's last changes, so that whoever was away can be told what it missed: each change of one
 * name and type with the set before and after. Written by the zone's writer, which copies octets
 * and nothing else; read by any thread, one change at a time. What does not fit any more is
 * forgotten, and a reader that has not seen it is told so.
 */
#ifndef XDNS_HISTORY_H
#define XDNS_HISTORY_H

#include "zone.h"

#define HISTORY_OCTETS	      (8 << 20) /* of all changes kept, and of a commit's before they are */
#define HISTORY_CHANGES	      (1 << 16) /* at most so many, a power of two */
#define HISTORY_CHANGE_OCTETS (256 << 10) /* a change with larger sets is not kept */

struct history;

/* Never changes; shared by those who hold it. */
struct change {
	uint64_t number; /* consecutive */
	uint32_t serial; /* of the commit */
	uint16_t type;	 /* DNS_TYPE_A, _AAAA, _SRV; host order */
	uint16_t was_count, is_count;
	uint32_t len;
	unsigned refs;
	uint8_t data[]; /* the owner's wire name, the set before, the set after */
};

int history_new(struct history **ret);

/* Nobody reads any more; nor does the zone write, after history_end(). Accepts NULL. */
void history_free(struct history *h);

/*
 * Remembers the zone's changes from now on, if it does not yet; until then they cost nothing. The
 * writer's thread, as the next two. -ENOMEM.
 */
int history_begin(struct history *h, struct zone *z);
void history_end(struct history *h); /* accepts NULL */

/* changed: called by the writer after each commit with a change; NULL: nobody. */
void history_tell(struct history *h, void (*changed)(void *ctx), void *ctx);

/* Random for each history: numbers of another life mean nothing. */
uint32_t history_epoch(const struct history *h);

/* The number of the last change, 0 before the first; the serial after it. */
uint64_t history_newest(struct history *h, uint32_t *ret_serial);

/* The last change of this serial or before it. -ESTALE: not all that came after it is known. */
int history_find(struct history *h, uint32_t serial, uint64_t *ret_number);

/*
 * The change after this number, for change_put(). -EAGAIN: it was the last; -ESTALE: the next is
 * forgotten, or never was.
 */
int history_next(struct history *h, uint64_t number, struct change **ret);
void change_put(struct change *c);

/* The owner's wire name is c->data. target of an SRV is borrowed from the change. */
void change_for_each_rr(const struct change *c, bool after,
			void (*fn)(void *ctx, const struct rr *rr), void *ctx);

#endif
