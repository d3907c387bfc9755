/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Queries, frames and the responses they must get, made octet by octet from the table's
 * description: nothing here uses the daemon's own code for messages or checksums.
 */
#ifndef XDNS_TESTS_PACKET_WIRE_H
#define XDNS_TESTS_PACKET_WIRE_H

#include "packets.h"

#define PACKET_MAX 4096

struct bytes {
	uint8_t octet[PACKET_MAX];
	size_t len;
};

void put_octets(struct bytes *b, const void *p, size_t n);
void put_be16(struct bytes *b, uint16_t v);
void put_be32(struct bytes *b, uint32_t v);

/* The DNS message of the row's query. */
void query_message(const struct row *row, const struct shape *shape, struct bytes *ret);

/* The response the row describes, to this query. */
void response_message(const struct row *row, const struct shape *shape, const struct bytes *query,
		      struct bytes *ret);

#endif
