/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * DNS over TCP for one worker (RFC 7766): any number of queries on a
 * connection, pipelined or not. What is answered here is answered in order; what goes to
 * a resolver is answered when it comes back.
 */
#ifndef XDNS_TCP_H
#define XDNS_TCP_H

#include "worker.h"

#define TCP_CONNS_MAX 1024 /* per worker */

struct tcp;

/* Takes the COUNT listening sockets in fds (sets them to -1); env is borrowed. */
int tcp_new(const struct worker_env *env, int *fds, unsigned count, struct tcp **ret);

/*
 * Ends every connection and forgets its queries at the forwarder, which is
 * still there; the memory goes in a later turn of the loop. Accepts NULL.
 */
void tcp_close(struct tcp *t);

#endif
