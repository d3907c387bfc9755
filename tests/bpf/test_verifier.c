// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the kernel's verifier takes to believe the programs, in each way they are loaded. It gives
 * up at a limit; other kernels and compilers count otherwise, so more than a part of it is too
 * much (docs/bpf.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "config.h"
#include "packet_zone.h"
#include "util.h"
#include "zone_config.h"

#include "mesos-xdns.skel.h"

#define PERCENT_MAX 60
#define LOG_STATS   4 /* BPF_LOG_STATS of linux/bpf_verifier.h */
#define LOG_SIZE    65536

/* How a program may be loaded: user/kernel_generation.c. */
struct way {
	const char *what;
	__u32 extras; /* XDNS_EXTRA_* */
};

static const struct way ways[] = {
	{"plain", 0},
	{"several buffers", XDNS_EXTRA_FRAGS},
	{"clients and limit", XDNS_EXTRA_CLIENTS | XDNS_EXTRA_LIMIT},
	{"all, with an arm64's fences",
	 XDNS_EXTRA_FRAGS | XDNS_EXTRA_CLIENTS | XDNS_EXTRA_LIMIT | XDNS_EXTRA_FENCES},
};

/* The last line that begins so, or NULL. */
static const char *find_line(const char *log, const char *begin)
{
	const char *found = NULL;

	for (const char *p = log; (p = strstr(p, begin)); p++)
		found = p;
	return found;
}

static void judge(const struct way *way, const char *program, const char *log)
{
	const char *line = find_line(log, "processed "), *depth = find_line(log, "stack depth ");
	unsigned count, limit, most, total, peak;

	assert_non_null(line);
	assert_non_null(depth);
	assert_int_equal(sscanf(line,
				"processed %u insns (limit %u) max_states_per_insn %u "
				"total_states %u peak_states %u",
				&count, &limit, &most, &total, &peak),
			 5);
	printf("# %s, %s: %u instructions followed, %.1f %% of %u; %u states at once, %u in all; "
	       "stack %.*s\n",
	       program, way->what, count, 100.0 * count / limit, limit, peak, total,
	       (int)strcspn(depth + 12, "\n"), depth + 12);
	assert_true(count > 0);
	if (100.0 * count > (double)PERCENT_MAX * limit)
		fail_msg("%s: more than %d %% of the verifier's limit", program, PERCENT_MAX);
}

static struct mesos_xdns *open_as(const struct way *way)
{
	struct mesos_xdns *skel = mesos_xdns__open();
	const char *json = packet_zones[ZONE_MAIN].json;
	struct config *cfg;
	char *error = NULL;

	assert_non_null(skel);
	assert_int_equal(config_parse("zone.json", json, strlen(json), &cfg, &error), 0);
	assert_int_equal(zone_config_make(cfg, &skel->rodata->xdns_cfg), 0);
	config_free(cfg);
	skel->rodata->xdns_front_buckets = 1024;
	skel->rodata->xdns_homes = 1024;
	skel->rodata->xdns_extras = way->extras;
	if (way->extras & XDNS_EXTRA_FRAGS)
		bpf_program__set_flags(skel->progs.mesos_xdns, BPF_F_XDP_HAS_FRAGS);
	return skel;
}

/* Loads them; skips the test where nothing may be loaded. */
static void load(const struct way *way)
{
	struct mesos_xdns *skel = open_as(way);
	struct bpf_program *p;
	char *log[2];
	unsigned n = 0;
	int r;

	bpf_object__for_each_program(p, skel->obj)
	{
		assert_true(n < ARRAY_SIZE(log));
		log[n] = calloc(1, LOG_SIZE);
		assert_non_null(log[n]);
		bpf_program__set_log_level(p, LOG_STATS);
		bpf_program__set_log_buf(p, log[n++], LOG_SIZE);
	}
	r = mesos_xdns__load(skel);
	if (r == -EPERM) {
		printf("# SKIPPED: no program may be loaded here\n");
		skip();
	}
	assert_int_equal(r, 0);
	n = 0;
	bpf_object__for_each_program(p, skel->obj)
	{
		judge(way, bpf_program__name(p), log[n]);
		free(log[n++]);
	}
	mesos_xdns__destroy(skel);
}

static void test_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		load(&ways[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_limit)};

	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL);
}
