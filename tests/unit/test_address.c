// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "address.h"
#include "util.h"

/* text -> family and canonical text */
static const struct {
	const char *text;
	int family; /* 0: refused */
	const char *canonical;
} table[] = {
	{"0.0.0.0", AF_INET, "0.0.0.0"},
	{"10.0.0.1", AF_INET, "10.0.0.1"},
	{"255.255.255.255", AF_INET, "255.255.255.255"},
	{"::", AF_INET6, "::"},
	{"::1", AF_INET6, "::1"},
	{"2001:DB8:0:0:0:0:0:1", AF_INET6, "2001:db8::1"},
	{"2001:db8:0:0:1:0:0:1", AF_INET6, "2001:db8::1:0:0:1"},
	{"2001:db8:0:1:1:1:1:1", AF_INET6, "2001:db8:0:1:1:1:1:1"},
	{"fe80::1", AF_INET6, "fe80::1"},
	/* Go's net.IP makes no difference between these and IPv4. */
	{"::ffff:10.0.0.1", AF_INET, "10.0.0.1"},
	{"::ffff:a00:1", AF_INET, "10.0.0.1"},
	{"0:0:0:0:0:ffff:0.0.0.0", AF_INET, "0.0.0.0"},
	/* Not the deprecated mixed form. */
	{"::10.0.0.1", AF_INET6, "::a00:1"},
	{"::1:0", AF_INET6, "::1:0"},
	{"::a", AF_INET6, "::a"},
	{"64:ff9b::10.0.0.1", AF_INET6, "64:ff9b::a00:1"},
	{"", 0, NULL},
	{" 10.0.0.1", 0, NULL},
	{"10.0.0.1 ", 0, NULL},
	{"10.0.0", 0, NULL},
	{"10.0.0.256", 0, NULL},
	{"10.0.0.01", 0, NULL},
	{"010.0.0.1", 0, NULL},
	{"0x0a.0.0.1", 0, NULL},
	{"10.0.0.1.2", 0, NULL},
	{"167772161", 0, NULL},
	{"localhost", 0, NULL},
	{"fe80::1%lo", 0, NULL},
	{"[::1]", 0, NULL},
	{":::", 0, NULL},
	{"1:2:3:4:5:6:7", 0, NULL},
	{"1:2:3:4:5:6:7:8:9", 0, NULL},
	{"12345::", 0, NULL},
	{"::ffff:10.0.0.01", 0, NULL},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct address a, before;
		char text[INET6_ADDRSTRLEN];
		int r;

		memset(&before, 0x55, sizeof(before));
		a = before;
		r = address_parse(table[i].text, &a);
		if (table[i].family == 0) {
			if (r != -EINVAL)
				fail_msg("accepted: '%s'", table[i].text);
			assert_memory_equal(&a, &before, sizeof(a));
			continue;
		}
		if (r != 0 || a.family != table[i].family)
			fail_msg("'%s': %d, family %d", table[i].text, r, a.family);
		assert_string_equal(address_format(&a, text, sizeof(text)), table[i].canonical);
	}
}

static void test_bytes(void **state)
{
	static const uint8_t v4[16] = {10, 1, 2, 3}, v6[16] = {0x20, 1, [15] = 7};
	struct address a;

	(void)state;
	assert_int_equal(address_parse("::ffff:10.1.2.3", &a), 0);
	assert_memory_equal(a.bytes, v4, sizeof(v4));
	assert_int_equal(address_parse("2001::7", &a), 0);
	assert_memory_equal(a.bytes, v6, sizeof(v6));
}

static void test_equal(void **state)
{
	struct address a, b, none = {0};

	(void)state;
	address_parse("10.0.0.1", &a);
	address_parse("::ffff:10.0.0.1", &b);
	assert_true(address_equal(&a, &b));
	/* What lies behind the four octets of IPv4 is of no account. */
	b.bytes[9] = 1;
	assert_true(address_equal(&a, &b));
	address_parse("10.0.0.2", &b);
	assert_false(address_equal(&a, &b));
	address_parse("a00:1::", &b);
	assert_false(address_equal(&a, &b));
	address_parse("::", &a);
	address_parse("::1", &b);
	assert_false(address_equal(&a, &b));
	assert_false(address_equal(&a, &none));
	assert_true(address_equal(&none, &none));
}

static void test_format_edges(void **state)
{
	struct address none = {0}, a;
	char text[INET6_ADDRSTRLEN] = "x";

	(void)state;
	assert_string_equal(address_format(&none, text, sizeof(text)), "");
	address_parse("10.0.0.1", &a);
	/* Too small: nothing rather than half an address. */
	assert_string_equal(address_format(&a, text, 4), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_format_edges),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
