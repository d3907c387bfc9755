// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The cutter against a table, and against jansson on the same and on damaged documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_cut.h"
#include "json_text.h"
#include "util.h"

/* Writes what it is asked and given as text: "key:" or "." before each value, "!" at each end. */
struct recorder {
	char text[4096];
	size_t len;
	enum json_cut_action action; /* for everything below the document */
	unsigned levels;	     /* containers to enter */
	unsigned level;
	int fail;
};

static void record(struct recorder *r, const void *data, size_t len)
{
	assert_true(len < sizeof(r->text) - r->len);
	memcpy(r->text + r->len, data, len);
	r->len += len;
	r->text[r->len] = 0;
}

static int on_begin(void *ctx, const struct json_key *key, enum json_kind kind)
{
	struct recorder *r = ctx;

	if (r->fail)
		return r->fail;
	record(r, key->raw, key->len);
	record(r, key->len ? ":" : ".", 1);
	if (kind <= JSON_KIND_ARRAY && r->level < r->levels) {
		r->level++;
		return JSON_CUT_ENTER;
	}
	return (int)r->action;
}

static int on_value(void *ctx, const uint8_t *text, size_t len)
{
	record(ctx, text, len);
	record(ctx, " ", 1);
	return 0;
}

static int on_end(void *ctx)
{
	struct recorder *r = ctx;

	r->level--;
	record(r, "!", 1);
	return 0;
}

static const struct json_cut_ops ops = {on_begin, on_value, on_end};
static const struct json_cut_limits wide = {.document = 1 << 20, .element = 1 << 20};

/* Feeds text in pieces of `step` octets. The error text goes to error[160]. */
static int cut(struct recorder *r, const struct json_cut_limits *limits, const char *text,
	       size_t len, size_t step, char *error)
{
	struct json_cut *c = NULL;
	int rc = json_cut_new(&ops, r, limits, &c);

	assert_int_equal(rc, 0);
	for (size_t i = 0; i < len && rc == 0; i += step) {
		size_t n = len - i < step ? len - i : step;
		/* a piece of its own, so that reading beyond it is noticed */
		char *piece = malloc(n);

		assert_non_null(piece);
		memcpy(piece, text + i, n);
		rc = json_cut_feed(c, piece, n);
		free(piece);
	}
	if (rc == 0)
		rc = json_cut_finish(c);
	if (error)
		strcpy(error, json_cut_error(c));
	assert_int_equal(json_cut_finish(c), rc);
	json_cut_free(c);
	return rc;
}

static const struct {
	const char *document;
	unsigned levels;
	const char *seen;
} cuts[] = {
	{"{}", 0, ".{} "},
	{" 12 ", 0, ".12 "},
	{"-1.5e+3", 0, ".-1.5e+3 "},
	{"null", 0, ".null "},
	{"{\"a\":1,\"b\":[2,3],\"c\":{\"a\":4}}", 1, ".a:1 b:[2,3] c:{\"a\":4} !"},
	{"{ \"a\" : 1 , \"b\" : [ 2 , 3 ] }", 2, ".a:1 b:.2 .3 !!"},
	{"[[1],{\"x\":[true,false]},\"s\"]", 1,
	 ".."
	 "[1] .{\"x\":[true,false]} .\"s\" !"},
	{"[[1],{\"x\":[true,false]},\"s\"]", 9, "...1 !.x:.true .false !!.\"s\" !"},
	{"{\"\":0,\"\\u0061\\\"\":\"\\\\\"}", 1, "..0 \\u0061\\\":\"\\\\\" !"},
	{"[\"}]\\\"\",{\"]\":\"[\"}]", 1, "..\"}]\\\"\" .{\"]\":\"[\"} !"},
	{"[]", 1, ".!"},
	{"[[],{}]", 2, "..!.!!"},
};

static void test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		size_t len = strlen(cuts[i].document);

		for (size_t step = 1; step <= len; step++) {
			struct recorder r = {.action = JSON_CUT_TAKE, .levels = cuts[i].levels};

			assert_int_equal(cut(&r, &wide, cuts[i].document, len, step, NULL), 0);
			assert_string_equal(r.text, cuts[i].seen);
		}
	}
}

static const struct {
	const char *document, *error;
} refused[] = {
	{"", "is empty"},
	{" \n", "is empty"},
	{"{", "is truncated after 1 bytes"},
	{"{\"a\":[1", "is truncated after 7 bytes"},
	{"{\"a", "is truncated after 3 bytes"},
	{"tru", "is truncated after 3 bytes"},
	{"1.", "is truncated after 2 bytes"},
	{"\xef\xbb\xbf{}", "begins with a byte order mark"},
	{"{} x", "has 'x' behind the end, at byte 3"},
	{"{}{}", "has '{' behind the end, at byte 2"},
	{"{,}", "has ',' where a key or } should be, at byte 1"},
	{"{\"a\":1,}", "has '}' where a key should be, at byte 7"},
	{"{\"a\" 1}", "has '1' where : should be, at byte 5"},
	{"{\"a\":}", "has '}' where a value should begin, at byte 5"},
	{"[1,]", "has ']' where a value should begin, at byte 3"},
	{"[,1]", "has ',' where a value or ] should be, at byte 1"},
	{"[1}", "has '}' where , or the end of the list or object should be, at byte 2"},
	{"{\"a\":1]", "has ']' where , or the end of the list or object should be, at byte 6"},
	{"[\"a\nb\"]", "has octet 0x0a in a string, at byte 3"},
	{"[\"\\x\"]", "has 'x' in an escape, at byte 3"},
	{"[\"\\u12g4\"]", "has 'g' in an escape, at byte 6"},
	{"[nul]", "has ']' in a literal, at byte 4"},
	{"[truE]", "has 'E' in a literal, at byte 4"},
	{"[01]", "has '1' where , or the end of the list or object should be, at byte 2"},
	{"[-]", "has ']' in a number, at byte 2"},
	{"[1.]", "has ']' in a number, at byte 3"},
	{"[1e]", "has ']' in a number, at byte 3"},
	{"[1e+]", "has ']' in a number, at byte 4"},
	{"[.5]", "has '.' where a value or ] should be, at byte 1"},
	{"[+1]", "has '+' where a value or ] should be, at byte 1"},
	{"[NaN]", "has 'N' where a value or ] should be, at byte 1"},
	{"['a']", "has ''' where a value or ] should be, at byte 1"},
	{"[1 /**/]", "has '/' where , or the end of the list or object should be, at byte 3"},
};

static void test_refused(void **state)
{
	static const enum json_cut_action actions[] = {JSON_CUT_SKIP, JSON_CUT_TAKE};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		size_t len = strlen(refused[i].document);

		for (size_t step = 1; step <= len + 1; step++)
			for (unsigned levels = 0; levels < 3; levels++)
				for (size_t a = 0; a < ARRAY_SIZE(actions); a++) {
					struct recorder r = {.action = actions[a],
							     .levels = levels};
					char error[160];

					assert_int_equal(cut(&r, &wide, refused[i].document, len,
							     step, error),
							 -EBADMSG);
					assert_string_equal(error, refused[i].error);
				}
	}
}

static void test_limits(void **state)
{
	struct json_cut_limits small = {.document = 20, .element = 8};
	struct recorder r = {.action = JSON_CUT_TAKE, .levels = 1};
	char error[160], deep[2 * JSON_DEPTH_MAX + 3];

	(void)state;
	for (size_t step = 1; step < 20; step++) {
		memset(&r.text, 0, sizeof(r.text));
		r.len = r.level = 0;
		assert_int_equal(cut(&r, &small, "[\"123456\",\"123456\"]", 19, step, error), 0);
		r.len = r.level = 0;
		assert_int_equal(cut(&r, &small, "[\"1234567\"]", 11, step, error), -EFBIG);
		assert_string_equal(error, "has an element of more than 8 bytes");
		r.len = r.level = 0;
		assert_int_equal(cut(&r, &small, "[                   ]", 21, step, error), -EFBIG);
		assert_string_equal(error, "is larger than 20 bytes");
	}
	memset(deep, '[', JSON_DEPTH_MAX + 1);
	memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	r = (struct recorder){.action = JSON_CUT_SKIP};
	assert_int_equal(cut(&r, &wide, deep, 2 * JSON_DEPTH_MAX, 100, error), 0);
	memset(deep, '[', JSON_DEPTH_MAX + 1);
	r = (struct recorder){.action = JSON_CUT_SKIP};
	assert_int_equal(cut(&r, &wide, deep, JSON_DEPTH_MAX + 1, 100, error), -EFBIG);
	assert_string_equal(error, "is nested deeper than 512 levels");
	r = (struct recorder){.fail = -ENOTUNIQ};
	assert_int_equal(cut(&r, &wide, "[]", 2, 1, error), -ENOTUNIQ);
	assert_string_equal(error, "");
}

/* jansson refuses some valid JSON (real overflow, NUL, bad UTF-8); none of it is in the seeds. */
static bool jansson_accepts(const char *text, size_t len)
{
	json_error_t error;
	json_t *doc = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	json_decref(doc);
	return doc || json_error_code(&error) == json_error_numeric_overflow;
}

static bool cutter_accepts(const char *text, size_t len, size_t step)
{
	struct recorder r = {.action = JSON_CUT_SKIP};

	return cut(&r, &wide, text, len, step, NULL) == 0;
}

/* One octet replaced (how 0), inserted (1) or removed (2). Returns the new length. */
static size_t damage(char *text, size_t len, size_t at, char octet, int how)
{
	switch (how) {
	case 0:
		text[at] = octet;
		return len;
	case 1:
		memmove(text + at + 1, text + at, len - at);
		text[at] = octet;
		return len + 1;
	default:
		memmove(text + at, text + at + 1, len - at - 1);
		return len - 1;
	}
}

/* At every place of every seed, by octets that matter. */
static void test_against_jansson(void **state)
{
	static const char *const seeds[] = {
		"{\"a\":[1,-2.5e3,true],\"b\":{\"\\u00e9\":null},\"c\":\"x\\n\"}",
		"[[],{},[{\"k\":[0,0.1,1E-2]}],false,\"\"]",
	};
	static const char octets[] = "{}[]:,\"\\ 0159-+.eEtfnuaxA\n\t";
	size_t tried = 0, len;
	char text[256];

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(seeds); s++)
		for (size_t at = 0; at < strlen(seeds[s]); at++)
			for (size_t o = 0; o < 3 * (sizeof(octets) - 1); o++, tried++) {
				strcpy(text, seeds[s]);
				len = damage(text, strlen(text), at, octets[o / 3], (int)(o % 3));
				if (cutter_accepts(text, len, 1 + o % 7) !=
				    jansson_accepts(text, len))
					fail_msg("jansson differs on %.*s", (int)len, text);
			}
	assert_true(tried > 5000);
}

static const struct {
	const char *raw, *text;
} texts[] = {
	{"", ""},
	{"plain", "plain"},
	{"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
	{"\\u0041\\u00e9\\u20AC\\ud83d\\ude00", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	{"a\\u0000b", "a\xef\xbf\xbd"
		      "b"},
	{"\\ud800", "\xef\xbf\xbd"},
	{"\\ud800x", "\xef\xbf\xbdx"},
	{"\\ud800\\u0041", "\xef\xbf\xbd"
			   "A"},
	{"\\udc00\\ud800", "\xef\xbf\xbd\xef\xbf\xbd"},
	{"\\ud800\\ud800\\udc00", "\xef\xbf\xbd\xf0\x90\x80\x80"},
	{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	{"\xff", "\xef\xbf\xbd"},
	{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
	{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
	{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"a\xc3", "a\xef\xbf\xbd"},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t len = strlen(texts[i].raw);
		uint8_t *raw = malloc(len ? len : 1);
		char *out = malloc(JSON_TEXT_MAX(len));

		assert_non_null(raw);
		assert_non_null(out);
		memcpy(raw, texts[i].raw, len);
		assert_int_equal(json_text_decode(raw, len, out), strlen(texts[i].text));
		assert_string_equal(out, texts[i].text);
		free(raw);
		free(out);
	}
}

static void test_keys(void **state)
{
	static const struct {
		const char *raw;
		bool same;
	} keys[] = {
		{"statusk", true},
		{"STATUSK", true},
		{"\xc5\xbftatusk", true},
		{"status\xe2\x84\xaa", true},
		{"\\u0073tatusk", true},
		{"\\u017Ftatus\\u212a", true},
		{"status", false},
		{"statuskk", false},
		{"", false},
		{"status\xe2", false},
		{"statu\xc5\xbf", false},
		{"statusk\\u0000", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_int_equal(json_key_is((const uint8_t *)keys[i].raw, strlen(keys[i].raw),
					     "statusk", 7),
				 keys[i].same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_against_jansson),
		cmocka_unit_test(test_texts),  cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
