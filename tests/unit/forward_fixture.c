// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "forward_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define GUARD_MS (120 * 1000) /* a test that hangs fails */

const uint8_t query[] = "\xbe\xef\x01\x00\0\1\0\0\0\0\0\1"
			"\3WwW\7example\0\0\1\0\1"
			"\0\0\x29\x04\xd0\0\0\0\0\0\0";

_Static_assert(sizeof(query) - 1 == QUERY_LEN, "the text's own length");

void one_of_many(uint8_t q[QUERY_LEN], unsigned n)
{
	memcpy(q, query, QUERY_LEN);
	for (int i = 0; i < 3; i++, n /= 26)
		q[13 + i] = (uint8_t)('a' + n % 26);
}

void on_outcome(void *ctx, const uint8_t *reply, size_t len)
{
	struct outcome *o = ctx;

	o->calls++;
	o->failed = !reply;
	o->len = len;
	if (reply)
		memcpy(o->msg, reply, len);
}

static void on_guard(uv_timer_t *timer)
{
	(void)timer;
	fprintf(stderr, "the forwarder did not end the query\n");
	abort();
}

int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	if (!x || uv_loop_init(&x->loop) < 0 || forwarder_new(&x->loop, PATIENCE, &x->f) < 0)
		return -1;
	uv_timer_init(&x->loop, &x->guard);
	uv_timer_start(&x->guard, on_guard, GUARD_MS, 0);
	*state = x;
	return 0;
}

int teardown(void **state)
{
	struct fixture *x = *state;
	int r;

	forwarder_close(x->f);
	uv_close((uv_handle_t *)&x->guard, NULL);
	uv_run(&x->loop, UV_RUN_DEFAULT);
	r = uv_loop_close(&x->loop);
	free(x);
	return r;
}

void be_impatient(struct fixture *x)
{
	forwarder_reconfigure(x->f, TRY_SECONDS, NULL, 0);
}

void run_until(struct fixture *x, const struct outcome *o, unsigned calls)
{
	while (o->calls < calls)
		uv_run(&x->loop, UV_RUN_ONCE);
}

struct outcome ask(struct fixture *x, struct config_resolver *list, size_t count, bool tcp)
{
	struct config_resolvers resolvers = {.list = list, .count = count};
	struct outcome o = {0};
	struct forward *fw = NULL;

	uv_update_time(&x->loop); /* it may not have run for long */
	assert_int_equal(forwarder_query(x->f, ASK(&resolvers, tcp, query), on_outcome, &o, &fw),
			 0);
	assert_non_null(fw);
	assert_int_equal(o.calls, 0);
	run_until(x, &o, 1);
	assert_int_equal(o.calls, 1);
	return o;
}

void assert_answer(const struct outcome *o, uint8_t mark)
{
	assert_false(o->failed);
	assert_int_equal(o->len, QUERY_LEN + 1);
	assert_memory_equal(o->msg, query, 2);
	assert_memory_equal(o->msg + 12, query + 12, 17);
	assert_int_equal(o->msg[o->len - 1], mark);
}

uint64_t tries(const struct fixture *x, enum forward_outcome outcome)
{
	const struct forward_upstreams *u = forwarder_upstreams(x->f);
	uint64_t sum = 0;

	for (unsigned i = 0; i < u->count; i++)
		sum += u->list[i].tries[outcome];
	return sum;
}
