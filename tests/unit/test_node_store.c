// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Memory of nodes: zeroed, nobody else's, used again for the same size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "node_store.h"

#define NODES 60000

static uint8_t *nodes[NODES];

static size_t size_of(uint32_t i)
{
	return 72 + i * 7 % 256;
}

static void take(struct node_store *s, uint32_t i)
{
	nodes[i] = node_store_take(s, size_of(i));
	assert_non_null(nodes[i]);
	assert_int_equal((uintptr_t)nodes[i] % sizeof(void *), 0);
	for (size_t k = 0; k < size_of(i); k++)
		assert_int_equal(nodes[i][k], 0);
	memset(nodes[i], (int)(i % 251 + 1), size_of(i));
}

static void check(uint32_t i)
{
	for (size_t k = 0; k < size_of(i); k++)
		assert_int_equal(nodes[i][k], i % 251 + 1);
}

static void test_own(void **state)
{
	struct node_store s = {0};
	unsigned seed = 1;

	(void)state;
	for (uint32_t i = 0; i < NODES; i++)
		take(&s, i);
	for (uint32_t n = 0; n < 2 * NODES; n++) {
		uint32_t i = (uint32_t)rand_r(&seed) % NODES;

		check(i);
		node_store_give(&s, nodes[i], size_of(i));
		take(&s, i);
	}
	for (uint32_t i = 0; i < NODES; i++)
		check(i);
	node_store_done(&s);
}

/* What goes and comes takes no more memory. */
static void test_again(void **state)
{
	struct node_store s = {0};
	const struct node_piece *first;

	(void)state;
	for (uint32_t i = 0; i < NODES; i++)
		take(&s, i);
	first = s.pieces;
	for (int round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < NODES; i++)
			node_store_give(&s, nodes[i], size_of(i));
		for (uint32_t i = NODES; i-- > 0;)
			take(&s, i);
	}
	assert_ptr_equal(s.pieces, first);
	node_store_done(&s);
	node_store_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
