// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A zone that is larger than xdpMemory lets its maps be: the program answers what it has, rightly,
 * and leaves the rest to userspace; it denies nothing that is there. XDNS_LIMIT_NAMES=n: the
 * largest zone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"
#include "growth_world.h"
#include "kernel_internal.h"
#include "stress_kernel.h"
#include "util.h"

#define NAMES_DEFAULT 60000
#define LIMIT	      4 /* MiB */
#define EXTRAS	      1000
#define NODES	      50

static const char *no_kernel;

static uint32_t names_max(void)
{
	const char *names = getenv("XDNS_LIMIT_NAMES");

	return names ? strtoul(names, NULL, 10) : NAMES_DEFAULT;
}

static void long_name(uint32_t j, uint8_t wire[DNAME_WIRE_MAX + 1])
{
	char text[128];

	snprintf(text, sizeof(text), "%063u.mesos", j);
	assert_true(dname_from_text(text, strlen(text), wire) > 0);
}

static void service_name(uint32_t j, uint8_t wire[DNAME_WIRE_MAX + 1])
{
	char text[64];

	snprintf(text, sizeof(text), "_service-%u._tcp.mesos", j);
	assert_true(dname_from_text(text, strlen(text), wire) > 0);
}

/* Every second service leads to nodes, the others to tasks. */
static void target_name(uint32_t j, uint32_t k, uint8_t wire[DNAME_WIRE_MAX + 1])
{
	char text[64];

	if (j % 2) {
		growth_name(j * 59 + k, wire);
		return;
	}
	snprintf(text, sizeof(text), "node-%u.mesos", (j + k) % NODES);
	assert_true(dname_from_text(text, strlen(text), wire) > 0);
}

/* A name that needs a tail, and a service with 1 to 12 SRV records. */
static void add_extra(struct growth *g, uint32_t j)
{
	uint8_t wire[DNAME_WIRE_MAX + 1], target[DNAME_WIRE_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_A, .a = {10, 1, j >> 8, j}};

	if (j < NODES) {
		target_name(0, j, wire);
		assert_int_equal(zone_add(g->zone, wire, &rr), 0);
	}
	long_name(j, wire);
	assert_int_equal(zone_add(g->zone, wire, &rr), 0);
	service_name(j, wire);
	for (uint32_t k = 0; k <= j % 12; k++) {
		target_name(j, k, target);
		rr = (struct rr){.type = DNS_TYPE_SRV,
				 .srv = {.port = 31000 + k, .target = target}};
		assert_int_equal(zone_add(g->zone, wire, &rr), 0);
	}
}

/* Half of the others before the tasks, so that they have places in the maps, half behind. */
static void fill(struct growth *g, uint32_t names)
{
	for (uint32_t j = 0; j < EXTRAS / 2; j++)
		add_extra(g, j);
	growth_commit(g);
	growth_resize(g, names);
	for (uint32_t j = EXTRAS / 2; j < EXTRAS; j++)
		add_extra(g, j);
	growth_commit(g);
}

struct share {
	uint64_t answered, passed;
};

static void count_run(struct share *s, enum stress_run run)
{
	assert_true(run == STRESS_RUN_ANSWER || run == STRESS_RUN_PASS);
	(*(run == STRESS_RUN_ANSWER ? &s->answered : &s->passed))++;
}

static struct share ask_extras(const struct growth *g)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct share s = {0};

	for (uint32_t j = 0; j < EXTRAS; j++) {
		long_name(j, wire);
		count_run(&s, growth_compare(g, wire, DNS_TYPE_A));
		service_name(j, wire);
		count_run(&s, growth_compare(g, wire, DNS_TYPE_SRV));
	}
	return s;
}

static struct share ask_tasks(const struct growth *g)
{
	struct share s = {0};
	int is = -1;

	for (uint32_t i = 0; i < g->names; i++) {
		enum stress_run run = growth_ask_kernel(g, i, &is);

		count_run(&s, run);
		if (run == STRESS_RUN_ANSWER)
			assert_int_equal(is, 1);
		else
			assert_int_equal(growth_ask_userspace(g, i), 1);
	}
	return s;
}

static struct share ask_missing(const struct growth *g)
{
	struct share s = {0};
	int is = -1;

	for (uint32_t i = g->names; i < g->names + 1000; i++) {
		enum stress_run run = growth_ask_kernel(g, i, &is);

		count_run(&s, run);
		if (run == STRESS_RUN_ANSWER)
			assert_int_equal(is, 0);
		assert_int_equal(growth_ask_userspace(g, i), 0);
	}
	return s;
}

/* Room in `names` is for names whose records are there. Returns how many it has. */
static uint32_t check_names(const struct growth *g)
{
	const struct generation *gen = &g->kernel->gen;
	uint64_t hash, *before = NULL;
	struct xdns_name name;
	uint32_t n = 0;

	for (; !bpf_map_get_next_key(gen->names_fd, before, &hash); n++) {
		before = &hash;
		assert_int_equal(bpf_map_lookup_elem(gen->names_fd, &hash, &name), 0);
		assert_true(name.record < gen->sizes.capacity[POOL_RECORDS]);
	}
	return n;
}

/* All that is there and some that is not; every pass is for want of memory. */
static struct share check_limited(const struct growth *g)
{
	uint64_t before[XDNS_COUNTERS_COUNT], after[XDNS_COUNTERS_COUNT];
	struct share tasks, extras, missing;

	assert_int_equal(kernel_counters(g->kernel, before), 0);
	tasks = ask_tasks(g);
	missing = ask_missing(g);
	extras = ask_extras(g);
	assert_int_equal(kernel_counters(g->kernel, after), 0);
	printf("# %u names: %" PRIu64 " answered, %" PRIu64 " passed; others: %" PRIu64
	       " and %" PRIu64 " (%" PRIu64 " for their parts); %.1f MiB\n",
	       g->names, tasks.answered, tasks.passed, extras.answered, extras.passed,
	       after[XDNS_pass_target] - before[XDNS_pass_target],
	       growth_map_memory(g) / 1048576.0);
	assert_int_equal(after[XDNS_pass_memory] - before[XDNS_pass_memory] +
				 after[XDNS_pass_target] - before[XDNS_pass_target],
			 tasks.passed + missing.passed + extras.passed);
	assert_int_equal(after[XDNS_answer_a] - before[XDNS_answer_a] + after[XDNS_answer_srv] -
				 before[XDNS_answer_srv],
			 tasks.answered + extras.answered);
	assert_int_equal(missing.answered, g->kernel->gen.state->names_complete ? 1000 : 0);
	assert_true(growth_map_memory(g) <= (uint64_t)g->cfg->xdp_memory << 20);
	assert_true(check_names(g) >= tasks.answered);
	return (struct share){tasks.answered + extras.answered, tasks.passed + extras.passed};
}

/*
 * One more address of another type: a new record, which is at another place, in the maps or
 * beyond. The old one must not be found any more, before it is used again and afterwards.
 */
static void change_records(struct growth *g, uint32_t step)
{
	struct rr rr = {.type = DNS_TYPE_AAAA, .aaaa = {0x20, 1, 0xd, 0xb8}};
	uint8_t wire[DNAME_WIRE_MAX + 1];

	for (uint32_t i = 0; i < g->names; i += step) {
		struct zone_changes changes;
		bool add = i % (2 * step) == 0;

		growth_name(add ? i : i - step, wire);
		assert_int_equal(
			add ? zone_add(g->zone, wire, &rr) : zone_remove(g->zone, wire, &rr), 0);
		assert_int_equal(zone_commit(g->zone, ++g->serial, &changes), 0);
		growth_compare(g, wire, DNS_TYPE_AAAA);
		growth_compare(g, wire, DNS_TYPE_A);
		if (i / step % 16 == 0)
			growth_commit(g);
	}
	growth_commit(g);
}

static void test_limited(void **state)
{
	static struct growth g;
	uint32_t max = names_max();
	struct share s;
	unsigned fds;
	char keys[64];

	(void)state;
	if (no_kernel)
		skip();
	snprintf(keys, sizeof(keys), ",\"xdpMemory\":%d", LIMIT);
	growth_open(&g, keys);
	fill(&g, max);
	fds = growth_count_fds();
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	assert_int_equal(g.kernel->gen.state->names_complete, 0);
	s = check_limited(&g);
	assert_true(s.answered > max / 10);
	assert_true(s.passed > max / 10);
	assert_true(growth_map_memory(&g) > (LIMIT << 20) * 3 / 4);
	change_records(&g, 37);
	s = check_limited(&g);
	assert_true(s.answered > max / 20);
	/* gone and come back */
	growth_resize(&g, max / 3);
	check_limited(&g);
	growth_resize(&g, max);
	check_limited(&g);
	growth_close_kernel(&g, fds);
	growth_check_at_rest(&g, false);
	/* with room for all of it */
	g.cfg->xdp_memory = 0;
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	growth_check_at_rest(&g, true);
	s = ask_extras(&g);
	assert_int_equal(s.passed, 0);
	growth_close_kernel(&g, fds);
	/* and with hardly any */
	g.cfg->xdp_memory = 1;
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	s = check_limited(&g);
	assert_true(s.answered > 100);
	growth_close_kernel(&g, fds);
	growth_close(&g);
}

/* Into the limit and out of sight of it again while readers read. */
static void test_reached(void **state)
{
	static struct growth g;
	uint32_t max = names_max();
	pthread_t thread;
	unsigned fds, before = stress_switches();
	char keys[64];
	struct share s;

	(void)state;
	if (no_kernel)
		skip();
	snprintf(keys, sizeof(keys), ",\"xdpMemory\":%d", 2 * LIMIT);
	growth_open(&g, keys);
	growth_resize(&g, 10);
	fds = growth_count_fds();
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	growth_check_at_rest(&g, true);
	pthread_create(&thread, NULL, growth_reader, &g);
	growth_resize(&g, max / 12); /* there is room */
	growth_check_at_rest(&g, true);
	assert_false(g.kernel->told);
	assert_int_equal(g.passes, 0);
	for (int round = 0; round < 2; round++) {
		growth_resize(&g, max / 2);
		change_records(&g, 997);
		growth_resize(&g, max);
		growth_check_pins(&g);
		change_records(&g, 997);
		for (int part = 20; part > 1; part--)
			growth_resize(&g, max / 20 * part);
	}
	growth_resize(&g, max);
	assert_true(g.kernel->told);
	g.stop = true;
	pthread_join(thread, NULL);
	printf("# %u switches up to %u names; kernel: %" PRIu64 " reads, %" PRIu64
	       " passed, %" PRIu64 " denied, %" PRIu64 " wrong; userspace: %" PRIu64 " wrong\n",
	       stress_switches() - before, max, g.reads, g.passes, g.denied, g.wrong, g.user_wrong);
	s = ask_tasks(&g);
	printf("# %" PRIu64 " answered, %" PRIu64 " passed, %.1f MiB\n", s.answered, s.passed,
	       growth_map_memory(&g) / 1048576.0);
	assert_true(s.answered > max / 10);
	assert_true(s.passed > 0 && g.passes > 0);
	assert_true(growth_map_memory(&g) <= 2 * LIMIT << 20);
	growth_close_kernel(&g, fds);
	growth_check_at_rest(&g, false);
	growth_close(&g);
	assert_int_equal(g.denied + g.wrong + g.detached + g.user_wrong, 0);
}

/* Maps cut for a small zone are cut anew for the large one that it becomes. */
static void test_cut_anew(void **state)
{
	static struct growth g;
	char keys[64];
	struct share s;
	unsigned fds;

	(void)state;
	if (no_kernel)
		skip();
	snprintf(keys, sizeof(keys), ",\"xdpMemory\":%d", LIMIT / 2);
	growth_open(&g, keys);
	growth_resize(&g, 10);
	fds = growth_count_fds();
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	assert_true(g.kernel->gen.sizes.limited);
	growth_check_at_rest(&g, true);
	growth_resize(&g, 30000);
	s = ask_tasks(&g);
	printf("# %" PRIu64 " answered, %" PRIu64 " passed\n", s.answered, s.passed);
	assert_true(s.answered > 5000);
	s = ask_missing(&g);
	assert_int_equal(s.answered, 0);
	growth_close_kernel(&g, fds);
	growth_close(&g);
}

/* `names` takes no more although there are records: only what it has not is passed. */
static void test_names_full(void **state)
{
	static struct growth g;
	struct share s;
	unsigned fds;

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g, ",\"xdpMemory\":1");
	growth_resize(&g, 500);
	fds = growth_count_fds();
	stress_limit_names(1000);
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	assert_true(g.kernel->gen.sizes.limited);
	growth_check_at_rest(&g, true);
	growth_resize(&g, 1100);
	s = ask_tasks(&g);
	assert_in_range(s.answered, 900, 1000);
	s = ask_missing(&g);
	assert_int_equal(s.answered, 0);
	growth_resize(&g, 100);
	s = ask_tasks(&g);
	assert_int_equal(s.answered + s.passed, 100);
	growth_close_kernel(&g, fds);
	/* already when it is filled */
	growth_resize(&g, 1100);
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	assert_int_equal(g.kernel->gen.state->names_complete, 0);
	s = ask_tasks(&g);
	assert_in_range(s.answered, 900, 1100);
	s = ask_missing(&g);
	assert_int_equal(s.answered, 0);
	growth_close_kernel(&g, fds);
	stress_limit_names(0);
	growth_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limited),
		cmocka_unit_test(test_reached),
		cmocka_unit_test(test_cut_anew),
		cmocka_unit_test(test_names_full),
	};

	no_kernel = stress_no_kernel();
	if (no_kernel)
		printf("# SKIPPED: the tests of a limit were not run: %s\n", no_kernel);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
