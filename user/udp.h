/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* DNS over UDP for one worker: batches in, batches out. */
#ifndef XDNS_UDP_H
#define XDNS_UDP_H

#include "worker.h"

struct udp;

/* Takes the COUNT sockets in fds (sets them to -1); env is borrowed. */
int udp_new(const struct worker_env *env, int *fds, unsigned count, struct udp **ret);

/*
 * Forgets the queries under way at the forwarder, which is still there, and
 * closes the sockets; the memory goes in a later turn of the loop. Accepts NULL.
 */
void udp_close(struct udp *u);

#endif
