// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Lists of tasks of any length: those that run, in their order, whichever thread has read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_tasks.h"
#include "util.h"

/* Of every five one is not running, and one has a wrong type. */
static void put(struct state_tasks *t, unsigned i)
{
	char text[256];
	int len = snprintf(text, sizeof(text),
			   "{\"id\":\"task-%u\",\"state\":\"%s\",\"slave_id\":%s,"
			   "\"resources\":{\"ports\":\"[%u-%u, 99999-99999]\"}}",
			   i, i % 5 == 1 ? "TASK_LOST" : "TASK_RUNNING",
			   i % 5 == 3 ? "7" : "\"agent\"", i % 60000, i % 60000);

	assert_int_equal(state_tasks_put(t, (const uint8_t *)text, (size_t)len), 0);
}

static void check_list(struct state_tasks *t, unsigned from, unsigned to)
{
	struct cluster_skipped skipped = {.frameworks = 3};
	struct task **list = NULL;
	size_t count = 0, n = 0;
	uint64_t wrong = 0;
	char id[32];

	for (unsigned i = from; i < to; i++)
		put(t, i);
	assert_int_equal(state_tasks_end(t, &list, &count, &skipped), 0);
	for (unsigned i = from; i < to; i++) {
		wrong += i % 5 == 3;
		if (i % 5 == 1 || i % 5 == 3)
			continue;
		assert_true(n < count);
		snprintf(id, sizeof(id), "task-%u", i);
		assert_string_equal(list[n]->id, id);
		assert_string_equal(list[n]->agent_id, "agent");
		assert_int_equal(list[n]->ranges_count, 1);
		assert_int_equal(list[n]->ranges[0].first, i % 60000);
		cluster_task_free(list[n++]);
	}
	assert_int_equal(n, count);
	assert_int_equal(skipped.tasks, wrong);
	assert_int_equal(skipped.ports, count);
	assert_int_equal(skipped.frameworks, 3);
	free(list);
}

static void test_lengths(void **state)
{
	static const unsigned lengths[] = {0, 1, 5, 1000, 0, 20000, 7, 50000, 3};
	struct state_tasks *t;

	(void)state;
	assert_int_equal(state_tasks_new(&t), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		check_list(t, 13, 13 + lengths[i]);
	state_tasks_free(t);
}

static void put_plain(struct state_tasks *t, unsigned i, const char *agent)
{
	char text[128];
	int len = snprintf(text, sizeof(text),
			   "{\"id\":\"task-%u\",\"state\":\"TASK_RUNNING\",\"slave_id\":\"%s\"}", i,
			   agent);

	assert_int_equal(state_tasks_put(t, (const uint8_t *)text, (size_t)len), 0);
}

/* Every tenth has moved; a few are there twice. */
static size_t read_list(struct state_tasks *t, unsigned count, const char *tenth,
			struct task ***ret)
{
	struct cluster_skipped skipped = {0};
	size_t n = 0;

	for (unsigned i = 0; i < count; i++)
		put_plain(t, i, i % 10 ? "S1" : tenth);
	for (unsigned i = 0; i < 5; i++)
		put_plain(t, i, i % 10 ? "S1" : tenth);
	assert_int_equal(state_tasks_end(t, ret, &n, &skipped), 0);
	assert_int_equal(n, count + 5);
	return n;
}

static void free_list(struct task **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cluster_task_free(list[i]);
	free(list);
}

/*
 * What is the same is the same block (of twins the last), whoever goes first; what has changed is
 * one of its own.
 */
static void test_known(void **state)
{
	struct task **before, **after;
	struct known_tasks known = {0};
	struct state_tasks *t;
	size_t n;

	(void)state;
	assert_int_equal(state_tasks_new(&t), 0);
	n = read_list(t, 10000, "S2", &before);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(known_tasks_add(&known, before[i]), 0);
	state_tasks_set_known(t, &known);
	read_list(t, 10000, "S3", &after);
	for (size_t i = 0; i < n; i++) {
		bool moved = i < 10000 ? i % 10 == 0 : i == 10000;

		assert_string_equal(after[i]->id, before[i]->id);
		assert_string_equal(after[i]->agent_id, moved ? "S3" : "S1");
		if (moved)
			assert_ptr_not_equal(after[i], before[i]);
		else
			assert_ptr_equal(after[i], before[i % 10000 < 5 ? 10000 + i % 10000 : i]);
	}
	free_list(before, n);
	known_tasks_done(&known);
	assert_string_equal(after[1]->id, "task-1");
	free_list(after, n);

	read_list(t, 10000, "S2", &after);
	free_list(after, n);
	state_tasks_free(t);
}

/* A document that breaks off: nothing is left, whatever has been read. */
static void test_broken_off(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		struct state_tasks *t;

		assert_int_equal(state_tasks_new(&t), 0);
		for (unsigned i = 0; i < n * 1000; i++)
			put(t, i);
		state_tasks_free(t);
	}
	assert_null(state_tasks_free(NULL));
}

/* No thread has a stack as large as the address space. */
static void test_no_thread(void **state)
{
	pthread_attr_t usual, large;
	struct state_tasks *t;

	(void)state;
	assert_int_equal(pthread_getattr_default_np(&usual), 0);
	assert_int_equal(pthread_getattr_default_np(&large), 0);
	assert_int_equal(pthread_attr_setstacksize(&large, 1UL << 47), 0);
	assert_int_equal(pthread_setattr_default_np(&large), 0);
	assert_int_equal(state_tasks_new(&t), 0);
	check_list(t, 0, 20000);
	state_tasks_free(t);
	assert_int_equal(pthread_setattr_default_np(&usual), 0);
	pthread_attr_destroy(&large);
	pthread_attr_destroy(&usual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
