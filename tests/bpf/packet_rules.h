/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lists of clients and response-rate limiting on a bench: rules whose outcome no clock decides, as
 * networks get all that they ask for or nothing.
 */
#ifndef XDNS_TESTS_PACKET_RULES_H
#define XDNS_TESTS_PACKET_RULES_H

#include "packet_bench.h"

enum packet_rules {
	RULES_ROOM,   /* others are exempt or denied, and there is room for all */
	RULES_SLIP,   /* there is room for nobody: TC */
	RULES_FULL,   /* the same, and nothing is sent */
	RULES_EXEMPT, /* the client's network is exempt from that */
	RULES_DENY,   /* it is denied, but for a part */
	RULES_ALLOW,  /* nobody but it is allowed, but for a part */
	RULES_OTHERS, /* others are allowed, and a part of it */
	PACKET_RULES,
};

/*
 * Sets both data planes' rules; they are those of a bench by bench_open_limited() until it is
 * closed. The loaded program's lists are exchanged, which takes some milliseconds.
 */
void bench_set_rules(struct bench *b, enum packet_rules which);

/*
 * NULL, or how the outcome does not follow from the rules. query: a frame that the program took for
 * one, with its offsets. cookie_valid: userspace says so.
 */
const char *packet_rules_judge(const struct bench *b, const struct frame *query,
			       enum xdns_counter outcome, bool cookie_valid);

/* What the lists say of the frame's source: XDNS_CLIENT_*. */
uint32_t packet_rules_client(const struct bench *b, const struct frame *query);

/* The networks of "ADDRESS/BITS ADDRESS/BITS..." into a list; NULL: none. */
void packet_rules_add(struct clients *c, const char *nets, enum client_list list);

#endif
