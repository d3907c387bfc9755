// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Lists of clients and response-rate limiting in the program, compiled natively and loaded: the
 * same frames, of what the program answers and of what it leaves to userspace, must have the same
 * outcome and the same octets, which are also userspace's. The lists are exchanged in the loaded
 * program, and its trie is compared with userspace's list.
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
#include <urcu.h>

#include "kernel_internal.h"
#include "limiter.h"
#include "mesos-xdns.skel.h"
#include "native.h"
#include "packet_cookie.h"
#include "packet_frame.h"
#include "packet_names.h"
#include "packet_rules.h"
#include "reply.h"
#include "util.h"

/* What a row leaves out is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define FULL	  (UINT64_MAX / 2) /* a cell that is used up for ever */
#define ADDRESSES 20000

#define OUR_COOKIE .cookie = {.len = 24, .by = 1}

enum cells { CELLS_FREE, CELLS_FULL };

struct world {
	struct config *cfg;
	struct zone *zone;
	struct native *native;
	struct limiter limiter;
	struct generation gen;
	bool loaded; /* else all of the kernel's half is left out */
	char *why_not;
	unsigned frames;
};

/* Lists and cells, and what comes of a query that the zone answers. */
struct trial {
	const char *what;
	const char *allow, *deny, *exempt; /* one network a family: "IPv4 IPv6"; NULL: empty */
	enum cells cells;
	uint32_t slip;
	enum xdns_counter outcome; /* answer_a: as without all this */
};

static const struct trial trials[] = {
	{"no list, room", .outcome = XDNS_answer_a},
	{"no list, none left, slip", NULL, NULL, NULL, CELLS_FULL, 1, XDNS_answer_limited},
	{"no list, none left", NULL, NULL, NULL, CELLS_FULL, 0, XDNS_drop_limited},
	{"exempt", NULL, NULL, "192.0.2.0/24 2001:db8::/32", CELLS_FULL, 0, XDNS_answer_a},
	{"another exempt", NULL, NULL, "192.0.3.0/24 2001:db9::/32", CELLS_FULL, 0,
	 XDNS_drop_limited},
	{"denied", NULL, "192.0.2.7/32 2001:db8:53::7/128", NULL, CELLS_FREE, 0, XDNS_drop_denied},
	{"denied and exempt", NULL, "0.0.0.0/0 ::/0", "192.0.2.7/32 2001:db8:53::7/128", CELLS_FREE,
	 0, XDNS_drop_denied},
	{"a neighbour denied", NULL, "192.0.2.6/32 2001:db8:53::6/128", NULL, CELLS_FREE, 0,
	 XDNS_answer_a},
	{"allowed", "192.0.2.0/25 2001:db8::/33", NULL, NULL, CELLS_FREE, 0, XDNS_answer_a},
	{"allowed, none left", "192.0.2.0/25 2001:db8::/33", NULL, NULL, CELLS_FULL, 0,
	 XDNS_drop_limited},
	{"not allowed", "192.0.2.128/25 2001:db8:8000::/33", NULL, NULL, CELLS_FREE, 0,
	 XDNS_pass_refused},
	{"not allowed, none left", "192.0.2.128/25 2001:db8:8000::/33", NULL, NULL, CELLS_FULL, 1,
	 XDNS_drop_limited_pass},
	{"allowed in denied", "192.0.2.7/32 2001:db8:53::7/128", "192.0.2.0/24 2001:db8::/32", NULL,
	 CELLS_FREE, 0, XDNS_answer_a},
	{"denied in allowed", "192.0.2.0/24 2001:db8::/32", "192.0.2.7/32 2001:db8:53::7/128", NULL,
	 CELLS_FREE, 0, XDNS_drop_denied},
};

/* Every way an answer is written, and frames with something behind the message. */
static const struct row rows[] = {
	{"A", 0, {"one.mesos"}, .want = {.an = 1}},
	{"A, EDNS", 0, {"one.mesos", .edns = true, .size = 1232}, .want = {.an = 1}},
	{"A, EDNS, DO, RD, CD",
	 0,
	 {"a4.mesos", .flags = 0x0110, .edns = true, .size = 4096, .edns_flags = 0x8000},
	 .want = {.an = 4}},
	{"A, options and octets behind",
	 0,
	 {"one.mesos", .edns = true, .size = 1232, .options = 40, .trail = 7, .pad = 9},
	 .want = {.an = 1}},
	{"a long set", 0, {"a20.mesos"}, .want = {.an = 20}},
	{"a long name", 0, {NAME255}, .want = {.an = 3}},
	{"NXDOMAIN", 0, {"nobody.mesos"}, .want = {.rcode = DNS_RCODE_NXDOMAIN, .denial = true}},
	{"NODATA", 0, {"one.mesos", DNS_TYPE_AAAA}, .want = {.denial = true}},
	{"SRV", 0, {"_twin._tcp.m.mesos", DNS_TYPE_SRV}, .want = {.an = 2, .extra = ALL_SETS}},
	{"A, a server cookie of ours",
	 0,
	 {"one.mesos", .edns = true, .size = 1232, OUR_COOKIE},
	 .want = {.an = 1, .cookie = COOKIE_KEPT}},
};

/* What is userspace's, and why. want.tc: the question is read, so that it may get TC. */
static const struct row passed[] = {
	{"outside", 0, {"www.example.org"}, .outcome = XDNS_pass_outside, .want.tc = true},
	{"outside, EDNS, options",
	 0,
	 {"www.example.org", .edns = true, .size = 1232, .options = 40},
	 .outcome = XDNS_pass_outside,
	 .want.tc = true},
	{"outside, another's cookie",
	 0,
	 {"www.example.org", .edns = true, .size = 1232, .cookie = {.len = 24}},
	 .outcome = XDNS_pass_outside,
	 .want.tc = true},
	{"outside, a server cookie of ours",
	 0,
	 {"www.example.org", .edns = true, .size = 1232, OUR_COOKIE},
	 .outcome = XDNS_pass_outside,
	 .want.tc = true},
	{"TXT", 0, {"one.mesos", DNS_TYPE_TXT}, .outcome = XDNS_pass_qtype, .want.tc = true},
	{"a star", 0, {"one.*.mesos"}, .outcome = XDNS_pass_wildcard, .want.tc = true},
	{"class CH", 0, {"one.mesos", .qclass = 3}, .outcome = XDNS_pass_qclass},
	{"opcode NOTIFY", 0, {"mesos", .flags = 0x2000}, .outcome = XDNS_pass_opcode},
	{"a response", 0, {"one.mesos", .flags = 0x8000}, .outcome = XDNS_pass_response},
	{"EDNS of another version",
	 0,
	 {"one.mesos", .edns = true, .size = 1232, .version = 1},
	 .outcome = XDNS_pass_edns_version},
};

static void make_lists(const struct trial *t, struct clients *ret)
{
	*ret = (struct clients){0};
	packet_rules_add(ret, t->allow, CLIENTS_ALLOW);
	packet_rules_add(ret, t->deny, CLIENTS_DENY);
	packet_rules_add(ret, t->exempt, CLIENTS_EXEMPT);
	assert_int_equal(clients_settle(ret), 0);
}

static void set_state(struct world *w, struct xdns_state *s, const struct trial *t)
{
	limiter_rule(&w->limiter, w->cfg, &s->limit);
	s->limit.interval = NSEC_PER_SEC / 10;
	s->limit.slip = t->slip;
	s->serving = XDNS_SERVING_YES;
	s->wall = PACKET_NOW * NSEC_PER_SEC;
	s->serial = PACKET_SERIAL;
	s->max_udp = DNS_UDP_EDNS_MAX;
	s->ip4_count = s->ip6_count = 1;
	memcpy(s->ip4[0].address, server_ip4[0], 4);
	memcpy(s->ip6[0].address, server_ip6[0], 16);
}

static void fill_cells(uint64_t *cells, enum cells how)
{
	for (unsigned i = 0; i < XDNS_LIMIT_ALL; i++)
		cells[i] = how == CELLS_FULL && i < XDNS_LIMIT_CELLS ? FULL : 0;
}

/* How many cells something was taken from. */
static unsigned cells_used(const uint64_t *cells)
{
	unsigned n = 0;

	for (unsigned i = 0; i < XDNS_LIMIT_CELLS; i++)
		n += cells[i] && cells[i] != FULL;
	return n;
}

static bool run_loaded(struct world *w, const struct frame *q, uint8_t *out,
		       struct native_result *ret)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = q->octet, .data_size_in = q->len,
		    .data_out = out, .data_size_out = FRAME_MAX, .repeat = 1);

	if (!w->loaded)
		return false;
	w->gen.state->wall = PACKET_NOW * NSEC_PER_SEC - boot_now_ns();
	assert_int_equal(bpf_prog_test_run_opts(generation_program(&w->gen), &opts), 0);
	ret->verdict = opts.retval == XDP_TX	 ? NATIVE_TX
		       : opts.retval == XDP_PASS ? NATIVE_PASS
						 : NATIVE_DROP;
	ret->len = opts.data_size_out;
	return true;
}

/* What comes of a row of `rows` (as_is: answer_a) or `passed` (as_is: why) in the trial. */
static enum xdns_counter outcome_of(const struct trial *t, const struct row *row,
				    enum xdns_counter as_is)
{
	bool limited = t->outcome == XDNS_answer_limited || t->outcome == XDNS_drop_limited;

	if (t->outcome == XDNS_answer_a || (limited && row->ask.cookie.by == 1))
		return as_is;
	if (as_is == XDNS_answer_a || !limited)
		return t->outcome;
	return t->outcome == XDNS_answer_limited && row->want.tc ? XDNS_answer_limited
								 : XDNS_drop_limited_pass;
}

static void check_outcome(const struct trial *t, const struct row *row, const char *who,
			  const struct native_result *got, enum xdns_counter outcome,
			  const uint8_t *out, const struct frame *query, const struct frame *want)
{
	enum native_verdict verdict = outcome <= XDNS_ANSWER_LAST ? NATIVE_TX
				      : outcome < XDNS_DROP_FIRST ? NATIVE_PASS
								  : NATIVE_DROP;

	if (got->verdict != verdict)
		fail_msg("%s, %s, %s: verdict %d", t->what, row->what, who, got->verdict);
	if (verdict == NATIVE_PASS)
		want = query;
	if (verdict == NATIVE_DROP)
		return;
	if (got->len != want->len || memcmp(out, want->octet, want->len))
		fail_msg("%s, %s, %s: other octets", t->what, row->what, who);
}

/* TC alone, by userspace's own function, to the same message. */
static void check_slip_of_userspace(const struct bytes *message, const struct bytes *response)
{
	uint8_t out[DNS_UDP_EDNS_MAX];
	size_t len = reply_empty(message->octet, message->len, DNS_RCODE_NOERROR, true, out,
				 sizeof(out));

	assert_int_equal(len, response->len);
	assert_memory_equal(out, response->octet, len);
	assert_true(len <= message->len);
}

/* as_is: what the row leads to if nobody limits it. */
static void check(struct world *w, const struct trial *t, const struct row *row,
		  enum xdns_counter as_is, const struct shape *shape)
{
	enum xdns_counter outcome = outcome_of(t, row, as_is);
	struct row asked = *row;
	struct bytes message, response;
	struct frame query, want;
	uint8_t out[FRAME_MAX];
	struct native_result got;
	struct native_room room = {256, 4096};

	query_message(row, shape, &message);
	query_frame(row, shape, &message, &query);
	if (outcome == XDNS_answer_limited)
		asked.want = (struct want){.tc = true, .error = true};
	response_message(&asked, shape, &message, &response);
	reply_frame(&query, &response, &want);
	if (outcome == XDNS_answer_limited)
		check_slip_of_userspace(&message, &response);

	got = native_run(w->native, query.octet, query.len, room, out, sizeof(out));
	check_outcome(t, row, "native", &got, outcome, out, &query, &want);
	if (outcome != XDNS_answer_a && got.counter != outcome)
		fail_msg("%s, %s: counter %d", t->what, row->what, got.counter);
	if (run_loaded(w, &query, out, &got))
		check_outcome(t, row, "loaded", &got, outcome, out, &query, &want);
	w->frames++;
}

/* Exchanges the lists of both programs. */
static void set_world(struct world *w, const struct trial *t, const struct clients *lists)
{
	struct xdns_cookies secrets = {.secrets = PACKET_SECRETS};
	uint32_t zero = 0;

	memcpy(secrets.secret, packet_secrets, sizeof(packet_secrets));
	native_set_extras(w->native, XDNS_EXTRA_CLIENTS | XDNS_EXTRA_LIMIT, lists);
	native_cookies(w->native)[0] = secrets;
	set_state(w, native_state(w->native), t);
	fill_cells(native_cells(w->native), t->cells);
	if (!w->loaded)
		return;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(w->gen.skel->maps.cookies), &zero,
					     &secrets, BPF_ANY),
			 0);
	assert_int_equal(generation_set_clients(&w->gen, lists), 0);
	set_state(w, w->gen.state, t);
	fill_cells(w->limiter.cells, t->cells);
}

static void test_trials(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(trials); i++) {
		const struct trial *t = &trials[i];
		bool counted = t->cells == CELLS_FREE && t->outcome == XDNS_answer_a && !t->exempt;
		struct clients lists;

		make_lists(t, &lists);
		set_world(w, t, &lists);
		for (size_t k = 0; k < ARRAY_SIZE(passed); k++)
			check(w, t, &passed[k], passed[k].outcome,
			      &(struct shape){.ip6 = k & 1, .tags = k % 3});
		if (w->loaded) /* userspace takes from them when it answers */
			assert_int_equal(cells_used(w->limiter.cells), 0);
		/* ten responses are a second's worth: as many as are asked for here */
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
			check(w, t, &rows[k], XDNS_answer_a,
			      &(struct shape){.ip6 = k & 1, .tags = k % 3});
		if (w->loaded)
			assert_int_equal(cells_used(w->limiter.cells), counted ? 2 : 0);
		clients_clear(&lists);
	}
}

/* After a second's worth, no more; a clock that stands still gives nothing back. */
static void test_count(void **state)
{
	static const struct trial free_cells = {"count", .slip = 0, .outcome = XDNS_answer_a};
	static const struct trial used_up = {"count", .slip = 0, .outcome = XDNS_drop_limited};
	struct world *w = *state;
	bool loaded = w->loaded;
	struct clients lists;

	make_lists(&free_cells, &lists);
	set_world(w, &free_cells, &lists);
	w->loaded = false; /* its clock goes on */
	for (int ip6 = 0; ip6 < 2; ip6++) {
		for (int i = 0; i < 10; i++)
			check(w, &free_cells, &rows[0], XDNS_answer_a, &(struct shape){.ip6 = ip6});
		check(w, &used_up, &rows[0], XDNS_answer_a, &(struct shape){.ip6 = ip6});
	}
	assert_int_equal(cells_used(native_cells(w->native)), 2);
	w->loaded = loaded;
	clients_clear(&lists);
}

/* As much again goes on to userspace, as long as there is a response left that it might send. */
static void test_count_of_userspace(void **state)
{
	static const struct trial room = {"room", .slip = 0, .outcome = XDNS_answer_a};
	static const struct trial none = {"none", .slip = 0, .outcome = XDNS_drop_limited};
	struct world *w = *state;
	bool loaded = w->loaded;
	struct clients lists;

	make_lists(&room, &lists);
	set_world(w, &room, &lists);
	w->loaded = false; /* its clock goes on */
	for (int ip6 = 0; ip6 < 2; ip6++) {
		const struct shape shape = {.ip6 = ip6};

		for (int i = 0; i < 9; i++)
			check(w, &room, &passed[i % 2], XDNS_pass_outside, &shape);
		for (int i = 0; i < 10; i++)
			check(w, &room, &rows[0], XDNS_answer_a, &shape);
		check(w, &none, &passed[0], XDNS_pass_outside, &shape);
		fill_cells(native_cells(w->native), CELLS_FREE);
		for (int i = 0; i < 10; i++)
			check(w, &room, &passed[i % 2], XDNS_pass_outside, &shape);
		check(w, &none, &passed[0], XDNS_pass_outside, &shape);
		check(w, &room, &rows[0], XDNS_answer_a, &shape);
	}
	w->loaded = loaded;
	clients_clear(&lists);
}

static int trie_of(const struct world *w)
{
	uint32_t zero = 0, id;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(w->gen.skel->maps.clients), &zero, &id),
			 0);
	return bpf_map_get_fd_by_id(id);
}

static void random_address(unsigned short seed[3], struct address *ret)
{
	*ret = (struct address){.family = nrand48(seed) & 1 ? AF_INET : AF_INET6};
	/* few different octets: networks lie in one another, and addresses in them */
	for (int i = 0; i < (ret->family == AF_INET ? 4 : 16); i++)
		ret->bytes[i] = nrand48(seed) >> 8 & (i < 2 ? 0x81 : 0xc3);
}

static void clear_behind(struct address *a, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		a->bytes[i / 8] &= ~(0x80 >> i % 8);
}

/* The kernel's trie and userspace's list say the same of any address. */
static void test_trie_and_list(void **state)
{
	struct world *w = *state;
	unsigned short seed[3] = {1, 2, 3};
	struct clients lists = {0};
	unsigned seen[8] = {0};
	int trie;

	if (!w->loaded)
		skip();
	for (int i = 0; i < 600; i++) {
		struct address a;
		unsigned bits;

		random_address(seed, &a);
		bits = 15 + nrand48(seed) % (a.family == AF_INET ? 18 : 114);
		clear_behind(&a, bits);
		assert_int_equal(clients_add(&lists, &a, bits, i % 3), 0);
	}
	assert_int_equal(clients_settle(&lists), 0);
	assert_int_equal(generation_set_clients(&w->gen, &lists), 0);
	trie = trie_of(w);
	for (int i = 0; i < ADDRESSES; i++) {
		struct sockaddr_in6 peer = {.sin6_family = AF_INET6};
		struct sockaddr_in *v4 = (void *)&peer;
		struct xdns_client_net key = {.bits = 128};
		struct address a;
		uint32_t flags;

		random_address(seed, &a);
		memcpy(key.address, a.bytes, 16);
		memcpy(&peer.sin6_addr, a.bytes, 16);
		if (a.family == AF_INET) {
			memcpy(key.address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
			memcpy(key.address + 12, a.bytes, 4);
			v4->sin_family = AF_INET;
			memcpy(&v4->sin_addr, a.bytes, 4);
		}
		assert_int_equal(bpf_map_lookup_elem(trie, &key, &flags), 0);
		assert_int_equal(clients_find(&lists, (void *)&peer), flags);
		seen[flags & 7]++;
	}
	close(trie);
	clients_clear(&lists);
	/* all that can be said was said: denied, refused or neither, exempt or not */
	for (uint32_t flags = 0; flags < ARRAY_SIZE(seen); flags++)
		assert_int_equal(!seen[flags], (flags & 3) == 3);
}

static void test_took_part(void **state)
{
	struct world *w = *state;

	printf("# %u frames natively%s\n", w->frames, w->loaded ? " and through the kernel" : "");
	if (w->loaded)
		return;
	printf("# SKIPPED: nothing ran in the kernel: %s\n", w->why_not);
	skip();
}

static int open_world(void **state)
{
	static struct world w;
	struct clients all = {0};
	struct generation_wanted wanted = {
		.memory = SIZES_ANY, .limit = true, .limiter = &w.limiter, .clients = &all};

	libbpf_set_print(NULL);
	packet_zone_build(&packet_zones[ZONE_MAIN], &w.cfg, &w.zone);
	assert_int_equal(limiter_init(&w.limiter), 0);
	assert_int_equal(clients_settle(&all), 0);
	w.native = native_new(w.zone);
	assert_non_null(w.native);
	w.loaded = !kernel_create_cells(&w.limiter) &&
		   !generation_build(w.zone, &wanted, &w.gen, &w.why_not);
	clients_clear(&all);
	*state = &w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	if (w->loaded) {
		pool_detach(zone_pool(w->zone));
		generation_free(&w->gen);
	}
	native_free(w->native);
	zone_free(w->zone);
	config_free(w->cfg);
	free(w->why_not);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trials),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_count_of_userspace),
		cmocka_unit_test(test_trie_and_list),
		cmocka_unit_test(test_took_part),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
