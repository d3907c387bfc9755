/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NOTIFY (RFC 1996): the secondaries are told that the zone has changed, so that they need not wait
 * for SOARefresh to ask. Changes that come together are told once, and a secondary once a second at
 * the most; without an answer it is told again, at growing intervals, some times. All calls on the
 * loop's thread.
 */
#ifndef XDNS_SECONDARIES_H
#define XDNS_SECONDARIES_H

#include <uv.h>

#include "config.h"
#include "zone.h"

#define NOTIFY_DELAY_MS	   50	/* from a change to the message: once for many */
#define NOTIFY_INTERVAL_MS 1000 /* between two, at least */
#define NOTIFY_WAIT_MS	   2000 /* for the first answer; twice as long each time */
#define NOTIFY_TRIES	   5

/* X(name, help) */
#define NOTIFY_EVENTS(X)                                                                           \
	X(sent, "messages sent, repeated ones too")                                                \
	X(acknowledged, "answers that say it is known now")                                        \
	X(refused, "answers that say anything else")                                               \
	X(ignored, "answers to another message, or without the signature that must be there")      \
	X(unanswered, "given up until the next change")

enum notify_event {
#define X(name, help) NOTIFY_##name,
	NOTIFY_EVENTS(X)
#undef X
		NOTIFY_EVENTS_COUNT,
};

struct secondaries;

int secondaries_new(uv_loop_t *loop, const struct zone *zone, struct secondaries **ret);

/*
 * Those of cfg from now on, which is not looked at later. They are told of the present version,
 * too, if there is one. -ENOMEM: some are left out.
 */
int secondaries_configure(struct secondaries *s, const struct config *cfg);

/* The zone may have changed. */
void secondaries_follow(struct secondaries *s);

/* How often each has happened, NOTIFY_EVENTS_COUNT of them. */
const uint64_t *secondaries_counts(const struct secondaries *s);

/* Before the loop ends; s goes with its last handle, or at once. Accepts NULL. */
void secondaries_close(struct secondaries *s);

#endif
