/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A forwarder on a loop of its own, and what becomes of its queries. */
#ifndef XDNS_TEST_FORWARD_FIXTURE_H
#define XDNS_TEST_FORWARD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "forward.h"
#include "upstream.h"

#define TRY_SECONDS 1  /* where nobody answers */
#define PATIENCE    60 /* where somebody does, be the machine ever so busy */

struct outcome {
	unsigned calls;
	bool failed;
	uint8_t msg[65535];
	size_t len;
};

struct fixture {
	uv_loop_t loop;
	uv_timer_t guard;
	struct forwarder *f;
};

/* ID beef, RD, one question "WwW.example. A", EDNS with 1232 octets. */
extern const uint8_t query[];
#define QUERY_LEN 40

/* A query of that length, of a client of network 0. */
#define ASK(list, over_tcp, octets)                                                                \
	(&(struct forward_ask){                                                                    \
		.resolvers = (list), .tcp = (over_tcp), .query = (octets), .len = QUERY_LEN})

/* To Q, the same query of the Nth of some names. */
void one_of_many(uint8_t q[QUERY_LEN], unsigned n);

int setup(void **state);
int teardown(void **state);

/* For resolvers that keep silent. */
void be_impatient(struct fixture *x);

/* The context is a struct outcome. */
void on_outcome(void *ctx, const uint8_t *reply, size_t len);
void run_until(struct fixture *x, const struct outcome *o, unsigned calls);

/* Asks the resolvers and waits for the outcome. */
struct outcome ask(struct fixture *x, struct config_resolver *list, size_t count, bool tcp);

/* The client's ID and question, and the mark of the resolver it should come from. */
void assert_answer(const struct outcome *o, uint8_t mark);

/* Tries at all resolvers that ended so. */
uint64_t tries(const struct fixture *x, enum forward_outcome outcome);

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
