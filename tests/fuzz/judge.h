/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What an answer is, whatever the query was: a message, to this one, no longer than is taken. */
#ifndef XDNS_TESTS_FUZZ_JUDGE_H
#define XDNS_TESTS_FUZZ_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct judged_query {
	const uint8_t *msg;
	size_t len;
	bool tcp;
};

/* Octets that the client takes. */
size_t judge_limit(const struct judged_query *q);

void judge_answer(const struct judged_query *q, const uint8_t *out, size_t len);

#endif
