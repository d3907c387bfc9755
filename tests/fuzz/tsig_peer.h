/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The other side of signed messages (RFC 8945): signs what is asked, and judges what is answered.
 * It reads messages with dns_walk.h and takes HMACs from OpenSSL at once: of the daemon's own code
 * it has no more than how a key is kept.
 */
#ifndef XDNS_TESTS_FUZZ_TSIG_PEER_H
#define XDNS_TESTS_FUZZ_TSIG_PEER_H

#include <stdbool.h>

#include "tsig.h"

#define TSIG_PEER_ROOM (2 * DNS_NAME_MAX + 100) /* octets that a signature takes, at the most */

/* One exchange. */
struct tsig_peer {
	const struct tsig_key *key;
	uint8_t mac[TSIG_MAC_MAX]; /* of the message before */
	size_t mac_len;		   /* 0: there was none */
	unsigned answers;	   /* judged so far */
};

/* Signs a message of len octets, with room for TSIG_PEER_ROOM more; returns its length then. */
size_t tsig_peer_sign(struct tsig_peer *p, uint8_t *msg, size_t len, uint64_t now);

/*
 * Is this, a message as dns_walk() wants it, the next one of the answer, signed with the key?
 * *ret_error: what its record says.
 */
bool tsig_peer_accepts(struct tsig_peer *p, const uint8_t *msg, size_t len, unsigned *ret_error);

#endif
