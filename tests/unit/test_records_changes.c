// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* records_update() from one cluster to the next: as a fresh start, and no more than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "records_fixture.h"

/*
 * Random clusters that follow each other. Everything is drawn from small
 * pools, so that tasks, names and addresses meet.
 */
#define TASKS_MAX      24
#define FRAMEWORKS_MAX 5

struct random_cluster {
	struct cluster cluster;
	struct framework frameworks[FRAMEWORKS_MAX];
	struct agent agents[4];
	struct task tasks[FRAMEWORKS_MAX][TASKS_MAX], *list[FRAMEWORKS_MAX][TASKS_MAX];
	struct records_input input;
};

static const struct address pool[] = {{AF_INET, {10, 0, 0, 1}},
				      {AF_INET, {10, 0, 0, 2}},
				      {AF_INET6, {1}},
				      {AF_INET, {10, 0, 0, 4}}};
static const struct port_range range_pool[] = {{1, 3}, {3, 3}};
static const struct discovery_port port_pool[] = {{80, "http", "tcp"}, {81, "", ""}};
static const char *const masters_pool[] = {"10.0.0.1:5050", "10.0.0.2:5050", "10.0.0.4:5050"};

static unsigned int pick(unsigned int *seed, unsigned int n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static void random_task(struct task *t, unsigned int *seed)
{
	static const char *const ids[] = {"a", "b", "c", "d", "e", "f"};
	static const char *const names[] = {"web", "ns", "My_App", NAME52 NAME52};
	static const char *const discovery[] = {"", "", "web", "a.b", "UP"};
	static const char *const agent_ids[] = {"x-S0", "x-S1", "x-S2", "gone"};
	unsigned int draws[8];
	static const unsigned int limits[8] = {6, 4, 5, 4, 4, 4, 3, 3};

	for (size_t i = 0; i < 8; i++)
		draws[i] = pick(seed, limits[i]);
	*t = (struct task){
		.id = ids[draws[0]],
		.name = names[draws[1]],
		.discovery_name = discovery[draws[2]],
		.agent_id = agent_ids[draws[3]],
		.netinfo = {pool, draws[4] / 2},
		.docker = {&pool[1], draws[5] / 2},
		.ranges = range_pool,
		.ranges_count = draws[6],
		.discovery_ports = port_pool,
		.discovery_ports_count = draws[7],
		/* weak on purpose: equal digests of different tasks must do no harm */
		.digest = draws[0] + draws[1],
	};
}

static void random_cluster(struct random_cluster *r, unsigned int *seed)
{
	static const char *const framework_names[] = {"m", "leader", "chronos.x", "m", "slave"};
	static const char *const agent_ids[] = {"x-S0", "x-S1", "x-S2", "x-S0"};

	*r = (struct random_cluster){.input.masters = masters_pool};
	for (size_t i = 0; i < ARRAY_SIZE(r->agents); i++)
		r->agents[i] =
			(struct agent){(char *)agent_ids[i], (char *)"h", (uint16_t)pick(seed, 2),
				       (struct address *)&pool[pick(seed, 3)], pick(seed, 3) != 0};
	for (size_t i = 0; i < FRAMEWORKS_MAX; i++) {
		r->frameworks[i] = (struct framework){
			(char *)"i",	      (char *)framework_names[pick(seed, 5)],
			(char *)"h",	      (uint16_t)pick(seed, 2),
			pick(seed, 2),	      (struct address *)pool,
			pick(seed, 4),	      r->list[i],
			pick(seed, TASKS_MAX)};
		for (size_t j = 0; j < TASKS_MAX; j++) {
			r->list[i][j] = &r->tasks[i][j];
			random_task(&r->tasks[i][j], seed);
		}
	}
	r->cluster = (struct cluster){
		.leader_host = (char *)"h",
		.leader_port = 5050,
		.leader_address = pool[pick(seed, 4)],
		.frameworks = r->frameworks,
		.frameworks_count = pick(seed, FRAMEWORKS_MAX + 1),
		.agents = r->agents,
		.agents_count = pick(seed, 5),
	};
	r->input.cluster = &r->cluster;
	r->input.masters_count = pick(seed, 4);
	r->input.listeners = pool;
	r->input.listeners_count = pick(seed, 3);
}

static void assert_same_zone(struct zone *a, struct zone *b)
{
	fake_zone_sort(a);
	fake_zone_sort(b);
	for (size_t i = 0; i < a->count && i < b->count; i++)
		assert_string_equal(a->lines[i], b->lines[i]);
	assert_int_equal(a->count, b->count);
}

static void test_changes_equal_a_fresh_start(void **state)
{
	struct random_cluster *r = calloc(2, sizeof(*r));
	struct records_skipped skipped = {0};
	struct config cfg = default_config();
	const struct records_input *old = NULL;
	unsigned int seed = 20261122;
	struct zone z = {0};
	uint64_t totals[2] = {0};

	(void)state;
	cfg.reverse_dns = true;
	cfg.soa_mname = (char *)"ns.m.mesos.";
	assert_non_null(r);
	for (int i = 0; i < 150; i++) {
		struct records_skipped fresh_skipped = {0};
		struct random_cluster *c = &r[i & 1];
		struct zone fresh = {0};

		random_cluster(c, &seed);
		assert_int_equal(records_update(&z, &cfg, old, &c->input, &skipped), 0);
		assert_int_equal(records_update(&fresh, &cfg, NULL, &c->input, &fresh_skipped), 0);
		assert_int_equal(z.remove_errors, 0);
		assert_same_zone(&z, &fresh);
		totals[0] += skipped.unreachable;
		totals[1] += fresh_skipped.unreachable;
		fake_zone_done(&fresh);
		old = &c->input;
	}
	/* what stays left out is not counted again */
	assert_true(totals[0] > 0 && totals[0] < totals[1]);
	fake_zone_done(&z);
	free(r);
}

static void test_failure_changes_nothing(void **state)
{
	struct random_cluster *r = calloc(2, sizeof(*r));
	struct config cfg = default_config();
	unsigned int seed = 7;

	(void)state;
	assert_non_null(r);
	random_cluster(&r[0], &seed);
	random_cluster(&r[1], &seed);
	for (size_t fail_after = 1; fail_after < 400; fail_after += 7) {
		struct records_skipped skipped = {0};
		struct zone z = {0}, before = {0};
		size_t calls;

		assert_int_equal(records_update(&z, &cfg, NULL, &r[0].input, &skipped), 0);
		assert_int_equal(records_update(&before, &cfg, NULL, &r[0].input, &skipped), 0);
		calls = z.calls;
		z.fail_after = calls + fail_after;
		if (records_update(&z, &cfg, &r[0].input, &r[1].input, &skipped) == -ENOMEM)
			assert_same_zone(&z, &before);
		fake_zone_done(&z);
		fake_zone_done(&before);
	}
	free(r);
}

/* What is the same before and after is not touched, however much of it there is. */
static void test_untouched(void **state)
{
	struct random_cluster *r = calloc(2, sizeof(*r));
	struct records_skipped skipped = {0};
	struct config cfg = default_config();
	unsigned int seed = 5, same_seed = 5;
	struct zone z = {0};
	size_t calls;

	(void)state;
	assert_non_null(r);
	random_cluster(&r[0], &seed);
	random_cluster(&r[1], &same_seed);
	r[0].cluster.agents_count = r[1].cluster.agents_count = 3;
	r[0].cluster.frameworks_count = r[1].cluster.frameworks_count = FRAMEWORKS_MAX;
	assert_int_equal(records_update(&z, &cfg, NULL, &r[0].input, &skipped), 0);
	calls = z.calls;
	assert_true(calls > 100);
	assert_int_equal(records_update(&z, &cfg, &r[0].input, &r[1].input, &skipped), 0);
	assert_int_equal(z.calls, calls);
	r[1].tasks[0][0].name = "other";
	r[1].tasks[0][0].discovery_name = "";
	r[1].tasks[0][0].agent_id = "x-S1";
	assert_int_equal(records_update(&z, &cfg, &r[0].input, &r[1].input, &skipped), 0);
	assert_true(z.calls > calls && z.calls < calls + 100);
	fake_zone_done(&z);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes_equal_a_fresh_start),
		cmocka_unit_test(test_failure_changes_nothing),
		cmocka_unit_test(test_untouched),
	};

	return cmocka_run_group_tests_name("records, changes", tests, NULL, NULL);
}
