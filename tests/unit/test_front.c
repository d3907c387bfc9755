// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The front index against a plain list: it may find and say "absent" only what is so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "front_index.h"

static const struct xdns_front *xdns_env_front(const void *env, __u32 bucket)
{
	const struct front *f = env;

	assert_true(bucket < front_array(f->buckets));
	return &f->bucket[bucket];
}

#include "front.h"

#define HASHES 600

/* Hashes that share buckets and, as far as a record allows, tags. */
static uint64_t make_hash(uint32_t i, uint32_t spread)
{
	return (uint64_t)(i % spread * 0x9e3779b1U) << 32 | (i * 0x85ebca6bU & ~1U);
}

static void open_front(struct front *f, uint32_t names)
{
	*f = (struct front){.buckets = front_buckets(names)};
	f->bucket = aligned_alloc(64, front_array(f->buckets) * sizeof(*f->bucket));
	assert_non_null(f->bucket);
	front_clear(f);
}

static uint32_t find_record(const struct front *f, uint64_t hash, enum xdns_front_result *ret)
{
	uint32_t record = 0;

	*ret = xdns_front_find(f, hash, f->buckets, &record);
	return *ret == XDNS_FRONT_FOUND ? record : 0;
}

/* Every hash is where the list says, or the index says it does not know; none is denied. */
static void check(const struct front *f, const uint32_t *record, bool complete, uint32_t spread)
{
	enum xdns_front_result result;
	uint32_t there = 0;

	for (uint32_t i = 0; i < HASHES; i++) {
		uint32_t found = find_record(f, make_hash(i, spread), &result);

		if (record[i]) {
			assert_int_not_equal(result, XDNS_FRONT_ABSENT);
			assert_false(front_denies(f, make_hash(i, spread), record[i]));
			if (complete)
				assert_int_equal(found, record[i]);
		} else {
			assert_int_not_equal(result, XDNS_FRONT_FOUND);
		}
		there += record[i] != 0;
	}
	if (complete)
		assert_int_equal(f->used, there);
}

/* spread: how many different first buckets there are. */
static void churn(uint32_t names, uint32_t spread, uint32_t keep, bool *ret_complete)
{
	static uint32_t record[HASHES];
	uint32_t next = 1;
	struct front f;

	open_front(&f, names);
	*ret_complete = true;
	for (uint32_t i = 0; i < HASHES; i++)
		record[i] = 0;
	srandom(42);
	for (int step = 0; step < 20000; step++) {
		uint32_t i = random() % HASHES;
		bool there = record[i];

		if (there && random() % HASHES >= keep) {
			front_remove(&f, make_hash(i, spread), record[i]);
			record[i] = 0;
		} else if (there || random() % HASHES < keep) {
			*ret_complete &= front_put(&f, make_hash(i, spread), record[i], next);
			record[i] = next++;
		}
		if (step % 100 == 0)
			check(&f, record, *ret_complete, spread);
	}
	check(&f, record, *ret_complete, spread);
	free(f.bucket);
}

static void test_spread(void **state)
{
	bool complete;

	(void)state;
	churn(HASHES, HASHES, HASHES / 2, &complete);
	assert_true(complete);
}

/* All begin in a few buckets: some find no place, and then nothing is denied that is there. */
static void test_crowded(void **state)
{
	bool complete;

	(void)state;
	churn(HASHES, 3, HASHES / 2, &complete);
	assert_false(complete);
}

static void test_worn(void **state)
{
	enum xdns_front_result result;
	struct front f;

	(void)state;
	open_front(&f, 100);
	/* full buckets, then emptied: their places say "look further" until the index is renewed */
	for (uint32_t i = 1; i <= 160; i++)
		front_put(&f, (uint64_t)i * 0x9e3779b97f4a7c15ULL, 0, i);
	assert_false(front_worn(&f));
	for (uint32_t i = 1; i <= 160; i++)
		front_remove(&f, (uint64_t)i * 0x9e3779b97f4a7c15ULL, i);
	assert_true(f.gone > 0);
	front_clear(&f);
	assert_int_equal(f.gone, 0);
	find_record(&f, 0x9e3779b97f4a7c15ULL, &result);
	assert_int_equal(result, XDNS_FRONT_ABSENT);
	free(f.bucket);
}

/* Two names of one hash share one entry, which leads nowhere. */
static void test_collision(void **state)
{
	uint64_t hash = 0x123456789abcdef0ULL;
	enum xdns_front_result result;
	struct front f;

	(void)state;
	open_front(&f, 8);
	assert_true(front_put(&f, hash, 0, 7));
	assert_int_equal(find_record(&f, hash, &result), 7);
	assert_true(front_put(&f, hash, 7, XDNS_REF_COLLISION));
	assert_true(front_put(&f, hash, 0, XDNS_REF_COLLISION));
	assert_int_equal(find_record(&f, hash, &result), XDNS_REF_COLLISION);
	assert_int_equal(result, XDNS_FRONT_FOUND);
	front_remove(&f, hash, XDNS_REF_COLLISION);
	find_record(&f, hash, &result);
	assert_int_equal(result, XDNS_FRONT_ABSENT);
	free(f.bucket);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_worn),
		cmocka_unit_test(test_collision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
