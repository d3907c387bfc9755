// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recordio.h"
#include "util.h"

#define LIMIT 1000

/* Records as "[text]", a piece of one as "text". */
struct sink {
	char text[4096];
	size_t len;
	uint64_t open; /* octets the current one still has to have */
	int give_up;   /* what the next op returns */
};

static int on_begin(void *ctx, uint64_t len)
{
	struct sink *s = ctx;

	assert_int_equal(s->open, 0);
	assert_true(len > 0 && len <= LIMIT);
	s->open = len;
	s->text[s->len++] = '[';
	return s->give_up;
}

static int on_data(void *ctx, const void *data, size_t len)
{
	struct sink *s = ctx;

	assert_true(len > 0 && len <= s->open);
	assert_true(s->len + len < sizeof(s->text) - 2);
	memcpy(s->text + s->len, data, len);
	s->len += len;
	s->open -= len;
	return 0;
}

static int on_end(void *ctx)
{
	struct sink *s = ctx;

	assert_int_equal(s->open, 0);
	s->text[s->len++] = ']';
	return 0;
}

static const struct recordio_ops ops = {on_begin, on_data, on_end};

/* In pieces of step octets, each of its own memory so that ASan sees what is beyond. */
static int cut(const char *text, size_t len, size_t step, uint64_t max, struct sink *s,
	       struct recordio *r)
{
	int rc = 0;

	memset(s, 0, sizeof(*s));
	recordio_init(r, &ops, s, max);
	for (size_t i = 0; i < len && rc == 0; i += step) {
		size_t n = len - i < step ? len - i : step;
		char *piece = malloc(n);

		assert_non_null(piece);
		memcpy(piece, text + i, n);
		rc = recordio_feed(r, piece, n);
		free(piece);
	}
	return rc ? rc : recordio_finish(r);
}

static const struct {
	const char *stream, *records, *error;
} rows[] = {
	{"", "", ""},
	{"1\nx", "[x]", ""},
	{"3\nabc2\nde", "[abc][de]", ""},
	{"2\n\n\n1\n1", "[\n\n][1]", ""},
	{"10\n0123456789", "[0123456789]", ""},
	/* lengths that are none */
	{"\n", "", "has octet 0x0a where a record's length should begin, at byte 0"},
	{"1\nx\n", "[x]", "has octet 0x0a where a record's length should begin, at byte 3"},
	{" 1\nx", "", "has octet 0x20 where a record's length should begin, at byte 0"},
	{"-1\nx", "", "has '-' where a record's length should begin, at byte 0"},
	{"+1\nx", "", "has '+' where a record's length should begin, at byte 0"},
	{"{}", "", "has '{' where a record's length should begin, at byte 0"},
	{"1\r\nx", "", "has octet 0x0d where a record's length should go on or end, at byte 1"},
	{"1 \nx", "", "has octet 0x20 where a record's length should go on or end, at byte 1"},
	{"1a\nx", "", "has 'a' where a record's length should go on or end, at byte 1"},
	{"1.0\nx", "", "has '.' where a record's length should go on or end, at byte 1"},
	{"\xff", "", "has octet 0xff where a record's length should begin, at byte 0"},
	{"0\n", "", "has a record's length that begins with 0, at byte 0"},
	{"01\nx", "", "has a record's length that begins with 0, at byte 0"},
	{"2\nab00\n", "[ab]", "has a record's length that begins with 0, at byte 4"},
	/* too large */
	{"1001\n", "", "has a record of more than 1000 bytes, at byte 3"},
	{"9999", "", "has a record of more than 1000 bytes, at byte 3"},
	{"18446744073709551617\nx", "", "has a record of more than 1000 bytes, at byte 3"},
	{"99999999999999999999999999999999", "", "has a record of more than 1000 bytes, at byte 3"},
	/* ends */
	{"1", "", "ended within a record's length, at byte 1"},
	{"1\n", "[", "ended within a record, 1 bytes short, at byte 2"},
	{"1\nx5\nabc", "[x][abc", "ended within a record, 2 bytes short, at byte 8"},
	{"1\nx5", "[x]", "ended within a record's length, at byte 4"},
};

static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].stream);

		for (size_t step = 1; step <= len + 1; step++) {
			struct recordio r;
			struct sink s;
			int rc = cut(rows[i].stream, len, step, LIMIT, &s, &r);

			if (strcmp(s.text, rows[i].records) ||
			    strcmp(recordio_error(&r), rows[i].error) ||
			    (rc < 0) != (*rows[i].error != 0))
				fail_msg("%s in pieces of %zu: %d %s \"%s\"", rows[i].stream, step,
					 rc, s.text, recordio_error(&r));
		}
	}
}

static void test_codes(void **state)
{
	struct recordio r;
	struct sink s;

	(void)state;
	assert_int_equal(cut("x", 1, 1, LIMIT, &s, &r), -EBADMSG);
	assert_int_equal(cut("1001\n", 5, 1, LIMIT, &s, &r), -EFBIG);
	assert_int_equal(cut("1", 1, 1, LIMIT, &s, &r), -EBADMSG);
	/* final, whatever comes */
	assert_int_equal(recordio_feed(&r, "\nx", 2), -EBADMSG);
	assert_int_equal(recordio_finish(&r), -EBADMSG);
}

/* The record that is allowed and the first that is not, about every kind of limit. */
static void test_limit(void **state)
{
	static const uint64_t limits[] = {1, 5, 9, 10, 11, 99, 100, 101, 999, 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		for (uint64_t len = 1; len <= LIMIT; len++) {
			char text[LIMIT + 16];
			size_t n = (size_t)sprintf(text, "%llu\n", (unsigned long long)len);
			struct recordio r;
			struct sink s;
			int rc;

			memset(text + n, 'x', (size_t)len);
			rc = cut(text, n + (size_t)len, n + (size_t)len, limits[i], &s, &r);
			assert_int_equal(rc, len <= limits[i] ? 0 : -EFBIG);
			assert_int_equal(r.records, len <= limits[i]);
		}
	}
}

static void test_huge_limit(void **state)
{
	static const char *const lengths[] = {"18446744073709551615", "18446744073709551616",
					      "18446744073709551620", "99999999999999999999"};
	struct recordio r;
	struct sink s = {.open = 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		recordio_init(&r, &ops, &s, UINT64_MAX);
		assert_int_equal(recordio_feed(&r, lengths[i], strlen(lengths[i])),
				 i == 0 ? 0 : -EFBIG);
	}
}

/* What an op returns ends it, without a text of its own. */
static void test_give_up(void **state)
{
	struct sink s = {.give_up = -ENOMEM};
	struct recordio r;

	(void)state;
	recordio_init(&r, &ops, &s, LIMIT);
	assert_int_equal(recordio_feed(&r, "2\nab", 4), -ENOMEM);
	assert_string_equal(s.text, "[");
	assert_string_equal(recordio_error(&r), "");
	assert_int_equal(recordio_feed(&r, "x", 1), -ENOMEM);
}

/* A record is handed over with its last octet, not with the next one. */
static void test_at_once(void **state)
{
	struct sink s = {.len = 0};
	struct recordio r;

	(void)state;
	recordio_init(&r, &ops, &s, LIMIT);
	assert_int_equal(recordio_feed(&r, "2\na", 3), 0);
	assert_string_equal(s.text, "[a");
	assert_int_equal(recordio_feed(&r, "b", 1), 0);
	assert_string_equal(s.text, "[ab]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams), cmocka_unit_test(test_codes),
		cmocka_unit_test(test_limit),	cmocka_unit_test(test_huge_limit),
		cmocka_unit_test(test_give_up), cmocka_unit_test(test_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
