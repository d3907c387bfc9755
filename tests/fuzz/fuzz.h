/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the fuzz targets share. A target (fuzz_NAME.c) takes any octets, and ends the process where
 * something does not hold. Two programs are made of it: one with libFuzzer (make fuzz), and one
 * with main.c, which reads the corpus (make check). docs/fuzzing.md.
 */
#ifndef XDNS_TESTS_FUZZ_H
#define XDNS_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to hold, in any build. */
#define MUST(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "error: %s:%d: does not hold: %s\n", __FILE__, __LINE__,   \
				#x);                                                               \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* An input from its beginning. What is beyond its end reads as zeros. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

uint8_t fuzz_octet(struct fuzz_input *in);

/*
 * A copy in memory of its own, to be given to free(): *ret_at is its place there, 2 modulo 4 as
 * messages stand in frames. It ends with the memory, so that a sanitizer sees each octet too far.
 */
void *fuzz_copy(const void *data, size_t len, uint8_t **ret_at);

/* By jansson's judgement. */
bool fuzz_is_utf8(const char *text);

/*
 * Between on and off: what is allocated stays for ever, and is no leak. A zone's index holds
 * pointers in a form that a leak checker does not see.
 */
void fuzz_keep(bool on);

/* A consumer of octets: 0, or -errno to end it. */
typedef int (*fuzz_feed)(void *ctx, const void *data, size_t len);

/*
 * Feeds the octets in pieces, each in memory of its own. how: 0: all in one; else where it is cut,
 * the same for the same number. Returns what the last feed returned.
 */
int fuzz_cut(unsigned how, const uint8_t *data, size_t len, fuzz_feed feed, void *ctx);

#endif
