// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The forwarder against resolvers that answer, lie, refuse, split and stay silent. */
#include "forward_fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "forward_priv.h"
#include "util.h"

static struct outcome ask_one(struct fixture *x, enum upstream_mode mode, bool tcp)
{
	struct upstream u;
	struct outcome o;

	upstream_start(&u, mode, 0x11);
	o = ask(x, &u.resolver, 1, tcp);
	upstream_stop(&u);
	return o;
}

/* First a resolver in MODE, then a good one. */
static struct outcome ask_two(struct fixture *x, enum upstream_mode mode, uint8_t rcode, bool tcp)
{
	struct upstream bad, good;
	struct outcome o;

	upstream_start(&bad, mode, 0x11);
	bad.rcode = rcode;
	upstream_start(&good, UP_ANSWER, 0x22);
	o = ask(x, (struct config_resolver[]){bad.resolver, good.resolver}, 2, tcp);
	upstream_stop(&bad);
	upstream_stop(&good);
	return o;
}

static uint64_t timed_replies(const struct fixture *x)
{
	const struct forward_upstreams *u = forwarder_upstreams(x->f);
	uint64_t sum = 0;

	for (unsigned i = 0; i < u->count; i++)
		for (unsigned k = 0; k <= LATENCY_BUCKETS; k++)
			sum += u->list[i].replies.count[k];
	return sum;
}

static void test_answer_udp(void **state)
{
	struct fixture *x = *state;
	struct outcome o = ask_one(x, UP_ANSWER, false);
	struct forwarder_stats st = forwarder_stats(x->f);

	assert_answer(&o, 0x11);
	assert_int_equal(st.queries, 1);
	assert_int_equal(st.answered, 1);
	assert_int_equal(st.tries, 1);
	assert_int_equal(st.mismatches, 0);
	assert_int_equal(tries(x, FORWARD_answered), 1);
	assert_int_equal(timed_replies(x), 1);
}

static void test_query_is_sent_as_it_came(void **state)
{
	struct upstream u;

	upstream_start(&u, UP_ANSWER, 0x11);
	for (int tcp = 0; tcp < 2; tcp++)
		ask(*state, &u.resolver, 1, tcp);
	upstream_stop(&u);
	for (int tcp = 0; tcp < 2; tcp++) {
		assert_int_equal(u.query_len[tcp], QUERY_LEN);
		assert_memory_equal(u.query[tcp] + 2, query + 2, QUERY_LEN - 2);
	}
}

/* 32 fresh pairs: two alike in 16 bits happen (1 in 130), few different ones do not. */
static void test_fresh_port_and_id(void **state)
{
	struct upstream u;
	unsigned same_port = 0, same_id = 0;
	enum { N = 32 };

	upstream_start(&u, UP_ANSWER, 0x11);
	for (int i = 0; i < N; i++)
		ask(*state, &u.resolver, 1, false);
	upstream_stop(&u);
	assert_int_equal(u.count, N);
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < i; k++) {
			same_port += u.from_port[i] == u.from_port[k];
			same_id += memcmp(u.query[i], u.query[k], 2) == 0;
		}
	}
	assert_true(same_port <= 3);
	assert_true(same_id <= 3);
}

static void test_forgeries_are_ignored(void **state)
{
	struct fixture *x = *state;
	struct outcome o = ask_one(x, UP_FORGED_FIRST, false);

	assert_answer(&o, 0x11);
	assert_int_equal(forwarder_stats(x->f).mismatches, UPSTREAM_FORGERIES);
	assert_int_equal(forwarder_stats(x->f).tries, 1);
	assert_int_equal(tries(x, FORWARD_answered), 1);
}

static void test_refused_connection_is_passed_over(void **state)
{
	struct fixture *x = *state;

	for (int tcp = 0; tcp < 2; tcp++) {
		struct upstream closed, good;
		struct outcome o;

		upstream_start(&closed, UP_ANSWER, 0x11);
		upstream_stop(&closed);
		upstream_start(&good, UP_ANSWER, 0x22);
		o = ask(x, (struct config_resolver[]){closed.resolver, good.resolver}, 2, tcp);
		upstream_stop(&good);
		assert_answer(&o, 0x22);
		assert_int_equal(forwarder_stats(x->f).timeouts, 0);
		assert_int_equal(tries(x, FORWARD_unreachable), tcp + 1);
		assert_int_equal(timed_replies(x), tcp + 1);
	}
}

static void test_silent_resolver_times_out(void **state)
{
	struct fixture *x = *state;

	be_impatient(x);
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		struct outcome o = ask_two(x, UP_SILENT, 0, tcp);

		assert_answer(&o, 0x22);
		assert_int_equal(forwarder_stats(x->f).timeouts, tcp + 1);
		assert_int_equal(tries(x, FORWARD_timeout), tcp + 1);
		assert_int_equal(timed_replies(x), tcp + 1); /* of the good one */
	}
}

static void test_refusals_lead_to_the_next(void **state)
{
	static const uint8_t rcodes[] = {1, 2, 4, 5}; /* FORMERR SERVFAIL NOTIMP REFUSED */

	for (size_t i = 0; i < ARRAY_SIZE(rcodes); i++) {
		struct outcome o = ask_two(*state, UP_RCODE, rcodes[i], i % 2);

		assert_answer(&o, 0x22);
		o = ask_two(*state, UP_BARE_RCODE, rcodes[i], i % 2);
		assert_answer(&o, 0x22);
	}
	assert_int_equal(forwarder_stats(((struct fixture *)*state)->f).timeouts, 0);
	assert_int_equal(tries(*state, FORWARD_formerr), 2);
	assert_int_equal(tries(*state, FORWARD_servfail), 2);
	assert_int_equal(tries(*state, FORWARD_notimp), 2);
	assert_int_equal(tries(*state, FORWARD_refused), 2);
	assert_int_equal(tries(*state, FORWARD_answered), 8);
	assert_int_equal(timed_replies(*state), 16);
}

static void test_nxdomain_is_an_answer(void **state)
{
	struct outcome o = ask_two(*state, UP_RCODE, 3, false);

	assert_answer(&o, 0x11);
	assert_int_equal(o.msg[3] & 15, 3);
	assert_int_equal(tries(*state, FORWARD_answered), 1);
}

static void test_last_refusal_is_given(void **state)
{
	struct upstream a, b;
	struct outcome o;

	upstream_start(&a, UP_RCODE, 0x11);
	a.rcode = 2;
	upstream_start(&b, UP_RCODE, 0x22);
	b.rcode = 5;
	/* The bare reply after them is none a client would take. */
	for (int tcp = 0; tcp < 2; tcp++) {
		o = ask(*state, (struct config_resolver[]){a.resolver, b.resolver}, 2, tcp);
		assert_answer(&o, 0x22);
		assert_int_equal(o.msg[3] & 15, 5);
	}
	b.mode = UP_BARE_RCODE;
	o = ask(*state, (struct config_resolver[]){a.resolver, b.resolver}, 2, false);
	assert_answer(&o, 0x11);
	o = ask(*state, &b.resolver, 1, false);
	assert_true(o.failed);
	upstream_stop(&a);
	upstream_stop(&b);
}

static void test_all_silent_fails(void **state)
{
	struct outcome o;

	be_impatient(*state);
	o = ask_one(*state, UP_SILENT, false);

	assert_true(o.failed);
	assert_int_equal(forwarder_stats(((struct fixture *)*state)->f).failed, 1);
}

static void test_truncated_is_passed_on(void **state)
{
	struct outcome o = ask_one(*state, UP_TRUNCATED, false);

	assert_answer(&o, 0x11);
	assert_true(o.msg[2] & 2);
}

static void test_tcp_in_single_octets(void **state)
{
	struct outcome o = ask_one(*state, UP_SPLIT, true);

	assert_answer(&o, 0x11);
}

static void test_tcp_closed_without_reply(void **state)
{
	struct outcome o = ask_two(*state, UP_CLOSE, 0, true);

	assert_answer(&o, 0x22);
}

static void test_large_reply(void **state)
{
	for (int tcp = 0; tcp < 2; tcp++) {
		struct outcome o = ask_one(*state, UP_BIG, tcp);

		assert_false(o.failed);
		assert_int_equal(o.len, UPSTREAM_BIG);
		assert_int_equal(o.msg[o.len - 1], 0x11);
	}
}

static void test_ourselves_are_avoided(void **state)
{
	struct fixture *x = *state;
	struct upstream own, good;
	struct config_resolvers only_own;
	struct forward *fw = NULL;
	struct outcome o;

	upstream_start(&own, UP_ANSWER, 0x11);
	upstream_start(&good, UP_ANSWER, 0x22);
	forwarder_avoid(x->f, &own.resolver.addr, 1);
	o = ask(x, (struct config_resolver[]){own.resolver, good.resolver}, 2, false);
	assert_answer(&o, 0x22);

	only_own = (struct config_resolvers){.list = &own.resolver, .count = 1};
	assert_int_equal(forwarder_query(x->f, ASK(&only_own, false, query), on_outcome, &o, &fw),
			 -EHOSTUNREACH);
	assert_null(fw);
	assert_int_equal(o.calls, 1);
	assert_int_equal(upstream_count(&own), 0);
	upstream_stop(&own);
	upstream_stop(&good);
}

static void test_bad_queries_are_not_sent(void **state)
{
	struct fixture *x = *state;
	struct config_resolver r = upstream_resolver(9);
	struct config_resolvers resolvers = {.list = &r, .count = 1};
	uint8_t q[QUERY_LEN];
	struct forward *fw = NULL;

	for (size_t len = 0; len < 29; len++)
		assert_int_equal(forwarder_query(x->f,
						 &(struct forward_ask){.resolvers = &resolvers,
								       .query = query,
								       .len = len},
						 on_outcome, NULL, &fw),
				 -EINVAL);
	memcpy(q, query, QUERY_LEN);
	q[5] = 2;
	assert_int_equal(forwarder_query(x->f, ASK(&resolvers, false, q), on_outcome, NULL, &fw),
			 -EINVAL);
	q[5] = 1;
	q[12] = 0xc0;
	assert_int_equal(forwarder_query(x->f, ASK(&resolvers, false, q), on_outcome, NULL, &fw),
			 -EINVAL);
	assert_int_equal(forwarder_stats(x->f).tries, 0);
}

static unsigned open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* What a network gets that asks alone, and as much again of what it left. */
#define ALONE (FORWARDER_QUERIES_MAX / (FORWARDER_SHARE + 1) * FORWARDER_SHARE)

/* As many as may be under way are to have descriptors; else the test is skipped. */
static void allow_descriptors(void)
{
	struct rlimit lim;

	getrlimit(RLIMIT_NOFILE, &lim);
	if (lim.rlim_max < 2 * FORWARDER_QUERIES_MAX) {
		print_message("SKIPPED: only %u descriptors allowed\n", (unsigned)lim.rlim_max);
		skip();
	}
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

/* Fills it up, finds the limit, cancels some, lets the rest fail: no descriptor is left. */
static void test_limit_cancel_and_descriptors(void **state)
{
	struct fixture *x = *state;
	static struct forward *fw[ALONE];
	struct upstream u;
	struct config_resolvers resolvers;
	struct outcome o = {0};
	struct forward *one = NULL;
	uint8_t q[QUERY_LEN];
	unsigned before, n = ALONE;

	allow_descriptors();
	be_impatient(x);
	upstream_start(&u, UP_SILENT, 0x11);
	resolvers = (struct config_resolvers){.list = &u.resolver, .count = 1};
	before = open_files();
	for (unsigned i = 0; i < n; i++) {
		one_of_many(q, i);
		assert_int_equal(
			forwarder_query(x->f, ASK(&resolvers, false, q), on_outcome, &o, &fw[i]),
			0);
	}
	assert_int_equal(open_files(), before + n);
	assert_int_equal(forwarder_query(x->f, ASK(&resolvers, false, query), on_outcome, &o, &one),
			 -EAGAIN);
	assert_int_equal(forwarder_stats(x->f).refused_full, 1);
	for (unsigned i = 0; i < n; i += 2)
		forward_cancel(fw[i]);
	assert_int_equal(open_files(), before + n / 2);
	run_until(x, &o, n / 2);
	assert_int_equal(o.calls, n / 2);
	assert_int_equal(tries(x, FORWARD_cancelled), n / 2);
	assert_int_equal(tries(x, FORWARD_timeout), n / 2);
	assert_int_equal(forwarder_stats(x->f).tries, n);
	assert_int_equal(open_files(), before);
	upstream_stop(&u);
}

/* How many queries a network may have under way now. They are of different names, from *NAME on. */
static unsigned fill_share(struct fixture *x, const struct config_resolvers *resolvers,
			   uint64_t net, unsigned *name, struct outcome *o)
{
	struct forward_ask ask = {.resolvers = resolvers, .net = net, .len = QUERY_LEN};
	uint8_t q[QUERY_LEN];
	struct forward *fw;
	unsigned n = 0;

	ask.query = q;
	for (;; n++) {
		one_of_many(q, (*name)++);
		if (forwarder_query(x->f, &ask, on_outcome, o, &fw))
			return n;
	}
}

/* Whoever comes while others have all that they may have, gets the same part of what is left. */
static void test_shares(void **state)
{
	struct fixture *x = *state;
	struct config_resolvers resolvers;
	unsigned name = 0, left = FORWARDER_QUERIES_MAX;
	struct outcome o = {0};
	struct upstream u;

	allow_descriptors();
	be_impatient(x);
	upstream_start(&u, UP_SILENT, 0x11);
	resolvers = (struct config_resolvers){.list = &u.resolver, .count = 1};
	x->f->share_key = 1; /* with which these few networks have a share each */
	for (uint64_t net = 1; left > 20; net++) {
		unsigned got = fill_share(x, &resolvers, net, &name, &o);

		assert_in_range(got, left * FORWARDER_SHARE / (FORWARDER_SHARE + 1),
				left * FORWARDER_SHARE / (FORWARDER_SHARE + 1) + 1);
		left -= got;
	}
	assert_int_equal(fill_share(x, &resolvers, 1, &name, &o), 0);
	run_until(x, &o, FORWARDER_QUERIES_MAX - left);
	/* all came back: one can have as many as at first */
	assert_int_equal(fill_share(x, &resolvers, 1, &name, &o), ALONE);
	upstream_stop(&u);
}

static void test_close_with_queries_under_way(void **state)
{
	struct fixture *x = *state;
	struct upstream u;
	struct config_resolvers resolvers;
	struct outcome o = {0};
	struct forward *fw;

	upstream_start(&u, UP_SILENT, 0x11);
	resolvers = (struct config_resolvers){.list = &u.resolver, .count = 1};
	for (int tcp = 0; tcp < 2; tcp++)
		assert_int_equal(
			forwarder_query(x->f, ASK(&resolvers, tcp, query), on_outcome, &o, &fw), 0);
	uv_run(&x->loop, UV_RUN_NOWAIT);
	forwarder_close(TAKE_PTR(x->f));
	uv_run(&x->loop, UV_RUN_NOWAIT);
	assert_int_equal(o.calls, 0);
	upstream_stop(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answer_udp),
		TEST(test_query_is_sent_as_it_came),
		TEST(test_fresh_port_and_id),
		TEST(test_forgeries_are_ignored),
		TEST(test_refused_connection_is_passed_over),
		TEST(test_silent_resolver_times_out),
		TEST(test_refusals_lead_to_the_next),
		TEST(test_nxdomain_is_an_answer),
		TEST(test_last_refusal_is_given),
		TEST(test_all_silent_fails),
		TEST(test_truncated_is_passed_on),
		TEST(test_tcp_in_single_octets),
		TEST(test_tcp_closed_without_reply),
		TEST(test_large_reply),
		TEST(test_ourselves_are_avoided),
		TEST(test_bad_queries_are_not_sent),
		TEST(test_limit_cancel_and_descriptors),
		TEST(test_shares),
		TEST(test_close_with_queries_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
