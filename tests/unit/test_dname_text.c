// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dname_text.h"
#include "util.h"

#define A9  "aaaaaaaaa"
#define A63 A9 A9 A9 A9 A9 A9 A9

struct row {
	const char *text;
	const char *wire; /* without the root's octet; NULL: refused */
	size_t len;	  /* of wire */
	const char *back; /* as dname_to_text() writes it */
};

#define W(wire) wire, sizeof(wire) - 1

static const struct row plain[] = {
	{"", W(""), "."},
	{".", W(""), "."},
	{"a", W("\1a"), "a."},
	{"a.", W("\1a"), "a."},
	{"Mesos", W("\5Mesos"), "Mesos."},
	{"_app._tcp.marathon.mesos.", W("\4_app\4_tcp\10marathon\5mesos"),
	 "_app._tcp.marathon.mesos."},
	{"*.a", W("\1*\1a"), "*.a."},
	{A63 ".b", W("\77" A63 "\1b"), A63 ".b."},
	/* No escapes here: a backslash is an octet like any other. */
	{"a\\.b", W("\2a\\\1b"), "a\\\\.b."},
	{"a b", W("\3a b"), "a\\032b."},
	{"\xc3\xa4", W("\2\xc3\xa4"), "\\195\\164."},
	{"a@b;(\")$", W("\10a@b;(\")$"), "a\\@b\\;\\(\\\"\\)\\$."},
	{"..", NULL, 0, NULL},
	{"a..b", NULL, 0, NULL},
	{".a", NULL, 0, NULL},
	{"a..", NULL, 0, NULL},
	{A63 "a", NULL, 0, NULL},
	{"b." A63 "a.c", NULL, 0, NULL},
};

static const struct row escaped[] = {
	{"first\\.last.x.", W("\12first.last\1x"), "first\\.last.x."},
	{"a\\032b", W("\3a b"), "a\\032b."},
	{"a\\\\b", W("\3a\\b"), "a\\\\b."},
	{"\\255\\000", W("\2\xff\0"), "\\255\\000."},
	{"a.b", W("\1a\1b"), "a.b."},
	{".", W(""), "."},
	{"\\.", W("\1."), "\\.."},
	{"a\\", NULL, 0, NULL},
	{"a\\25", NULL, 0, NULL},
	{"a\\2x5", NULL, 0, NULL},
	{"a\\256", NULL, 0, NULL},
	{"a..b", NULL, 0, NULL},
};

static void run(const struct row *rows, size_t count, int (*from)(const char *, size_t, uint8_t *))
{
	for (size_t i = 0; i < count; i++) {
		uint8_t wire[DNAME_WIRE_MAX];
		char text[DNAME_TEXT_MAX];
		int r;

		memset(wire, 0x55, sizeof(wire));
		r = from(rows[i].text, strlen(rows[i].text), wire);
		if (!rows[i].wire) {
			if (r != -EINVAL || wire[0] != 0x55)
				fail_msg("'%s': %d", rows[i].text, r);
			continue;
		}
		if (r != (int)rows[i].len + 1)
			fail_msg("'%s': %d", rows[i].text, r);
		assert_memory_equal(wire, rows[i].wire, rows[i].len);
		assert_int_equal(wire[rows[i].len], 0);
		assert_int_equal(wire[r == DNAME_WIRE_MAX ? 0 : r], 0x55);
		assert_int_equal(dname_wire_len(wire), r);
		assert_string_equal(dname_to_text(wire, text), rows[i].back);
	}
}

static void test_plain(void **state)
{
	(void)state;
	run(plain, ARRAY_SIZE(plain), dname_from_text);
}

static void test_escaped(void **state)
{
	(void)state;
	run(escaped, ARRAY_SIZE(escaped), dname_from_escaped);
}

/* 255 octets are 253 characters: three labels of 63 and one of 61. */
static void test_longest(void **state)
{
	uint8_t wire[DNAME_WIRE_MAX];
	char text[DNAME_TEXT_MAX], back[DNAME_TEXT_MAX];

	(void)state;
	for (int last = 60; last <= 63; last++) {
		int len = snprintf(text, sizeof(text), "%s.%s.%s.%.*s", A63, A63, A63, last, A63);
		int r = dname_from_text(text, (size_t)len, wire);

		assert_int_equal(r, last <= 61 ? 192 + last + 2 : -EINVAL);
		text[len++] = '.';
		text[len] = '\0';
		assert_int_equal(dname_from_text(text, (size_t)len, wire), r);
		if (r > 0)
			assert_string_equal(dname_to_text(wire, back), text);
	}
	/* 127 labels of one octet fill it, too. */
	for (int i = 0; i < 128; i++)
		memcpy(text + 2 * i, "a.", 3);
	assert_int_equal(dname_from_text(text, 254, wire), 255);
	assert_int_equal(dname_from_text(text, 256, wire), -EINVAL);
}

/* Every octet as \DDD: the longest text there is. */
static void test_longest_text(void **state)
{
	uint8_t wire[DNAME_WIRE_MAX], again[DNAME_WIRE_MAX];
	char text[DNAME_TEXT_MAX];
	size_t at = 0;

	(void)state;
	for (int label = 0; label < 4; label++) {
		uint8_t len = label < 3 ? 63 : 61;

		wire[at++] = len;
		memset(wire + at, 0xfe, len);
		at += len;
	}
	wire[at++] = 0;
	assert_int_equal(at, DNAME_WIRE_MAX);
	dname_to_text(wire, text);
	assert_int_equal(strlen(text), 250 * 4 + 4);
	assert_int_equal(dname_from_escaped(text, strlen(text), again), DNAME_WIRE_MAX);
	assert_memory_equal(wire, again, sizeof(wire));
}

static void test_lower(void **state)
{
	/* 'A' is 65: a label of 63 octets has the largest length octet there is. */
	uint8_t wire[] = "\5MeSoS\4@[`{\2\xc3\x84";
	static const uint8_t want[] = "\5mesos\4@[`{\2\xc3\x84";

	(void)state;
	dname_lower(wire, sizeof(wire));
	assert_memory_equal(wire, want, sizeof(wire));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_longest), cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_lower),
	};

	return cmocka_run_group_tests_name("dname_text", tests, NULL, NULL);
}
