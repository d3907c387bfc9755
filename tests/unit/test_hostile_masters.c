// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * State documents of masters that are up to no good (hostile_masters.py): each is refused with one
 * line, or what can be used of it is, within its time and little memory; and when the master
 * behaves, the next document is taken. docs/hostile.md has the same list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config_internal.h"
#include "fetch.h"
#include "script.h"
#include "util.h"

#define SCRIPT	 "tests/unit/hostile_masters.py"
#define PAGE	 "docs/hostile.md"
#define PAGE_MAX (1 << 20)
#define MEMORY_MAX                                                                                 \
	(24 << 10) /* KiB more than before at any time: documents may have 1 MiB here              \
		    */

/* What the master does, and of the error what has to be in it; "" for a document that is used. */
static const struct {
	const char *what, *error;
} cases[] = {
	{"cut short", "is truncated after 100 bytes"},
	{"closed early", "transfer closed"},
	{"dripped", "no complete answer in time"},
	{"silent", "no complete answer in time, 0 bytes received"},
	{"nothing", "Empty reply"},
	{"without end", "is larger than 1048576 bytes"},
	{"nested a million deep", "is nested deeper than 512 levels"},
	{"nested in an element", "is nested deeper than 512 levels"},
	{"keys twice", ""},
	{"huge numbers", ""},
	{"huge ports", ""},
	{"a NUL", "has octet 0x00 in a string"},
	{"an escaped NUL", ""},
	{"no UTF-8", ""},
	{"half a surrogate", ""},
	{"zeros", "has octet 0x00 where a value should begin"},
	{"a gzip bomb", "is larger than 1048576 bytes"},
	{"no gzip", "content unencoding"},
	{"gzip cut short", "is truncated"},
	{"an encoding nobody asked for", "ncoding"},
	{"a redirect in a circle", "stopped after 10 redirects"},
	{"a redirect elsewhere", "Failed to connect"},
	{"a redirect to a file", "Protocol \"file\""},
	{"a redirect with a body without end", "stopped after 10 redirects"},
	{"another content type", ""},
	{"a page", "has '<' where a value should begin"},
	{"a leader elsewhere", "says the leader is 127.0.0.9:1: Failed to connect"},
	{"a leader with a path", "names a leader that is not NAME@HOST:PORT"},
	{"a leader with a line break", "names a leader that is not NAME@HOST:PORT"},
	{"a leader of 300 letters", "names a leader that is not NAME@HOST:PORT"},
	{"slow headers", "no complete answer in time"},
	{"headers without end", "headers of more than 262144 bytes"},
	{"a header without end", "a header of more than 100 KiB"},
	{"interim answers without end", "headers of more than 262144 bytes"},
	{"a huge chunk", "chunk"},
	{"a chunk that is none", "chunk"},
	{"a length below 0", "Invalid Content-Length"},
	{"no HTTP", "HTTP/0.9"},
};

static struct script script;
static unsigned port;

static int start(void **state)
{
	(void)state;
	if (script_start(&script, SCRIPT) < 0)
		return -1;
	return sscanf(script.line, "port=%u", &port) == 1 ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	script_stop(&script);
	return 0;
}

/* "" for a document, else the error; to be freed. */
static char *fetch(const struct config *cfg)
{
	struct fetch_result result = {0};
	struct fetcher *f = NULL;
	char *error = NULL;
	int rc;

	assert_int_equal(fetcher_new(cfg, &f), 0);
	rc = fetcher_fetch(f, &result, &error);
	fetcher_free(f);
	if (rc == 0) {
		cluster_free(result.cluster);
		return strdup("");
	}
	assert_int_equal(rc, -EIO);
	assert_non_null(error);
	return error;
}

static void assert_error(const char *what, const char *want, const char *got)
{
	if (*want ? !strstr(got, want) : *got != 0)
		fail_msg("%s: got \"%s\", not \"%s\"", what, got, want);
	for (const char *p = got; *p; p++)
		if ((unsigned char)*p < ' ')
			fail_msg("%s: the error has a control character", what);
}

static long peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void test_documents(void **state)
{
	static char empty[] = "";
	char name[64], *list[] = {name};
	struct config cfg = {.masters = list,
			     .masters_count = 1,
			     .state_timeout_seconds = 1,
			     .state_max_bytes = 1 << 20};
	long before;

	(void)state;
	cfg.ca_cert_file = cfg.cert_file = cfg.key_file = empty;
	cfg.mesos_principal = cfg.mesos_secret = empty;
	snprintf(name, sizeof(name), "127.0.0.1:%u", port);
	free(fetch(&cfg));
	before = peak_kib();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *bad = NULL, *good = NULL;

		/* only those that take it are given so little time */
		cfg.state_timeout_seconds = strstr(cases[i].error, "in time") ? 1 : 60;
		assert_string_equal(script_tell(&script, "%s", cases[i].what), "ok");
		bad = fetch(&cfg);
		assert_error(cases[i].what, cases[i].error, bad);
		cfg.state_timeout_seconds = 60;
		script_tell(&script, "well behaved");
		good = fetch(&cfg);
		assert_error(cases[i].what, "", good);
	}
	print_message("%zu kinds of documents: %ld KiB more at most\n", ARRAY_SIZE(cases),
		      peak_kib() - before);
	assert_in_range(peak_kib() - before, 0, MEMORY_MAX);
}

/* Each kind has its row, and each row of that table its kind. */
static void test_page(void **state)
{
	char *text, row[128];
	size_t len, rows = 0;

	(void)state;
	if (config_read_file(PAGE, PAGE_MAX, &text, &len))
		fail_msg("%s cannot be read", PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(row, sizeof(row), "\n| `%s` | ", cases[i].what);
		if (!strstr(text, row))
			fail_msg("%s has no row for %s", PAGE, cases[i].what);
	}
	for (const char *p = text; (p = strstr(p, "\n| `")); p++)
		rows++;
	assert_int_equal(rows, ARRAY_SIZE(cases));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_page),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(300);
	return cmocka_run_group_tests(tests, start, stop);
}
