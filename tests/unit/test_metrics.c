// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The metrics: their text, which promtool judges; their manual; the buckets of latencies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "metrics.h"
#include "util.h"

static char *written(void (*write)(const struct metrics *m, FILE *out), const struct metrics *m)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	write(m, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void write_table(const struct metrics *m, FILE *out)
{
	(void)m;
	metrics_write_table(out);
}

static void fill(struct metrics *m)
{
	*m = (struct metrics){.ready = true, .serial = 4000000000U, .heard_age = NAN, .xdp = true};
	m->server.udp_queries = 9007199254740993U / 3;
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		m->xdp_count[i] = (uint64_t)i * 1000;
	strcpy(m->interfaces[0].name, "e\"t\\h");
	m->interfaces_count = 1;
	m->maps[0].name = "records";
	m->maps_count = 1;
	latency_add(&m->follower.publish, 50000);
	latency_add(&m->follower.publish, 50001);
	latency_add(&m->follower.publish, 60 * NSEC_PER_SEC);
}

static void test_text(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct metrics m;

	(void)state;
	fill(&m);
	text = written(metrics_write, &m);
	assert_non_null(strstr(text, "\nmesos_xdns_zone_ready 1\n"));
	assert_non_null(strstr(text, "\nmesos_xdns_zone_serial 4000000000\n"));
	assert_non_null(strstr(text, "\nmesos_xdns_udp_queries_total 3002399751580331\n"));
	assert_non_null(strstr(text, "\nmesos_xdns_master_heard_age_seconds nan\n"));
	assert_non_null(strstr(text, "\nmesos_xdns_xdp_total{reason=\"answer_aaaa\"} 1000\n"));
	assert_non_null(strstr(text, "{interface=\"e\\\"t\\\\h\",mode=\"generic\"} 1\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"5e-05\"} 1\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"0.0001\"} 2\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"10\"} 2\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(text, "publish_seconds_sum 60.000100001\n"));
	assert_non_null(strstr(text, "publish_seconds_count 3\n"));
}

static void test_without_kernel(void **state)
{
	struct metrics m = {.heard_age = 1.5};
	_cleanup_free_ char *text = written(metrics_write, &m);

	(void)state;
	assert_null(strstr(text, "mesos_xdns_xdp_total{"));
	assert_non_null(strstr(text, "\nmesos_xdns_master_heard_age_seconds 1.5\n"));
}

static void test_promtool(void **state)
{
	struct metrics m;
	FILE *promtool;

	(void)state;
	if (system("command -v promtool >/dev/null") != 0) {
		print_message("SKIPPED: promtool is not installed (Debian package prometheus)\n");
		skip();
	}
	fill(&m);
	promtool = popen("promtool check metrics", "w");
	assert_non_null(promtool);
	metrics_write(&m, promtool);
	assert_int_equal(pclose(promtool), 0);
}

/* To be pasted when this fails: the table is printed. */
static void test_documented(void **state)
{
	_cleanup_free_ char *table = written(write_table, NULL), *page = NULL;
	size_t len;
	FILE *in = fopen(*state, "r"), *out = open_memstream(&page, &len);
	int c;

	if (!in)
		fail_msg("cannot read %s", (const char *)*state);
	while ((c = fgetc(in)) != EOF)
		fputc(c, out);
	fclose(in);
	fclose(out);
	if (!strstr(page, table))
		fail_msg("the table of %s should be:\n%s", (const char *)*state, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_without_kernel),
		cmocka_unit_test(test_promtool),
		cmocka_unit_test_prestate(test_documented, (void *)"docs/metrics.md"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
