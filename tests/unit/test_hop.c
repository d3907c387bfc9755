// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What is taken from a forwarded query and given to its reply (hop.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hop.h"
#include "octets.h"

#define NAME   "\1a\0"
#define QUERY  "\x12\x34\1\0\0\1\0\0\0\0\0\1" NAME "\0\1\0\1"
#define SIGNED "\x12\x34\1\0\0\1\0\0\0\0\0\2" NAME "\0\1\0\1"
#define PLAIN  "\x12\x34\1\0\0\1\0\0\0\0\0\0" NAME "\0\1\0\1"
#define ANSWER                                                                                     \
	"\x12\x34\x81\x80\0\1\0\1\0\0\0\1" NAME "\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7"
#define OPT	"\0\0\x29"
#define NSID	"\0\3\0\0"
#define COOKIE	"\0\x0a\0\x08\1\2\3\4\5\6\7\x08"
#define PADDING "\0\x0c\0\2\0\0"
#define TSIG	"\0\0\xfa\0\xff\0\0\0\0\0\0"

#define OCTETS(text) (const uint8_t *)(text), sizeof(text) - 1

/* One octet further, and ASan or valgrind says so. */
static uint8_t *copy(const uint8_t *msg, size_t len)
{
	uint8_t *p = malloc(len);

	assert_non_null(p);
	return memcpy(p, msg, len);
}

static void assert_query(const uint8_t *msg, size_t len, const uint8_t *want, size_t want_len)
{
	uint8_t *p = copy(msg, len);

	assert_int_equal(hop_query(p, len), want_len);
	assert_memory_equal(p, want, want_len);
	free(p);
}

static void test_query(void **state)
{
	(void)state;
	assert_query(OCTETS(PLAIN), OCTETS(PLAIN));
	assert_query(OCTETS(QUERY OPT "\4\xd0\0\0\0\0\0\4" NSID),
		     OCTETS(QUERY OPT "\4\xd0\0\0\0\0\0\4" NSID));
	assert_query(OCTETS(QUERY OPT "\4\xd0\0\0\x80\0\0\x0c" COOKIE),
		     OCTETS(QUERY OPT "\4\xb4\0\0\x80\0\0\0"));
	assert_query(OCTETS(QUERY OPT "\4\xd0\0\0\0\0\0\x22" COOKIE NSID COOKIE PADDING),
		     OCTETS(QUERY OPT "\4\xb4\0\0\0\0\0\x0a" NSID PADDING));
	/* who takes only 512 octets, or a few more, may still be sent these */
	assert_query(OCTETS(QUERY OPT "\2\0\0\0\0\0\0\x0c" COOKIE),
		     OCTETS(QUERY OPT "\2\0\0\0\0\0\0\0"));
	assert_query(OCTETS(QUERY OPT "\2\x1b\0\0\0\0\0\x0c" COOKIE),
		     OCTETS(QUERY OPT "\2\x1b\0\0\0\0\0\0"));
	assert_query(OCTETS(QUERY OPT "\2\x1c\0\0\0\0\0\x0c" COOKIE),
		     OCTETS(QUERY OPT "\2\0\0\0\0\0\0\0"));
	/* the signature is over all that stands before it */
	assert_query(OCTETS(SIGNED OPT "\4\xd0\0\0\0\0\0\x0c" COOKIE TSIG),
		     OCTETS(SIGNED OPT "\4\xd0\0\0\0\0\0\x0c" COOKIE TSIG));
}

/* Nothing is read behind the message, whatever its counts and lengths say. */
static void test_broken(void **state)
{
	static const char msg[] = QUERY OPT "\4\xd0\0\0\0\0\0\x1c" COOKIE NSID COOKIE;
	const struct hop hop = {.has_cookie = true};

	(void)state;
	for (size_t len = 0; len < sizeof(msg) - 1; len++)
		assert_query((const uint8_t *)msg, len, (const uint8_t *)msg, len);
	for (size_t i = 0; i < sizeof(msg) - 1; i++) {
		for (unsigned octet = 0; octet < 256; octet++) {
			uint8_t *p = copy(OCTETS(msg));

			p[i] = octet;
			assert_true(hop_query(p, sizeof(msg) - 1) <= sizeof(msg) - 1);
			p = realloc(p, sizeof(msg) + HOP_COOKIE_LEN);
			assert_non_null(p);
			hop_reply(&hop, p, sizeof(msg) - 1, sizeof(msg) + HOP_COOKIE_LEN);
			free(p);
		}
	}
}

static void assert_reply(const uint8_t *msg, size_t len, size_t cap, bool gets_it)
{
	struct hop hop = {.has_cookie = true, .cookie = "123456781234567812345678"};
	uint8_t *p = malloc(cap > len ? cap : len);
	size_t with = len + HOP_COOKIE_LEN, at = len - get16(msg + len - 2);

	assert_non_null(p);
	memcpy(p, msg, len);
	assert_int_equal(hop_reply(&hop, p, len, cap), gets_it ? with : len);
	if (gets_it) {
		assert_memory_equal(p + len,
				    "\0\x0a\0\x18"
				    "123456781234567812345678",
				    HOP_COOKIE_LEN);
		assert_int_equal(get16(p + at - 2), HOP_COOKIE_LEN);
	} else {
		assert_memory_equal(p, msg, len);
	}
	hop.has_cookie = false;
	memcpy(p, msg, len);
	assert_int_equal(hop_reply(&hop, p, len, cap), len);
	assert_memory_equal(p, msg, len);
	free(p);
}

static void test_reply(void **state)
{
	static const char reply[] = ANSWER OPT "\4\xd0\0\0\0\0\0\0";
	const struct hop hop = {.has_cookie = true};
	uint8_t room[256] = ANSWER OPT "\4\xd0\0\0\0\0\0\4" NSID;
	size_t len = sizeof(ANSWER OPT "\4\xd0\0\0\0\0\0\4" NSID) - 1;

	(void)state;
	assert_reply(OCTETS(reply), sizeof(reply) - 1 + HOP_COOKIE_LEN, true);
	assert_reply(OCTETS(reply), sizeof(reply) - 2 + HOP_COOKIE_LEN, false);
	assert_reply(OCTETS(PLAIN), 512, false);
	assert_reply(OCTETS(SIGNED OPT "\4\xd0\0\0\0\0\0\0" TSIG), 512, false);
	/* behind what the resolver says */
	assert_int_equal(hop_reply(&hop, room, len, sizeof(room)), len + HOP_COOKIE_LEN);
	assert_int_equal(get16(room + len - 6), 4 + HOP_COOKIE_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
