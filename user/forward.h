/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Asks resolvers on behalf of clients. Every try has a socket of its own with
 * a random port and a random ID, connected to the resolver; a reply counts only if ID,
 * question (byte for byte) and peer match, anything else is ignored, not an error.
 * Network error, time-out, SERVFAIL, REFUSED, FORMERR or NOTIMP: the next resolver
 * (these four also without a question, as servers send them that could not parse it).
 * Queries that ask the same of the same resolvers share one try.
 * When many are under way, no network of clients can have all there may be.
 * Knows nothing of Mesos or of zones.
 */
#ifndef XDNS_FORWARD_H
#define XDNS_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config.h"
#include "forward_stats.h"

#define FORWARDER_QUERIES_MAX 1250 /* under way per forwarder, a descriptor each */
/*
 * No network has more than so many times what nobody has: alone it gets four fifths of them all,
 * and however much one asks, there is room for the others.
 */
#define FORWARDER_SHARE 4

struct forwarder; /* one per event loop, not thread-safe */
struct forward;	  /* one query under way */

/* Every query ends as answered, failed or cancelled; tries over TCP are among tries. */
struct forwarder_stats {
	uint64_t queries, answered, failed, tries, timeouts, mismatches, retried_tcp, joined,
		refused_full;
};

int forwarder_new(uv_loop_t *loop, unsigned timeout_seconds, struct forwarder **ret);

/*
 * Resolvers that are ourselves and never asked, so that a query cannot go round for ever; the
 * array is borrowed for the forwarder's life.
 */
void forwarder_avoid(struct forwarder *f, const struct sockaddr_storage *own, size_t count);

/*
 * Another time-out and other resolvers that are ourselves. Queries under way keep the resolvers
 * they were given, but in copies: nothing given before is looked at afterwards.
 */
void forwarder_reconfigure(struct forwarder *f, unsigned timeout_seconds,
			   const struct sockaddr_storage *own, size_t count);

/*
 * Called once, from the loop, unless cancelled first. reply carries the client's ID and is
 * borrowed; NULL if every resolver failed (if one answered SERVFAIL or the like and none did
 * better, that reply is given).
 */
typedef void (*forward_done)(void *ctx, const uint8_t *reply, size_t len);

/*
 * resolvers: borrowed until the query has ended, or until forwarder_reconfigure().
 * tcp: ask over TCP (a client's UDP query is asked over UDP; a TC reply to it is
 * passed on, its client comes back by TCP). net: the client's network (limiter_net()).
 * query, len: copied.
 */
struct forward_ask {
	const struct config_resolvers *resolvers;
	bool tcp;
	uint64_t net;
	const uint8_t *query;
	size_t len;
};

/*
 * -EAGAIN: too many under way, in all or of this network; -EINVAL: not a query with one question;
 * -EHOSTUNREACH: no resolver could be asked. done is never called from within.
 */
int forwarder_query(struct forwarder *f, const struct forward_ask *ask, forward_done done,
		    void *ctx, struct forward **ret);

/* The client went away; done is not called. */
void forward_cancel(struct forward *fw);

/* May be called from any thread. */
struct forwarder_stats forwarder_stats(const struct forwarder *f);
const struct forward_upstreams *forwarder_upstreams(const struct forwarder *f);

/* Cancels what is under way; handles close in later turns of the loop. Accepts NULL. */
void forwarder_close(struct forwarder *f);

#endif
