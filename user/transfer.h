/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Zone transfers to the configured secondaries: the whole zone (AXFR, RFC 5936), or what has
 * changed since the version they have (IXFR, RFC 1995).
 *
 * Each is of one version of the zone while that changes, without a copy of it: the zone is read in
 * small parts, and for names that change meanwhile the history has what they were. What it forgets
 * before the transfer is over breaks that off, and the secondary asks again.
 */
#ifndef XDNS_TRANSFER_H
#define XDNS_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "config.h"
#include "history.h"
#include "traffic.h"
#include "zone.h"

#define TRANSFERS_MAX	  8	      /* at a time; another gets SERVFAIL */
#define TRANSFER_CHUNK	  (128 << 10) /* octets made in one go, and the rest of the names at hand */
#define TRANSFER_TOTAL_MS 600000      /* who has not taken the zone by then is given up */

/* X(name, help): what becomes of a query for one. */
#define TRANSFER_OUTCOMES(X)                                                                       \
	X(axfr, "the whole zone was sent")                                                         \
	X(ixfr, "the changes since the secondary's version were sent")                             \
	X(ixfr_full, "instead of changes that are not known any more the whole zone was sent")     \
	X(ixfr_current, "the secondary had the version of now: told so")                           \
	X(ixfr_udp, "asked by UDP: the SOA was sent, so that it asks by TCP")                      \
	X(refused, "not one of the secondaries, or not with its key")                              \
	X(bad_signature, "a TSIG with an unknown key, another signature, or of another time")      \
	X(unready, "no zone, or an expired one")                                                   \
	X(busy, "too many at a time")                                                              \
	X(broken, "not sent to its end: closed, too slow, or the zone changed too much meanwhile")

enum transfer_outcome {
#define X(name, help) TRANSFER_##name,
	TRANSFER_OUTCOMES(X)
#undef X
		TRANSFER_OUTCOMES_COUNT,
};

/* The answer it counts as. */
enum traffic_answer transfer_said(enum transfer_outcome outcome);

/* Where transfers get the zone from; one for all. */
struct transfer_source {
	const struct zone *zone;
	struct history *history;
	unsigned running; /* atomic */
};

/* A query for a transfer, as reply.h found it: AXFR or IXFR of a name of the domain. */
struct transfer_query {
	const struct config *cfg;
	const struct sockaddr_storage *peer;
	bool tcp;
	const uint8_t *octets;
	size_t len;
};

struct transfer;

/*
 * Judges the query. *ret is the transfer, for transfer_free(); or it is NULL, and out holds the one
 * message that answers it all, of *ret_len octets, which counts as *ret_outcome.
 */
void transfer_begin(struct transfer_source *s, const struct transfer_query *q, uint8_t *out,
		    size_t cap, struct transfer **ret, size_t *ret_len,
		    enum transfer_outcome *ret_outcome);

/*
 * Makes the next octets for the connection; those before are gone. Any thread that is not
 * registered with RCU, one at a time; may wait for a commit. 1: there is more; 0: these are the
 * last; -ESTALE: the version is lost; -ENOMEM.
 */
int transfer_fill(struct transfer *t);

/* What transfer_fill() has made. */
const uint8_t *transfer_octets(const struct transfer *t, size_t *ret_len);

/* Of one whose last octets are sent; a line of the log. */
enum transfer_outcome transfer_done(const struct transfer *t);

void transfer_free(struct transfer *t);

#endif
