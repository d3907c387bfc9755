/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The sockets of the listened address: opened and bound, not yet read from. */
#ifndef XDNS_LISTENERS_H
#define XDNS_LISTENERS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "config.h"

#define LISTENERS_MAX 2 /* IPv4 and IPv6 */

union sock_addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* One worker's share; all share the port by SO_REUSEPORT. */
struct listeners {
	int udp[LISTENERS_MAX], tcp[LISTENERS_MAX]; /* non-blocking; -1 when taken */
	unsigned count;
};

/*
 * Fills ret[0..workers-1]. Port 0 takes any port that is free for both
 * protocols and both families. A port somebody else serves is refused after two seconds, also one
 * that would share it. On failure *ret_error (to be freed) names the address, the protocol and, if
 * it can be found, the process that is in the way.
 */
int listeners_open(const struct config *cfg, unsigned workers, struct listeners *ret,
		   uint16_t *ret_port, char **ret_error);

/* Closes what has not been taken. */
void listeners_close(struct listeners *l, unsigned workers);

/*
 * Those of cfg's resolvers that are addresses we serve on PORT ourselves; the
 * array is to be freed. -ENOMEM.
 */
int listeners_own_resolvers(const struct config *cfg, uint16_t port, struct sockaddr_storage **ret,
			    size_t *ret_count);

#endif
