// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random changes to the queries of the packet table: the native program, the loaded one and the
 * userspace responder must agree on whatever comes of it. XDNS_MUTANTS and XDNS_SEED
 * change how many and which; the seed is always the same otherwise.
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
#include "packet_names.h"
#include "packet_wire.h"
#include "packet_zone.h"
#include "packets_answers.h"
#include "packets_frames.h"
#include "packets_odd.h"
#include "reply.h"

#define MUTANTS 200000
#define SEED	20240229

struct run {
	struct bench bench[PACKET_ZONES];
	uint64_t random;
	uint64_t expected[PACKET_ZONES][XDNS_COUNTERS_COUNT];
	unsigned sent, passed;
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

/* Where a frame that was answered has its DNS message. */
static void locate(struct frame *f)
{
	f->l3 = 14;
	while (f->octet[f->l3 - 2] == 0x81 || f->octet[f->l3 - 2] == 0x88)
		f->l3 += 4;
	f->ip6 = f->octet[f->l3] >> 4 == 6;
	f->l4 = f->l3 + (f->ip6 ? 40 : 20);
	f->dns = f->l4 + 8;
}

static void report(const struct frame *f, const struct row *row, unsigned n, const char *what)
{
	for (size_t i = 0; i < f->len; i++)
		printf("%02x", f->octet[i]);
	fail_msg("mutant %u of '%s': %s (the frame is above)", n, row->what, what);
}

/* What userspace answers to the same message. */
static bool user_agrees(struct bench *b, const struct frame *query, const struct frame *reply)
{
	static uint8_t out[DNS_TCP_MAX];
	struct reply_result result;
	const uint8_t *udp = query->octet + query->l4;
	size_t len = (udp[4] << 8 | udp[5]) - 8;

	return reply_query(b->cfg, b->zone, false, query->octet + query->dns, len, out, sizeof(out),
			   &result) == REPLY_SEND &&
	       result.len == reply->len - reply->dns &&
	       !memcmp(out, reply->octet + reply->dns, result.len);
}

/* Whatever came behind the UDP header, to userspace: in memory of its exact size. */
static bool user_is_sane(struct bench *b, const struct frame *query)
{
	static uint8_t out[DNS_TCP_MAX];
	size_t len = query->len > query->dns ? query->len - query->dns : 0;
	uint8_t *message = malloc(len + 2);
	struct reply_result result;
	enum reply_verdict verdict;
	bool sane = true;

	assert_non_null(message);
	/* the spare octets are in front (it starts at an even address): what is read behind the end
	 * shows */
	memcpy(message + 2, query->octet + query->dns, len);
	verdict = reply_query(b->cfg, b->zone, false, message + 2, len, out, sizeof(out), &result);
	if (verdict == REPLY_SEND)
		sane = result.len >= DNS_HEADER_LEN && result.len <= DNS_UDP_EDNS_MAX &&
		       !memcmp(out, message + 2, 2) && (out[2] & 0x80);
	free(message);
	return sane;
}

/* The way through the head room leads to the same frame. */
static bool head_room_agrees(struct bench *b, const struct frame *query, const struct frame *reply)
{
	static const struct native_room room = {4096, 0};
	struct frame other;
	struct native_result got =
		native_run(b->native, query->octet, query->len, room, other.octet, FRAME_MAX);

	return got.verdict == NATIVE_TX && got.len == reply->len &&
	       !memcmp(other.octet, reply->octet, got.len);
}

static void try_one(struct run *r, unsigned n, const struct row *row)
{
	static const struct native_room room = {256, 4096};
	struct shape shape = {row->only ? row->only == ONLY_IP6 : below(r, 2), below(r, 3)};
	struct bench *b = &r->bench[row->zone];
	struct native_result native, loaded;
	struct frame query, reply, other;
	struct bytes message;

	query_message(row, &message);
	memset(&query, 0, sizeof(query));
	query_frame(row, &shape, &message, &query);
	mutate(r, &query);
	native = native_run(b->native, query.octet, query.len, room, reply.octet, FRAME_MAX);
	if (native.counter == XDNS_COUNTERS_COUNT || native.counter == XDNS_drop_write)
		report(&query, row, n, "not one counter, or the one for what cannot happen");
	r->expected[row->zone][native.counter]++;
	if ((native.verdict == NATIVE_TX) != (native.counter <= XDNS_answer_truncated))
		report(&query, row, n, "verdict and counter do not agree");
	if (b->loaded) {
		if (loaded_run(b->loaded, query.octet, query.len, other.octet, FRAME_MAX, &loaded))
			report(&query, row, n, "the kernel did not run it");
		if (loaded.verdict != native.verdict || loaded.len != native.len ||
		    memcmp(other.octet, reply.octet, native.len))
			report(&query, row, n, "the kernel sends something else");
	}
	if (native.verdict != NATIVE_TX) {
		if (native.len != query.len || memcmp(reply.octet, query.octet, query.len))
			report(&query, row, n, "passed, but not as it came");
		if (!user_is_sane(b, &query))
			report(&query, row, n, "userspace says something odd");
		r->passed++;
		return;
	}
	r->sent++;
	reply.len = native.len;
	if (!head_room_agrees(b, &query, &reply))
		report(&query, row, n, "another frame by way of the head room");
	locate(&query);
	locate(&reply);
	if (!frame_valid(&reply))
		report(&query, row, n, "wrong length or checksum in the reply");
	if (!user_agrees(b, &query, &reply))
		report(&query, row, n, "userspace answers otherwise");
}

static void test_mutants(void **state)
{
	struct run *r = *state;
	unsigned long count = from_environment("XDNS_MUTANTS", MUTANTS);

	r->random = from_environment("XDNS_SEED", SEED) | 1;
	for (unsigned long n = 0; n < count; n++)
		try_one(r, n, any_row(r));
	printf("# %lu mutants: %u answered, %u passed\n", count, r->sent, r->passed);
	assert_true(r->sent > count / 10 && r->passed > count / 10);
}

static void test_counters_agree(void **state)
{
	struct run *r = *state;
	uint64_t counted[XDNS_COUNTERS_COUNT];

	for (int i = 0; i < PACKET_ZONES; i++) {
		if (!r->bench[i].loaded) {
			printf("# SKIPPED: no mutant ran in the kernel: %s\n", r->bench[i].why_not);
			skip();
		}
		assert_int_equal(loaded_counters(r->bench[i].loaded, counted), 0);
		assert_memory_equal(counted, r->expected[i], sizeof(counted));
	}
}

static int open_benches(void **state)
{
	static struct run run;

	for (int i = 0; i < PACKET_ZONES; i++)
		bench_open(i, &run.bench[i]);
	rcu_register_thread();
	*state = &run;
	return 0;
}

static int close_benches(void **state)
{
	struct run *r = *state;

	rcu_unregister_thread();
	for (int i = 0; i < PACKET_ZONES; i++)
		bench_close(&r->bench[i]);
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
