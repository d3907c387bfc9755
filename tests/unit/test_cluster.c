// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "hash.h"
#include "hosts.h"
#include "pid.h"
#include "port_ranges.h"
#include "util.h"

static struct cluster *make_cluster(size_t agents, const char *format)
{
	struct cluster *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->agents = calloc(agents ? agents : 1, sizeof(*c->agents));
	assert_non_null(c->agents);
	c->agents_count = agents;
	for (size_t i = 0; i < agents; i++) {
		char id[64];

		snprintf(id, sizeof(id), format, i);
		c->agents[i].id = strdup(id);
		c->agents[i].host = strdup("");
		c->agents[i].port = (uint16_t)i;
	}
	return c;
}

static void check_find(const struct cluster *c)
{
	const struct agent *a;
	char id[64];

	for (size_t i = 0; i < c->agents_count; i++) {
		snprintf(id, sizeof(id), "S%zu", i);
		a = cluster_find_agent(c, id);
		assert_ptr_equal(a, &c->agents[i]);
	}
	assert_null(cluster_find_agent(c, ""));
	assert_null(cluster_find_agent(c, "S"));
	assert_null(cluster_find_agent(c, "S999999"));
}

static void test_find_agent(void **state)
{
	static const size_t sizes[] = {0, 1, 3, 4, 5, 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct cluster *c = make_cluster(sizes[i], "S%zu");

		check_find(c); /* without the index */
		assert_int_equal(cluster_index_agents(c), 0);
		check_find(c);
		assert_int_equal(cluster_index_agents(c), 0);
		check_find(c);
		cluster_free(c);
	}
}

static void test_last_agent_counts(void **state)
{
	struct cluster *c = make_cluster(5, "same");

	(void)state;
	assert_ptr_equal(cluster_find_agent(c, "same"), &c->agents[4]);
	assert_int_equal(cluster_index_agents(c), 0);
	assert_ptr_equal(cluster_find_agent(c, "same"), &c->agents[4]);
	cluster_free(c);
	assert_null(cluster_free(NULL));
	cluster_task_free(NULL);
}

static void test_hash(void **state)
{
	(void)state;
	assert_true(hash_bytes(0, "abc", 3) == hash_bytes(0, "abc", 3));
	assert_true(hash_bytes(0, "abc", 3) != hash_bytes(0, "abd", 3));
	assert_true(hash_bytes(0, "abc", 3) != hash_bytes(0, "abc\0", 4));
	assert_true(hash_bytes(0, "abc", 3) != hash_bytes(1, "abc", 3));
	assert_true(hash_bytes(0, "12345678", 8) != hash_bytes(0, "12345678\0", 9));
	assert_true(hash_bytes(0, "", 0) != hash_bytes(0, "\0", 1));
}

static const struct {
	const char *text, *host; /* NULL: refused */
	unsigned port;
	bool has_port;
} pids[] = {
	{"slave(1)@10.0.0.1:5051", "10.0.0.1", 5051, true},
	{"  slave(1)@10.0.0.1:5051 ", "10.0.0.1", 5051, true},
	{"@10.0.0.1:0", "10.0.0.1", 0, true},
	{"x@host.example:65535", "host.example", 65535, true},
	{"x@[fd00::1]:5051", "fd00::1", 5051, true},
	{"x@[fe80::1%eth0]:5051", "fe80::1%eth0", 5051, true},
	{"x@10.0.0.1:http", "10.0.0.1", 80, true},
	{"x@:5051", "", 5051, true},
	{"x@10.0.0.1:", "10.0.0.1", 0, false},
	{"slave\\u00281)@10.0.0.1:5051", "10.0.0.1", 5051, true},
	{"", NULL, 0, false},
	{"10.0.0.1:5051", NULL, 0, false},
	{"x@y@10.0.0.1:5051", NULL, 0, false},
	{"x@10.0.0.1", NULL, 0, false},
	{"x@10.0.0.1:65536", NULL, 0, false},
	{"x@10.0.0.1:-1", NULL, 0, false},
	{"x@10.0.0.1:5051x", NULL, 0, false},
	{"x@10.0.0.1:no-such-service", NULL, 0, false},
	{"x@fd00::1:5051", NULL, 0, false},
	{"x@[fd00::1]", NULL, 0, false},
	{"x@[fd00::1:5051", NULL, 0, false},
	{"x@fd00]:5051", NULL, 0, false},
	{"x@ho st:5051", NULL, 0, false},
	{"x@ho/st:5051", NULL, 0, false},
	{"x@\\u0031:5051", NULL, 0, false},
};

static void test_pids(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		struct pid pid = {0};
		int rc = pid_parse(pids[i].text, strlen(pids[i].text), &pid);

		if (!pids[i].host) {
			if (rc == 0)
				fail_msg("accepted %s", pids[i].text);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(pid.host, pids[i].host);
		assert_int_equal(pid.port, pids[i].port);
		assert_int_equal(pid.has_port, pids[i].has_port);
		free(pid.host);
	}
}

static const struct {
	const char *text, *ranges;
	unsigned skipped;
} port_texts[] = {
	{"", "", 0},
	{"[]", "", 0},
	{"[31000-31005, 32000-32000]", "31000-31005 32000-32000 ", 0},
	{"[ 1-2 ,3-4 ]", "1-2 3-4 ", 0},
	{"[5-3]", "", 0},
	{"[a-b]", "", 1},
	{"[1-b,7-8]", "7-8 ", 1},
	{"[0-0]", "0-0 ", 0},
	{"[65535-65537]", "65535-65535 ", 1},
	{"[100000-100001]", "", 1},
	{"[99999999999999999999-99999999999999999999]", "", 1},
	{"[1-99999999999999999999]", "1-65535 ", 1},
	{"[1-1][2-2]", "1-1 ", 0},
	{"x[7-8]y", "7-8 ", 0},
	{"[+5-+6]", "5-6 ", 0},
	{"[-5-3]", "", 1},
	{"[1-2-3]", "1-2 ", 0},
	{"[31000-31001", "31000-31001 ", 0},
	{"31000-31001", "", 1},
	{"[31000]", "", 1},
	{"[1-2,]", "1-2 ", 1},
	{"[1 -2]", "", 1},
	{"[ ]", "", 1},
};

static void test_port_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(port_texts); i++) {
		struct port_range_list list = {0};
		char text[256] = "";
		uint64_t skipped = 0;

		assert_int_equal(port_ranges_parse(port_texts[i].text, &list, &skipped), 0);
		for (size_t n = 0; n < list.count; n++)
			sprintf(text + strlen(text), "%u-%u ", list.list[n].first,
				list.list[n].last);
		assert_string_equal(text, port_texts[i].ranges);
		if (skipped != port_texts[i].skipped)
			fail_msg("%s: skipped %u", port_texts[i].text, (unsigned)skipped);
		free(list.list);
	}
}

static void test_hosts(void **state)
{
	static const char *const none[] = {"no-such-name.invalid", "010.0.0.1", "10.1", ""};
	atomic_bool stop = false;
	struct hosts hosts = {.stop = &stop, .deadline_ns = UINT64_MAX};
	struct address *list = NULL, loopback;
	size_t count = 0, found = 0;

	(void)state;
	assert_int_equal(address_parse("127.0.0.1", &loopback), 0);
	assert_int_equal(hosts_resolve(&hosts, "localhost", &list, &count), 0);
	for (size_t i = 0; i < count; i++)
		found += address_equal(&list[i], &loopback);
	free(list);
	assert_int_equal(found, 1);
	hosts.deadline_ns = now_ns() + 5 * NSEC_PER_SEC;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_true(hosts_resolve(&hosts, none[i], &list, &count) < 0);
	hosts.deadline_ns = now_ns();
	assert_int_equal(hosts_resolve(&hosts, "localhost", &list, &count), -ETIMEDOUT);
	stop = true;
	assert_int_equal(hosts_resolve(&hosts, "localhost", &list, &count), -ECANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find_agent),  cmocka_unit_test(test_last_agent_counts),
		cmocka_unit_test(test_hash),	    cmocka_unit_test(test_pids),
		cmocka_unit_test(test_port_ranges), cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
