/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* COOKIE options of the table's queries and responses (RFC 9018 4), hashed by OpenSSL. */
#ifndef XDNS_TESTS_PACKET_COOKIE_H
#define XDNS_TESTS_PACKET_COOKIE_H

#include "packet_wire.h"

#define PACKET_NOW	  1700000000 /* seconds since 1970, by all that answers */
#define PACKET_NSID	  "quiet-1"
#define PACKET_SECRETS	  2
#define PACKET_SECRET_LEN 16

/* Of ZONE_MAIN; ZONE_QUIET has no cookies, but PACKET_NSID. */
extern const uint8_t packet_secrets[PACKET_SECRETS][PACKET_SECRET_LEN];

/* The options' octets, their headers included. */
void put_cookie_asked(struct bytes *b, const struct ask_cookie *c, const struct shape *shape);
void put_cookie_sent(struct bytes *b, const struct row *row, const struct shape *shape);

#endif
