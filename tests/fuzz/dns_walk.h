/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Walks over a DNS message, octet by octet: nothing here is the daemon's own code. */
#ifndef XDNS_TESTS_FUZZ_DNS_WALK_H
#define XDNS_TESTS_FUZZ_DNS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns_walk {
	unsigned questions;
	size_t question_end; /* behind the first question */
	size_t end;	     /* behind the last record */
	unsigned opts;	     /* OPT records, wherever */
	unsigned opt_size;   /* of the last one: octets its sender accepts */
	bool pointers; /* names are compressed: to what stands before them, or they are none */
};

/*
 * false: there is no such message: a count too large, a name that is none, RDATA of a known type
 * that its names do not fill.
 */
bool dns_walk(const uint8_t *msg, size_t len, struct dns_walk *ret);

#endif
