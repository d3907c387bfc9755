// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Arrays that move between plain memory and maps, whole or in part: what stands in them stays, at
 * the same addresses, and a map holds just its share. Files in memory stand in for the maps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_sizes.h"
#include "pool.h"
#include "util.h"

/* Elements of each kind; not whole pages of any of them. */
static uint32_t count[POOL_CLASSES];

static void put(struct pool *p, int kind, uint32_t i)
{
	uint32_t *at = pool_at(p, kind, i);

	for (size_t k = 0; k < pool_element_size(kind) / 4; k++)
		at[k] = (i << 3 | kind) * 2654435761U + k;
}

static bool is(const uint8_t *element, int kind, uint32_t i)
{
	const uint32_t *at = (const void *)element;

	for (size_t k = 0; k < pool_element_size(kind) / 4; k++)
		if (at[k] != (i << 3 | kind) * 2654435761U + k)
			return false;
	return true;
}

/* n more elements of each kind. */
static void more(struct pool *p, uint32_t n)
{
	uint32_t index;

	for (int kind = 0; kind < POOL_CLASSES; kind++) {
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(pool_alloc(p, kind, 0, &index), 0);
			assert_int_equal(index, ++count[kind]);
			put(p, kind, index);
		}
	}
}

static void check(const struct pool *p)
{
	for (int kind = 0; kind < POOL_CLASSES; kind++)
		for (uint32_t i = 1; i <= count[kind]; i++)
			if (!is(pool_at(p, kind, i), kind, i))
				fail_msg("kind %d, element %u is lost", kind, i);
}

struct maps {
	int fd[POOL_CLASSES];
	uint32_t capacity[POOL_CLASSES];
};

static size_t map_octets(const struct maps *m, int kind)
{
	size_t page = sysconf(_SC_PAGESIZE), octets = m->capacity[kind] * pool_element_size(kind);

	return (octets + page - 1) / page * page;
}

static void make_maps(struct maps *m, uint32_t capacity)
{
	for (int kind = 0; kind < POOL_CLASSES; kind++) {
		m->capacity[kind] = capacity;
		m->fd[kind] = memfd_create("map", MFD_CLOEXEC);
		assert_true(m->fd[kind] >= 0);
		assert_int_equal(ftruncate(m->fd[kind], map_octets(m, kind)), 0);
	}
}

static void close_maps(struct maps *m)
{
	for (int kind = 0; kind < POOL_CLASSES; kind++)
		close(m->fd[kind]);
}

/* What a program would find in them: every element there is room for. */
static void check_maps(const struct maps *m)
{
	for (int kind = 0; kind < POOL_CLASSES; kind++) {
		size_t octets = map_octets(m, kind);
		const uint8_t *map = mmap(NULL, octets, PROT_READ, MAP_SHARED, m->fd[kind], 0);

		assert_true(map != MAP_FAILED);
		for (uint32_t i = 1; i < m->capacity[kind] && i <= count[kind]; i++)
			if (!is(map + i * pool_element_size(kind), kind, i))
				fail_msg("kind %d, element %u is not in the map", kind, i);
		munmap((void *)map, octets);
	}
}

/* Is one of the maps still mapped? */
static bool mapped(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		found = found || strstr(line, "/memfd:map");
	fclose(f);
	return found;
}

static void attach(struct pool *p, struct maps *m, uint32_t capacity, bool limited)
{
	make_maps(m, capacity);
	assert_int_equal(pool_attach(p, m->fd, m->capacity, limited), 0);
	check(p);
	check_maps(m);
}

static void test_whole(void **state)
{
	struct maps small, large;
	struct pool p;
	uint32_t index;

	(void)state;
	memset(count, 0, sizeof(count));
	assert_int_equal(pool_init(&p), 0);
	more(&p, 3000);
	make_maps(&small, 3000); /* element 0 is one, too */
	assert_int_equal(pool_attach(&p, small.fd, small.capacity, false), -ENOSPC);
	assert_int_equal(pool_detach(&p), 0);
	check(&p);
	close_maps(&small);
	attach(&p, &small, 3011, false);
	more(&p, 10);
	for (int kind = 0; kind < POOL_CLASSES; kind++)
		assert_int_equal(pool_alloc(&p, kind, 0, &index), -ENOSPC);
	check_maps(&small);
	attach(&p, &large, 70000, false);
	close_maps(&small);
	more(&p, 60000);
	check(&p);
	check_maps(&large);
	assert_int_equal(pool_detach(&p), 0);
	assert_false(mapped());
	close_maps(&large);
	more(&p, 10000);
	check(&p);
	pool_done(&p);
}

/* Through every pair of sizes, with growth in between, and from plain memory. */
static void test_limited(void **state)
{
	static const uint32_t sizes[] = {2, 33, 4000, 5003, 40000, 0 /* detached */};
	struct maps now, before;
	bool have = false;
	struct pool p;

	(void)state;
	memset(count, 0, sizeof(count));
	assert_int_equal(pool_init(&p), 0);
	more(&p, 5000);
	for (size_t i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(sizes) * 2; i++) {
		/* each followed by each */
		uint32_t size =
			i % 2 ? sizes[i / 2 % ARRAY_SIZE(sizes)] : sizes[i / 2 / ARRAY_SIZE(sizes)];

		before = now;
		if (size) {
			attach(&p, &now, size, true);
		} else {
			assert_int_equal(pool_detach(&p), 0);
			assert_false(mapped());
		}
		if (have)
			close_maps(&before);
		have = size;
		more(&p, 77);
		check(&p);
		if (have)
			check_maps(&now);
	}
	assert_true(count[0] < 40000);
	if (have)
		close_maps(&now);
	/* over the end of the map */
	attach(&p, &now, count[0] + 5, true);
	more(&p, 3000);
	check(&p);
	check_maps(&now);
	close_maps(&now);
	/* and into maps that hold all */
	attach(&p, &now, count[0] + 5, false);
	more(&p, 4);
	check_maps(&now);
	assert_int_equal(pool_detach(&p), 0);
	check(&p);
	close_maps(&now);
	pool_done(&p);
}

/* A map that cannot be mapped: what stands in the arrays outlasts it. */
static void test_failure(void **state)
{
	struct maps now, bad;
	struct pool p;

	(void)state;
	for (int kind = -1; kind < POOL_CLASSES; kind++) {
		for (int limited = 0; limited < 2; limited++) {
			memset(count, 0, sizeof(count));
			assert_int_equal(pool_init(&p), 0);
			if (kind >= 0) {
				more(&p, 9000);
				attach(&p, &now, limited ? 4001 : 9500, limited);
			}
			make_maps(&bad, limited ? 3000 : 100000);
			close(bad.fd[kind < 0 ? 0 : kind]);
			bad.fd[kind < 0 ? 0 : kind] = -1;
			assert_int_equal(pool_attach(&p, bad.fd, bad.capacity, limited), -EBADF);
			check(&p);
			assert_int_equal(pool_detach(&p), 0);
			assert_false(mapped());
			more(&p, 9000);
			check(&p);
			close_maps(&bad);
			if (kind >= 0)
				close_maps(&now);
			pool_done(&p);
		}
	}
}

#define HOMES 10000

/* A hash whose home is this element. */
static uint64_t at_home(uint32_t home, uint32_t homes)
{
	return (((uint64_t)home << 32) / homes + 1) << 32;
}

/* Each element comes once, at home if that is free; freed ones come again; then the rest. */
static void test_homes(void **state)
{
	_cleanup_free_ uint8_t *taken = calloc(HOMES + 1, 1);
	uint32_t homes = HOMES + 1, index, left = 0;
	struct pool p;

	(void)state;
	assert_non_null(taken);
	assert_int_equal(pool_init(&p), 0);
	assert_false(pool_take_home(&p, 0, &index));
	assert_true(pool_make_homes(&p, HOMES));
	assert_int_equal(p.homes, homes);
	assert_false(pool_make_homes(&p, 2 * HOMES)); /* once */
	assert_int_equal(p.homes, homes);
	for (uint32_t i = 0; i < HOMES; i++) {
		uint64_t hash = i * 0x9e3779b97f4a7c15ULL;
		uint32_t home = xdns_home(hash, homes);

		assert_int_equal(pool_home_free(&p, hash), home && !taken[home]);
		if (!pool_take_home(&p, hash, &index)) {
			left++;
			continue;
		}
		assert_in_range(index, 1, HOMES);
		assert_int_equal(taken[index]++, 0);
		if (index != home)
			assert_true(!home || taken[home]);
		put(&p, POOL_RECORDS, index);
	}
	assert_true(left < HOMES / 50);
	for (uint32_t i = 1; i <= HOMES; i++)
		assert_true(!taken[i] || is(pool_at(&p, POOL_RECORDS, i), POOL_RECORDS, i));
	for (uint32_t i = 1; i <= HOMES; i += 7) {
		if (!taken[i])
			continue;
		pool_free(&p, POOL_RECORDS, 0, i);
		assert_true(pool_take_home(&p, at_home(i, homes), &index));
		assert_int_equal(index, i);
	}
	/* what has no home is behind them, and comes back to the list */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pool_alloc(&p, POOL_RECORDS, 0, &index), 0);
		assert_int_equal(index, homes);
		pool_free(&p, POOL_RECORDS, 0, index);
	}
	pool_done(&p);
}

/* Where something stands already, or there is no room, there are none. */
static void test_no_homes(void **state)
{
	struct maps now;
	uint32_t index;
	struct pool p;

	(void)state;
	memset(count, 0, sizeof(count));
	assert_int_equal(pool_init(&p), 0);
	attach(&p, &now, 100, false);
	assert_false(pool_make_homes(&p, 100));
	assert_int_equal(p.homes, 0);
	more(&p, 1);
	assert_false(pool_make_homes(&p, 10));
	assert_false(pool_take_home(&p, 1, &index));
	pool_done(&p);
	close_maps(&now);
}

static struct pool pool_of(uint32_t records, uint32_t sets, uint32_t tails)
{
	struct pool p = {0};

	p.array[POOL_RECORDS].used = p.array[POOL_TARGETS].used = records;
	p.array[POOL_A_SETS].used = p.array[POOL_SRV_SETS].used = sets;
	p.array[POOL_AAAA_SETS].used = 1;
	p.array[POOL_NAME_TAILS].used = tails;
	return p;
}

/* With a limit the sizes fit it, use it up, and keep the zone's proportions. */
static void test_sizes(void **state)
{
	struct pool p = pool_of(100000, 20000, 10000);
	uint64_t roomy, needed = sizes_needed(&p);
	struct sizes_wanted wanted = {.memory = SIZES_ANY};
	struct sizes s;

	(void)state;
	sizes_choose(&p, &wanted, &s);
	assert_int_equal(s.capacity[POOL_RECORDS], 100000 + 3125 + 4096);
	wanted.grown = true;
	sizes_choose(&p, &wanted, &s);
	assert_false(s.limited);
	roomy = sizes_memory(s.capacity);
	assert_int_equal(s.capacity[POOL_RECORDS], 100000 + 25000 + 4096);
	wanted.memory = roomy;
	sizes_choose(&p, &wanted, &s);
	assert_false(s.limited);
	for (uint64_t memory = 1 << 20; memory < roomy; memory += 1 << 19) {
		wanted.memory = memory;
		sizes_choose(&p, &wanted, &s);
		assert_true(s.limited);
		assert_true(sizes_memory(s.capacity) <= memory);
		/* `names` doubles its buckets at once */
		assert_true(sizes_memory(s.capacity) >= memory * 3 / 4);
		if (memory >= needed + (1 << 20)) {
			assert_true(s.capacity[POOL_RECORDS] >= 100000);
			assert_true(s.capacity[POOL_NAME_TAILS] >= 10000);
		} else if (memory < needed) {
			uint32_t tenth = s.capacity[POOL_RECORDS] / 10;

			assert_true(s.capacity[POOL_RECORDS] < 100000);
			assert_in_range(s.capacity[POOL_NAME_TAILS], tenth, tenth + 64);
			assert_in_range(s.capacity[POOL_A_SETS], 2 * tenth, 2 * tenth + 64);
		}
	}
	wanted.memory = 0;
	sizes_choose(&p, &wanted, &s); /* nothing fits: as little as there may be */
	assert_true(s.limited);
	assert_int_equal(s.capacity[POOL_RECORDS], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	 cmocka_unit_test(test_limited),
		cmocka_unit_test(test_failure),	 cmocka_unit_test(test_homes),
		cmocka_unit_test(test_no_homes), cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
