// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The forwarder against resolvers that are up to no good, and against others who would answer in
 * their place. XDNS_FORGED sets the number of forgeries, 30,000 unless it is given.
 */
#include "forward_wire.h"

#include <malloc.h>
#include <stdlib.h>

#include "util.h"

#define FORGED_DEFAULT 30000
#define FORGERIES_SEEN 8 /* of a try, at most: FORWARD_FORGERIES_MAX */
#define SAMPLES	       4096
#define MEMORY_MAX     (64 << 10)
#define PORT_MIN       1024
#define CHI_SQUARE_MAX 140 /* of 63 or 62 degrees of freedom: once in 10^7 runs */

/* ---- resolvers ---- */

/* What each does, and who has the answer: it itself, or the one that is asked after it. */
static const struct hostile {
	const char *what;
	enum upstream_mode mode;
	bool tcp;
	uint8_t mark;
	enum forward_outcome outcome; /* of the try at it */
} hostile[] = {
	{"silent", UP_SILENT, false, 0x22, FORWARD_timeout},
	{"silent, TCP", UP_SILENT, true, 0x22, FORWARD_timeout},
	{"0 octets, then a reply", UP_NOTHING, false, MARK_RIGHT, FORWARD_answered},
	{"a length of 0, TCP", UP_NOTHING, true, 0x22, FORWARD_unreachable},
	{"garbage, then a reply", UP_GARBAGE, false, MARK_RIGHT, FORWARD_answered},
	{"garbage, then a reply, TCP", UP_GARBAGE, true, MARK_RIGHT, FORWARD_answered},
	{"garbage without end, TCP", UP_BABBLE, true, 0x22, FORWARD_unreachable},
	{"ID, case, QR, opcode, question spoilt, then a reply", UP_FORGED_FIRST, false, MARK_RIGHT,
	 FORWARD_answered},
	{"half a reply, then half-closed, TCP", UP_HALF, true, 0x22, FORWARD_unreachable},
	{"dripping, TCP", UP_DRIP, true, 0x22, FORWARD_timeout},
	{"closed without a word, TCP", UP_CLOSE, true, 0x22, FORWARD_unreachable},
};

static void test_hostile_resolvers(void **state)
{
	struct fixture *x = *state;

	be_impatient(x);
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		const struct hostile *h = &hostile[i];
		struct upstream bad, good;
		struct outcome o;
		uint64_t before = tries(x, h->outcome);

		upstream_start(&bad, h->mode, MARK_RIGHT);
		upstream_start(&good, UP_ANSWER, 0x22);
		o = ask(x, (struct config_resolver[]){bad.resolver, good.resolver}, 2, h->tcp);
		upstream_stop(&bad);
		upstream_stop(&good);
		print_message("%s\n", h->what);
		assert_answer(&o, h->mark);
		assert_int_equal(tries(x, h->outcome), before + 1);
	}
}

static void test_largest_reply(void **state)
{
	struct upstream u;
	struct outcome o;

	upstream_start(&u, UP_LARGEST, MARK_RIGHT);
	o = ask(*state, &u.resolver, 1, true);
	upstream_stop(&u);
	assert_false(o.failed);
	assert_int_equal(o.len, UPSTREAM_LARGEST);
	assert_int_equal(o.msg[o.len - 1], MARK_RIGHT);
}

/* ---- forgeries ---- */

static unsigned long forgeries(void)
{
	const char *text = getenv("XDNS_FORGED");

	return text ? strtoul(text, NULL, 10) : FORGED_DEFAULT;
}

/* Right in everything but whence they come; the forger knows port and ID. */
static unsigned forge_elsewhere(struct fixture *x, struct wire *w, unsigned count)
{
	struct outcome o = {0};
	struct seen s;

	begin(x, w, query, &o);
	see(w, &s);
	for (unsigned i = 0; i < count; i++) {
		reply_from(i % 2 ? w->other_port : w->other_address, &s, 0, MARK_FORGED);
		if (i % 64 == 0)
			uv_run(&x->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(o.calls, 0);
	reply_from(w->fd, &s, 0, MARK_RIGHT);
	run_until(x, &o, 1);
	return o.failed || o.msg[o.len - 1] == MARK_FORGED;
}

/* From the resolver's address to the right port: the forger guesses at the ID, never rightly. */
static unsigned forge_ids(struct fixture *x, struct wire *w, unsigned count, uint16_t *id)
{
	struct outcome o = {0};
	struct seen s;

	begin(x, w, query, &o);
	see(w, &s);
	for (unsigned i = 0; i < count; i++)
		reply_from(w->fd, &s, ++*id ? *id : (*id = 1), MARK_FORGED);
	run_until(x, &o, 1); /* over TCP there is nobody */
	return !o.failed;
}

/*
 * None is accepted, of any kind; and of guesses at the ID no try reads more than a few before it
 * goes over to TCP.
 */
static void test_forgeries(void **state)
{
	enum { ROUND = 1000, GUESSES = 64 };
	unsigned long total = forgeries(), sent = 0, guessed = 0, tried = 0, accepted = 0;
	struct fixture *x = *state;
	struct wire w;
	uint16_t id = 0;
	size_t before;

	wire_open(&w);
	accepted += forge_ids(x, &w, GUESSES, &id);
	before = mallinfo2().uordblks;
	while (sent + guessed < total) {
		accepted += forge_elsewhere(x, &w, ROUND);
		sent += ROUND;
		for (int i = 0; i < ROUND / GUESSES / 2; i++, tried++, guessed += GUESSES)
			accepted += forge_ids(x, &w, GUESSES, &id);
	}
	print_message("%lu forged from other ports and addresses, %lu guesses at the ID in %lu "
		      "tries: %lu accepted\n",
		      sent, guessed, tried, accepted);
	assert_int_equal(accepted, 0);
	assert_int_equal(tries(x, FORWARD_forged), tried + 1);
	/* a port may be chosen again soon, and then gets what came late for the try before */
	assert_in_range(forwarder_stats(x->f).mismatches, (tried + 1) * FORGERIES_SEEN,
			(tried + 1) * FORGERIES_SEEN + tried / 16);
	assert_true(mallinfo2().uordblks <= before + MEMORY_MAX);
	wire_close(&w);
}

/* Whoever is forged at gets the resolver's answer all the same, over TCP. */
static void test_forged_at_asks_over_tcp(void **state)
{
	struct fixture *x = *state;
	struct upstream u;
	struct outcome o = {0};
	struct forward *fw;
	struct config_resolvers list = {.count = 1};
	struct seen s = {.from = {.sin_family = AF_INET}};

	upstream_start(&u, UP_SILENT, MARK_RIGHT);
	list.list = &u.resolver;
	assert_int_equal(forwarder_query(x->f, ASK(&list, false, query), on_outcome, &o, &fw), 0);
	while (upstream_count(&u) == 0)
		usleep(1000);
	u.mode = UP_ANSWER;
	s.from.sin_port = htons(u.from_port[0]);
	s.from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(s.msg, u.query[0], QUERY_LEN);
	for (uint16_t i = 1; i <= FORGERIES_SEEN; i++)
		reply_from(u.udp, &s, i, MARK_FORGED);
	run_until(x, &o, 1);
	assert_answer(&o, MARK_RIGHT);
	assert_int_equal(forwarder_stats(x->f).retried_tcp, 1);
	assert_int_equal(tries(x, FORWARD_forged), 1);
	assert_int_equal(tries(x, FORWARD_answered), 1);
	upstream_stop(&u);
}

/* ---- ports and IDs ---- */

static int compare(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static unsigned distinct(const uint16_t *v)
{
	uint16_t sorted[SAMPLES];
	unsigned n = 1;

	memcpy(sorted, v, sizeof(sorted));
	qsort(sorted, SAMPLES, sizeof(*sorted), compare);
	for (int i = 1; i < SAMPLES; i++)
		n += sorted[i] != sorted[i - 1];
	return n;
}

/* Of the values from FROM on, by their high bits. */
static double chi_square(const uint16_t *v, unsigned from)
{
	unsigned count[64] = {0}, buckets = (65536 - from) / 1024;
	double expected = (double)SAMPLES / buckets, sum = 0;

	for (int i = 0; i < SAMPLES; i++)
		count[v[i] / 1024]++;
	for (unsigned i = from / 1024; i < 64; i++)
		sum += (count[i] - expected) * (count[i] - expected) / expected;
	return sum;
}

static void assert_spread(const char *what, const uint16_t *v, unsigned from)
{
	uint16_t step[SAMPLES], low[SAMPLES];
	/* Of 4,096 from 64,512 some 126 were there before, give or take 11. */
	unsigned n = distinct(v);
	double chi = chi_square(v, from), chi_step, chi_low;

	for (int i = 0; i < SAMPLES; i++) {
		step[i] = (uint16_t)(v[i] - v[(i + SAMPLES - 1) % SAMPLES]);
		low[i] = (uint16_t)(v[i] << 10 | v[i] >> 6);
	}
	chi_step = from ? 0 : chi_square(step, 0);
	chi_low = chi_square(low, 0);
	print_message("%s: %u of %u differ; chi-square %.0f high, %.0f low bits, %.0f steps\n",
		      what, n, SAMPLES, chi, chi_low, chi_step);
	assert_in_range(n, SAMPLES - 200, SAMPLES - 50);
	assert_true(chi < CHI_SQUARE_MAX);
	assert_true(chi_low < CHI_SQUARE_MAX);
	assert_true(chi_step < CHI_SQUARE_MAX);
}

/* Ports from 1024 on and IDs are evenly spread, and neither tells of the other or of the last. */
static void test_ports_and_ids(void **state)
{
	static uint16_t port[SAMPLES], id[SAMPLES], both[SAMPLES];
	struct fixture *x = *state;
	struct outcome o = {0};
	struct wire w;
	struct seen s;

	wire_open(&w);
	for (int i = 0; i < SAMPLES; i++) {
		struct forward *fw = begin(x, &w, query, &o);

		see(&w, &s);
		forward_cancel(fw);
		port[i] = ntohs(s.from.sin_port);
		id[i] = (uint16_t)(s.msg[0] << 8 | s.msg[1]);
		both[i] = (uint16_t)(port[i] + id[i]);
		assert_true(port[i] >= PORT_MIN);
	}
	assert_spread("ports", port, PORT_MIN);
	assert_spread("IDs", id, 0);
	assert_spread("port and ID", both, 0);
	wire_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hostile_resolvers),	    TEST(test_largest_reply), TEST(test_forgeries),
		TEST(test_forged_at_asks_over_tcp), TEST(test_ports_and_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
