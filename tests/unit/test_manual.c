// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The manual says what the code does: every key of the configuration with its type, default and
 * what a change does, every option, and none that there is not. A page that fell behind can be
 * mended from the lines this test prints. Runs in the top folder of the sources.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_internal.h"
#include "config_reload.h"
#include "options.h"

#define KEYS_PAGE    "docs/mesos-xdns.json.5"
#define OPTIONS_PAGE "docs/mesos-xdns.8"
#define PAGE_MAX     (1 << 20)

static char *page(const char *path)
{
	char *text;
	size_t len;

	if (config_read_file(path, PAGE_MAX, &text, &len))
		fail_msg("%s cannot be read", path);
	return text;
}

static void put_default(const struct config_key *key, FILE *out)
{
	switch (key->type) {
	case TYPE_BOOL:
		fputs(key->number ? "true" : "false", out);
		break;
	case TYPE_STRING:
		fprintf(out, "\"%s\"", key->text ? key->text : "");
		break;
	case TYPE_LIST:
		fputc('[', out);
		for (const char *const *s = key->list; s && *s; s++)
			fprintf(out, "%s\"%s\"", s == key->list ? "" : ", ", *s);
		fputc(']', out);
		break;
	case TYPE_ZONES:
	case TYPE_CREDENTIALS:
		fputs("{}", out);
		break;
	case TYPE_OBJECTS:
		fputs("[]", out);
		break;
	default:
		fprintf(out, "%llu", (unsigned long long)key->number);
		break;
	}
}

static const char *effect(const struct config_key *key)
{
	if (key->classes & CONFIG_UNUSED)
		return "has no effect";
	return key->classes & CONFIG_RESTART ? "takes effect with a restart"
					     : "takes effect at once";
}

/* How the page begins the entry of a key; to be freed. */
static char *entry(const struct config_key *key)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fprintf(out, "\n.It Cm %s\nTakes ", key->name);
	config_describe(key, out);
	fputs(".\nDefault: ", out);
	put_default(key, out);
	fprintf(out, ".\nA change %s.\n", effect(key));
	assert_int_equal(fclose(out), 0);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text++;
		n++;
	}
	return n;
}

static void test_keys(void **state)
{
	char *text = page(KEYS_PAGE);
	size_t missing = 0;

	(void)state;
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		char *wanted = entry(&config_keys[i]);

		if (count(text, wanted) != 1) {
			print_error("%s has not once:%s", KEYS_PAGE, wanted);
			missing++;
		}
		free(wanted);
	}
	assert_int_equal(missing, 0);
	assert_int_equal(count(text, "\n.It Cm "), CONFIG_KEY_COUNT);
	free(text);
}

static void test_options(void **state)
{
	char *text = page(OPTIONS_PAGE);
	char *usage = NULL;
	size_t len, known = 0;
	FILE *out = open_memstream(&usage, &len);
	char *line, *rest;

	(void)state;
	assert_non_null(out);
	options_usage(out);
	assert_int_equal(fclose(out), 0);
	for (line = strtok_r(usage, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char wanted[80];

		if (strncmp(line, "  -", 3) != 0)
			continue;
		line += 3;
		snprintf(wanted, sizeof(wanted), "\n.It Fl %.*s", (int)strcspn(line, " ,"), line);
		known++;
		if (count(text, wanted) == 0)
			fail_msg("%s has no \"%s\"", OPTIONS_PAGE, wanted + 1);
	}
	assert_true(known > 0);
	assert_int_equal(count(text, "\n.It Fl "), known);
	free(text);
	free(usage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
