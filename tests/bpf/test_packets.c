// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The packet table against all that answers: the program compiled natively, the program in the
 * kernel, and the userspace responder. Each must send the very octets that the table describes,
 * or leave the frame as it came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
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
#include "util.h"

/* What a row leaves out is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const char *const counter_names[] = {
#define X(name, help) #name,
	XDNS_COUNTERS(X)
#undef X
		"no counter, or several",
};

static const struct native_room rooms[] = {{256, 4096}, {4096, 0}, {0, 0}, {0, 4096}};

struct checks {
	struct bench bench[PACKET_ZONES];
	uint64_t hit[XDNS_COUNTERS_COUNT + 1];
	unsigned rows, frames, loaded_frames, responses, wrong;
};

/* One query in one shape, and what is to come of it. */
struct trial {
	struct checks *checks;
	struct bench *bench;
	const struct row *row;
	const struct shape *shape;
	struct frame query, want;
	bool sent;
};

static bool is_sent(enum xdns_counter c)
{
	return c <= XDNS_ANSWER_LAST;
}

static void wrong(const struct trial *t, const char *who, const char *what)
{
	t->checks->wrong++;
	printf("    error: %s (IPv%d, %u tags), %s: %s\n", t->row->what, t->shape->ip6 ? 6 : 4,
	       t->shape->tags, who, what);
}

static void assert_none_wrong(struct checks *c)
{
	unsigned n = c->wrong;

	c->wrong = 0;
	assert_int_equal(n, 0);
}

static void show(const char *who, const uint8_t *p, size_t len)
{
	printf("      %-6s %zu octets:", who, len);
	for (size_t i = 0; i < len; i++)
		printf("%s%02x", i % 4 ? "" : " ", p[i]);
	printf("\n");
}

static void compare(const struct trial *t, const char *who, const uint8_t *got, size_t got_len,
		    const uint8_t *want, size_t want_len)
{
	if (got_len == want_len && !memcmp(got, want, got_len))
		return;
	wrong(t, who, "other octets than wanted");
	show("got", got, got_len);
	show("wanted", want, want_len);
}

/* Verdict and frame of one run. */
static void judge(const struct trial *t, const char *who, bool sent, const uint8_t *out,
		  const struct native_result *got)
{
	const struct frame *want = sent ? &t->want : &t->query;
	struct frame reply = t->want;

	if (got->verdict != (sent ? NATIVE_TX : NATIVE_PASS)) {
		wrong(t, who, got->verdict == NATIVE_TX ? "was sent" : "was not sent");
		printf("      counter %s\n", counter_names[got->counter]);
		return;
	}
	compare(t, who, out, got->len, want->octet, want->len);
	if (!sent || got->len > FRAME_MAX)
		return;
	memcpy(reply.octet, out, got->len);
	reply.len = got->len;
	if (!frame_valid(&reply))
		wrong(t, who, "length or checksum is wrong");
}

static void check_native(const struct trial *t, struct native_room room)
{
	uint8_t out[FRAME_MAX];
	const struct frame *q = &t->query;
	struct native_result got =
		native_run(t->bench->native, q->octet, q->len, room, out, sizeof(out));
	enum xdns_counter counter = t->row->outcome;
	bool grows = t->sent && t->want.len > q->len;
	char who[64];

	if (grows && t->want.len - q->len > room.tail && t->want.len - q->len > room.head)
		counter = XDNS_pass_room;
	snprintf(who, sizeof(who), "native, room %zu before and %zu behind", room.head, room.tail);
	judge(t, who, is_sent(counter), out, &got);
	if (got.counter != counter) {
		wrong(t, who, "counted elsewhere");
		printf("      %s instead of %s\n", counter_names[got.counter],
		       counter_names[counter]);
	}
	t->checks->hit[got.counter]++;
	t->checks->frames++;
}

static void check_loaded(const struct trial *t)
{
	uint8_t out[FRAME_MAX];
	struct native_result got;
	uint64_t before[XDNS_COUNTERS_COUNT], after[XDNS_COUNTERS_COUNT];
	const struct frame *q = &t->query;

	if (!t->bench->loaded || q->len < LOADED_FRAME_MIN)
		return;
	assert_int_equal(loaded_counters(t->bench->loaded, before), 0);
	if (loaded_run(t->bench->loaded, q->octet, q->len, out, sizeof(out), &got)) {
		wrong(t, "loaded", "the kernel did not run it");
		return;
	}
	assert_int_equal(loaded_counters(t->bench->loaded, after), 0);
	if (loaded_clock_held(t->bench->loaded))
		judge(t, "loaded", t->sent, out, &got);
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (after[i] != before[i] + (i == (int)t->row->outcome))
			wrong(t, "loaded, counter", counter_names[i]);
	t->checks->loaded_frames++;
}

/* The same DNS message to the userspace responder. */
static void check_user(const struct trial *t, const struct bytes *message,
		       const struct bytes *response)
{
	static uint8_t out[DNS_TCP_MAX];
	const struct reply_client client = bench_client(&t->query);
	enum user user = t->row->user;
	enum reply_verdict got;
	struct reply_result result;

	/* the responder's limit is not the interfaces' */
	if ((user == USER_SAME && !t->sent) || (t->row->plane.max_udp && t->sent))
		return;
	got = reply_query(t->bench->cfg, t->bench->zone, &client, message->octet, message->len, out,
			  sizeof(out), &result);
	t->checks->responses++;
	if (got != (user == USER_FORWARD ? REPLY_FORWARD
		    : user == USER_DROP	 ? REPLY_DROP
					 : REPLY_SEND)) {
		wrong(t, "userspace",
		      got == REPLY_SEND	     ? "replies"
		      : got == REPLY_FORWARD ? "forwards"
					     : "drops");
		return;
	}
	if (got == REPLY_SEND)
		compare(t, "userspace", out, result.len, response->octet, response->len);
}

static void check_row(struct checks *c, const struct row *row, const struct shape *shape)
{
	struct trial t = {.checks = c,
			  .bench = &c->bench[row->zone],
			  .row = row,
			  .shape = shape,
			  .sent = is_sent(row->outcome)};
	struct bytes message, response = {.len = 0};

	query_message(row, shape, &message);
	query_frame(row, shape, &message, &t.query);
	if (t.sent || row->user == USER_REPLY)
		response_message(row, shape, &message, &response);
	if (t.sent)
		reply_frame(&t.query, &response, &t.want);
	bench_plane_set(t.bench, row);
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
		check_native(&t, rooms[i]);
	check_loaded(&t);
	bench_plane_reset(t.bench, row);
	if (!shape->tags && !row->mangle)
		check_user(&t, &message, &response);
}

/* A row in all its shapes. */
static void check_shapes(struct checks *c, const struct row *row)
{
	for (unsigned i = 0; i < 6; i++) {
		struct shape shape = {.ip6 = i & 1, .tags = i / 2};

		if (row->only == ANY_FAMILY || (row->only == ONLY_IP6) == shape.ip6)
			check_row(c, row, &shape);
	}
	c->rows++;
}

static void check_table(struct checks *c, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		check_shapes(c, &rows->row[i]);
	assert_none_wrong(c);
}

static void test_answers(void **state)
{
	check_table(*state, &packets_answers);
}

static void test_odd_messages(void **state)
{
	check_table(*state, &packets_odd);
}

static void test_odd_frames(void **state)
{
	check_table(*state, &packets_frames);
}

/* A checksum that comes out as 0 is sent as 0xffff; some ID leads there. */
static void test_zero_checksums(void **state)
{
	struct checks *c = *state;
	unsigned found = 0;

	for (unsigned id = 0; id <= UINT16_MAX; id++) {
		struct row row = {"checksum 0",
				  0,
				  {"one.mesos", .id = id},
				  .outcome = XDNS_answer_a,
				  .want = {.an = 1}};
		struct shape shape = {id & 1, 0};
		struct bytes query, response;
		struct frame frame, reply;

		query_message(&row, &shape, &query);
		query_frame(&row, &shape, &query, &frame);
		response_message(&row, &shape, &query, &response);
		reply_frame(&frame, &response, &reply);
		if (memcmp(reply.octet + reply.l4 + 6, "\xff\xff", 2))
			continue;
		found++;
		check_row(c, &row, &shape);
	}
	assert_true(found > 0);
	assert_none_wrong(c);
}

/* Missing names of every length, so that every way to read a name's end is gone. */
static void test_name_lengths(void **state)
{
	struct checks *c = *state;
	const char octets[] = LABEL63 LABEL63 LABEL63 LABEL63;

	for (size_t len = 9; len <= DNS_NAME_MAX; len++) {
		char name[PACKET_WIRE_MAX], what[64];
		size_t labels = len - 7, at = 0;
		struct row row = {what,
				  0,
				  {name, .edns = len & 1, .size = 1232},
				  .outcome = XDNS_answer_nxdomain,
				  .want = {.rcode = DNS_RCODE_NXDOMAIN, .denial = true}};

		/* the kernel looks for '*' in all octets, a label's length included */
		if (labels % 64 == '*' + 1) {
			row.outcome = XDNS_pass_wildcard;
			row.user = USER_REPLY;
		}
		snprintf(what, sizeof(what), "missing name of %zu octets", len);
		while (labels) {
			size_t label = labels > 64 ? 64 : labels;

			/* never one octet left: a label takes two */
			if (labels == 65)
				label = 63;
			at += snprintf(name + at, sizeof(name) - at, "%.*s.", (int)label - 1,
				       octets + at % 7 + 1);
			labels -= label;
		}
		snprintf(name + at, sizeof(name) - at, "Mesos");
		check_shapes(c, &row);
	}
	assert_none_wrong(c);
}

/* Frames that end too early, wherever: passed as they are. */
static void test_cut_frames(void **state)
{
	static const struct row queries[] = {
		{"cut frame, A", 0, {"one.mesos"}},
		{"cut frame, EDNS with options",
		 0,
		 {"a20.mesos", .edns = true, .size = 1232, .options = 30}},
		{"cut frame, SRV and octets behind",
		 0,
		 {"_two._tcp.m.mesos", DNS_TYPE_SRV, .trail = 40}},
		{"cut frame, long name", 0, {NAME128}},
	};
	struct checks *c = *state;

	for (unsigned n = 0; n < ARRAY_SIZE(queries) * 6; n++) {
		struct shape shape = {n & 1, n / 2 % 3};
		struct row row = queries[n / 6];
		struct trial t = {.checks = c, .bench = &c->bench[0], .row = &row, .shape = &shape};
		struct bytes message;
		size_t whole;

		query_message(&row, &shape, &message);
		query_frame(&row, &shape, &message, &t.query);
		whole = t.query.len;
		for (t.query.len = 0; t.query.len < whole; t.query.len++) {
			row.outcome =
				t.query.len < t.query.l3 ? XDNS_pass_not_ip : XDNS_pass_length;
			check_native(&t, rooms[0]);
			check_loaded(&t);
		}
	}
	assert_none_wrong(c);
}

/* The table would be worth little if an outcome were missing from it. */
static void test_every_counter(void **state)
{
	struct checks *c = *state;

	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++) {
		/* the first cannot happen, the others not here: tests/e2e/78_jumbo.sh,
		 * test_clients.c */
		if (i == XDNS_drop_write || i == XDNS_pass_buffers || i == XDNS_answer_limited ||
		    i == XDNS_pass_refused || i == XDNS_drop_denied || i == XDNS_drop_limited ||
		    i == XDNS_drop_limited_pass)
			assert_int_equal(c->hit[i], 0);
		else if (!c->hit[i])
			fail_msg("no packet of the table leads to %s", counter_names[i]);
	}
}

static void test_loaded_program_took_part(void **state)
{
	struct checks *c = *state;

	printf("# %u rows, %u frames natively, %u through the kernel, %u responses from "
	       "userspace\n",
	       c->rows, c->frames, c->loaded_frames, c->responses);
	for (int i = 0; i < PACKET_ZONES; i++) {
		if (c->bench[i].loaded)
			continue;
		printf("# SKIPPED: nothing ran in the kernel: %s\n", c->bench[i].why_not);
		skip();
	}
	assert_true(c->loaded_frames > 0);
}

static int open_benches(void **state)
{
	static struct checks checks;

	for (int i = 0; i < PACKET_ZONES; i++)
		bench_open(i, &checks.bench[i]);
	rcu_register_thread();
	*state = &checks;
	return 0;
}

static int close_benches(void **state)
{
	struct checks *c = *state;

	rcu_unregister_thread();
	for (int i = 0; i < PACKET_ZONES; i++)
		bench_close(&c->bench[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_odd_messages),
		cmocka_unit_test(test_odd_frames),
		cmocka_unit_test(test_zero_checksums),
		cmocka_unit_test(test_name_lengths),
		cmocka_unit_test(test_cut_frames),
		cmocka_unit_test(test_every_counter),
		cmocka_unit_test(test_loaded_program_took_part),
	};

	return cmocka_run_group_tests(tests, open_benches, close_benches);
}
