// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet_rules.h"
#include "util.h"

#define FULL	 (UINT64_MAX / 2) /* a cell that is used up for ever */
#define INTERVAL 1		  /* ns: a second's worth is more than any test asks for */

#define NETS   "192.0.2.0/25 2001:db8:53::/65"	 /* of the client */
#define PART   "192.0.2.4/30 2001:db8:53::4/126" /* in it, the client's, too */
#define NOBODY "203.0.113.0/24 2001:db9::/32"

static const struct {
	const char *allow, *deny, *exempt;
	bool full;
	uint32_t slip;
} rules[PACKET_RULES] = {
	[RULES_ROOM] = {.deny = "192.0.2.128/25 2001:db8:54::/48", .exempt = NOBODY},
	[RULES_SLIP] = {.exempt = NOBODY, .full = true, .slip = 1},
	[RULES_FULL] = {.exempt = NOBODY, .full = true},
	[RULES_EXEMPT] = {.exempt = NETS, .deny = NOBODY, .full = true},
	[RULES_DENY] = {.deny = NETS, .allow = PART, .exempt = PART, .full = true},
	[RULES_ALLOW] = {.allow = NETS, .deny = PART},
	[RULES_OTHERS] = {.allow = NOBODY " 192.0.2.8/29 2001:db8:53::8/125"},
};

void packet_rules_add(struct clients *c, const char *nets, enum client_list list)
{
	char text[128], *word, *rest;

	snprintf(text, sizeof(text), "%s", nets ? nets : "");
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct address a;
		unsigned bits;

		assert_null(address_parse_network(word, &a, &bits));
		assert_int_equal(clients_add(c, &a, bits, list), 0);
	}
}

static void set_cells(uint64_t *cells, bool full)
{
	for (unsigned i = 0; i < XDNS_LIMIT_CELLS; i++)
		cells[i] = full ? FULL : 0;
}

void bench_set_rules(struct bench *b, enum packet_rules which)
{
	struct xdns_limit limit = {.interval = INTERVAL, .slip = rules[which].slip};

	memcpy(limit.key, b->limiter.key, sizeof(limit.key));
	clients_clear(&b->lists);
	packet_rules_add(&b->lists, rules[which].allow, CLIENTS_ALLOW);
	packet_rules_add(&b->lists, rules[which].deny, CLIENTS_DENY);
	packet_rules_add(&b->lists, rules[which].exempt, CLIENTS_EXEMPT);
	assert_int_equal(clients_settle(&b->lists), 0);
	native_set_extras(b->native, XDNS_EXTRA_CLIENTS | XDNS_EXTRA_LIMIT, &b->lists);
	native_state(b->native)->limit = limit;
	set_cells(native_cells(b->native), rules[which].full);
	b->rules = which;
	if (!b->loaded)
		return;
	assert_int_equal(loaded_set_clients(b->loaded, &b->lists), 0);
	loaded_state(b->loaded)->limit = limit;
	set_cells(b->limiter.cells, rules[which].full);
}

uint32_t packet_rules_client(const struct bench *b, const struct frame *query)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} peer = {.any.sa_family = query->ip6 ? AF_INET6 : AF_INET};
	const uint8_t *ip = query->octet + query->l3;

	if (query->ip6)
		memcpy(&peer.ip6.sin6_addr, ip + 8, 16);
	else
		memcpy(&peer.ip4.sin_addr, ip + 12, 4);
	return clients_find(&b->lists, &peer.any);
}

const char *packet_rules_judge(const struct bench *b, const struct frame *query,
			       enum xdns_counter outcome, bool cookie_valid)
{
	uint32_t client = packet_rules_client(b, query);
	bool refused = client & XDNS_CLIENT_REFUSED, denied = client & XDNS_CLIENT_DENIED;
	bool limited = rules[b->rules].full && !(client & XDNS_CLIENT_EXEMPT) && !cookie_valid;

	switch (outcome) {
	case XDNS_drop_denied:
		return denied ? NULL : "denied, but on no such list";
	case XDNS_pass_refused:
		return refused && !limited ? NULL : "refused, but may ask, or too often";
	case XDNS_drop_limited:
	case XDNS_answer_limited:
		if ((outcome == XDNS_answer_limited) != rules[b->rules].slip)
			return "slips as it must not";
		return limited && !denied && !refused ? NULL : "limited as it must not be";
	case XDNS_drop_limited_pass: /* a cookie that the program could not read is none */
		return rules[b->rules].full && !(client & XDNS_CLIENT_EXEMPT) && !denied
			       ? NULL
			       : "kept from userspace as it must not be";
	default:
		return !limited && !denied && !refused
			       ? NULL
			       : "answered, or left to userspace, as it must not be";
	}
}
