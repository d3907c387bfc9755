// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "labels.h"
#include "util.h"

#define X10	 "xxxxxxxxxx"
#define X60	 X10 X10 X10 X10 X10 X10
#define DASHES58 "----------------------------------------------------------"

struct label_case {
	const char *text, *rfc1123, *rfc952;
};

static void test_label_from_text(void **state)
{
	static const struct label_case cases[] = {
		{"", "", ""},
		{"???", "", ""},
		{"-._-", "", ""},
		{"Web_App.v2", "web-app-v2", "web-app-v2"},
		{"89f-1", "89f-1", "f-1"},
		{"-9-a-", "9-a", "a"},
		{"na\xc3\xafve", "nave", "nave"},
		{"a b/c:d", "abcd", "abcd"},
		{"hello" DASHES58 "fgh", "hellofgh", "hellofgh"},
		{X60 "----b--c", X60 "b--", X10 X10 "xxxx"},
		{X60 "abc", X60 "abc", X10 X10 "xxxx"},
		{X60 "abcd", X60 "abc", X10 X10 "xxxx"},
		{X60 "ab-", X60 "ab", X10 X10 "xxxx"},
		{X60 "ab-cd", X60 "abc", X10 X10 "xxxx"},
		{X60 "ab-?-!", X60 "ab", X10 X10 "xxxx"},
		{"---" X60 "abcd", X60 "abc", X10 X10 "xxxx"},
		{X10 X10 "xxx-yz", X10 X10 "xxx-yz", X10 X10 "xxxy"},
	};
	char label[LABEL_BUF];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = label_from_text(cases[i].text, false, label, NULL);

		assert_string_equal(label, cases[i].rfc1123);
		assert_int_equal(len, strlen(label));
		len = label_from_text(cases[i].text, true, label, NULL);
		assert_string_equal(label, cases[i].rfc952);
		assert_int_equal(len, strlen(label));
	}
}

static void test_label_fragments(void **state)
{
	static const struct label_case cases[] = {
		{"", "", ""},
		{"...", "", ""},
		{"marathon-0.6.0", "marathon-0.6.0", "marathon-0"},
		{"_a_..B.-", "a.b", "a.b"},
		{"x." X60 "abcd.y", "x." X60 "abc.y", "x." X10 X10 "xxxx.y"},
		{"caf\xc3\xa9.\xe2\x82\xac.bar", "caf.bar", "caf.bar"},
	};
	char out[LABEL_FRAGMENTS_BUF];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int len = label_fragments(cases[i].text, false, out, NULL);

		assert_string_equal(out, cases[i].rfc1123);
		assert_int_equal(len, strlen(out));
		len = label_fragments(cases[i].text, true, out, NULL);
		assert_string_equal(out, cases[i].rfc952);
		assert_int_equal(len, strlen(out));
	}
}

static void test_fragments_too_long(void **state)
{
	static const char long_name[] = X60 "." X60 "." X60 "." X60 "." X60;
	char out[LABEL_FRAGMENTS_BUF] = "kept";

	(void)state;
	assert_int_equal(label_fragments(long_name, false, out, NULL), -ENAMETOOLONG);
	assert_string_equal(out, "kept");
	assert_int_equal(label_fragments(long_name, true, out, NULL), 5 * 24 + 4);
}

/* Computed apart with Python's hashlib. */
static void test_label_hash(void **state)
{
	static const struct {
		const char *text, *hash;
	} cases[] = {
		{"", "5eh48"},
		{"a", "o556e"},
		{"reviewbot.3a7c0b1e-0000-11e5-a1b2-56847afe9799", "a8yc8"},
		{"ct:1400000000000:0:nginx", "fxrym"},
	};
	char hash[LABEL_HASH_LEN + 1];
	struct label_hasher *h;

	(void)state;
	assert_int_equal(label_hasher_new(&h), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(label_hash(h, cases[i].text, hash), 0);
		assert_string_equal(hash, cases[i].hash);
	}
	assert_null(label_hasher_free(h));
	assert_null(label_hasher_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_label_from_text),
		cmocka_unit_test(test_label_fragments),
		cmocka_unit_test(test_fragments_too_long),
		cmocka_unit_test(test_label_hash),
	};

	return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}
