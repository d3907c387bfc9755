// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Explanations and conflicts of a small cluster; their tables in the manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conflicts.h"
#include "event.h"
#include "explain.h"
#include "model.h"
#include "task_pack.h"
#include "util.h"
#include "zone_config.h"

static const struct address host = {AF_INET, {10, 0, 0, 1}};

struct world {
	struct config cfg;
	struct api_world api;
	struct record_list given;
	struct zone_sources sources;
	struct records_skipped left_out;
};

static void event(struct world *w, struct event e)
{
	e.received_ns = now_ns();
	assert_int_equal(model_event(w->api.model, &e), 0);
	if (e.agent)
		cluster_agent_done(e.agent);
	if (e.framework)
		cluster_framework_done(e.framework);
	free(e.agent);
	free(e.framework);
	cluster_task_free(e.task);
}

static void add_framework(struct world *w, const char *id, const char *name)
{
	struct framework *f = calloc(1, sizeof(*f));

	f->id = strdup(id);
	f->name = strdup(name);
	f->host = strdup("");
	f->port = 7000;
	f->has_port = true;
	event(w, (struct event){.kind = EVENT_FRAMEWORK_ADDED, .framework = f});
}

static void add_agent(struct world *w)
{
	struct agent *a = calloc(1, sizeof(*a));

	a->id = strdup("x-S0");
	a->host = strdup("10.0.0.1");
	a->port = 5051;
	a->addresses = malloc(sizeof(host));
	*a->addresses = host;
	a->addresses_count = 1;
	event(w, (struct event){.kind = EVENT_AGENT_ADDED, .agent = a});
}

static void add_task(struct world *w, const char *framework, struct task t)
{
	struct event e = {.kind = EVENT_TASK_ADDED, .framework_id = (char *)framework};

	if (!t.agent_id)
		t.agent_id = "x-S0";
	if (!t.discovery_name)
		t.discovery_name = "";
	if (!t.waits)
		t.waits = "";
	assert_int_equal(task_pack(&t, &e.task), 0);
	event(w, e);
}

static void publish(struct world *w)
{
	struct model_publish p = {
		.was = &w->cfg, .is = &w->cfg, .input_changed = true, .left_out = &w->left_out};
	struct records_skipped skipped = {0};
	struct zone_changes changes;

	assert_int_equal(model_publish(w->api.model, w->api.zone, &p, &w->given, &skipped), 0);
	assert_int_equal(zone_commit(w->api.zone, 1, &changes), 0);
	zone_sources_done(&w->sources);
	assert_int_equal(zone_sources_take(&w->api, &w->sources), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct xdns_config zc;

	w->cfg = (struct config){
		.domain = (char *)"mesos",
		.soa_mname = (char *)"ns1.mesos.",
		.soa_rname = (char *)"root.ns1.mesos.",
		.ip_sources = {IP_SOURCE_NETINFO, IP_SOURCE_HOST},
		.ip_sources_count = 2,
		.reverse_dns = true,
	};
	w->api.cfg = &w->cfg;
	record_list_init(&w->given);
	assert_int_equal(zone_config_make(&w->cfg, &zc), 0);
	assert_int_equal(zone_new(&zc, &w->api.zone), 0);
	assert_int_equal(model_new(&w->api.model), 0);
	add_agent(w);
	add_framework(w, "f1", "marathon");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	zone_sources_done(&w->sources);
	record_list_done(&w->given);
	model_free(w->api.model);
	zone_free(w->api.zone);
	free(w);
	return 0;
}

static enum explain_state explain(struct world *w, const char *name, struct explanation *ret)
{
	uint8_t wire[DNAME_WIRE_MAX];
	int len = dname_from_text(name, strlen(name), wire);
	struct explain_zone z;

	assert_true(len > 0);
	dname_lower(wire, (size_t)len);
	assert_int_equal(explain_zone_take(&w->api, wire, &z), 0);
	assert_int_equal(explain_make(&w->sources, &z, w->api.zone, wire, (size_t)len, ret), 0);
	explain_zone_done(&z);
	return ret->state;
}

static void expect_state(struct world *w, const char *name, enum explain_state expected)
{
	struct explanation e;

	if (explain(w, name, &e) != expected)
		fail_msg("%s: state %d, not %d", name, e.state, expected);
	explanation_done(&e);
}

/* Every record of the zone has a giver, and nobody gives what is not served. */

struct all {
	struct world *w;
	size_t names;
};

static void check_record(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct all *all = ctx;
	struct explanation e;
	struct explain_zone z;
	size_t len = dname_wire_len(owner);

	(void)rr;
	assert_int_equal(explain_zone_take(&all->w->api, owner, &z), 0);
	assert_int_equal(explain_make(&all->w->sources, &z, all->w->api.zone, owner, len, &e), 0);
	for (size_t i = 0; i < e.records.count; i++) {
		bool claim = i < e.claims, paired = false;

		for (size_t j = 0; j < e.records.count; j++)
			paired |= (j < e.claims) != claim && !record_list_compare(&e.records, i, j);
		assert_true(paired);
	}
	assert_true(e.claims > 0);
	all->names++;
	explain_zone_done(&z);
	explanation_done(&e);
}

static const struct discovery_port ports[] = {{80, "HTTP_api", "tcp"}, {53, "", ""}};
static const struct port_range ranges[] = {{31000, 31001}};

static void many_tasks(struct world *w)
{
	static const char *const names[] = {"web",   "Web_App", "web-app",
					    "a.b",   "-x-",	"w",
					    "slave", "_tcp",	"aaaaaaaaaa.bbbbbbbbbb.cccccccccc"};
	static const char *const frameworks[] = {"f1", "f2", "f3", "f4", "f5"};
	char id[64];

	add_framework(w, "f2", "Marathon");
	add_framework(w, "f3", "b.marathon");
	add_framework(w, "f4", "slave");
	add_framework(w, "f5", "leader");
	for (size_t f = 0; f < ARRAY_SIZE(frameworks); f++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			for (int found = 0; found < 2; found++) {
				struct address own = {AF_INET,
						      {10, (uint8_t)f, (uint8_t)i, (uint8_t)found}};
				struct task t = {.id = id,
						 .name = found ? "unused" : names[i],
						 .discovery_name = found ? names[i] : "",
						 .netinfo = {&own, i % 2},
						 .ranges = ranges,
						 .ranges_count = 1,
						 .discovery_ports = ports,
						 .discovery_ports_count = found ? 2 : 0,
						 .phase = i == 7 ? TASK_WAITING : TASK_RUNNING};

				snprintf(id, sizeof(id), "t%zu.%zu.%d", f, i, found);
				add_task(w, frameworks[f], t);
			}
	publish(w);
}

static void test_every_record_has_a_giver(void **state)
{
	struct all all = {.w = *state};

	many_tasks(*state);
	zone_for_each_rr(all.w->api.zone, check_record, &all);
	assert_true(all.names > 500);
}

static void test_states(void **state)
{
	struct world *w = *state;

	add_task(w, "f1", (struct task){.id = "1", .name = "Web_App", .phase = TASK_RUNNING});
	add_task(w, "f1", (struct task){.id = "2", .name = "late", .phase = TASK_WAITING});
	add_task(
		w, "f1",
		(struct task){.id = "3", .name = "far", .agent_id = "x-S9", .phase = TASK_RUNNING});
	publish(w);
	expect_state(w, "web-app.marathon.mesos", EXPLAIN_RECORDS);
	expect_state(w, "WEB-app.marathon.mesos", EXPLAIN_RECORDS);
	expect_state(w, "mesos", EXPLAIN_RECORDS);
	expect_state(w, "1.0.0.10.in-addr.arpa", EXPLAIN_RECORDS);
	expect_state(w, "marathon.mesos", EXPLAIN_EMPTY);
	expect_state(w, "marathon.slave.mesos", EXPLAIN_EMPTY);
	expect_state(w, "web_app.marathon.mesos", EXPLAIN_MANGLED);
	expect_state(w, "late.marathon.mesos", EXPLAIN_NOT_RUNNING);
	expect_state(w, "far.marathon.slave.mesos", EXPLAIN_LEFT_OUT);
	expect_state(w, "none.marathon.mesos", EXPLAIN_NO_TASK);
	expect_state(w, "none.mesos", EXPLAIN_NO_FRAMEWORK);
	expect_state(w, "leader.mesos", EXPLAIN_NO_SOURCE);
	expect_state(w, "2.0.0.10.in-addr.arpa", EXPLAIN_NO_ADDRESS);
	expect_state(w, "marathon.example", EXPLAIN_OUTSIDE);
}

/* Goes up and down, and is nothing in the end. */
static void test_left_out_now(void **state)
{
	struct world *w = *state;

	publish(w);
	add_task(w, "f1",
		 (struct task){.id = "1",
			       .name = "unused",
			       .discovery_name = "My App",
			       .phase = TASK_RUNNING});
	add_framework(w, "f2", "leader");
	publish(w);
	assert_int_equal(w->left_out.unreachable, 5); /* two names, two at the agent, a PTR */
	assert_int_equal(w->left_out.conflicts, 1);
	event(w, (struct event){.kind = EVENT_FRAMEWORK_REMOVED, .id = (char *)"f1"});
	publish(w);
	assert_int_equal(w->left_out.unreachable, 0);
	assert_int_equal(w->left_out.conflicts, 1);
	event(w, (struct event){.kind = EVENT_FRAMEWORK_REMOVED, .id = (char *)"f2"});
	publish(w);
	assert_int_equal(w->left_out.conflicts, 0);
}

/* Between an event and its commit. */
static void test_pending(void **state)
{
	struct world *w = *state;
	struct explanation e;

	publish(w);
	add_task(w, "f1", (struct task){.id = "1", .name = "new", .phase = TASK_RUNNING});
	zone_sources_done(&w->sources);
	assert_int_equal(zone_sources_take(&w->api, &w->sources), 0);
	assert_int_equal(explain(w, "new.marathon.mesos", &e), EXPLAIN_PENDING);
	assert_int_equal(e.claims, 1);
	explanation_done(&e);
}

/* What the model has replaced meanwhile is there as long as somebody looks at it. */
static void test_view_outlives_changes(void **state)
{
	struct world *w = *state;
	struct model_publish p = {.was = &w->cfg, .is = &w->cfg, .input_changed = true};
	struct records_skipped skipped = {0};
	struct explanation e;

	add_task(w, "f1", (struct task){.id = "1", .name = "old", .phase = TASK_RUNNING});
	publish(w);
	event(w, (struct event){.kind = EVENT_FRAMEWORK_REMOVED, .id = (char *)"f1"});
	assert_int_equal(model_publish(w->api.model, w->api.zone, &p, &w->given, &skipped), 0);
	assert_int_equal(explain(w, "old.marathon.mesos", &e), EXPLAIN_RECORDS);
	assert_string_equal(e.givers[0].task->task->id, "1");
	assert_string_equal(e.givers[0].task->framework->name, "marathon");
	explanation_done(&e);
}

static void test_bounds(void **state)
{
	static const struct port_range all[] = {{1, 65535}};
	struct world *w = *state;
	struct explanation e;
	char id[64];

	add_task(w, "f1",
		 (struct task){.id = "p",
			       .name = "ports",
			       .ranges = all,
			       .ranges_count = 1,
			       .phase = TASK_RUNNING});
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		add_task(w, "f1", (struct task){.id = id, .name = "many", .phase = TASK_RUNNING});
	}
	publish(w);
	assert_int_equal(explain(w, "_ports._tcp.marathon.mesos", &e), EXPLAIN_RECORDS);
	assert_int_equal(e.claims, EXPLAIN_CLAIMS_MAX);
	assert_int_equal(e.claims + e.claims_more, 65535);
	assert_int_equal(e.givers_count, 1);
	explanation_done(&e);
	assert_int_equal(explain(w, "many.marathon.mesos", &e), EXPLAIN_RECORDS);
	assert_int_equal(e.claims, 1000);
	assert_int_equal(e.givers_count, EXPLAIN_GIVERS_MAX);
	assert_int_equal(e.givers_count + e.givers_more, 1000);
	explanation_done(&e);
}

/* conflicts */

static const struct conflict *find(const struct conflicts *c, enum conflict_kind kind,
				   const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->list[i].kind == kind && !strcmp(c->list[i].name, name))
			return &c->list[i];
	fail_msg("no conflict of kind %d about %s", kind, name);
	return NULL;
}

static void test_conflicts(void **state)
{
	struct world *w = *state;
	const struct conflict *c;
	struct conflicts all;

	add_framework(w, "f2", "Marathon");
	add_framework(w, "f3", "marathon");
	add_framework(w, "f4", "ns1");
	add_task(w, "f1", (struct task){.id = "1", .name = "Web_App", .phase = TASK_RUNNING});
	add_task(w, "f1", (struct task){.id = "2", .name = "web-app", .phase = TASK_RUNNING});
	add_task(w, "f1", (struct task){.id = "3", .name = "web-app", .phase = TASK_RUNNING});
	add_task(w, "f2", (struct task){.id = "4", .name = "web-app", .phase = TASK_RUNNING});
	/* two texts of one hash, found by search */
	add_task(w, "f1", (struct task){.id = "2858", .name = "twin", .phase = TASK_RUNNING});
	add_task(w, "f1", (struct task){.id = "5244", .name = "twin", .phase = TASK_RUNNING});
	add_task(w, "f1", (struct task){.id = "7", .name = "alone", .phase = TASK_RUNNING});
	add_task(w, "f1", (struct task){.id = "8", .name = "___", .phase = TASK_RUNNING});
	add_task(w, "f1", (struct task){.id = "9", .name = "Web_App", .phase = TASK_WAITING});
	publish(w);
	assert_int_equal(conflicts_find(&w->sources, &all), 0);
	c = find(&all, CONFLICT_FRAMEWORK, "marathon.mesos.");
	assert_int_equal(c->by_count, 3);
	c = find(&all, CONFLICT_NAME, "web-app.marathon.mesos.");
	assert_int_equal(c->by_count, 3);
	assert_int_equal(c->by[0].tasks + c->by[1].tasks + c->by[2].tasks, 4);
	c = find(&all, CONFLICT_HASH, "twin-i5yxt-s0.marathon.mesos.");
	assert_int_equal(c->by_count, 2);
	find(&all, CONFLICT_OWNED, "_framework._tcp.ns1.mesos.");
	c = find(&all, CONFLICT_UNREACHABLE, "");
	assert_string_equal(c->by[0].task->task->id, "8");
	assert_false(c->raw);
	assert_int_equal(all.of_kind[CONFLICT_NAME], 1);
	assert_int_equal(all.of_kind[CONFLICT_FRAMEWORK], 1);
	assert_int_equal(all.more, 0);
	conflicts_done(&all);
	assert_int_equal(model_frameworks_alike(w->api.model, &w->cfg), 2);
}

static void test_conflicts_bounds(void **state)
{
	struct world *w = *state;
	struct conflicts all;
	char id[16], name[16];

	add_framework(w, "f2", "Marathon");
	for (int i = 0; i < 2 * CONFLICTS_MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		snprintf(name, sizeof(name), "app%d", i / 2);
		add_task(w, i % 2 ? "f1" : "f2",
			 (struct task){.id = id, .name = name, .phase = TASK_RUNNING});
	}
	publish(w);
	assert_int_equal(conflicts_find(&w->sources, &all), 0);
	assert_int_equal(all.count, CONFLICTS_MAX);
	assert_int_equal(all.of_kind[CONFLICT_NAME], CONFLICTS_MAX);
	assert_int_equal(all.more, 1); /* beside the two frameworks' */
	conflicts_done(&all);
}

/* The manual */

static char *tables(void)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

#define ROW(word, what) fprintf(out, "| `%s` | %s |\n", word, what);
	fputs("| state | meaning |\n| --- | --- |\n", out);
#define X(id, word, meaning) ROW(word, meaning)
	EXPLAIN_STATES(X)
#undef X
	fputc(0, out);
	fputs("| rule | pattern | its records say |\n| --- | --- | --- |\n", out);
#define X(id, word, pattern, help) fprintf(out, "| `%s` | `%s` | %s |\n", word, pattern, help);
	NAMING_RULES(X)
#undef X
	fputc(0, out);
	fputs("| reason | why something is left out |\n| --- | --- |\n", out);
#define X(id, word, why) ROW(word, why)
	LEFT_OUT_REASONS(X)
#undef X
	fputc(0, out);
	fputs("| kind | meaning |\n| --- | --- |\n", out);
#define X(id, word, meaning) ROW(word, meaning)
	CONFLICT_KINDS(X)
#undef X
	fputc(0, out);
	fputc(0, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_documented(void **state)
{
	_cleanup_free_ char *all = tables(), *page = calloc(1, 1 << 20);
	FILE *in = fopen("docs/http-api.md", "r");

	(void)state;
	assert_non_null(in);
	assert_true(fread(page, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	for (const char *table = all; *table; table += strlen(table) + 1)
		if (!strstr(page, table))
			fail_msg("docs/http-api.md should have:\n%s", table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_record_has_a_giver, setup, teardown),
		cmocka_unit_test_setup_teardown(test_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left_out_now, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pending, setup, teardown),
		cmocka_unit_test_setup_teardown(test_view_outlives_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conflicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conflicts_bounds, setup, teardown),
		cmocka_unit_test(test_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
