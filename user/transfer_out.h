/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The messages of a transfer as they go over TCP: length, header, question, as many records as fit,
 * and a signature. Names are compressed (RFC 1035 4.1.4) but for those in SRV records (RFC 2782).
 * A message is short enough for a pointer to reach all of it.
 */
#ifndef XDNS_TRANSFER_OUT_H
#define XDNS_TRANSFER_OUT_H

#include "abi.h"
#include "tsig.h"
#include "zone.h"

#define TRANSFER_MESSAGE_MAX 16384 /* octets */
#define TRANSFER_PREFIX	     2	   /* octets of length before each, RFC 1035 4.2.2 */

struct transfer_out {
	uint8_t *octets; /* made and not yet taken; to be freed */
	size_t len, capacity;
	uint64_t messages; /* begun so far */

	/* of the query */
	uint16_t id, flags; /* flags: host order, of the answer */
	uint8_t question[DNS_NAME_MAX + 1 + 4];
	size_t question_len;
	bool has_opt;
	bool is_signed;
	struct tsig tsig;
	struct tsig_key key; /* what tsig.key points to */

	/* of the message that is being written */
	size_t at; /* where it begins; 0: there is none */
	uint16_t records;
	uint16_t suffixes[256]; /* places of names' ends in it, by their hash; 0: none */
};

/* A resource record of the zone; ttl in network order. -ENOMEM. */
int transfer_out_rr(struct transfer_out *o, const uint8_t *owner, uint32_t ttl,
		    const struct rr *rr);

/* The same with a type and data that are at hand. */
int transfer_out_data(struct transfer_out *o, const uint8_t *owner, uint16_t type, uint32_t ttl,
		      const uint8_t *data, size_t len);

/* The zone's SOA with this serial. The question must be of the apex. */
int transfer_out_soa(struct transfer_out *o, const struct xdns_config *zc, uint32_t serial);

/* Ends the message that is being written: all octets may be sent. -ENOMEM. */
int transfer_out_flush(struct transfer_out *o);

#endif
