/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The userspace fallback: UDP and TCP sockets on the listened address, served
 * by worker threads with an event loop each (SO_REUSEPORT). A UDP reply leaves from the
 * address the query came to (IP_PKTINFO). Answers come from reply.h, names
 * outside the zone go to forward.h.
 */
#ifndef XDNS_SERVER_H
#define XDNS_SERVER_H

#include <stdint.h>

#include "config.h"
#include "forward.h"
#include "limiter.h"
#include "traffic.h"
#include "transfer.h"
#include "zone.h"

struct server;

struct server_stats {
	struct traffic udp, tcp;
	uint64_t tcp_connections, tcp_refused, tcp_evicted, tcp_denied;
	struct forwarder_stats forward;
	uint64_t transfers[TRANSFER_OUTCOMES_COUNT];
};

/*
 * Binds every socket; queries wait in them until server_run(). On failure *ret_error (to be freed)
 * says which address and why. zone and history outlive the server, cfg does until
 * server_reconfigure().
 */
int server_open(const struct config *cfg, const struct zone *zone, struct history *history,
		unsigned workers, struct server **ret, char **ret_error);

/* Starts the workers, once. After a failure only server_stop() is left. */
int server_run(struct server *s);

/* From now on UDP is limited as the configuration says. The limiter outlives the server. */
void server_set_limiter(struct server *s, const struct limiter *l);

/* The port really bound (config port 0 asks for any). */
uint16_t server_port(const struct server *s);

/*
 * Goes on with another configuration; addresses and port stay those of the start. When it returns,
 * no worker looks at the old one any more, and every query that is taken then sees the new one;
 * queries that are at a resolver keep theirs. Waits for the workers, milliseconds. -ENOMEM:
 * nothing has changed. From the thread that started the server.
 */
int server_reconfigure(struct server *s, const struct config *cfg);

struct server_stats server_stats(const struct server *s);

/* Adds what became of tries at resolvers. */
void server_upstreams(const struct server *s, struct forward_upstreams *sum);

/* Closes the sockets, ends and joins the workers. Accepts NULL. */
void server_stop(struct server *s);

#endif
