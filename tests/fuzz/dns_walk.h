/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Walks over a DNS message, octet by octet: nothing here is the daemon's own code. */
#ifndef XDNS_TESTS_FUZZ_DNS_WALK_H
#define XDNS_TESTS_FUZZ_DNS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record: where it stands, host order. */
struct dns_walk_rr {
	size_t at, rdata, end; /* from the message's beginning */
	unsigned type, rclass;
};

struct dns_walk {
	unsigned questions;
	size_t question_end; /* behind the first question */
	size_t end;	     /* behind the last record */
	unsigned opts;	     /* OPT records, wherever */
	unsigned opt_size;   /* of the last one: octets its sender accepts */
	unsigned tsigs;	     /* TSIG records, wherever */
	bool pointers; /* names are compressed: to what stands before them, or they are none */
	struct dns_walk_rr last; /* the last record; all 0: there is none */
};

/*
 * false: there is no such message: a count too large, a name that is none, RDATA of a known type
 * that its names do not fill.
 */
bool dns_walk(const uint8_t *msg, size_t len, struct dns_walk *ret);

/* The record at `at` of a message that is one. */
void dns_walk_rr(const uint8_t *msg, size_t len, size_t at, struct dns_walk_rr *ret);

/* The name at `at`, of which the same holds, in lower case with its pointers followed. Its octets.
 */
size_t dns_walk_name(const uint8_t *msg, size_t len, size_t at, uint8_t ret[/* DNS_NAME_MAX */]);

#endif
