/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The leading master's event stream: POST /api/v1 SUBSCRIBE, RecordIO on a response that stays
 * open. A thread of its own connects, decodes, notices silence (three heartbeat intervals) and
 * connects again with a jittered back-off of 2 s to 30 s.
 */
#ifndef XDNS_STREAM_H
#define XDNS_STREAM_H

#include "config.h"
#include "event.h"

struct stream;

enum stream_state {
	STREAM_HEARD,	    /* subscribed: the snapshot has been handed over */
	STREAM_LOST,	    /* could not be had, or ended: tried again by itself */
	STREAM_UNSUPPORTED, /* this master has no such API (404, 403, 405, 501): tried again
			       when stream_follow() names another, and every few minutes */
};

/* Called on the stream's thread. */
struct stream_ops {
	void (*event)(void *ctx, struct event *e); /* the callee owns e */
	/* text: one line, who and why; valid during the call. */
	void (*state)(void *ctx, enum stream_state state, const char *text);
	/*
	 * Octets of any kind have come on a stream that is STREAM_HEARD: the source is alive. At
	 * most once a second.
	 */
	void (*alive)(void *ctx);
};

/* In nanoseconds. */
struct stream_times {
	uint64_t connect;     /* without an octet until the first record begins: 30 s */
	uint64_t heartbeat;   /* interval until SUBSCRIBED names one: 15 s, Mesos's default */
	uint64_t backoff_min; /* 2 s */
	uint64_t backoff_max; /* 30 s */
	uint64_t unsupported; /* until a master without the API is asked again: 5 min */
};

/* Nobody is asked before stream_follow(). cfg outlives the stream. */
int stream_start(const struct config *cfg, const struct stream_ops *ops, void *ctx,
		 struct stream **ret);

/* The same with other times, for tests. */
int stream_start_with(const struct config *cfg, const struct stream_times *times,
		      const struct stream_ops *ops, void *ctx, struct stream **ret);

/*
 * Whom to ask: "host:port", the leader first if it is known. Connects anew, at once, if the
 * first is another than it was and than the one that is being heard. An empty list leaves a stream
 * that is being heard alone. Any thread; the list is copied. 0 or -ENOMEM.
 */
int stream_follow(struct stream *s, const char *const *masters, size_t count);

/* Octets of the masters' answers since the start, decompressed. Any thread. */
uint64_t stream_octets(const struct stream *s);

/* Ends what is under way, joins the thread. Accepts NULL. */
void stream_stop(struct stream *s);

#endif
