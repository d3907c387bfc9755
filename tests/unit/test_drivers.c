// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What `xdnsctl doctor` knows of drivers is what docs/drivers.md says. Runs in the top folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../tools/xdnsctl-drivers.h"
#include "config_internal.h"
#include "util.h"

#define PAGE	 "docs/drivers.md"
#define PAGE_MAX (1 << 20)

static const struct known {
	const char *doc, *since;
	unsigned mtu;
} known[] = {
#define X(ethtool, doc, since, mtu, note) {doc, since, mtu},
	XDNS_DRIVERS(X)
#undef X
};

/* Is the name in the first cell of a table's row, which may hold several? */
static bool is_row_of(const char *line, const char *name)
{
	const char *end = strstr(line, " | ");
	size_t len = strlen(name);

	if (strncmp(line, "| ", 2) != 0 || !end)
		return false;
	for (const char *at = line + 2; at < end; at++) {
		if (at + len <= end && !strncmp(at, name, len) && strchr(" ,", at[len]))
			return true;
		at += strcspn(at, ",");
		if (at < end)
			at++; /* the blank behind the comma */
	}
	return false;
}

/* The row of the page's tables; the page stays cut into lines. */
static const char *find_row(char **lines, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (is_row_of(lines[i], name))
			return lines[i];
	fail_msg("%s has no row of %s", PAGE, name);
	return NULL;
}

static size_t cut(char *text, char **lines, size_t max)
{
	size_t count = 0;
	char *rest;

	for (char *l = strtok_r(text, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest)) {
		assert_true(count < max);
		lines[count++] = l;
	}
	return count;
}

static void test_rows(void **state)
{
	static char *lines[4096];
	_cleanup_free_ char *text = NULL;
	size_t len, count;

	(void)state;
	assert_int_equal(config_read_file(PAGE, PAGE_MAX, &text, &len), 0);
	count = cut(text, lines, ARRAY_SIZE(lines));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *row = find_row(lines, count, known[i].doc);
		char since[16], mtu[16];

		snprintf(since, sizeof(since), "| %s ", known[i].since);
		snprintf(mtu, sizeof(mtu), " %u", known[i].mtu);
		if (!strstr(row, since) || (known[i].mtu && !strstr(row, mtu)))
			fail_msg("not \"%s\" and \"%s\" in: %s", since, mtu, row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
