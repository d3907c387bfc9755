// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* json_load() where each of its allocations fails in turn; the leak checker sees what is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "json_load.h"

static const char text[] = "{\"a string longer than the first sixteen octets\": [1, 2.5, \"and "
			   "another, longer than thirty-two octets\", {\"x\": null}]}";

static json_malloc_t take;
static unsigned calls, fails_at;

/* There is never room for so much. */
static void *take_or_fail(size_t size)
{
	return take(++calls == fails_at ? SIZE_MAX : size);
}

static void test_no_memory(void **state)
{
	json_error_t error;
	json_free_t give;
	json_t *root = NULL;

	(void)state;
	json_load_init();
	json_get_alloc_funcs(&take, &give);
	json_set_alloc_funcs(take_or_fail, give);
	while (!root) {
		fails_at++;
		calls = 0;
		root = json_load(text, strlen(text), 0, &error);
		if (!root) {
			assert_int_equal(calls, fails_at);
			assert_int_equal(json_error_code(&error), json_error_out_of_memory);
			assert_string_equal(error.text, "no memory");
		}
	}
	assert_true(fails_at > 10);
	assert_int_equal(json_object_size(root), 1);
	json_decref(root);
}

static void test_as_jansson(void **state)
{
	json_error_t error;
	json_t *root;

	(void)state;
	json_load_init();
	root = json_load("[\"a\", 1]", 8, 0, &error);
	assert_int_equal(json_array_size(root), 2);
	json_decref(root);
	assert_null(json_load("[\"a\", }", 7, 0, &error));
	assert_int_equal(json_error_code(&error), json_error_invalid_syntax);
	assert_int_equal(error.line, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_as_jansson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
