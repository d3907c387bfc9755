// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random changes to the queries of the packet table: the native program, the loaded one and the
 * userspace responder must agree on whatever comes of it. Of one zone there are cookies; half of
 * the mutants go to programs with lists of clients and a limit (packet_rules.h). XDNS_MUTANTS and
 * XDNS_SEED change how many and which; the seed is always the same otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

#include "loaded.h"
#include "native.h"
#include "packet_bench.h"
#include "packet_frame.h"
#include "packet_planes.h"
#include "packet_rules.h"
#include "packet_wire.h"
#include "packet_zone.h"
#include "packets_answers.h"
#include "packets_frames.h"
#include "packets_odd.h"

#define MUTANTS	   200000
#define SEED	   20240229
#define RULES_LAST 2000 /* mutants, then there are other rules */

/* Without lists and limit, and with them. */
enum kind { KIND_PLAIN, KIND_LIMITED, KINDS };

struct run {
	struct bench bench[KINDS][PACKET_ZONES];
	uint64_t random;
	uint64_t expected[KINDS][PACKET_ZONES][XDNS_COUNTERS_COUNT];
	unsigned verdicts[NATIVE_TX + 1];
};

static uint32_t next_random(struct run *r)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return r->random >> 32;
}

static uint32_t below(struct run *r, uint32_t n)
{
	return next_random(r) % n;
}

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static const struct row *any_row(struct run *r)
{
	const struct rows *const tables[] = {&packets_answers, &packets_odd, &packets_frames};
	const struct rows *rows = tables[below(r, 8) < 5 ? 0 : 1 + below(r, 2)];

	return &rows->row[below(r, rows->count)];
}

/* One octet: another value, one bit, a letter's case, or a number that means something. */
static void change_octet(struct run *r, uint8_t *p)
{
	static const uint8_t telling[] = {0,  1,    2,	  3,	5,    6,    17,	  28,  33,  41,
					  63, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff, '*', '.', 53};

	switch (below(r, 4)) {
	case 0:
		*p = next_random(r);
		break;
	case 1:
		*p ^= 1 << below(r, 8);
		break;
	case 2:
		*p ^= 0x20;
		break;
	case 3:
		*p = telling[below(r, sizeof(telling))];
		break;
	}
}

/* Octets of the message inserted, removed or repeated, the lengths around it put right. */
static void change_length(struct run *r, struct frame *f)
{
	size_t len = f->len - f->dns, at = below(r, len + 1), n = 1 + below(r, 12);
	uint8_t *p = f->octet + f->dns + at;

	if (below(r, 2)) {
		memmove(p + n, p, len - at);
		if (below(r, 2))
			for (size_t i = 0; i < n; i++)
				p[i] = next_random(r);
		len += n;
	} else {
		n = n > len - at ? len - at : n;
		memmove(p, p + n, len - at - n);
		len -= n;
	}
	frame_set_dns(f, len);
}

static void mutate(struct run *r, struct frame *f)
{
	for (unsigned n = below(r, 4); n > 0; n--) {
		size_t start = below(r, 4) ? f->dns : 0;

		if (f->len <= start)
			start = 0;
		switch (below(r, 10)) {
		case 0:
			if (f->len > f->dns)
				change_length(r, f);
			break;
		case 1: /* the frame alone is cut or padded */
			f->len = below(r, 2) ? below(r, f->len + 1) : f->len + below(r, 64);
			f->len = f->len < LOADED_FRAME_MIN ? LOADED_FRAME_MIN : f->len;
			break;
		case 2:
			f->octet[f->dns] = next_random(r);
			f->octet[f->dns + 1] = next_random(r);
			break;
		default:
			change_octet(r, f->octet + start + below(r, f->len - start));
			break;
		}
	}
}

static void report(const struct frame *f, const struct row *row, unsigned n, const char *what)
{
	for (size_t i = 0; i < f->len; i++)
		printf("%02x", f->octet[i]);
	fail_msg("mutant %u of '%s': %s (the frame is above)", n, row->what, what);
}

static void try_one(struct run *r, unsigned n, const struct row *row)
{
	struct shape shape = {row->only ? row->only == ONLY_IP6 : below(r, 2), below(r, 3)};
	enum kind kind = below(r, KINDS);
	struct bench *b = &r->bench[kind][row->zone];
	struct native_result native;
	struct frame query, reply;
	struct bytes message;
	const char *wrong;

	query_message(row, &shape, &message);
	memset(&query, 0, sizeof(query));
	query_frame(row, &shape, &message, &query);
	mutate(r, &query);
	wrong = packet_planes(b, &query, &native, &reply);
	if (wrong)
		report(&query, row, n, wrong);
	r->expected[kind][row->zone][native.counter]++;
	r->verdicts[native.verdict]++;
}

static void change_rules(struct run *r, unsigned long n)
{
	for (int i = 0; i < PACKET_ZONES; i++)
		bench_set_rules(&r->bench[KIND_LIMITED][i], n % PACKET_RULES);
}

static void test_mutants(void **state)
{
	struct run *r = *state;
	unsigned long count = from_environment("XDNS_MUTANTS", MUTANTS);

	r->random = from_environment("XDNS_SEED", SEED) | 1;
	for (unsigned long n = 0; n < count; n++) {
		if (n % RULES_LAST == 0)
			change_rules(r, n / RULES_LAST);
		try_one(r, n, any_row(r));
	}
	printf("# %lu mutants: %u answered, %u passed, %u dropped\n", count, r->verdicts[NATIVE_TX],
	       r->verdicts[NATIVE_PASS], r->verdicts[NATIVE_DROP]);
	for (int i = 0; i <= NATIVE_TX; i++)
		assert_true(r->verdicts[i] > count / 20);
}

static void compare_counters(struct bench *b, const uint64_t expected[XDNS_COUNTERS_COUNT])
{
	uint64_t counted[XDNS_COUNTERS_COUNT];

	if (!b->loaded) {
		printf("# SKIPPED: no mutant ran in the kernel: %s\n", b->why_not);
		skip();
	}
	assert_int_equal(loaded_counters(b->loaded, counted), 0);
	assert_memory_equal(counted, expected, sizeof(counted));
}

static void test_counters_agree(void **state)
{
	struct run *r = *state;

	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < PACKET_ZONES; i++)
			compare_counters(&r->bench[kind][i], r->expected[kind][i]);
}

static int open_benches(void **state)
{
	static struct run run;

	for (int i = 0; i < PACKET_ZONES; i++) {
		bench_open(i, &run.bench[KIND_PLAIN][i]);
		bench_open_limited(i, true, &run.bench[KIND_LIMITED][i]);
	}
	rcu_register_thread();
	*state = &run;
	return 0;
}

static int close_benches(void **state)
{
	struct run *r = *state;

	rcu_unregister_thread();
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < PACKET_ZONES; i++)
			bench_close(&r->bench[kind][i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_counters_agree),
	};

	return cmocka_run_group_tests(tests, open_benches, close_benches);
}
