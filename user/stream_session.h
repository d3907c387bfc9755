/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One subscription at one master, from the request to its end; for stream.c, on its thread. */
#ifndef XDNS_STREAM_SESSION_H
#define XDNS_STREAM_SESSION_H

#include <stdatomic.h>

#include "config.h"
#include "event.h"
#include "stream.h"

struct session;

struct session_ops {
	void (*event)(void *ctx, struct event *e); /* the callee owns e; the first is a snapshot */
	/* The snapshot of the master at host:port has been handed over as an event; one line. */
	void (*subscribed)(void *ctx, const char *master, const char *text);
	void (*alive)(void *ctx); /* as in struct stream_ops */
};

/* cfg and times outlive the session. */
int session_new(const struct config *cfg, const struct stream_times *times,
		const struct session_ops *ops, void *ctx, struct session **ret);

/*
 * Logs in, if the configuration says so; what follows uses it. -EIO: session_error(); -ECANCELED,
 * -ENOMEM.
 */
int session_login(struct session *s);

/*
 * Subscribes at master ("host:port") or whom it names as the leader, and hands over events until
 * it ends. Never 0. -EIO: it could not be had or has ended, -EOPNOTSUPP: there is no such API,
 * session_error() says more; -EINTR: cancelled; -ECANCELED: stopped; -ENOMEM.
 */
int session_run(struct session *s, const char *master);

/* One line: who, and what happened. */
const char *session_error(const struct session *s);

/* Ends a session_run() under way, as if it had been interrupted, or makes the next end. Any thread.
 */
void session_cancel(struct session *s);

/* Undoes session_cancel(). */
void session_resume(struct session *s);

/* Octets of answers since session_new(), decompressed. Any thread. */
uint64_t session_octets(const struct session *s);

/* Ends what is under way and refuses all else. Any thread. */
void session_stop(struct session *s);

struct session *session_free(struct session *s);

#endif
