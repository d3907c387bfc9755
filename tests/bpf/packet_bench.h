/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A zone of the table with everything that answers for it: native, loaded, userspace. */
#ifndef XDNS_TESTS_PACKET_BENCH_H
#define XDNS_TESTS_PACKET_BENCH_H

#include "limiter.h"
#include "loaded.h"
#include "packets.h"
#include "reply.h"

struct bench {
	const struct zone_model *model;
	struct config *cfg;
	struct zone *zone;
	struct native *native;
	struct loaded *loaded; /* NULL: not to be had */
	char *why_not;	       /* then */

	/* of bench_open_limited(): see packet_rules.h */
	bool limited;
	int rules; /* enum packet_rules */
	struct clients lists;
	struct limiter limiter;
};

/* Both want the calling thread not registered with RCU; all that is between, registered. */
void bench_open(enum packet_zone which, struct bench *ret);
/* The same without the kernel: native and userspace. */
void bench_open_native(enum packet_zone which, struct bench *ret);
/* With lists of clients and a limit; RULES_ROOM (packet_rules.h), until others are set. */
void bench_open_limited(enum packet_zone which, bool kernel, struct bench *ret);
void bench_close(struct bench *b);

/* Puts both data planes in the row's state, and back in order. */
void bench_plane_set(struct bench *b, const struct row *row);
void bench_plane_reset(struct bench *b, const struct row *row);

/* Who asks by this frame, for the responder; the time is PACKET_NOW. */
struct reply_client bench_client(const struct frame *query);

#endif
