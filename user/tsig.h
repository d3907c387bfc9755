/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Transaction signatures (RFC 8945): a message is signed with a secret that both sides have. A
 * struct tsig is one exchange, whichever side began it: each signature goes into the next one, so
 * that nobody can put an answer to another question, or another message into a transfer.
 *
 * HMACs of SHA-1 and SHA-2; secrets are borrowed from the configuration. Truncated signatures are
 * never made, and none is accepted.
 */
#ifndef XDNS_TSIG_H
#define XDNS_TSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns.h"

#define TSIG_MAC_MAX	64
#define TSIG_SECRET_MAX 512 /* octets */
#define TSIG_FUDGE	300 /* seconds that clocks may differ, RFC 8945 10 */

/* X(enum, name of the algorithm, of the digest, octets) */
#define TSIG_ALGORITHMS(X)                                                                         \
	X(SHA1, "hmac-sha1", "SHA1", 20)                                                           \
	X(SHA224, "hmac-sha224", "SHA224", 28)                                                     \
	X(SHA256, "hmac-sha256", "SHA256", 32)                                                     \
	X(SHA384, "hmac-sha384", "SHA384", 48)                                                     \
	X(SHA512, "hmac-sha512", "SHA512", 64)

enum tsig_algorithm {
#define X(id, name, digest, octets) TSIG_##id,
	TSIG_ALGORITHMS(X)
#undef X
		TSIG_ALGORITHMS_COUNT,
};

extern const char *const tsig_algorithm_names[TSIG_ALGORITHMS_COUNT];

struct tsig_key {
	uint8_t name[DNS_NAME_MAX + 1]; /* wire, lower case */
	uint8_t name_len;
	uint8_t algorithm; /* enum tsig_algorithm */
	uint16_t secret_len;
	uint8_t secret[TSIG_SECRET_MAX];
};

struct tsig {
	const struct tsig_key *key; /* NULL: it is not known here */
	uint16_t error;		    /* enum dns_tsig_error, 0: the request is good */
	bool chained;		    /* another message of this answer has been signed */
	uint8_t mac[TSIG_MAC_MAX];  /* of the message before */
	uint8_t mac_len;
	uint64_t time; /* of the request, seconds since 1970 */
	/* As the request has them, for an answer without a key: wire, lower case. */
	uint8_t name[DNS_NAME_MAX + 1], algorithm[DNS_NAME_MAX + 1];
	uint8_t name_len, algorithm_len;
};

/*
 * Where a message's TSIG record begins. 0: it has none, and nothing is wrong with that; -EBADMSG:
 * broken, or a TSIG that is not the last record (RFC 8945 5.1).
 */
int tsig_find(const uint8_t *msg, size_t len, size_t *ret_at);

/*
 * Judges a request whose TSIG is at `at`; ret->error says what is wrong with it. -EBADMSG: the
 * record itself is malformed (FORMERR). -ENOMEM: nobody can say; the answer has no signature then.
 */
int tsig_verify(const struct tsig_key *keys, size_t count, const uint8_t *msg, size_t len,
		size_t at, uint64_t now, struct tsig *ret);

/* A request of ours with this key, to be signed. */
void tsig_begin(struct tsig *t, const struct tsig_key *key);

/* Is this the answer to the request that t has signed? -EACCES: it is not; -EBADMSG. */
int tsig_verify_answer(struct tsig *t, const uint8_t *msg, size_t len, uint64_t now);

/* Octets that tsig_sign() adds, at the most. */
size_t tsig_room(const struct tsig *t);

/*
 * Appends the record to a message of len octets with room for cap, counts it in the header, and
 * remembers what the next message needs. Returns the message's length, 0: there is no room.
 */
size_t tsig_sign(struct tsig *t, uint8_t *msg, size_t len, size_t cap, uint64_t now);

#endif
