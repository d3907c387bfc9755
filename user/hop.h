/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What of a forwarded query is between its client and us alone. EDNS is spoken by neighbours
 * (RFC 6891), and a cookie proves an address to the server that made it (RFC 7873): to a
 * resolver ours is somebody else's, and its own would take ours from the client. So the
 * client's COOKIE option stays here, and its reply gets one as any other answer does.
 */
#ifndef XDNS_HOP_H
#define XDNS_HOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns.h"

/* Octets of a COOKIE option as we send it. */
#define HOP_COOKIE_LEN (DNS_OPTION_HEADER_LEN + DNS_COOKIE_LEN)

struct hop {
	bool has_cookie;
	uint8_t cookie[DNS_COOKIE_LEN]; /* the client's and the server's, as they go out */
};

/*
 * Takes COOKIE options out of a query, in place, and from the size its sender takes what the reply
 * will get for them; returns its octets. What does not end with its OPT, as a signed query
 * (RFC 8945 5.1), stays as it is.
 */
size_t hop_query(uint8_t *query, size_t len);

/*
 * Puts the client's cookie into the reply's OPT, in place; returns the reply's octets. Without a
 * cookie, an OPT at the end, or room below cap the reply stays as it is.
 */
size_t hop_reply(const struct hop *hop, uint8_t *reply, size_t len, size_t cap);

#endif
