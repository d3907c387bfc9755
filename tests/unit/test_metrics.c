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

static void fill_upstreams(struct forward_upstreams *u)
{
	struct sockaddr_storage addr = {.ss_family = AF_INET6};
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr;
	struct forward_upstream *first;

	in6->sin6_addr.s6_addr[15] = 1;
	for (int i = 0; i < UPSTREAMS_MAX + 3; i++) {
		in6->sin6_port = htons((uint16_t)(i + 53));
		forward_upstreams_entry(u, &addr)->tries[FORWARD_timeout]++;
	}
	in6->sin6_port = htons(53);
	first = forward_upstreams_entry(u, &addr);
	first->mismatches = 7;
	latency_add(&first->replies, 2 * NSEC_PER_MSEC);
}

static void fill(struct metrics *m)
{
	*m = (struct metrics){.ready = true, .serial = 4000000000U, .heard_age = NAN, .xdp = true};
	m->server.udp.queries[QTYPE_A] = 9007199254740993U / 3;
	m->server.tcp.answers[ANSWER_ns] = 5;
	m->server.tcp.dropped[DROPPED_gone] = 6;
	fill_upstreams(&m->upstreams);
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
	assert_non_null(strstr(
		text, "\nmesos_xdns_queries_total{plane=\"udp\",type=\"A\"} 3002399751580331\n"));
	assert_non_null(strstr(text, "\nmesos_xdns_master_heard_age_seconds nan\n"));
	assert_non_null(strstr(text, "\nmesos_xdns_xdp_total{reason=\"answer_aaaa\"} 1000\n"));
	assert_non_null(
		strstr(text, "\nmesos_xdns_answers_total{plane=\"xdp\",answer=\"aaaa\"} 1000\n"));
	assert_non_null(
		strstr(text, "\nmesos_xdns_answers_total{plane=\"tcp\",answer=\"ns\"} 5\n"));
	assert_non_null(
		strstr(text, "\nmesos_xdns_dropped_total{plane=\"tcp\",reason=\"gone\"} 6\n"));
	assert_non_null(strstr(text, "{interface=\"e\\\"t\\\\h\",mode=\"generic\"} 1\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"5e-05\"} 1\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"0.0001\"} 2\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"10\"} 2\n"));
	assert_non_null(strstr(text, "publish_seconds_bucket{le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(text, "publish_seconds_sum 60.000100001\n"));
	assert_non_null(strstr(text, "publish_seconds_count 3\n"));
}

/* Resolvers beyond the table are one. */
static void test_upstreams(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct metrics m;
	unsigned lines = 0;

	(void)state;
	fill(&m);
	text = written(metrics_write, &m);
	assert_non_null(strstr(text, "tries_total{upstream=\"[::1]:53\",outcome=\"timeout\"} 1\n"));
	assert_non_null(strstr(text, "tries_total{upstream=\"[::1]:84\",outcome=\"timeout\"} 1\n"));
	assert_null(strstr(text, "upstream=\"[::1]:85\""));
	assert_non_null(strstr(text, "tries_total{upstream=\"other\",outcome=\"timeout\"} 3\n"));
	assert_non_null(strstr(text, "mismatches_total{upstream=\"[::1]:53\"} 7\n"));
	assert_non_null(strstr(text, "seconds_bucket{upstream=\"[::1]:53\",le=\"0.001\"} 0\n"));
	assert_non_null(strstr(text, "seconds_bucket{upstream=\"[::1]:53\",le=\"0.0025\"} 1\n"));
	assert_non_null(strstr(text, "seconds_sum{upstream=\"[::1]:53\"} 0.002000000\n"));
	for (const char *p = text; (p = strstr(p, ",outcome=\"timeout\"")); p++)
		lines++;
	assert_int_equal(lines, UPSTREAMS_MAX + 1);
}

/* What the program answers has the same names among the answers of userspace, in the same places.
 */
static void test_planes(void **state)
{
	static const char *const of_program[] = {
#define X(n, help) #n,
		XDNS_COUNTERS(X)
#undef X
	};
	static const char *const answers[] = {
#define X(n, help) "answer_" #n,
		TRAFFIC_ANSWERS(X)
#undef X
	};

	(void)state;
	for (int i = 0; i <= XDNS_ANSWER_LAST; i++)
		assert_string_equal(of_program[i], answers[i]);
	assert_int_equal(strncmp(of_program[XDNS_ANSWER_LAST + 1], "pass_", 5), 0);
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
	if (!strstr(page, table)) {
		fputs(table, stdout); /* too long for cmocka's messages */
		fflush(stdout);
		fail_msg("the tables of %s should be these", (const char *)*state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_upstreams),
		cmocka_unit_test(test_planes),
		cmocka_unit_test(test_without_kernel),
		cmocka_unit_test(test_promtool),
		cmocka_unit_test_prestate(test_documented, (void *)"docs/metrics.md"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
