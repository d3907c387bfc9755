/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A zone that has changed some times, with its history, three keys and secondaries with and
 * without one; and whether a stream of records is a transfer of it.
 */
#ifndef XDNS_TESTS_FUZZ_TRANSFER_ZONE_H
#define XDNS_TESTS_FUZZ_TRANSFER_ZONE_H

#include "transfer.h"

#define ZONE_KEYS   3		     /* of the configuration; a further one is known to nobody */
#define ZONE_FIRST  (UINT32_MAX - 2) /* the oldest version whose changes are known */
#define ZONE_NEWEST 2

/* Secondaries by their addresses, 127.0.0.1 and so on: 1 needs key 0, 2 none, 3 key 1. */
enum transfer_peer { PEER_KEY_0 = 1, PEER_OPEN, PEER_KEY_1, PEER_STRANGER };

struct transfer_zone {
	struct config *cfg;
	struct zone *zone;
	struct transfer_source source;
	struct tsig_key keys[ZONE_KEYS + 1];
};

/* Made once, for ever. The calling thread is registered with RCU. */
struct transfer_zone *transfer_zone(void);

/* What is sent, as it came. */
struct sent_record {
	uint8_t owner[DNS_NAME_MAX];
	size_t owner_len;
	unsigned type;
	uint8_t data[2 * DNS_NAME_MAX + 32]; /* of a SOA none */
	size_t len;
	uint32_t serial; /* of a SOA */
};

struct sent {
	struct sent_record list[256];
	size_t count;
};

/* The records of the answer section, which dns_walk() has walked over. */
void sent_add(struct sent *s, const uint8_t *msg, size_t len, size_t at);

/* A whole zone, or what leads from version `has` to the newest, or that it is that. */
void sent_judge(const struct sent *s, bool incremental, uint32_t has);

#endif
