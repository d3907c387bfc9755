/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An IP address without a port, as it goes into A and AAAA records. */
#ifndef XDNS_ADDRESS_H
#define XDNS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
	uint8_t family;	   /* AF_INET, AF_INET6 or 0 for none */
	uint8_t bytes[16]; /* network order; IPv4 in the first four, rest 0 */
};

/*
 * Text to address: dotted quad without leading zeros, or RFC 4291 text without
 * a zone id. ::ffff:a.b.c.d counts as IPv4 (as Go's net.IP does).
 */
int address_parse(const char *text, struct address *ret);

/* Canonical text (RFC 5952); buf of at least INET6_ADDRSTRLEN bytes. */
const char *address_format(const struct address *a, char *buf, size_t len);

bool address_equal(const struct address *a, const struct address *b);

/* Does a agree with b in the first so many bits? */
bool address_within(const struct address *a, const struct address *b, unsigned prefix);

/* With the port, in host order. Returns its octets. */
socklen_t address_to_sockaddr(const struct address *a, uint16_t port, struct sockaddr_storage *ret);

/* The address in a sockaddr of either family; of another, none. */
void address_from_sockaddr(const struct sockaddr_storage *addr, struct address *ret);

/*
 * "ADDRESS", which is a network of its own, or "ADDRESS/BITS" without bits set behind the prefix.
 * NULL, or why it is none.
 */
const char *address_parse_network(const char *text, struct address *ret, unsigned *ret_bits);

#endif
