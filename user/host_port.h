/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* "host:port" texts: of masters, resolvers, ZooKeeper's servers. */
#ifndef XDNS_HOST_PORT_H
#define XDNS_HOST_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest host name, or an IPv6 address. */
#define HOST_TEXT_MAX 254

struct host_port {
	char host[HOST_TEXT_MAX]; /* without brackets */
	uint16_t port;		  /* 1 to 65535 */
};

/*
 * "host:port" or "[host]:port"; brackets are needed around a host with colons. Says where host and
 * port are in text, or -EINVAL.
 */
int host_port_split(const char *text, const char **ret_host, size_t *ret_len,
		    const char **ret_port);

/* NULL, or why text is no host and port. What the host is made of is not looked at. */
const char *host_port_parse(const char *text, struct host_port *ret);

/* "host:port", or "[host]:port" for a host with colons; NULL: no memory. */
char *host_port_join(const char *host, uint16_t port);

/* Letters, digits, '-', '_' and '.': nothing that could end the host in a URL. */
bool host_is_name(const char *host);

/*
 * An address in its canonical form, or a host name as it is. -EINVAL: neither. The host is written
 * back to hp, so that two texts for one address are equal.
 */
int host_port_normalise(struct host_port *hp);

#endif
