// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The lists of client networks against a plain reading of their rules, and the rule of
 * response-rate limiting with a clock of the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients.h"
#include "config.h"
#include "limiter.h"
#include "util.h"

#define SECOND NSEC_PER_SEC

struct net {
	struct address a;
	unsigned bits;
	enum client_list list;
};

static bool within(const struct address *a, const struct net *n)
{
	for (unsigned i = 0; i < n->bits; i++)
		if ((a->bytes[i / 8] ^ n->a.bytes[i / 8]) & 0x80 >> i % 8)
			return false;
	return a->family == n->a.family;
}

/* The rules as docs/configuration.md has them. */
static uint32_t by_the_book(const struct net *nets, size_t count, const struct address *a)
{
	bool some_allowed = false, exempt = false;
	int allowed = -1, denied = -1;

	for (size_t i = 0; i < count; i++) {
		int bits = (int)nets[i].bits;

		some_allowed |= nets[i].list == CLIENTS_ALLOW;
		if (!within(a, &nets[i]))
			continue;
		if (nets[i].list == CLIENTS_ALLOW && bits > allowed)
			allowed = bits;
		if (nets[i].list == CLIENTS_DENY && bits > denied)
			denied = bits;
		exempt |= nets[i].list == CLIENTS_EXEMPT;
	}
	return (exempt ? XDNS_CLIENT_EXEMPT : 0) |
	       (denied >= allowed && denied >= 0 ? XDNS_CLIENT_DENIED
		: allowed < 0 && some_allowed	 ? XDNS_CLIENT_REFUSED
						 : 0);
}

static void random_address(unsigned short seed[3], struct address *ret)
{
	*ret = (struct address){.family = nrand48(seed) & 1 ? AF_INET : AF_INET6};
	for (int i = 0; i < (ret->family == AF_INET ? 4 : 16); i++)
		ret->bytes[i] = nrand48(seed) >> 8 & (i < 2 ? 0x81 : 0xc3);
}

static void peer_of(const struct address *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (void *)ret;
	struct sockaddr_in *v4 = (void *)ret;

	*ret = (struct sockaddr_storage){.ss_family = a->family};
	if (a->family == AF_INET)
		memcpy(&v4->sin_addr, a->bytes, 4);
	else
		memcpy(&v6->sin6_addr, a->bytes, 16);
}

static void test_lists(void **state)
{
	unsigned short seed[3] = {4, 5, 6};
	unsigned seen[8] = {0};

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct net nets[40];
		size_t count = 1 + (size_t)nrand48(seed) % ARRAY_SIZE(nets);
		struct clients c = {0};
		long kinds = 1 + round % 3; /* only allowed ones; and denied; and exempt */

		for (size_t i = 0; i < count; i++) {
			struct net *n = &nets[i];
			unsigned max;

			random_address(seed, &n->a);
			max = n->a.family == AF_INET ? 32 : 128;
			n->bits = (unsigned)nrand48(seed) % (max + 1);
			n->list = (enum client_list)(nrand48(seed) % kinds);
			for (unsigned b = n->bits; b < 128; b++)
				n->a.bytes[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
			assert_int_equal(clients_add(&c, &n->a, n->bits, n->list), 0);
		}
		assert_int_equal(clients_settle(&c), 0);
		for (int i = 0; i < 300; i++) {
			struct sockaddr_storage peer;
			struct address a;
			uint32_t want;

			random_address(seed, &a);
			peer_of(&a, &peer);
			want = by_the_book(nets, count, &a);
			assert_int_equal(clients_find(&c, (void *)&peer), want);
			seen[want]++;
		}
		clients_clear(&c);
	}
	for (uint32_t flags = 0; flags < ARRAY_SIZE(seen); flags++)
		assert_int_equal(!seen[flags], (flags & 3) == 3);
}

static void test_no_list(void **state)
{
	struct sockaddr_in peer = {.sin_family = AF_INET};
	struct clients c = {0};

	(void)state;
	assert_int_equal(clients_find(&c, (void *)&peer), 0);
}

static struct xdns_limit rule(uint32_t rate, uint32_t slip)
{
	return (struct xdns_limit){.interval = SECOND / rate, .slip = slip};
}

static unsigned taken(__u64 *cell, const struct xdns_limit *l, uint64_t now, unsigned tries)
{
	unsigned n = 0;

	while (tries--)
		n += xdns_limit_take(cell, l, now);
	return n;
}

/* A second's worth at once, then one for each interval, and never more saved up than a second's. */
static void test_rate(void **state)
{
	static const uint32_t rates[] = {1, 2, 8, 100, 5000, 1000000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		uint32_t rate = rates[i];
		struct xdns_limit l = rule(rate, 0);
		uint64_t now = 1000 * SECOND;
		__u64 cell = 0;

		assert_int_equal(taken(&cell, &l, now, 2 * rate + 9), SECOND / l.interval);
		assert_int_equal(taken(&cell, &l, now + l.interval - 1, 9), 0);
		assert_int_equal(taken(&cell, &l, now + l.interval, 9), 1);
		now += 100 * SECOND;
		assert_int_equal(taken(&cell, &l, now, 2 * rate + 9), SECOND / l.interval);
	}
}

/* A minute at many times the rate gets the rate. */
static void test_flood(void **state)
{
	struct xdns_limit l = rule(50, 0);
	uint64_t now = SECOND;
	unsigned got = 0;
	__u64 cell = 0;

	(void)state;
	for (int i = 0; i < 60 * 2000; i++, now += SECOND / 2000)
		got += taken(&cell, &l, now, 1);
	assert_in_range(got, 60 * 50, 60 * 50 + 50);
}

/* Questions go on to userspace as often as they are answered, and only while there is room. */
static void test_pass(void **state)
{
	static const uint32_t rates[] = {1, 2, 8, 100, 5000, 1000000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		struct xdns_limit l = rule(rates[i], 0);
		uint64_t now = 1000 * SECOND;
		__u64 cell = 0, passed = 0;

		for (unsigned n = 0; n < rates[i]; n++)
			assert_true(xdns_limit_pass(&cell, &passed, &l, now));
		assert_false(xdns_limit_pass(&cell, &passed, &l, now));
		assert_int_equal(cell, 0);
		assert_int_equal(taken(&cell, &l, now, rates[i]), rates[i]);
		passed = 0;
		assert_false(xdns_limit_pass(&cell, &passed, &l, now));
		assert_int_equal(passed, 0);
	}
}

static void test_slip(void **state)
{
	static const uint32_t slips[] = {1, 2, 3, 10};
	struct xdns_limit l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slips); i++) {
		unsigned slipped = 0;

		l = rule(5, slips[i]);
		for (uint64_t random = 0; random < 1ULL << 32; random += 1 << 16)
			slipped += xdns_limit_beyond(&l, (__u32)random) == XDNS_LIMIT_SLIP;
		assert_in_range(slipped, 65536 / slips[i], 65536 / slips[i] + 1);
	}
	l = rule(5, 0);
	assert_int_equal(xdns_limit_beyond(&l, 0), XDNS_LIMIT_DROP);
}

static unsigned cells_of(const struct xdns_limit *l, bool ip6, unsigned nets)
{
	static uint8_t seen[XDNS_LIMIT_CELLS];
	unsigned n = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < nets; i++) {
		uint64_t net = ip6 ? xdns_limit_net6(0x20 | 0x01ULL << 8 | (uint64_t)i << 24)
				   : xdns_limit_net4(10 | i << 8);
		uint32_t cell = xdns_limit_cell(l, net);

		assert_in_range(cell, 0, XDNS_LIMIT_CELLS - 1);
		n += !seen[cell];
		seen[cell] = 1;
	}
	return n;
}

/* Neighbours spread over the cells, by a key of any kind. */
static void test_cells(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		struct limiter lim;
		struct xdns_limit l = {0};

		assert_int_equal(limiter_init(&lim), 0);
		memcpy(l.key, lim.key, sizeof(l.key));
		/* thrown at random 4096 networks would hit some 3970 cells */
		assert_true(cells_of(&l, false, 4096) > 3500);
		assert_true(cells_of(&l, true, 4096) > 3500);
	}
}

/* One network is one cell, whoever in it asks, and the two families' are not the same. */
static void test_networks(void **state)
{
	struct in6_addr a, b, c;
	uint64_t half[3];

	(void)state;
	assert_int_equal(xdns_limit_net4(inet_addr("192.0.2.1")),
			 xdns_limit_net4(inet_addr("192.0.2.254")));
	assert_true(xdns_limit_net4(inet_addr("192.0.2.1")) !=
		    xdns_limit_net4(inet_addr("192.0.3.1")));
	inet_pton(AF_INET6, "2001:db8:0:100::1", &a);
	inet_pton(AF_INET6, "2001:db8:0:1ff::2", &b);
	inet_pton(AF_INET6, "2001:db8:0:200::1", &c);
	memcpy(&half[0], &a, 8);
	memcpy(&half[1], &b, 8);
	memcpy(&half[2], &c, 8);
	assert_int_equal(xdns_limit_net6(half[0]), xdns_limit_net6(half[1]));
	assert_true(xdns_limit_net6(half[0]) != xdns_limit_net6(half[2]));
	assert_true(xdns_limit_net4(0) != xdns_limit_net6(0));
}

static void test_limiter(void **state)
{
	struct config cfg = {.responses_per_second = 3};
	struct sockaddr_in peer = {.sin_family = AF_INET};
	struct sockaddr_in6 peer6 = {.sin6_family = AF_INET6};
	struct limiter l;
	unsigned got = 0;

	(void)state;
	assert_int_equal(limiter_init(&l), 0);
	assert_int_equal(limiter_take(&l, &cfg, (void *)&peer, 1, 0), XDNS_LIMIT_ANSWER);
	assert_int_equal(limiter_set_cells(&l, NULL, -1), 0);
	for (int i = 0; i < 9; i++)
		got += limiter_take(&l, &cfg, (void *)&peer, SECOND, 0) == XDNS_LIMIT_ANSWER;
	assert_int_equal(got, 3);
	assert_int_equal(limiter_take(&l, &cfg, (void *)&peer6, SECOND, 0), XDNS_LIMIT_ANSWER);
	cfg.responses_per_second = 0;
	assert_int_equal(limiter_take(&l, &cfg, (void *)&peer, SECOND, 0), XDNS_LIMIT_ANSWER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),	cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_rate),	cmocka_unit_test(test_flood),
		cmocka_unit_test(test_pass),	cmocka_unit_test(test_slip),
		cmocka_unit_test(test_cells),	cmocka_unit_test(test_networks),
		cmocka_unit_test(test_limiter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
