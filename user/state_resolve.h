/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Addresses of the hosts in a cluster, each name asked for once. */
#ifndef XDNS_STATE_RESOLVE_H
#define XDNS_STATE_RESOLVE_H

#include "cluster.h"
#include "state.h"

/*
 * Fills in the addresses of leader, frameworks and agents. A host that cannot be resolved
 * gets none. -ENOMEM, -ECANCELED (from the resolver).
 */
int state_resolve_hosts(struct cluster *c, const struct state_resolver *resolver);

#endif
