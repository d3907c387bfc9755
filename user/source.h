/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Follows the cluster: a thread of its own fetches the state from the masters
 * every refreshSeconds (a failed first fetch is retried with a jittered
 * back-off from 1 s) and hands over what it learnt.
 */
#ifndef XDNS_SOURCE_H
#define XDNS_SOURCE_H

#include "cluster.h"
#include "config.h"

struct source;

struct source_stats {
	uint64_t fetch_ns;  /* from the request to the last byte decoded */
	uint64_t bytes;	    /* of the document, decoded */
	const char *master; /* who answered */
};

/* Called on the source's thread. */
struct source_ops {
	/* The callee owns cluster from here on. */
	void (*update)(void *ctx, struct cluster *cluster, const struct source_stats *stats);
	/* One line, why the document could not be had or used; nothing changes. */
	void (*failed)(void *ctx, const char *error);
};

int source_start(const struct config *cfg, const struct source_ops *ops, void *ctx,
		 struct source **ret);

/* Fetch now, without waiting for the next tick. Any thread. */
void source_refresh(struct source *s);

/* Ends a fetch that is under way, joins the thread. Accepts NULL. */
void source_stop(struct source *s);

#endif
