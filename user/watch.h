/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Those who follow the zone over HTTP: server-sent events of its changes (docs/http-api.md). The
 * loop hands a change over (history.h) and, some milliseconds later, has all followers woken at
 * once; text is made by the threads that send it.
 */
#ifndef XDNS_WATCH_H
#define XDNS_WATCH_H

#include <sys/types.h>
#include <uv.h>

#include "zone.h"

#define WATCH_CLIENTS  32
#define WATCH_DELAY_MS 10   /* from a change to the waking of those who wait: once for many */
#define WATCH_BEAT_MS  5000 /* a word at least so often */

struct history;
struct watch;
struct watcher;

/* From where and what; texts as the client sent them, NULL: not said. */
struct watch_request {
	const char *last_id; /* the id of the last event it has; goes before serial */
	const char *serial;
	const uint8_t *name; /* wire, lower case: changes of this name only */
	const char *type;    /* "A", "AAAA" or "SRV" */
};

/*
 * history outlives it. wake: called on the loop; all watchers that had nothing to say are to be
 * asked again.
 */
int watch_new(uv_loop_t *loop, struct history *history, void (*wake)(void *ctx), void *ctx,
	      struct watch **ret);

/* On the loop, when the first client comes: until then changes cost nothing. */
int watch_begin(struct watch *w, struct zone *z);

/* After all watchers are closed, and the loop's handles. Accepts NULL. */
void watch_free(struct watch *w);

/* Any thread, as the rest. -EINVAL: an unreadable serial or type; -EBUSY: WATCH_CLIENTS are there.
 */
int watcher_new(struct watch *w, const struct watch_request *q, struct watcher **ret);

/* The next octets of the stream. 0: none now; -ENOMEM: it cannot go on. One thread at a time. */
ssize_t watcher_read(struct watcher *c, char *buf, size_t size);

void watcher_free(struct watcher *c);

#endif
