// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Every length, every octet of the headers, every flag: what the packet table's rows
 * (packets_frames.c) pick from, without a gap. Each frame to the native program, to the one in the
 * kernel and its message to userspace, and what is known beforehand of its outcome. docs/frames.md
 * is that table for people.
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

#include "packet_bench.h"
#include "packet_frame.h"
#include "packet_planes.h"
#include "packet_wire.h"
#include "packets_frames.h"
#include "packets_odd.h"
#include "question.h"
#include "util.h"

/* What a row leaves out is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define DOCUMENT       "docs/frames.md"
#define ETH_FRAME      1514 /* octets of a full one, without tags */
#define SHAPES	       6
#define OPTION_LONGEST 2060
#define ANY_OUTCOME    XDNS_COUNTERS_COUNT

static const char *const counter_names[] = {
#define X(name, help) #name,
	XDNS_COUNTERS(X)
#undef X
		"any",
};

static const struct row plain = {"A", 0, {"one.mesos"}};
static const struct row with_opt = {
	"A, EDNS", 0, {"a4.mesos", .edns = true, .size = 1232, .options = 12}};

struct run {
	struct bench bench;
	unsigned frames, answered;
};

static void make(const struct row *row, unsigned shape, struct frame *ret)
{
	struct shape way = {shape & 1, shape / 2};
	struct bytes message;

	memset(ret, 0, sizeof(*ret));
	query_message(row, &way, &message);
	query_frame(row, &way, &message, ret);
}

static void set_be16(uint8_t *p, unsigned v)
{
	p[0] = v >> 8;
	p[1] = v;
}

/* One frame; want: its counter, or ANY_OUTCOME. */
static void try(struct run *r, const struct frame *f, enum xdns_counter want)
{
	struct native_result got;
	struct frame reply;
	const char *wrong = packet_planes(&r->bench, f, &got, &reply);

	r->frames++;
	r->answered += got.verdict == NATIVE_TX;
	if (!wrong && (want == ANY_OUTCOME || got.counter == want))
		return;
	for (size_t i = 0; i < f->len; i++)
		printf("%02x", f->octet[i]);
	printf("\n");
	fail_msg("%s; counted as %s, wanted %s (the frame is above)",
		 wrong ? wrong : "another outcome", counter_names[got.counter],
		 counter_names[want]);
}

/* The frame cut, or with octets behind the packet. */
static void test_frame_lengths(void **state)
{
	for (unsigned shape = 0; shape < SHAPES; shape++) {
		struct frame f;
		size_t whole;

		make(&plain, shape, &f);
		whole = f.len;
		for (f.len = 0; f.len <= ETH_FRAME + f.l3 - 14; f.len++)
			try(*state, &f,
			    f.len < f.l3    ? XDNS_pass_not_ip
			    : f.len < whole ? XDNS_pass_length
					    : XDNS_answer_a);
	}
}

/* The message cut, or with octets behind it; all lengths around it are right. */
static void test_message_lengths(void **state)
{
	for (unsigned shape = 0; shape < SHAPES; shape++) {
		struct frame f;
		size_t whole, most;

		make(&plain, shape, &f);
		whole = f.len - f.dns;
		most = ETH_FRAME + f.l3 - 14 - f.dns;
		for (size_t n = 0; n <= most; n++) {
			frame_set_dns(&f, n);
			try(*state, &f,
			    n < DNS_HEADER_LEN ? XDNS_pass_length
			    : n < whole	       ? XDNS_pass_qname
					       : XDNS_answer_a);
		}
	}
}

/* One option of every length around those that the verifier lets the program follow. */
static void test_option_lengths(void **state)
{
	static const struct row row = {
		"A, an option", 0, {"a4.mesos", .edns = true, .size = 1232, .options = 4}};

	for (unsigned shape = 0; shape < SHAPES; shape++) {
		struct frame f;
		size_t whole;

		make(&row, shape, &f);
		whole = f.len - f.dns;
		for (size_t n = 0; n < OPTION_LONGEST; n += n < 1400 ? 7 : 1) {
			set_be16(f.octet + f.dns + whole - 2, n);
			set_be16(f.octet + f.dns + whole - 6, n + 4);
			frame_set_dns(&f, whole + n);
			try(*state, &f, n + 4 > XDNS_OPTION_MAX ? XDNS_pass_opt : XDNS_answer_a);
		}
	}
}

/* What IP says, or UDP, or both with one voice, in a frame that has room. */
static void try_lengths(struct run *r, struct frame *f, unsigned ip, unsigned udp, size_t whole)
{
	unsigned said = f->ip6 ? ip : ip - 20, room = f->len - f->l4;
	enum xdns_counter want = XDNS_pass_length;

	set_be16(f->octet + f->l3 + (f->ip6 ? 4 : 2), ip);
	set_be16(f->octet + f->l4 + 4, udp);
	if (said == udp && udp >= 8 + DNS_HEADER_LEN && udp <= room)
		want = udp < 8 + whole ? XDNS_pass_qname : XDNS_answer_a;
	try(r, f, want);
}

static void test_lengths_between(void **state)
{
	for (unsigned shape = 0; shape < 2; shape++) {
		struct frame f;
		size_t whole;
		unsigned udp, ip;

		make(&plain, shape, &f);
		whole = f.len - f.dns;
		udp = 8 + whole;
		ip = f.ip6 ? udp : udp + 20;
		f.len = ETH_FRAME;
		/* all that a frame may have, then in large steps that meet every value of an octet
		 */
		for (unsigned n = 0; n <= UINT16_MAX; n += n < 2048 ? 1 : 51) {
			try_lengths(*state, &f, n, udp, whole);
			try_lengths(*state, &f, ip, n, whole);
			try_lengths(*state, &f, n, f.ip6 ? n : n - 20, whole);
		}
	}
}

/* Each octet of headers, question and OPT, in each of its values. */
static void test_octets(void **state)
{
	for (unsigned shape = 0; shape < SHAPES; shape++) {
		struct frame f;

		make(&with_opt, shape, &f);
		for (size_t at = 0; at < f.len; at++) {
			uint8_t was = f.octet[at];

			for (unsigned value = 0; value <= UINT8_MAX; value++) {
				f.octet[at] = value;
				try(*state, &f, ANY_OUTCOME);
			}
			f.octet[at] = was;
		}
	}
}

static void test_flags(void **state)
{
	struct frame f;

	make(&plain, 0, &f);
	for (unsigned flags = 0; flags <= UINT16_MAX; flags++) {
		set_be16(f.octet + f.dns + 2, flags);
		try(*state, &f,
		    flags & DNS_FLAG_QR	      ? XDNS_pass_response
		    : flags & DNS_OPCODE_MASK ? XDNS_pass_opcode
					      : XDNS_answer_a);
	}
}

static void test_counts(void **state)
{
	static const unsigned counts[] = {0, 1, 2, 255, 256, 257, UINT16_MAX};
	const unsigned n = ARRAY_SIZE(counts);
	struct frame f;

	make(&with_opt, 1, &f);
	for (unsigned i = 0; i < n * n * n * n; i++) {
		unsigned qd = counts[i % n], an = counts[i / n % n], ns = counts[i / n / n % n],
			 ar = counts[i / n / n / n];

		set_be16(f.octet + f.dns + 4, qd);
		set_be16(f.octet + f.dns + 6, an);
		set_be16(f.octet + f.dns + 8, ns);
		set_be16(f.octet + f.dns + 10, ar);
		try(*state, &f,
		    qd == 1 && !an && !ns && ar <= 1 ? XDNS_answer_a : XDNS_pass_counts);
	}
}

/* RFC 1122 3.2.1.3: no sender is in 0/8, 127/8, a group or class E. */
static void test_sources(void **state)
{
	struct frame f;

	make(&plain, 0, &f);
	for (unsigned first = 0; first <= UINT8_MAX; first++) {
		f.octet[f.l3 + 12] = first;
		try(*state, &f,
		    !first || first == 127 || first >= 224 ? XDNS_pass_source : XDNS_answer_a);
	}
}

/* As many addresses as the program looks at, ours the last of them. */
static void test_addresses(void **state)
{
	struct run *r = *state;
	struct xdns_state *s[] = {native_state(r->bench.native),
				  r->bench.loaded ? loaded_state(r->bench.loaded) : NULL};
	struct xdns_state was = *s[0];

	for (size_t p = 0; p < ARRAY_SIZE(s) && s[p]; p++) {
		for (unsigned i = 0; i < XDNS_ADDRESSES_MAX; i++) {
			s[p]->ip4[i] = (struct xdns_ip4){{10, 9, 8, i}, {0}};
			s[p]->ip6[i] = (struct xdns_ip6){{0xfd, [15] = i}};
		}
		s[p]->ip4[XDNS_ADDRESSES_MAX - 1] = was.ip4[0];
		s[p]->ip6[XDNS_ADDRESSES_MAX - 1] = was.ip6[0];
		s[p]->ip4_count = s[p]->ip6_count = XDNS_ADDRESSES_MAX;
	}
	for (unsigned shape = 0; shape < SHAPES; shape++) {
		struct frame f;

		make(&plain, shape, &f);
		try(r, &f, XDNS_answer_a);
		f.octet[f.l3 + (f.ip6 ? 39 : 19)]++;
		try(r, &f, XDNS_pass_address);
	}
	for (size_t p = 0; p < ARRAY_SIZE(s) && s[p]; p++) {
		memcpy(s[p]->ip4, was.ip4, sizeof(was.ip4));
		memcpy(s[p]->ip6, was.ip6, sizeof(was.ip6));
		s[p]->ip4_count = s[p]->ip6_count = was.ip4_count;
	}
}

/* The row of the table that is called so. */
static const struct row *find_row(const char *what)
{
	const struct rows *const tables[] = {&packets_frames, &packets_odd};

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			if (!strcmp(tables[t]->row[i].what, what))
				return &tables[t]->row[i];
	return NULL;
}

/* The next cell of a line "| a | b |"; NULL: none. */
static char *next_cell(char **line)
{
	char *cell = *line, *end = strstr(cell, " |");

	if (strncmp(cell, "| ", 2) && strncmp(cell, " ", 1))
		return NULL;
	cell += 1 + (*cell == '|');
	if (!end || end < cell)
		return NULL;
	*end = 0;
	*line = end + 2;
	return cell;
}

/* A line of the document, if it is one of the table. Returns the row it is about. */
static const struct row *check_line(char *line)
{
	char *what = next_cell(&line), *happens, *counter, wanted[64];
	const struct row *row;

	if (!what || !strcmp(what, "what arrives") || !strncmp(what, "---", 3))
		return NULL;
	happens = next_cell(&line);
	counter = happens ? next_cell(&line) : NULL;
	row = find_row(what);
	if (!row || !counter)
		fail_msg("%s: no row of the packet table: %s", DOCUMENT, what);
	snprintf(wanted, sizeof(wanted), "`%s`", counter_names[row->outcome]);
	if (strcmp(counter, wanted))
		fail_msg("%s: %s: %s instead of %s", DOCUMENT, what, counter, wanted);
	if (strncmp(happens, row->outcome <= XDNS_ANSWER_LAST ? "answered" : "passed", 6))
		fail_msg("%s: %s: not %s", DOCUMENT, what, happens);
	return row;
}

static void test_documented(void **state)
{
	FILE *f = fopen(DOCUMENT, "re");
	unsigned *seen = calloc(packets_frames.count, sizeof(*seen));
	char line[1024];

	(void)state;
	assert_non_null(seen);
	if (!f)
		fail_msg("%s cannot be read: run from the root of the project", DOCUMENT);
	while (fgets(line, sizeof(line), f)) {
		const struct row *row = check_line(line);

		for (size_t i = 0; i < packets_frames.count; i++)
			seen[i] += row == &packets_frames.row[i];
	}
	fclose(f);
	for (size_t i = 0; i < packets_frames.count; i++)
		if (seen[i] != 1)
			fail_msg("%s has %u lines for: %s", DOCUMENT, seen[i],
				 packets_frames.row[i].what);
	free(seen);
}

static void test_loaded_program_took_part(void **state)
{
	struct run *r = *state;

	printf("# %u frames, %u of them answered\n", r->frames, r->answered);
	assert_true(r->answered > 0 && r->answered < r->frames);
	if (!r->bench.loaded) {
		printf("# SKIPPED: nothing ran in the kernel: %s\n", r->bench.why_not);
		skip();
	}
}

static int open_run(void **state)
{
	static struct run run;

	bench_open(ZONE_MAIN, &run.bench);
	rcu_register_thread();
	*state = &run;
	return 0;
}

static int close_run(void **state)
{
	struct run *r = *state;

	rcu_unregister_thread();
	bench_close(&r->bench);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_lengths),
		cmocka_unit_test(test_message_lengths),
		cmocka_unit_test(test_option_lengths),
		cmocka_unit_test(test_lengths_between),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_loaded_program_took_part),
	};

	return cmocka_run_group_tests_name("hostile", tests, open_run, close_run);
}
