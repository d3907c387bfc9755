// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A zone that outgrows its maps again and again while queries run: generations switch under
 * readers, and nothing may be denied, mixed up, leaked or left behind. XDNS_GROWTH_NAMES=n: the
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
#include "stress_kernel.h"
#include "util.h"

#define NAMES_DEFAULT 60000

static const char *no_kernel;

static void test_growth(void **state)
{
	static struct growth g;
	const char *names = getenv("XDNS_GROWTH_NAMES");
	uint32_t max = names ? strtoul(names, NULL, 10) : NAMES_DEFAULT;
	const uint32_t sizes[] = {100,	   2000,    3000, max / 12, max / 10, max / 4,	max / 3,
				  max / 2, max / 8, 10,	  max / 2,  max,      max / 20, max};
	unsigned fds, open_fds, before = stress_switches();
	pthread_t thread;

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g, "");
	growth_resize(&g, 10);
	fds = growth_count_fds();
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	open_fds = growth_count_fds();
	pthread_create(&thread, NULL, growth_reader, &g);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint32_t from = g.names;

		/* one large commit, or eight */
		for (int part = i % 2 ? 8 : 1; part > 0; part--)
			growth_resize(&g, sizes[i] - (int64_t)((int64_t)sizes[i] - from) *
							     (part - 1) / 8);
		growth_check_at_rest(&g, true);
		assert_int_equal(growth_count_fds(), open_fds);
		growth_check_pins(&g);
	}
	g.stop = true;
	pthread_join(thread, NULL);
	printf("# %u switches up to %u names; kernel: %" PRIu64 " reads, %" PRIu64
	       " passed, %" PRIu64 " denied, %" PRIu64 " wrong; userspace: %" PRIu64
	       " reads, %" PRIu64 " wrong\n",
	       stress_switches() - before, max, g.reads, g.passes, g.denied, g.wrong, g.user_reads,
	       g.user_wrong);
	growth_close_kernel(&g, fds);
	growth_check_at_rest(&g, false);
	growth_resize(&g, max / 2);
	growth_check_at_rest(&g, false);
	/* and again, with what the pool has now */
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	growth_check_at_rest(&g, true);
	growth_close_kernel(&g, fds);
	growth_close(&g);
	assert_true(stress_switches() - before > 4);
	assert_int_equal(g.denied + g.wrong + g.detached + g.user_wrong, 0);
}

/* Room in `records`, left by names that went, is no room in `names`: both are of one size. */
static void test_shrunk_before(void **state)
{
	static struct growth g;
	unsigned fds;

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g, "");
	growth_resize(&g, 20000);
	growth_resize(&g, 10);
	fds = growth_count_fds();
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	for (uint32_t names = 2000; names <= 20000; names += 6000) {
		growth_resize(&g, names);
		growth_check_at_rest(&g, true);
	}
	growth_close_kernel(&g, fds);
	growth_close(&g);
}

/* `names` takes no more: the program passes everything from then on, userspace has it all. */
static void test_names_full(void **state)
{
	static struct growth g;
	int is;
	unsigned fds;

	(void)state;
	if (no_kernel)
		skip();
	growth_open(&g, "");
	growth_resize(&g, 10);
	fds = growth_count_fds();
	stress_limit_names(1000);
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	growth_check_at_rest(&g, true);
	growth_resize(&g, 3000);
	for (uint32_t i = 0; i < 3100; i++)
		assert_int_equal(growth_ask_kernel(&g, i, &is), STRESS_RUN_PASS);
	growth_check_at_rest(&g, false);
	growth_resize(&g, 20);
	growth_resize(&g, 20000); /* the maps of the records are full as well: let go */
	growth_check_at_rest(&g, false);
	assert_int_equal(kernel_heal(g.kernel), 0); /* there is no larger `names` yet */
	assert_int_equal(growth_ask_kernel(&g, 1, &is), STRESS_RUN_DETACHED);
	growth_check_at_rest(&g, false);
	stress_limit_names(0);
	assert_int_equal(kernel_heal(g.kernel), 0);
	growth_check_at_rest(&g, true);
	growth_resize(&g, 19000);
	growth_check_at_rest(&g, true);
	growth_close_kernel(&g, fds);
	growth_resize(&g, 30);
	growth_check_at_rest(&g, false);
	growth_close(&g);
}

static uint64_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (uint64_t)pages * sysconf(_SC_PAGESIZE);
}

#define CHANGES 1000

/* One address of one name more, then less, until each answers from the kernel. */
static uint64_t time_changes(struct growth *g)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_A, .a = {192, 0, 2, 77}};
	uint64_t start = now_ns();

	for (int i = 0; i < CHANGES; i++) {
		growth_name(i / 2 * 16 + 1, wire);
		assert_int_equal(
			i % 2 ? zone_remove(g->zone, wire, &rr) : zone_add(g->zone, wire, &rr), 0);
		assert_int_equal(zone_commit(g->zone, ++g->serial, &(struct zone_changes){0}), 0);
	}
	return (now_ns() - start) / CHANGES;
}

/* Not a test: figures for docs/consistency.md, of a zone of XDNS_GROWTH_MEASURE names. */
static void measure(void **state)
{
	static struct growth g;
	const char *names = getenv("XDNS_GROWTH_MEASURE");
	uint32_t n = names ? strtoul(names, NULL, 10) : 0;
	uint64_t start, added, committed, opened, rss;

	(void)state;
	if (no_kernel || !n)
		return;
	growth_open(&g, "");
	rss = resident();
	start = now_ns();
	while (g.names < n)
		growth_change(&g, g.names++, true);
	added = now_ns();
	assert_int_equal(zone_commit(g.zone, ++g.serial, &(struct zone_changes){0}), 0);
	committed = now_ns();
	rss = resident() - rss;
	g.kernel = stress_kernel_open(g.cfg, g.zone);
	opened = now_ns();
	printf("# %u names (%" PRIu64
	       " records): added %.3f s, committed %.3f s, kernel_open %.3f s; "
	       "%.0f octets a name in userspace, %.0f in maps; a change of one name: %.1f us\n",
	       n, zone_counts(g.zone).a, (added - start) / 1e9, (committed - added) / 1e9,
	       (opened - committed) / 1e9, (double)rss / n, (double)growth_map_memory(&g) / n,
	       time_changes(&g) / 1e3);
	kernel_close(g.kernel, false);
	growth_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_shrunk_before),
		cmocka_unit_test(test_names_full),
	};

	const struct CMUnitTest figures[] = {cmocka_unit_test(measure)};

	no_kernel = stress_no_kernel();
	if (no_kernel)
		printf("# SKIPPED: the growth tests were not run: %s\n", no_kernel);
	if (getenv("XDNS_GROWTH_MEASURE"))
		return cmocka_run_group_tests(figures, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
