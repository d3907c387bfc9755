/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What became of the tries at each resolver. One thread writes, any thread reads. */
#ifndef XDNS_FORWARD_STATS_H
#define XDNS_FORWARD_STATS_H

#include <stdint.h>
#include <sys/socket.h>

#include "latency.h"

/* X(name, help): how a try ends, one of these. */
#define FORWARD_OUTCOMES(X)                                                                        \
	X(answered, "a reply for the client: NOERROR or NXDOMAIN, mostly")                         \
	X(servfail, "SERVFAIL; like the next three not final while another resolver is left")      \
	X(refused, "REFUSED")                                                                      \
	X(formerr, "FORMERR")                                                                      \
	X(notimp, "NOTIMP")                                                                        \
	X(forged, "over UDP, too many replies that fitted nothing: asked over TCP instead")        \
	X(timeout, "nothing within `timeout` seconds")                                             \
	X(unreachable, "no socket, no connection, a broken one; ICMP says nobody is there")        \
	X(cancelled, "the client went away")

enum forward_outcome {
#define X(name, help) FORWARD_##name,
	FORWARD_OUTCOMES(X)
#undef X
		FORWARD_OUTCOMES_COUNT,
	FORWARD_LAST_REPLY = FORWARD_notimp, /* so far a reply came */
};

#define UPSTREAMS_MAX 32 /* resolvers that are told apart; a reload may bring ever others */

struct forward_upstream {
	struct sockaddr_storage addr; /* family 0: all that are not told apart */
	uint64_t tries[FORWARD_OUTCOMES_COUNT];
	uint64_t mismatches;	/* replies that fitted no try */
	struct latency replies; /* from a try's start to its reply, whatever that says */
};

struct forward_upstreams {
	unsigned count;
	struct forward_upstream list[UPSTREAMS_MAX + 1];
};

/* The entry of a resolver, made if it is new. Stays where it is. */
struct forward_upstream *forward_upstreams_entry(struct forward_upstreams *u,
						 const struct sockaddr_storage *addr);

/* Adds what another thread may be counting. */
void forward_upstreams_add(struct forward_upstreams *sum, const struct forward_upstreams *one);

#endif
