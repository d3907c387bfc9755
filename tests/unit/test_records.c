// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The records of a cluster, rule by rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "records_fixture.h"

#define REVERSE_SIX "2.1" ZEROS ZEROS ".d.f.ip6.arpa."
#define ZEROS	    ".0.0.0.0.0.0.0.0.0.0.0.0.0.0"

static const struct address ip1 = {AF_INET, {10, 0, 0, 1}}, ip2 = {AF_INET, {10, 0, 0, 2}},
			    ip3 = {AF_INET, {10, 0, 0, 3}}, six = {AF_INET6, {0xfd, [15] = 0x12}};
static struct agent agents[] = {
	{(char *)"2016-S0", (char *)"10.0.0.1", 5051, (struct address *)&ip1, 1},
	{(char *)"2016-S1", (char *)"10.0.0.2", 5051, (struct address *)&ip2, 1},
	{(char *)"2016-S2", (char *)"nowhere", 5052, NULL, 0},
};

/* One framework with one task. */
struct one {
	struct task task, *tasks[1];
	struct framework framework;
	struct cluster cluster;
	struct records_input input;
};

static void one_init(struct one *o, const char *framework, struct task task)
{
	*o = (struct one){.task = task};
	o->task.digest = 1;
	if (!o->task.name)
		o->task.name = "";
	if (!o->task.discovery_name)
		o->task.discovery_name = "";
	if (!o->task.agent_id)
		o->task.agent_id = "2016-S0";
	o->task.id = "ct:1400000000000:0:nginx"; /* its hash is "fxrym" */
	o->tasks[0] = &o->task;
	o->framework = (struct framework){
		.id = (char *)"f",
		.name = (char *)framework,
		.host = (char *)"",
		.tasks = o->tasks,
		.tasks_count = 1,
	};
	o->cluster = (struct cluster){
		.frameworks = &o->framework,
		.frameworks_count = 1,
		.agents = agents,
		.agents_count = ARRAY_SIZE(agents),
	};
	o->input.cluster = &o->cluster;
}

/* Every line but those of agents, which are in all of them. */
static void check_zone(struct zone *z, const char *const *lines, size_t count)
{
	size_t ours = 0;

	for (size_t i = 0; i < z->count; i++)
		ours += strncmp(z->lines[i], "slave.mesos. ", 13) != 0 &&
			strncmp(z->lines[i], "_slave._tcp.mesos. ", 19) != 0;
	for (size_t i = 0; i < count; i++)
		if (fake_zone_has(z, lines[i]) != 1)
			fail_msg("%zu times: %s", fake_zone_has(z, lines[i]), lines[i]);
	if (ours != count)
		for (size_t i = 0; i < z->count; i++)
			print_message("have: %s\n", z->lines[i]);
	assert_int_equal(ours, count);
}

static struct records_skipped check_one(const struct config *cfg, struct one *o,
					const char *const *lines, size_t count)
{
	struct records_skipped skipped = {0}, none = {0};
	struct zone z = {0};
	struct records_skipped ret;

	assert_int_equal(records_update(&z, cfg, NULL, &o->input, &skipped), 0);
	check_zone(&z, lines, count);
	ret = skipped;
	assert_int_equal(records_update(&z, cfg, &o->input, NULL, &skipped), 0);
	assert_int_equal(z.count, 0);
	assert_int_equal(z.remove_errors, 0);
	assert_memory_equal(&skipped, &none, sizeof(none));
	fake_zone_done(&z);
	return ret;
}

#define CHECK(cfg, o, lines) check_one(cfg, o, lines, ARRAY_SIZE(lines))

static void test_plain_task(void **state)
{
	static const struct port_range ranges[] = {{31000, 31001}, {0, 0}};
	static const char *const lines[] = {
		"web-app.marathon.mesos. A 10.0.0.1",
		"web-app-fxrym-s0.marathon.mesos. A 10.0.0.1",
		"web-app.marathon.slave.mesos. A 10.0.0.1",
		"web-app-fxrym-s0.marathon.slave.mesos. A 10.0.0.1",
		"_web-app._tcp.marathon.mesos. SRV 1 31000 web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._tcp.marathon.mesos. SRV 1 31001 web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._tcp.marathon.mesos. SRV 1 0 web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._udp.marathon.mesos. SRV 1 31000 web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._udp.marathon.mesos. SRV 1 31001 web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._udp.marathon.mesos. SRV 1 0 web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._tcp.marathon.slave.mesos. SRV 1 31000 "
		"web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._tcp.marathon.slave.mesos. SRV 1 31001 "
		"web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._tcp.marathon.slave.mesos. SRV 1 0 "
		"web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._udp.marathon.slave.mesos. SRV 1 31000 "
		"web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._udp.marathon.slave.mesos. SRV 1 31001 "
		"web-app-fxrym-s0.marathon.slave.mesos.",
		"_web-app._udp.marathon.slave.mesos. SRV 1 0 "
		"web-app-fxrym-s0.marathon.slave.mesos.",
	};
	struct config cfg = default_config();
	struct one o;

	(void)state;
	one_init(&o, "Marathon",
		 (struct task){.name = "Web_App", .ranges = ranges, .ranges_count = 2});
	CHECK(&cfg, &o, lines);
}

static void test_discovery(void **state)
{
	static const struct port_range ranges[] = {{31000, 31000}};
	static const struct discovery_port ports[] = {{80, "HTTP!", "TCP"}, {53, "", ""}};
	static const char *const lines[] = {
		"my.app.m.mesos. A 10.0.0.3",
		"my.app-fxrym-s0.m.mesos. A 10.0.0.3",
		"my.app.m.slave.mesos. A 10.0.0.1",
		"my.app-fxrym-s0.m.slave.mesos. A 10.0.0.1",
		"_my.app._tcp.m.slave.mesos. SRV 1 31000 my.app-fxrym-s0.m.slave.mesos.",
		"_my.app._udp.m.slave.mesos. SRV 1 31000 my.app-fxrym-s0.m.slave.mesos.",
		"_my.app._tcp.m.mesos. SRV 1 80 my.app-fxrym-s0.m.mesos.",
		"_http._my.app._tcp.m.mesos. SRV 1 80 my.app-fxrym-s0.m.mesos.",
		"_my.app._tcp.m.slave.mesos. SRV 1 80 my.app-fxrym-s0.m.slave.mesos.",
		"_http._my.app._tcp.m.slave.mesos. SRV 1 80 my.app-fxrym-s0.m.slave.mesos.",
		"_my.app._tcp.m.mesos. SRV 1 53 my.app-fxrym-s0.m.mesos.",
		"_my.app._udp.m.mesos. SRV 1 53 my.app-fxrym-s0.m.mesos.",
		"_my.app._tcp.m.slave.mesos. SRV 1 53 my.app-fxrym-s0.m.slave.mesos.",
		"_my.app._udp.m.slave.mesos. SRV 1 53 my.app-fxrym-s0.m.slave.mesos.",
		"my-app.m.mesos. A 10.0.0.3",
		"my-app-fxrym-s0.m.mesos. A 10.0.0.3",
		"my-app.m.slave.mesos. A 10.0.0.1",
		"my-app-fxrym-s0.m.slave.mesos. A 10.0.0.1",
		"_my-app._tcp.m.slave.mesos. SRV 1 31000 my-app-fxrym-s0.m.slave.mesos.",
		"_my-app._udp.m.slave.mesos. SRV 1 31000 my-app-fxrym-s0.m.slave.mesos.",
		"_my-app._tcp.m.mesos. SRV 1 80 my-app-fxrym-s0.m.mesos.",
		"_http._my-app._tcp.m.mesos. SRV 1 80 my-app-fxrym-s0.m.mesos.",
		"_my-app._tcp.m.slave.mesos. SRV 1 80 my-app-fxrym-s0.m.slave.mesos.",
		"_http._my-app._tcp.m.slave.mesos. SRV 1 80 my-app-fxrym-s0.m.slave.mesos.",
		"_my-app._tcp.m.mesos. SRV 1 53 my-app-fxrym-s0.m.mesos.",
		"_my-app._udp.m.mesos. SRV 1 53 my-app-fxrym-s0.m.mesos.",
		"_my-app._tcp.m.slave.mesos. SRV 1 53 my-app-fxrym-s0.m.slave.mesos.",
		"_my-app._udp.m.slave.mesos. SRV 1 53 my-app-fxrym-s0.m.slave.mesos.",
	};
	struct config cfg = default_config();
	struct one o;

	(void)state;
	one_init(&o, "m",
		 (struct task){
			 .name = "unused",
			 .discovery_name = "my.app",
			 .discovery_ports = ports,
			 .discovery_ports_count = 2,
			 .ranges = ranges,
			 .ranges_count = 1,
			 .netinfo = {&ip3, 1},
		 });
	CHECK(&cfg, &o, lines);
}

/* Names Mesos-DNS cannot be asked for are left out; their mangled twin stays. */
static void test_unreachable_names(void **state)
{
	static const char *const names[] = {
		"MyApp", "my app",	"a.*.b",	   "a..b", ".x",  "a@b",
		"a'b",	 "caf\xc3\xa9", "x" NAME52 NAME52, "a(b",  "a\\b"};
	struct config cfg = default_config();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct records_skipped skipped = {0};
		struct zone z = {0};
		struct one o;

		one_init(&o, "m", (struct task){.discovery_name = names[i]});
		assert_int_equal(records_update(&z, &cfg, NULL, &o.input, &skipped), 0);
		for (size_t l = 0; l < z.count; l++)
			for (const char *c = z.lines[l]; *c != ' '; c++)
				assert_non_null(
					strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", *c));
		assert_true(skipped.unreachable >= 2);
		fake_zone_done(&z);
	}
}

/* A name of 54 characters: NAME-HASH-s0 has 63 and fits, one more does not. */
static void test_long_names(void **state)
{
	static const struct port_range ranges[] = {{1, 1}};
	static const char *const fits[] = {
		NAME52 "gg.m.mesos. A 10.0.0.1",
		NAME52 "gg.m.slave.mesos. A 10.0.0.1",
		NAME52 "gg-fxrym-s0.m.mesos. A 10.0.0.1",
		NAME52 "gg-fxrym-s0.m.slave.mesos. A 10.0.0.1",
		"_" NAME52 "gg._tcp.m.mesos. SRV 1 1 " NAME52 "gg-fxrym-s0.m.slave.mesos.",
		"_" NAME52 "gg._udp.m.mesos. SRV 1 1 " NAME52 "gg-fxrym-s0.m.slave.mesos.",
		"_" NAME52 "gg._tcp.m.slave.mesos. SRV 1 1 " NAME52 "gg-fxrym-s0.m.slave.mesos.",
		"_" NAME52 "gg._udp.m.slave.mesos. SRV 1 1 " NAME52 "gg-fxrym-s0.m.slave.mesos.",
	};
	static const char *const too_long[] = {
		NAME52 "ggg.m.mesos. A 10.0.0.1",
		NAME52 "ggg.m.slave.mesos. A 10.0.0.1",
	};
	struct config cfg = default_config();
	struct records_skipped skipped;
	struct one o;

	(void)state;
	one_init(&o, "m", (struct task){.name = NAME52 "gg", .ranges = ranges, .ranges_count = 1});
	skipped = CHECK(&cfg, &o, fits);
	assert_int_equal(skipped.unreachable, 0);
	one_init(&o, "m", (struct task){.name = NAME52 "ggg", .ranges = ranges, .ranges_count = 1});
	skipped = CHECK(&cfg, &o, too_long);
	assert_int_equal(skipped.unreachable, 2 + 4);
}

static void test_address_sources(void **state)
{
	static const char *const docker[] = {"t.m.mesos. A 10.0.0.2",
					     "t-fxrym-s2.m.mesos. A 10.0.0.2"};
	static const char *const netinfo[] = {
		"t.m.mesos. AAAA fd00::12", "t-fxrym-s2.m.mesos. AAAA fd00::12",
		"t.m.mesos. A 10.0.0.3", "t-fxrym-s2.m.mesos. A 10.0.0.3"};
	const struct address both[] = {six, ip3};
	struct config cfg = default_config();
	struct records_skipped skipped;
	struct one o;
	struct task t = {
		.name = "t",
		.agent_id = "2016-S2",
		.netinfo = {both, 2},
		.docker = {&ip2, 1},
	};

	(void)state;
	one_init(&o, "m", t);
	skipped = CHECK(&cfg, &o, netinfo);
	assert_int_equal(skipped.unresolved, 2); /* the agent, and its task's .slave names */
	cfg.ip_sources[0] = IP_SOURCE_HOST;
	cfg.ip_sources[1] = IP_SOURCE_DOCKER;
	CHECK(&cfg, &o, docker);
	cfg.ip_sources[0] = IP_SOURCE_MESOS;
	cfg.ip_sources_count = 1;
	check_one(&cfg, &o, NULL, 0);
}

static void test_reverse(void **state)
{
	static const char *const lines[] = {
		"t.m.mesos. A 10.0.0.3",
		"t-fxrym-s0.m.mesos. A 10.0.0.3",
		"t.m.mesos. AAAA fd00::12",
		"t-fxrym-s0.m.mesos. AAAA fd00::12",
		"t.m.slave.mesos. A 10.0.0.1",
		"t-fxrym-s0.m.slave.mesos. A 10.0.0.1",
		"3.0.0.10.in-addr.arpa. PTR t.m.mesos.",
		REVERSE_SIX " PTR t.m.mesos.",
	};
	const struct address both[] = {ip3, six};
	struct config cfg = default_config();
	struct one o;

	(void)state;
	cfg.reverse_dns = true;
	one_init(&o, "m", (struct task){.name = "t", .netinfo = {both, 2}});
	CHECK(&cfg, &o, lines);
}

static void test_frameworks_and_agents(void **state)
{
	static const char *const lines[] = {
		"marathon-user.mesos. A 10.0.0.3",
		"marathon-user.mesos. AAAA fd00::12",
		"_framework._tcp.marathon-user.mesos. SRV 7 8080 marathon-user.mesos.",
		"no.port.mesos. A 10.0.0.3",
		"slave.mesos. A 10.0.0.1",
		"slave.mesos. A 10.0.0.2",
		"_slave._tcp.mesos. SRV 7 5051 slave.mesos.",
		"_slave._tcp.mesos. SRV 7 5051 slave.mesos.",
	};
	const struct address both[] = {ip3, six};
	struct framework f[] = {
		{(char *)"1", (char *)"Marathon_User", (char *)"h", 8080, true,
		 (struct address *)both, 2, NULL, 0},
		{(char *)"2", (char *)"no..port", (char *)"h", 0, false, (struct address *)&ip3, 1,
		 NULL, 0},
		{(char *)"3", (char *)"???", (char *)"h", 1, true, (struct address *)&ip3, 1, NULL,
		 0},
		{(char *)"4", (char *)"unresolved", (char *)"h", 0, false, NULL, 0, NULL, 0},
	};
	struct cluster c = {
		.frameworks = f, .frameworks_count = 4, .agents = agents, .agents_count = 3};
	struct records_input in = {.cluster = &c};
	struct config cfg = default_config();
	struct records_skipped skipped = {0};
	struct zone z = {0};

	(void)state;
	cfg.srv_weight = 7;
	assert_int_equal(records_update(&z, &cfg, NULL, &in, &skipped), 0);
	assert_int_equal(z.count, ARRAY_SIZE(lines));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_true(fake_zone_has(&z, lines[i]) >= 1);
	assert_int_equal(skipped.unreachable, 2);
	assert_int_equal(skipped.unresolved, 2);
	fake_zone_done(&z);
}

struct master_case {
	const char *what;
	const char *masters[4];
	struct address leader;
	const char *lines[8]; /* beside leader's four */
};

static void test_masters(void **state)
{
	static const struct master_case cases[] = {
		{"no list", {0}, {AF_INET, {10, 0, 0, 1}}, {"master0.mesos. A 10.0.0.1"}},
		{"leader second, in the configured order",
		 {"10.0.0.2:5050", "10.0.0.1:5050", "10.0.0.3:5050"},
		 {AF_INET, {10, 0, 0, 1}},
		 {"master0.mesos. A 10.0.0.2", "master1.mesos. A 10.0.0.1",
		  "master2.mesos. A 10.0.0.3", "master.mesos. A 10.0.0.2",
		  "master.mesos. A 10.0.0.3"}},
		{"leader not in the list",
		 {"10.0.0.2:5050", "[fd00::12]:5050"},
		 {AF_INET, {10, 0, 0, 1}},
		 {"master0.mesos. A 10.0.0.2", "master1.mesos. AAAA fd00::12",
		  "master2.mesos. A 10.0.0.1", "master.mesos. A 10.0.0.2",
		  "master.mesos. AAAA fd00::12"}},
		{"twice, other ports, names",
		 {"10.0.0.1:5051", "10.0.0.2:1", "10.0.0.2:2", "host:5050"},
		 {AF_INET, {10, 0, 0, 1}},
		 {"master0.mesos. A 10.0.0.2", "master1.mesos. A 10.0.0.1",
		  "master.mesos. A 10.0.0.2"}},
	};
	static const char *const leader_lines[] = {
		"leader.mesos. A 10.0.0.1",
		"master.mesos. A 10.0.0.1",
		"_leader._tcp.mesos. SRV 1 5050 leader.mesos.",
		"_leader._udp.mesos. SRV 1 5050 leader.mesos.",
	};
	struct config cfg = default_config();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cluster c = {
			.leader_host = (char *)"x",
			.leader_port = 5050,
			.leader_address = cases[i].leader,
		};
		struct records_input in = {.cluster = &c, .masters = cases[i].masters};
		struct records_skipped skipped = {0};
		size_t n = ARRAY_SIZE(leader_lines);
		struct zone z = {0};

		while (in.masters_count < 4 && in.masters[in.masters_count])
			in.masters_count++;
		assert_int_equal(records_update(&z, &cfg, NULL, &in, &skipped), 0);
		for (size_t l = 0; l < ARRAY_SIZE(leader_lines); l++)
			assert_int_equal(fake_zone_has(&z, leader_lines[l]), 1);
		for (size_t l = 0; cases[i].lines[l]; l++, n++)
			if (fake_zone_has(&z, cases[i].lines[l]) != 1)
				fail_msg("%s: %s", cases[i].what, cases[i].lines[l]);
		assert_int_equal(z.count, n);
		fake_zone_done(&z);
	}
}

static void test_name_server(void **state)
{
	static const struct {
		const char *mname, *line;
	} cases[] = {
		{"ns1.mesos.", "ns1.mesos. A 10.0.0.1"},
		{"NS.Mesos.", "ns.mesos. A 10.0.0.1"},
		{"ns.example.org.", NULL},
		{"xmesos.", NULL},
		{".", NULL},
	};
	struct records_input in = {.listeners = &ip1, .listeners_count = 1};
	struct config cfg = default_config();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct records_skipped skipped = {0};
		struct zone z = {0};

		cfg.soa_mname = (char *)cases[i].mname;
		assert_int_equal(records_update(&z, &cfg, NULL, &in, &skipped), 0);
		assert_int_equal(z.count, cases[i].line != NULL);
		if (cases[i].line)
			assert_int_equal(fake_zone_has(&z, cases[i].line), 1);
		fake_zone_done(&z);
	}
}

/* No framework may join leader, master, masterN, slave or the name server's name. */
static void test_owned_names(void **state)
{
	static const char *const names[] = {"leader", "Master", "master0", "master12",
					    "slave",  "NS1",	"_ns1_"};
	static const char *const free_names[] = {"leaders", "masterx", "a.leader", "ns2"};
	struct config cfg = default_config();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names) + ARRAY_SIZE(free_names); i++) {
		bool owned = i < ARRAY_SIZE(names);
		struct framework f[2] = {{(char *)"1", NULL, (char *)"h", 80, true,
					  (struct address *)&ip3, 1, NULL, 0}};
		struct cluster c = {.frameworks = f, .frameworks_count = 2};
		struct records_input in = {.cluster = &c};
		struct records_skipped skipped = {0};
		struct zone z = {0};

		f[0].name = (char *)(owned ? names[i] : free_names[i - ARRAY_SIZE(names)]);
		f[1] = f[0];
		warnings = 0;
		assert_int_equal(records_update(&z, &cfg, NULL, &in, &skipped), 0);
		assert_int_equal(z.count, owned ? 0 : 4);
		assert_int_equal(skipped.conflicts, owned ? 4 : 0);
		assert_int_equal(warnings, owned);
		assert_int_equal(records_update(&z, &cfg, &in, &in, &skipped), 0);
		assert_int_equal(warnings, owned);
		assert_int_equal(skipped.conflicts, 0);
		assert_int_equal(records_update(&z, &cfg, &in, NULL, &skipped), 0);
		assert_int_equal(skipped.conflicts, 0);
		fake_zone_done(&z);
	}
}

static void test_task_on_owned_name(void **state)
{
	static const char *const lines[] = {
		"ns-fxrym-s0.m.mesos. A 10.0.0.1",
		"ns.m.slave.mesos. A 10.0.0.1",
		"ns-fxrym-s0.m.slave.mesos. A 10.0.0.1",
	};
	struct config cfg = default_config();
	struct one o;

	(void)state;
	cfg.soa_mname = (char *)"ns.m.mesos.";
	one_init(&o, "m", (struct task){.name = "ns"});
	warnings = 0;
	assert_int_equal(CHECK(&cfg, &o, lines).conflicts, 1);
	assert_int_equal(warnings, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_task),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_unreachable_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_address_sources),
		cmocka_unit_test(test_reverse),
		cmocka_unit_test(test_frameworks_and_agents),
		cmocka_unit_test(test_masters),
		cmocka_unit_test(test_name_server),
		cmocka_unit_test(test_owned_names),
		cmocka_unit_test(test_task_on_owned_name),
	};

	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
