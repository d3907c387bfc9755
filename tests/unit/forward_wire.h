/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A resolver's UDP socket in the test's own hands, and those of who would answer in its place. */
#ifndef XDNS_TEST_FORWARD_WIRE_H
#define XDNS_TEST_FORWARD_WIRE_H

#include "forward_fixture.h"

#define MARK_RIGHT  0x11
#define MARK_FORGED 0xbb

struct wire {
	int fd, other_port, other_address;
	struct config_resolver resolver;
	struct config_resolvers list;
};

/* One query as it came to the resolver. */
struct seen {
	struct sockaddr_in from;
	uint8_t msg[QUERY_LEN + 1]; /* and a mark */
};

void wire_open(struct wire *w);
void wire_close(struct wire *w);

/* Asks it over UDP, on behalf of a client that sent Q. */
struct forward *begin(struct fixture *x, struct wire *w, const uint8_t *q, struct outcome *o);

/* What the forwarder sent. */
void see(struct wire *w, struct seen *s);
bool sees_nothing(const struct wire *w);

/* The right reply with another mark and, unless id_xor is 0, another ID. */
void reply_from(int fd, const struct seen *s, uint16_t id_xor, uint8_t mark);

#endif
