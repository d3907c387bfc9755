/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The networks that clientsAllow, clientsDeny and responsesExempt name, as one list: what holds for
 * an address is what the longest prefix says that it is in, as in the program's trie, which is made
 * of this list. Between allowing and denying the longer prefix decides, of two alike denying; what
 * is in an exempt network is exempt.
 */
#ifndef XDNS_CLIENTS_H
#define XDNS_CLIENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "abi.h"
#include "address.h"

enum client_list { CLIENTS_ALLOW, CLIENTS_DENY, CLIENTS_EXEMPT };

struct client_net {
	struct xdns_client_net net; /* as a key of the trie: bits behind the prefix are 0 */
	unsigned lists; /* 1 << enum client_list, of those that name this very network */
	uint32_t flags; /* XDNS_CLIENT_*: what follows for its addresses */
	size_t outer;	/* the next shorter prefix around it; the first has itself */
};

struct clients {
	struct client_net *list; /* sorted by address, then by length */
	size_t count, cap;
};

/*
 * A network, IPv4 with up to 32 bits, IPv6 with up to 128; bits of the address behind the prefix
 * are 0. -ENOMEM.
 */
int clients_add(struct clients *c, const struct address *a, unsigned bits, enum client_list list);

/*
 * After the last one: sorts them, puts both families' wholes in and works out the flags. Who is in
 * neither list is refused if any network is allowed. -ENOMEM.
 */
int clients_settle(struct clients *c);

/* XDNS_CLIENT_* of an address of either family; 0 without a list. */
uint32_t clients_find(const struct clients *c, const struct sockaddr *peer);

void clients_clear(struct clients *c);

#endif
