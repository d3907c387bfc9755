// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Every counter has its line in docs/bpf.md, with the same words. Run from the root of the project.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	if (!f || !text) {
		print_message("%s cannot be read: run from the root of the project\n", path);
		free(text);
		return NULL;
	}
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static void test_documented(void **state)
{
	static const char *const row[] = {
#define X(name, help) "| `" #name "` | " help " |\n",
		XDNS_COUNTERS(X)
#undef X
	};
	char *text = read_file("docs/bpf.md");
	size_t rows = 0;

	(void)state;
	if (!text)
		skip();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (!strstr(text, row[i]))
			fail_msg("docs/bpf.md lacks: %s", row[i]);
	for (const char *p = text; (p = strstr(p, "\n| `answer_")); p++)
		rows++;
	for (const char *p = text; (p = strstr(p, "\n| `pass_")); p++)
		rows++;
	for (const char *p = text; (p = strstr(p, "\n| `drop_")); p++)
		rows++;
	assert_int_equal(rows, XDNS_COUNTERS_COUNT);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_documented)};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
