/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A socket address of either family. */
#ifndef XDNS_ENDPOINT_H
#define XDNS_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "cookie.h"

#define ENDPOINT_TEXT_MAX (INET6_ADDRSTRLEN + sizeof("[]:65535"))

/* Family, address and port; scope and flow are of no account. */
bool endpoint_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* "192.0.2.1:53", "[2001:db8::1]:53"; "" of neither family. Returns buf. */
const char *endpoint_text(const struct sockaddr_storage *a, char buf[ENDPOINT_TEXT_MAX]);

/* Its address as the packet path has it, for servers' cookies. */
void endpoint_client(const struct sockaddr *a, struct xdns_client *ret);

#endif
