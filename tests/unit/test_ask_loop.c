// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Questions of other threads to a loop: answered, given up, let go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "ask_loop.h"

#define ASKERS	4
#define ROUNDS	2000
#define LONG_MS 600000

struct world {
	uv_loop_t loop;
	struct ask_loop *asks;
	uint64_t count; /* touched on the loop only */
	unsigned left;
	int result;
};

static int count(void *arg)
{
	struct world *w = arg;

	w->count++;
	return (int)w->count;
}

static int asker_done(void *arg)
{
	struct world *w = arg;

	if (!--w->left)
		ask_loop_close(w->asks);
	return 0;
}

static void *asker(void *arg)
{
	struct world *w = arg;

	for (int i = 0; i < ROUNDS; i++)
		if (ask_loop(w->asks, count, w, LONG_MS) <= 0)
			return w;
	return ask_loop(w->asks, asker_done, w, LONG_MS) ? w : NULL;
}

static void setup(struct world *w)
{
	*w = (struct world){0};
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(ask_loop_new(&w->loop, &w->asks), 0);
}

static void teardown(struct world *w)
{
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	ask_loop_free(w->asks);
}

static void test_many(void **state)
{
	pthread_t threads[ASKERS];
	struct world w;
	void *failed;

	(void)state;
	setup(&w);
	w.left = ASKERS;
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, asker, &w), 0);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	for (int i = 0; i < ASKERS; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(w.count, ASKERS * ROUNDS);
	teardown(&w);
}

/* Nobody runs the loop; and what was given up is not run later. */
static void test_time_limit(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	assert_int_equal(ask_loop(w.asks, count, &w, 1), -ETIMEDOUT);
	assert_int_equal(ask_loop(w.asks, count, &w, 0), -ETIMEDOUT);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	assert_int_equal(w.count, 0);
	ask_loop_close(w.asks);
	assert_int_equal(ask_loop(w.asks, count, &w, LONG_MS), -ESHUTDOWN);
	teardown(&w);
}

static void *waiting(void *arg)
{
	struct world *w = arg;

	w->result = ask_loop(w->asks, count, w, LONG_MS);
	return NULL;
}

/* Whoever waits, or comes later, is let go. */
static void test_close(void **state)
{
	struct world w;
	pthread_t thread;

	(void)state;
	setup(&w);
	assert_int_equal(pthread_create(&thread, NULL, waiting, &w), 0);
	ask_loop_close(w.asks);
	pthread_join(thread, NULL);
	assert_int_equal(w.result, -ESHUTDOWN);
	assert_int_equal(w.count, 0);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_time_limit),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
