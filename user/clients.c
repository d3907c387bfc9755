// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "clients.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

#define MAPPED_BITS 96 /* ::ffff:0:0/96 holds IPv4 (RFC 4291 2.5.5.2) */
#define BIT(list)   (1U << (list))

static void map_ip4(const void *ip4, uint8_t ret[16])
{
	memset(ret, 0, 10);
	memset(ret + 10, 0xff, 2);
	memcpy(ret + 12, ip4, 4);
}

static int put(struct clients *c, const struct address *a, unsigned bits, unsigned lists)
{
	struct client_net n = {.net.bits = bits, .lists = lists};
	int r = array_reserve(&c->list, &c->cap, c->count + 1, sizeof(*c->list));

	if (r)
		return r;
	if (a->family == AF_INET) {
		map_ip4(a->bytes, n.net.address);
		n.net.bits += MAPPED_BITS;
	} else {
		memcpy(n.net.address, a->bytes, sizeof(n.net.address));
	}
	c->list[c->count++] = n;
	return 0;
}

int clients_add(struct clients *c, const struct address *a, unsigned bits, enum client_list list)
{
	return put(c, a, bits, BIT(list));
}

static int compare(const void *a, const void *b)
{
	const struct xdns_client_net *x = &((const struct client_net *)a)->net;
	const struct xdns_client_net *y = &((const struct client_net *)b)->net;
	int r = memcmp(x->address, y->address, sizeof(x->address));

	return r ? r : (int)x->bits - (int)y->bits;
}

static bool holds(const struct xdns_client_net *net, const uint8_t address[16])
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	return !memcmp(net->address, address, whole) &&
	       (!rest || !((net->address[whole] ^ address[whole]) >> (8 - rest)));
}

/* The whole of IPv4 is in no network of IPv6. */
static bool is_whole(const struct xdns_client_net *net)
{
	static const uint8_t ip4[4];
	uint8_t mapped[16];

	map_ip4(ip4, mapped);
	return !net->bits || (net->bits == MAPPED_BITS && !memcmp(net->address, mapped, 16));
}

/* Networks that are named twice become one. */
static void merge_same(struct clients *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (kept && !compare(&c->list[kept - 1], &c->list[i]))
			c->list[kept - 1].lists |= c->list[i].lists;
		else
			c->list[kept++] = c->list[i];
	}
	c->count = kept;
}

static void work_out(struct clients *c, size_t i, uint32_t by_default)
{
	struct client_net *n = &c->list[i];

	n->outer = i ? i - 1 : 0;
	while (!holds(&c->list[n->outer].net, n->net.address)) /* ::/0 holds everything */
		n->outer = c->list[n->outer].outer;
	n->flags = is_whole(&n->net) ? by_default : c->list[n->outer].flags;
	if (n->lists & (BIT(CLIENTS_ALLOW) | BIT(CLIENTS_DENY)))
		n->flags &= ~(uint32_t)(XDNS_CLIENT_DENIED | XDNS_CLIENT_REFUSED);
	if (n->lists & BIT(CLIENTS_DENY))
		n->flags |= XDNS_CLIENT_DENIED;
	if (n->lists & BIT(CLIENTS_EXEMPT))
		n->flags |= XDNS_CLIENT_EXEMPT;
}

int clients_settle(struct clients *c)
{
	static const struct address any4 = {.family = AF_INET}, any6 = {.family = AF_INET6};
	uint32_t by_default = 0;
	int r = put(c, &any4, 0, 0);

	if (!r)
		r = put(c, &any6, 0, 0);
	if (r)
		return r;
	qsort(c->list, c->count, sizeof(*c->list), compare);
	merge_same(c);
	for (size_t i = 0; i < c->count; i++)
		if (c->list[i].lists & BIT(CLIENTS_ALLOW))
			by_default = XDNS_CLIENT_REFUSED;
	for (size_t i = 0; i < c->count; i++)
		work_out(c, i, by_default);
	return 0;
}

/* The last network that does not begin behind the address: that, or one around it, holds it. */
static size_t last_before(const struct clients *c, const uint8_t address[16])
{
	size_t low = 0, high = c->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(c->list[middle].net.address, address, 16) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint32_t clients_find(const struct clients *c, const struct sockaddr *peer)
{
	uint8_t address[16];
	size_t i;

	if (!c->count)
		return 0;
	if (peer->sa_family == AF_INET)
		map_ip4(&((const struct sockaddr_in *)peer)->sin_addr, address);
	else
		memcpy(address, &((const struct sockaddr_in6 *)peer)->sin6_addr, sizeof(address));
	i = last_before(c, address);
	while (!holds(&c->list[i].net, address))
		i = c->list[i].outer;
	return c->list[i].flags;
}

void clients_clear(struct clients *c)
{
	free(c->list);
	*c = (struct clients){0};
}
