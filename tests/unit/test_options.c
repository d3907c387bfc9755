// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"
#include "util.h"

#define WORDS_MAX 6

/* The words after the program's name and what comes of them. */
static const struct {
	const char *words[WORDS_MAX];
	const char *error; /* NULL: accepted, and the rest counts */
	const char *config;
	int verbosity;
	bool version, help;
} table[] = {
	{{NULL}, NULL, "config.json", 0, false, false},
	{{"-config", "/c"}, NULL, "/c", 0, false, false},
	{{"--config", "/c"}, NULL, "/c", 0, false, false},
	{{"-config=/c"}, NULL, "/c", 0, false, false},
	{{"--config=/c"}, NULL, "/c", 0, false, false},
	{{"-config=a=b"}, NULL, "a=b", 0, false, false},
	{{"-config="}, NULL, "", 0, false, false},
	{{"-config", "-v"}, NULL, "-v", 0, false, false},
	{{"-config", "/a", "-config", "/b"}, NULL, "/b", 0, false, false},
	{{"-v", "2"}, NULL, "config.json", 2, false, false},
	{{"-v=1"}, NULL, "config.json", 1, false, false},
	{{"--v=1"}, NULL, "config.json", 1, false, false},
	{{"-v", "-1"}, NULL, "config.json", -1, false, false},
	{{"-v", "+3"}, NULL, "config.json", 3, false, false},
	{{"-v", "007"}, NULL, "config.json", 7, false, false},
	{{"-v=2147483647"}, NULL, "config.json", 2147483647, false, false},
	{{"-version"}, NULL, "config.json", 0, true, false},
	{{"--version"}, NULL, "config.json", 0, true, false},
	{{"-version=true"}, NULL, "config.json", 0, true, false},
	{{"-version=True"}, NULL, "config.json", 0, true, false},
	{{"-version=TRUE"}, NULL, "config.json", 0, true, false},
	{{"-version=1"}, NULL, "config.json", 0, true, false},
	{{"-version=t"}, NULL, "config.json", 0, true, false},
	{{"-version=T"}, NULL, "config.json", 0, true, false},
	{{"-version=false"}, NULL, "config.json", 0, false, false},
	{{"-version=False"}, NULL, "config.json", 0, false, false},
	{{"-version=FALSE"}, NULL, "config.json", 0, false, false},
	{{"-version=0"}, NULL, "config.json", 0, false, false},
	{{"-version=f"}, NULL, "config.json", 0, false, false},
	{{"-version=F"}, NULL, "config.json", 0, false, false},
	{{"-version", "-version=false"}, NULL, "config.json", 0, false, false},
	/* A boolean never takes the next word, which then ends the flags. */
	{{"-version", "false", "-v", "2"}, NULL, "config.json", 0, true, false},
	{{"extra", "-version"}, NULL, "config.json", 0, false, false},
	{{"-v", "1", "--", "-version"}, NULL, "config.json", 1, false, false},
	{{"-v", "1", "-", "-version"}, NULL, "config.json", 1, false, false},
	{{"-v", "1", "", "-version"}, NULL, "config.json", 1, false, false},
	{{"-h"}, NULL, "config.json", 0, false, true},
	{{"-help"}, NULL, "config.json", 0, false, true},
	{{"--help"}, NULL, "config.json", 0, false, true},
	{{"-help=x"}, NULL, "config.json", 0, false, true},
	{{"-h", "-bogus"}, NULL, "config.json", 0, false, true},
	{{"-logtostderr", "-alsologtostderr=false", "-v", "1"},
	 NULL,
	 "config.json",
	 1,
	 false,
	 false},
	{{"-stderrthreshold", "WARNING", "-v=1"}, NULL, "config.json", 1, false, false},
	{{"-vmodule=a=1,b=2", "-log_dir", "/l", "-v=1"}, NULL, "config.json", 1, false, false},
	{{"-log_backtrace_at", "a.go:1", "-v=1"}, NULL, "config.json", 1, false, false},
	{{"-logbuflevel=-1", "-log_link", "/l", "-v=1"}, NULL, "config.json", 1, false, false},
	{{"~/c", "-version"}, NULL, "config.json", 0, false, false},

	{{"-bogus"}, "unknown flag: -bogus", NULL, 0, false, false},
	{{"--bogus=1"}, "unknown flag: -bogus", NULL, 0, false, false},
	{{"-bogus", "-h"}, "unknown flag: -bogus", NULL, 0, false, false},
	{{"-Config", "/c"}, "unknown flag: -Config", NULL, 0, false, false},
	{{"-confi=/c"}, "unknown flag: -confi", NULL, 0, false, false},
	{{"---config=/c"}, "bad flag syntax: ---config=/c", NULL, 0, false, false},
	{{"-=1"}, "bad flag syntax: -=1", NULL, 0, false, false},
	{{"--=1"}, "bad flag syntax: --=1", NULL, 0, false, false},
	{{"-config"}, "flag -config needs an argument", NULL, 0, false, false},
	{{"-v"}, "flag -v needs an argument", NULL, 0, false, false},
	{{"-log_dir"}, "flag -log_dir needs an argument", NULL, 0, false, false},
	{{"-v", "x"}, "flag -v: \"x\" is not allowed; allowed: an integer", NULL, 0, false, false},
	{{"-v="}, "flag -v: \"\" is not allowed; allowed: an integer", NULL, 0, false, false},
	{{"-v= 1"}, "flag -v: \" 1\" is not allowed; allowed: an integer", NULL, 0, false, false},
	{{"-v=1x"}, "flag -v: \"1x\" is not allowed; allowed: an integer", NULL, 0, false, false},
	{{"-v=99999999999"},
	 "flag -v: \"99999999999\" is not allowed; allowed: an integer",
	 NULL,
	 0,
	 false,
	 false},
	{{"-version=maybe"},
	 "flag -version: \"maybe\" is not allowed; allowed: true or false",
	 NULL,
	 0,
	 false,
	 false},
	{{"-version="},
	 "flag -version: \"\" is not allowed; allowed: true or false",
	 NULL,
	 0,
	 false,
	 false},
	{{"-keep-serving=2"},
	 "flag -keep-serving: \"2\" is not allowed; allowed: true or false",
	 NULL,
	 0,
	 false,
	 false},
	{{"-logtostderr=2"},
	 "flag -logtostderr: \"2\" is not allowed; allowed: true or false",
	 NULL,
	 0,
	 false,
	 false},
};

/* Other flags: what comes of them after these words. */
static const struct {
	const char *words[WORDS_MAX];
	bool keep_serving, seccomp;
} others[] = {
	{{NULL}, false, true},
	{{"-keep-serving"}, true, true},
	{{"--keep-serving", "-v=1"}, true, true},
	{{"-keep-serving=true"}, true, true},
	{{"-keep-serving=0"}, false, true},
	{{"-keep-serving", "-keep-serving=false"}, false, true},
	{{"-v", "1", "extra", "-keep-serving"}, false, true},
	{{"-seccomp=false"}, false, false},
	{{"-seccomp=false", "-seccomp"}, false, true},
	{{"extra", "-seccomp=false"}, false, true},
};

static int parse(const char *const words[WORDS_MAX], struct options *ret, char **ret_error)
{
	char *argv[WORDS_MAX + 2] = {(char *)"mesos-xdns"};
	int argc = 1;

	for (int i = 0; i < WORDS_MAX && words[i]; i++)
		argv[argc++] = (char *)words[i];
	return options_parse(argc, argv, ret, ret_error);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct options o = {.verbosity = 4711};
		char *error = NULL;
		int r = parse(table[i].words, &o, &error);

		if (table[i].error) {
			if (r != -EINVAL)
				fail_msg("row %zu: %d instead of '%s'", i, r, table[i].error);
			assert_string_equal(error, table[i].error);
			assert_null(o.config);
			assert_int_equal(o.verbosity, 4711);
			free(error);
			continue;
		}
		if (r != 0)
			fail_msg("row %zu: %s", i, error);
		assert_null(error);
		assert_string_equal(o.config, table[i].config);
		assert_int_equal(o.verbosity, table[i].verbosity);
		assert_int_equal(o.version, table[i].version);
		assert_int_equal(o.help, table[i].help);
		options_done(&o);
	}
}

static void test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct options o = {0};
		char *error = NULL;

		assert_int_equal(parse(others[i].words, &o, &error), 0);
		if (o.keep_serving != others[i].keep_serving || o.seccomp != others[i].seccomp)
			fail_msg("row %zu", i);
		options_done(&o);
	}
}

static void test_home(void **state)
{
	static const struct {
		const char *userprofile, *home, *path, *want;
	} rows[] = {
		{NULL, "/root", "~/c.json", "/root/c.json"},
		{"/users/me", "/root", "~/c.json", "/users/me/c.json"},
		{"", "/root", "~/c.json", "/root/c.json"},
		{NULL, NULL, "~/c.json", "./c.json"},
		{NULL, "", "~/c.json", "./c.json"},
		{NULL, "/root", "~c.json", "~c.json"},
		{NULL, "/root", "/a~/c.json", "/a~/c.json"},
		{NULL, "/root", "~", "~"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const words[WORDS_MAX] = {"-config", rows[i].path};
		struct options o;
		char *error = NULL;

		if (rows[i].userprofile)
			setenv("USERPROFILE", rows[i].userprofile, 1);
		else
			unsetenv("USERPROFILE");
		if (rows[i].home)
			setenv("HOME", rows[i].home, 1);
		else
			unsetenv("HOME");
		assert_int_equal(parse(words, &o, &error), 0);
		assert_string_equal(o.config, rows[i].want);
		options_done(&o);
	}
}

/* Every flag has its line, and the texts begin in one column. */
static void test_usage(void **state)
{
	static const char *const names[] = {
		"-config FILE",	    "-v N",
		"-version",	    "-logtostderr",
		"-alsologtostderr", "-stderrthreshold",
		"-vmodule",	    "-log_dir",
		"-log_link",	    "-log_backtrace_at",
		"-logbuflevel",	    "-keep-serving",
		"-h, -help",
	};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	options_usage(out);
	fclose(out);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strstr(text, names[i]))
			fail_msg("no %s in the usage", names[i]);
	for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
		assert_memory_equal(line, "  -", 3);
		assert_int_equal(line[27], ' ');
		assert_int_not_equal(line[28], ' ');
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_home),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
