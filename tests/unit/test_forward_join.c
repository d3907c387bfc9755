// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Questions that are the same are asked once (forward_join.c). */
#include "forward_wire.h"

#include <stdlib.h>

#include "util.h"

static void assert_own_id(const struct outcome *o, uint8_t id)
{
	assert_int_equal(o->calls, 1);
	assert_false(o->failed);
	assert_int_equal(o->msg[1], id);
	assert_int_equal(o->msg[o->len - 1], MARK_RIGHT);
}

/* The first may go away, and the last: whoever is left has the answer. */
static void test_alike_are_asked_once(void **state)
{
	enum { N = 50 };
	struct fixture *x = *state;
	struct outcome *o = calloc(N, sizeof(*o));
	struct forward *fw[N];
	uint8_t q[QUERY_LEN];
	struct wire w;
	struct seen s;

	assert_non_null(o);
	wire_open(&w);
	memcpy(q, query, sizeof(q));
	for (int i = 0; i < N; i++) {
		q[1] = (uint8_t)i;
		fw[i] = begin(x, &w, q, &o[i]);
	}
	see(&w, &s);
	assert_true(sees_nothing(&w));
	assert_int_equal(forwarder_stats(x->f).joined, N - 1);
	forward_cancel(fw[0]);
	forward_cancel(fw[N - 1]);
	reply_from(w.fd, &s, 0, MARK_RIGHT);
	run_until(x, &o[1], 1);
	for (int i = 1; i < N - 1; i++)
		assert_own_id(&o[i], (uint8_t)i);
	assert_int_equal(o[0].calls + o[N - 1].calls, 0);
	assert_int_equal(forwarder_stats(x->f).answered, N - 2);

	/* nothing is left to be joined, nor when all have gone away */
	for (int round = 0; round < 2; round++) {
		fw[0] = begin(x, &w, query, &o[0]);
		fw[1] = begin(x, &w, query, &o[0]);
		see(&w, &s);
		assert_true(sees_nothing(&w));
		forward_cancel(fw[round]);
		forward_cancel(fw[!round]);
	}
	assert_int_equal(tries(x, FORWARD_cancelled), 2);
	assert_int_equal(o[0].calls, 0);
	wire_close(&w);
	free(o);
}

/* A letter's case, a flag, the transport: another question. */
static void test_unlike_are_not_joined(void **state)
{
	struct fixture *x = *state;
	struct outcome o = {0};
	uint8_t q[QUERY_LEN];
	struct wire w;
	struct seen s;
	static const struct {
		size_t at;
		uint8_t bit;
	} changes[] = {{2, 1}, {3, 0x10}, {13, 0x20}, {26, 1}, {36, 0x80}};

	wire_open(&w);
	begin(x, &w, query, &o);
	see(&w, &s);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		memcpy(q, query, sizeof(q));
		q[changes[i].at] ^= changes[i].bit;
		begin(x, &w, q, &o);
		see(&w, &s);
		assert_memory_equal(s.msg + 2, q + 2, QUERY_LEN - 2);
	}
	assert_int_equal(forwarder_stats(x->f).joined, 0);
	wire_close(&w);
}

struct chain {
	struct forward *others[3];
	unsigned calls;
};

static void on_first(void *ctx, const uint8_t *reply, size_t len)
{
	struct chain *c = ctx;

	(void)reply;
	(void)len;
	c->calls++;
	for (size_t i = 0; i < ARRAY_SIZE(c->others); i++)
		forward_cancel(c->others[i]);
}

/* A connection that breaks when it is told takes its other queries along. */
static void test_told_one_cancels_the_others(void **state)
{
	struct fixture *x = *state;
	struct outcome o = {0};
	struct chain c = {.calls = 0};
	struct forward *fw;
	struct wire w;
	struct seen s;

	wire_open(&w);
	assert_int_equal(forwarder_query(x->f, ASK(&w.list, false, query), on_first, &c, &fw), 0);
	for (size_t i = 0; i < ARRAY_SIZE(c.others); i++)
		c.others[i] = begin(x, &w, query, &o);
	see(&w, &s);
	reply_from(w.fd, &s, 0, MARK_RIGHT);
	while (!c.calls)
		uv_run(&x->loop, UV_RUN_ONCE);
	assert_int_equal(c.calls, 1);
	assert_int_equal(o.calls, 0);
	wire_close(&w);
}

/* A client that asks again after a loss gets its question sent again, from the same port. */
static void test_asked_again(void **state)
{
	struct fixture *x = *state;
	struct outcome o = {0};
	struct wire w;
	struct seen first, again;

	wire_open(&w);
	begin(x, &w, query, &o);
	see(&w, &first);
	begin(x, &w, query, &o);
	assert_true(sees_nothing(&w)); /* at once: the answer may be on its way */
	usleep(600000);
	begin(x, &w, query, &o);
	see(&w, &again);
	assert_memory_equal(&again.from, &first.from, sizeof(first.from));
	assert_memory_equal(again.msg, first.msg, QUERY_LEN);
	reply_from(w.fd, &again, 0, MARK_RIGHT);
	run_until(x, &o, 3);
	assert_false(o.failed);
	wire_close(&w);
}

/* A resolver that asks us in its turn: the question comes back once, and is known. */
static void test_ring(void **state)
{
	struct fixture *x = *state;
	struct outcome o = {0}, back = {0};
	unsigned rounds = 0;
	struct wire w;
	struct seen s;

	forwarder_reconfigure(x->f, 2, NULL, 0);
	wire_open(&w);
	begin(x, &w, query, &o);
	while (o.calls == 0) {
		uv_run(&x->loop, UV_RUN_NOWAIT);
		if (sees_nothing(&w)) {
			usleep(1000);
			continue;
		}
		see(&w, &s);
		begin(x, &w, s.msg, &back);
		rounds++;
	}
	assert_true(o.failed);
	assert_int_equal(rounds, 1);
	assert_int_equal(forwarder_stats(x->f).tries, 1);
	wire_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_alike_are_asked_once),
		TEST(test_unlike_are_not_joined),
		TEST(test_told_one_cancels_the_others),
		TEST(test_asked_again),
		TEST(test_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
