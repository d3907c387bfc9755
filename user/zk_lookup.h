/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Addresses of ZooKeeper's servers. */
#ifndef XDNS_ZK_LOOKUP_H
#define XDNS_ZK_LOOKUP_H

#include "zk_url.h"

/*
 * All addresses of the servers whose names can be resolved, as zookeeper_init() takes them:
 * "address:port,address:port", IPv6 without brackets, sorted, none twice; to be freed. Waits for
 * DNS. NULL: no server has an address; *ret_why is a constant that says why the last has none.
 */
char *zk_lookup(const struct zk_url *url, const char **ret_why);

#endif
