// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The zone's index against a list of what is in it: names come and go in a small array, so that
 * walks are long and places are used again. A reader on another thread looks all the time for
 * names that stay, and for one that never comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "zone_internal.h"

#define NODES	700
#define STAY	100 /* the first of these */
#define STEPS	300000
#define READS	20000 /* at least */
#define NO_NAME 9999

static struct node *nodes[NODES];
static bool in[NODES];

/* Few different hashes in the upper half, so many names begin at one place; some hashes are equal.
 */
static uint64_t hash_of(uint32_t i)
{
	i %= NODES / 2;
	return (uint64_t)(i % 90 * 0x2d82d82) << 32 | i;
}

static void wire_of(uint32_t i, uint8_t wire[4])
{
	wire[0] = 2;
	wire[1] = i >> 8;
	wire[2] = i;
	wire[3] = 0;
}

static struct node *make_node(uint32_t i)
{
	struct node *n = calloc(1, sizeof(*n) + 4);

	assert_non_null(n);
	n->capacity = 1;
	n->hash = hash_of(i);
	n->wire_len = 4;
	wire_of(i, n->wire);
	return n;
}

static struct node *find(const struct zone_index *t, uint32_t i)
{
	uint8_t wire[4];

	wire_of(i, wire);
	return zone_index_find(t, hash_of(i), wire, sizeof(wire));
}

static int make_nodes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < NODES; i++)
		nodes[i] = make_node(i);
	memset(in, 0, sizeof(in));
	return 0;
}

static int free_nodes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < NODES; i++)
		free(nodes[i]);
	return 0;
}

struct world {
	struct zone_index *index; /* of now */
	bool end;
	uint64_t reads, missed, invented;
};

static void *reader(void *arg)
{
	struct world *w = arg;

	for (uint32_t i = 0; !__atomic_load_n(&w->end, __ATOMIC_ACQUIRE) || w->reads < READS; i++) {
		const struct zone_index *t = __atomic_load_n(&w->index, __ATOMIC_ACQUIRE);

		w->missed += find(t, i % STAY) != nodes[i % STAY];
		w->invented += !!find(t, NO_NAME);
		w->reads++;
	}
	return NULL;
}

/* The old array stays until the reader has ended. */
static void renew(struct world *w, struct zone_index **old)
{
	struct zone_index *fresh = zone_index_copy(w->index);

	assert_non_null(fresh);
	w->index->next = *old;
	*old = w->index;
	__atomic_store_n(&w->index, fresh, __ATOMIC_RELEASE);
}

static void step(struct world *w, struct zone_index **old, uint32_t n)
{
	uint32_t i = STAY + random() % (NODES - STAY);

	if (n % 4096 == 0 || zone_index_full(w->index))
		renew(w, old);
	if (in[i])
		zone_index_remove(w->index, nodes[i]);
	else
		assert_int_equal(zone_index_add(w->index, nodes[i]), 0);
	in[i] = !in[i];
	assert_ptr_equal(find(w->index, i), in[i] ? nodes[i] : NULL);
}

static void check_all(const struct zone_index *t)
{
	uint32_t at = 0, count = 0, seen = 0;

	for (uint32_t i = 0; i < NODES; i++) {
		assert_ptr_equal(find(t, i), in[i] ? nodes[i] : NULL);
		count += in[i];
	}
	assert_int_equal(t->used, count);
	while (zone_index_next(t, &at))
		seen++;
	assert_int_equal(seen, count);
}

static void test_readers_miss_nothing(void **state)
{
	struct world w = {.index = zone_index_new(0)};
	struct zone_index *old = NULL, *next;
	pthread_t thread;

	(void)state;
	assert_non_null(w.index);
	srandom(1);
	for (uint32_t i = 0; i < STAY; i++) {
		assert_int_equal(zone_index_add(w.index, nodes[i]), 0);
		in[i] = true;
	}
	assert_int_equal(pthread_create(&thread, NULL, reader, &w), 0);
	for (uint32_t n = 0; n < STEPS; n++) {
		step(&w, &old, n);
		if (n % 1000 == 0)
			check_all(w.index);
	}
	__atomic_store_n(&w.end, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_int_equal(w.missed, 0);
	assert_int_equal(w.invented, 0);
	for (; old; old = next) {
		next = old->next;
		free(old);
	}
	free(w.index);
}

/* Nodes of one hash find each other, and nobody else. */
static void test_twins(void **state)
{
	struct zone_index *t = zone_index_new(0);
	const struct node *other = NULL;
	uint32_t twins = 0;

	(void)state;
	assert_non_null(t);
	for (uint32_t i = 0; i < NODES; i++)
		assert_int_equal(zone_index_add(t, nodes[i]), 0);
	for (uint32_t i = 0; i < NODES; i++)
		twins += i != 7 && nodes[i]->hash == nodes[7]->hash;
	while ((other = zone_index_twin(t, nodes[7], other))) {
		assert_true(other != nodes[7] && other->hash == nodes[7]->hash);
		twins--;
	}
	assert_int_equal(twins, 0);
	free(t);
}

/* An array without an empty place would have walks without end. */
static void test_never_full(void **state)
{
	struct zone_index *t = zone_index_new(0);
	uint32_t added = 0;

	(void)state;
	assert_non_null(t);
	t->size = 64; /* as if that were all */
	while (!zone_index_add(t, nodes[added]))
		added++;
	assert_int_equal(added, 63);
	assert_null(find(t, NO_NAME));
	zone_index_remove(t, nodes[5]);
	assert_null(find(t, 5));
	assert_int_equal(zone_index_add(t, nodes[5]), 0); /* where it was */
	assert_ptr_equal(find(t, 5), nodes[5]);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_readers_miss_nothing, make_nodes, free_nodes),
		cmocka_unit_test_setup_teardown(test_twins, make_nodes, free_nodes),
		cmocka_unit_test_setup_teardown(test_never_full, make_nodes, free_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
