/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Response-rate limiting in userspace: include/limit.h on the cells that the program looks at, too,
 * where there is one, so that it does not matter which plane answers. They are never given back.
 */
#ifndef XDNS_LIMITER_H
#define XDNS_LIMITER_H

#include <stdint.h>
#include <sys/socket.h>

#include "config.h"
#include "limit.h"

struct limiter {
	uint64_t key[2]; /* random */
	uint64_t *cells; /* XDNS_LIMIT_CELLS and maybe the program's own, shared by all threads;
			    NULL: not needed yet */
	int cells_fd;	 /* of the BPF map that they are in; -1: of none */
};

/* A key, and no cells. */
int limiter_init(struct limiter *l);

/* Cells: those that the caller has mapped, or memory of our own if there are none. -errno. */
int limiter_set_cells(struct limiter *l, uint64_t *cells, int cells_fd);

/* The rule's numbers for a configuration, as in `state`. */
void limiter_rule(const struct limiter *l, const struct config *cfg, struct xdns_limit *ret);

/* The network of a client of either family, as include/limit.h has it. */
uint64_t limiter_net(const struct sockaddr *peer);

/* One response more to this client, who is not exempt? now: now_ns(). Any thread. */
enum xdns_limit_verdict limiter_take(const struct limiter *l, const struct config *cfg,
				     const struct sockaddr *peer, uint64_t now, uint32_t random);

#endif
