/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The machine's network interfaces and their addresses, as they are now. */
#ifndef XDNS_INTERFACES_H
#define XDNS_INTERFACES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

struct interface {
	char name[IF_NAMESIZE];
	unsigned index;
	unsigned mtu;  /* octets; 0: the kernel did not say */
	unsigned peer; /* veth: interface index of the other end; 0: elsewhere or none */
	bool loopback, up;
	bool ethernet; /* its frames begin with an Ethernet header: not so on tun, WireGuard ... */
	char driver[32]; /* "" if the device does not say */
};

struct interface_address {
	unsigned index; /* of the interface */
	struct address address;
	uint32_t broadcast; /* IPv4, network order; 0: none */
	bool loopback;
};

struct interfaces {
	struct interface *list;
	size_t count;
	struct interface_address *addresses;
	size_t addresses_count;
};

int interfaces_scan(struct interfaces *ret);
void interfaces_done(struct interfaces *in);

/* By name; NULL if there is none. */
const struct interface *interfaces_find(const struct interfaces *in, const char *name);

/*
 * A netlink socket (non-blocking) that becomes readable when links or
 * addresses change; drain it and scan again. -errno on failure.
 */
int interfaces_watch(void);
void interfaces_drain(int fd);

#endif
