/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * State documents on demand: a thread of its own fetches one from the masters when it is told
 * to, and hands over what it learnt. When to fetch is the follower's to decide.
 */
#ifndef XDNS_SOURCE_H
#define XDNS_SOURCE_H

#include "cluster.h"
#include "config.h"
#include "known_tasks.h"

struct source;

struct source_stats {
	uint64_t begun_ns;  /* now_ns() before the request */
	uint64_t fetch_ns;  /* from the request to the last byte decoded */
	uint64_t bytes;	    /* of the document, decoded */
	const char *master; /* "host:port" of who answered */
};

/* Called on the source's thread, one of them for each source_fetch(). */
struct source_ops {
	/* The callee owns cluster from here on. */
	void (*document)(void *ctx, struct cluster *cluster, const struct source_stats *stats);
	/* One line, why the document could not be had or used; NULL: given up, see below. */
	void (*failed)(void *ctx, const char *error);
};

int source_start(const struct config *cfg, const struct source_ops *ops, void *ctx,
		 struct source **ret);

/*
 * One document, please; not before the last one was handed over, or its failure. Any thread.
 * Tasks that are known already come as they are; what known has is taken over; NULL: none.
 */
void source_fetch(struct source *s, struct known_tasks *known);

/*
 * Whom to ask, "host:port" in order, instead of the configured masters; copied. A fetch under way
 * is given up, since it may hang on a master that is gone. Any thread.
 */
int source_set_masters(struct source *s, const char *const *masters, size_t count);

/* Ends a fetch that is under way, joins the thread. Accepts NULL. */
void source_stop(struct source *s);

#endif
