// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "util.h"

#define THREADS 4
#define LINES	200

/* stderr goes into a file while a test writes. */
struct capture {
	FILE *file;
	int saved;
};

static void capture_start(struct capture *c)
{
	c->file = tmpfile();
	assert_non_null(c->file);
	c->saved = dup(STDERR_FILENO);
	assert_int_equal(fcntl(fileno(c->file), F_SETFL, O_APPEND), 0);
	dup2(fileno(c->file), STDERR_FILENO);
}

static void capture_end(struct capture *c)
{
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	rewind(c->file);
}

/* The line after its time, which has the form of RFC 3339 in UTC. */
static const char *after_stamp(const char *line)
{
	static const char form[] = "0000-00-00T00:00:00.000Z ";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == '0')
			assert_in_range(line[i], '0', '9');
		else
			assert_int_equal(line[i], form[i]);
	}
	return line + sizeof(form) - 1;
}

static void check_line(const char *text, const char *want)
{
	struct capture c;
	char line[8192];

	capture_start(&c);
	log_error("%s", text);
	capture_end(&c);
	assert_non_null(fgets(line, sizeof(line), c.file));
	assert_string_equal(after_stamp(line), want);
	assert_null(fgets(line, sizeof(line), c.file));
	fclose(c.file);
}

static void test_escapes(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"plain", "error: plain\n"},
		{"", "error: \n"},
		{"a\nb", "error: a\\nb\n"},
		{"a\r\t\x1b[31m\x7f", "error: a\\x0d\\x09\\x1b[31m\\x7f\n"},
		{"Köln €😀", "error: Köln €😀\n"},
		{"a\\.b", "error: a\\.b\n"},
		{"\xff\xfe", "error: \\xff\\xfe\n"},
		{"\xc3", "error: \\xc3\n"},
		{"\xe2\x82", "error: \\xe2\\x82\n"},
		{"\xe2\x82x", "error: \\xe2\\x82x\n"},
		/* C1 control, line separator, overlong, surrogate, above U+10FFFF */
		{"\xc2\x85", "error: \\xc2\\x85\n"},
		{"\xe2\x80\xa8", "error: \\xe2\\x80\\xa8\n"},
		{"\xc0\xaf", "error: \\xc0\\xaf\n"},
		{"\xe0\x80\x8a", "error: \\xe0\\x80\\x8a\n"},
		{"\xed\xa0\x80", "error: \\xed\\xa0\\x80\n"},
		{"\xf4\x90\x80\x80", "error: \\xf4\\x90\\x80\\x80\n"},
		{"\xf0\x80\x80\x80", "error: \\xf0\\x80\\x80\\x80\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_line(rows[i].text, rows[i].want);
}

static void test_levels(void **state)
{
	static const struct {
		int verbosity;
		const char *words[5];
	} rows[] = {
		{-1, {"error", "warning", "notice"}},
		{0, {"error", "warning", "notice"}},
		{1, {"error", "warning", "notice", "info"}},
		{2, {"error", "warning", "notice", "info", "debug"}},
		{9, {"error", "warning", "notice", "info", "debug"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct capture c;
		char line[256], want[64];

		capture_start(&c);
		log_init(rows[i].verbosity);
		log_error("%d", 1);
		log_warn("%d", 1);
		log_notice("%d", 1);
		log_info("%d", 1);
		log_debug("%d", 1);
		capture_end(&c);
		for (size_t k = 0; k < 5 && rows[i].words[k]; k++) {
			assert_non_null(fgets(line, sizeof(line), c.file));
			snprintf(want, sizeof(want), "%s: 1\n", rows[i].words[k]);
			assert_string_equal(after_stamp(line), want);
		}
		assert_null(fgets(line, sizeof(line), c.file));
		fclose(c.file);
	}
	log_init(0);
}

/* At most what a pipe takes in one piece, and marked. */
static void test_long(void **state)
{
	char text[6000], line[8192];
	struct capture c;
	size_t len;

	(void)state;
	for (int fill = 0; fill < 2; fill++) {
		memset(text, fill ? '\1' : 'a', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		capture_start(&c);
		log_error("%s", text);
		capture_end(&c);
		assert_non_null(fgets(line, sizeof(line), c.file));
		len = strlen(line);
		assert_in_range(len, 4000, 4096);
		assert_string_equal(line + len - 4, "...\n");
		assert_null(fgets(line, sizeof(line), c.file));
		fclose(c.file);
	}
}

static void test_errno(void **state)
{
	int saved = dup(STDERR_FILENO);

	(void)state;
	close(STDERR_FILENO);
	errno = ENOENT;
	log_error("nobody reads this");
	assert_int_equal(errno, ENOENT);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void *write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_error("%c%0100d", *(const char *)arg, i);
	return NULL;
}

/* Lines of several threads do not mix. */
static void test_threads(void **state)
{
	static const char names[] = "abcd";
	pthread_t threads[THREADS];
	int next[THREADS] = {0};
	struct capture c;
	char line[256];

	(void)state;
	capture_start(&c);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines,
						(void *)(uintptr_t)&names[i]),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	capture_end(&c);
	for (int i = 0; i < THREADS * LINES; i++) {
		char want[128];
		const char *text;
		int who;

		assert_non_null(fgets(line, sizeof(line), c.file));
		text = after_stamp(line);
		who = text[7] - 'a';
		assert_in_range(who, 0, THREADS - 1);
		snprintf(want, sizeof(want), "error: %c%0100d\n", names[who], next[who]++);
		assert_string_equal(text, want);
	}
	assert_null(fgets(line, sizeof(line), c.file));
	fclose(c.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes), cmocka_unit_test(test_levels),
		cmocka_unit_test(test_long),	cmocka_unit_test(test_errno),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
