// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* csum.h against the plain sum of 16-bit words, in one part and in parts at even and odd octets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "csum.h"

#define OCTETS 600

/* RFC 1071 4.1, in the order of the octets; at: where in the whole the part starts. */
static uint32_t naive(uint32_t sum, const uint8_t *p, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++) {
		sum += (at + i) & 1 ? p[i] : p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* As the program adds: eight octets at a time, zeros behind the end. */
static __u64 by_words(const uint8_t *p, size_t n)
{
	__u64 sum = 0, word;

	for (size_t i = 0; i < n; i += 8) {
		word = 0;
		memcpy(&word, p + i, n - i < 8 ? n - i : 8);
		sum = xdns_sum_add(sum, word);
	}
	return sum;
}

/* In the order of the octets, as naive() has it. */
static uint16_t folded(__u64 sum)
{
	return xdns_be16(xdns_sum_fold(sum));
}

/* Two ways to write zero in one's complement. */
static void assert_same(uint16_t a, uint16_t b)
{
	if ((a == 0 || a == 0xffff) && (b == 0 || b == 0xffff))
		return;
	assert_int_equal(a, b);
}

static void fill(uint8_t *p, size_t n, unsigned seed)
{
	srandom(seed);
	for (size_t i = 0; i < n; i++)
		p[i] = seed % 3 == 0 ? 0xff : seed % 3 == 1 ? random() : random() % 7 ? 0 : 0xff;
}

static void test_every_length(void **state)
{
	uint8_t octets[OCTETS];

	(void)state;
	for (size_t n = 0; n <= OCTETS; n++) {
		fill(octets, n, n);
		assert_same(folded(by_words(octets, n)), naive(0, octets, n, 0));
	}
}

/* Parts of a whole, cut anywhere. */
static void test_parts(void **state)
{
	uint8_t octets[OCTETS];

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t n, cut;
		__u64 sum, rest;

		fill(octets, sizeof(octets), round);
		n = 1 + random() % OCTETS;
		cut = random() % n;
		sum = by_words(octets, cut);
		rest = by_words(octets + cut, n - cut);
		if (cut & 1)
			rest = xdns_sum_odd(rest);
		assert_same(folded(xdns_sum_add(sum, rest)), naive(0, octets, n, 0));
		assert_same(xdns_be16(xdns_sum_finish(xdns_sum_add(sum, rest))),
			    (uint16_t)~naive(0, octets, n, 0));
	}
}

static void test_carries(void **state)
{
	(void)state;
	assert_int_equal(xdns_sum_fold(0), 0);
	assert_int_equal(xdns_sum_fold(0xffff), 0xffff);
	assert_int_equal(xdns_sum_fold(0x10000), 1);
	assert_int_equal(xdns_sum_fold(0x1ffff), 1);
	assert_int_equal(xdns_sum_fold(0xffff0000ffff0000ULL), 0xffff);
	assert_int_equal(xdns_sum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(xdns_sum_fold(UINT64_MAX - 1), 0xfffe);
	assert_int_equal(xdns_sum_fold(0xffffffff00000001ULL), 1);
	assert_int_equal(xdns_sum_fold(xdns_sum_add(UINT32_MAX, UINT64_MAX)), 0xffff);
	assert_int_equal(xdns_sum_fold(xdns_sum_add(1, UINT64_MAX)), 1);
	assert_int_equal(xdns_sum_fold(xdns_sum_odd(0x1234)), 0x3412);
	assert_int_equal(xdns_sum_fold(xdns_sum_odd(0x10000)), 0x0100);
	assert_int_equal(xdns_sum_fold(xdns_sum_at(2, 0x1234)), 0x1234);
	assert_int_equal(xdns_sum_fold(xdns_sum_at(3, 0x1234)), 0x3412);
	assert_int_equal(xdns_sum_finish(0), 0xffff);
	assert_int_equal(xdns_sum_finish(0xffff), 0);
	/* the example of RFC 1071 3 */
	assert_int_equal(folded(by_words((const uint8_t *)"\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8)),
			 0xddf2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_carries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
