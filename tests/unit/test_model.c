// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The model against the truth: whatever way the news comes, the zone is that of the cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "model_world.h"
#include "record_list.h"
#include "records_fixture.h"

/* A model, and the zone it feeds. */
struct follow {
	struct model *model;
	struct zone zone;
	struct record_list given;
	struct config cfg;
};

static void follow_init(struct follow *f)
{
	*f = (struct follow){.cfg = default_config()};
	assert_int_equal(model_new(&f->model), 0);
	record_list_init(&f->given);
}

static void follow_done(struct follow *f)
{
	model_free(f->model);
	record_list_done(&f->given);
	fake_zone_done(&f->zone);
}

static int publish(struct follow *f)
{
	struct model_publish p = {.was = &f->cfg, .is = &f->cfg};
	struct records_skipped skipped;

	return model_publish(f->model, &f->zone, &p, &f->given, &skipped);
}

static void take(struct follow *f, struct cluster *c, uint64_t begun_ns)
{
	struct model_difference d;

	assert_int_equal(model_snapshot(f->model, c, begun_ns, &d), 0);
	cluster_free(c);
}

static void hear(struct follow *f, struct event *e, uint64_t at_ns)
{
	e->received_ns = at_ns;
	assert_int_equal(model_event(f->model, e), 0);
	event_free(e);
}

static void assert_same_zone(struct zone *a, struct zone *b)
{
	fake_zone_sort(a);
	fake_zone_sort(b);
	for (size_t i = 0; i < a->count && i < b->count; i++)
		assert_string_equal(a->lines[i], b->lines[i]);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->remove_errors, 0);
}

/* The zone is the one that a fresh start on this cluster makes. */
static void assert_zone_of(struct follow *f, const struct cluster *c)
{
	struct records_skipped skipped;
	struct records_input in = {.cluster = c};
	struct zone fresh = {0};

	assert_int_equal(records_update(&fresh, &f->cfg, NULL, &in, &skipped), 0);
	assert_same_zone(&f->zone, &fresh);
	fake_zone_done(&fresh);
}

static void assert_truth(struct follow *f, const struct world *w)
{
	struct cluster *c = world_cluster(w, false);

	assert_int_equal(publish(f), 0);
	assert_zone_of(f, c);
	cluster_free(c);
}

/* Documents one after the other. */
static void test_documents(void **state)
{
	struct follow f;
	struct world w;

	(void)state;
	follow_init(&f);
	world_init(&w, 1);
	for (int i = 0; i < 300; i++) {
		for (int n = 0; n < 10; n++)
			event_free(world_change(&w));
		take(&f, world_cluster(&w, false), (uint64_t)i);
		assert_truth(&f, &w);
	}
	follow_done(&f);
}

/* A document and then events alone, published at random; frameworks' addresses by documents. */
static void test_events(void **state)
{
	struct follow f;
	struct world w;
	uint64_t now = 0;

	(void)state;
	follow_init(&f);
	world_init(&w, 2);
	take(&f, world_cluster(&w, false), now++);
	for (int i = 0; i < 6000; i++) {
		hear(&f, world_change(&w), now++);
		if (model_wants_state(f.model))
			take(&f, world_cluster(&w, false), now++);
		if (world_pick(&w, 4) == 0)
			assert_truth(&f, &w);
	}
	follow_done(&f);
}

/* Subscribing again in between: a snapshot is as good as the events. */
static void test_snapshots(void **state)
{
	struct follow f;
	struct world w;
	uint64_t now = 0;

	(void)state;
	follow_init(&f);
	world_init(&w, 3);
	take(&f, world_cluster(&w, false), now++);
	for (int i = 0; i < 600; i++) {
		for (int n = 0; n < 7; n++)
			event_free(world_change(&w));
		take(&f, world_cluster(&w, true), MODEL_NOW);
		for (int n = 0; n < 5; n++)
			hear(&f, world_change(&w), now++);
		if (model_wants_state(f.model))
			take(&f, world_cluster(&w, false), now++);
		assert_truth(&f, &w);
	}
	follow_done(&f);
}

/*
 * Documents that were asked for before events that come first. What the events have said stands;
 * a document afterwards finds nothing amiss.
 */
static void test_late_documents(void **state)
{
	struct follow f;
	struct world w;
	uint64_t now = 0, begun;

	(void)state;
	follow_init(&f);
	world_init(&w, 4);
	take(&f, world_cluster(&w, false), now++);
	for (int i = 0; i < 2000; i++) {
		struct cluster *late;

		model_expect_documents(f.model, true);
		begun = now++;
		for (unsigned n = world_pick(&w, 3); n > 0; n--)
			hear(&f, world_change(&w), now++);
		late = world_cluster(&w, false);
		for (unsigned n = world_pick(&w, 6); n > 0; n--)
			hear(&f, world_change(&w), now++);
		take(&f, late, begun);
		model_expect_documents(f.model, false);
		if (model_wants_state(f.model)) /* where a new framework is */
			take(&f, world_cluster(&w, false), now++);
		assert_truth(&f, &w);
	}
	follow_done(&f);
}

/* What could not be put into the zone is put there by the next try. */
static void test_no_memory(void **state)
{
	struct follow f;
	struct world w;
	uint64_t now = 0;
	unsigned failures = 0;

	(void)state;
	follow_init(&f);
	world_init(&w, 5);
	take(&f, world_cluster(&w, false), now++);
	for (int i = 0; i < 1000; i++) {
		hear(&f, world_change(&w), now++);
		f.zone.fail_after = f.zone.calls + world_pick(&w, 4);
		failures += publish(&f) == -ENOMEM;
		f.zone.fail_after = 0;
		if (model_wants_state(f.model))
			take(&f, world_cluster(&w, false), now++);
		if (i % 3 == 0)
			assert_truth(&f, &w);
	}
	assert_true(failures > 50);
	follow_done(&f);
}

/* An event costs what it touches. */
static void test_cost(void **state)
{
	struct follow f;
	struct world w;
	size_t calls, sum = 0;

	(void)state;
	follow_init(&f);
	world_init(&w, 6);
	for (int i = 0; i < 500; i++)
		event_free(world_change(&w));
	take(&f, world_cluster(&w, true), MODEL_NOW); /* has what waits, too */
	take(&f, world_cluster(&w, false), UINT64_MAX - 1);
	assert_int_equal(publish(&f), 0);
	calls = f.zone.calls;
	assert_int_equal(publish(&f), 0);
	assert_false(model_changed(f.model));
	assert_int_equal(f.zone.calls, calls);
	take(&f, world_cluster(&w, false), UINT64_MAX - 1);
	take(&f, world_cluster(&w, true), MODEL_NOW);
	assert_false(model_changed(f.model));
	for (int i = 0; i < 300; i++) {
		event_free(world_change(&w));
		calls = f.zone.calls;
		take(&f, world_cluster(&w, true), MODEL_NOW);
		assert_int_equal(publish(&f), 0);
		sum += f.zone.calls - calls;
	}
	assert_true(sum > 300 && sum < 300 * 40);
	follow_done(&f);
}

static struct cluster *recorded(const struct world *w, bool stream, const char *id,
				const char *awaited)
{
	struct cluster *c = world_cluster(w, stream);

	free(c->master_id);
	c->master_id = strdup(id);
	if (awaited) {
		c->recovered = calloc(1, sizeof(*c->recovered));
		c->recovered[0] = strdup(awaited);
		c->recovered_count = 1;
	}
	return c;
}

static bool has(const struct follow *f, const char *line)
{
	for (size_t i = 0; i < f->zone.count; i++)
		if (!strcmp(f->zone.lines[i], line))
			return true;
	return false;
}

static void settle(struct world *w, bool agents, unsigned tasks)
{
	world_init(w, 7);
	for (unsigned i = 0; i < WORLD_AGENTS; i++)
		w->agent[i] = agents && i < 2;
	for (unsigned i = 0; i < tasks; i++)
		w->task[i] = (struct world_task){.there = true,
						 .running = true,
						 .id = i,
						 .name = i,
						 .agent = i % 2,
						 .address = i,
						 .time = 1};
}

/* A new leader that knows nothing, then one agent, then all. */
static void test_hold(void **state)
{
	struct follow f;
	struct world before, w;

	(void)state;
	follow_init(&f);
	settle(&before, true, 4);
	take(&f, recorded(&before, false, "M1", NULL), 1);
	assert_truth(&f, &before);

	assert_int_equal(model_hold(f.model, true), 0);
	settle(&w, false, 0);
	w.framework[0] = w.framework[1] = false;
	take(&f, recorded(&w, false, "M2", NULL), 2);
	assert_truth(&f, &before); /* everything is held */
	assert_int_equal(model_counts(f.model).held_tasks, 4);
	assert_int_equal(model_counts(f.model).held_agents, 2);

	/* agent 0 is back with task 0, without task 2 */
	w.framework[0] = true;
	w.agent[0] = true;
	w.task[0] = before.task[0];
	take(&f, recorded(&w, false, "M2", NULL), 3);
	assert_int_equal(publish(&f), 0);
	assert_true(has(&f, "app0.name0.mesos. A 10.0.0.0"));
	assert_false(has(&f, "app2.name0.mesos. A 10.0.0.2"));
	assert_true(has(&f, "app1.name0.mesos. A 10.0.0.1"));
	assert_int_equal(model_counts(f.model).held_tasks, 2);

	assert_int_equal(model_hold(f.model, false), 0);
	assert_truth(&f, &w);
	assert_int_equal(model_counts(f.model).held_tasks, 0);
	follow_done(&f);
}

/* An agent that the master waited for and gave up takes its tasks along. */
static void test_given_up(void **state)
{
	struct follow f;
	struct world w;

	(void)state;
	follow_init(&f);
	settle(&w, true, 4);
	take(&f, recorded(&w, false, "M1", NULL), 1);
	assert_int_equal(model_hold(f.model, true), 0);
	settle(&w, false, 0);
	take(&f, recorded(&w, true, "", "x-S1"), MODEL_NOW);
	assert_int_equal(model_counts(f.model).held_tasks, 4);
	take(&f, recorded(&w, true, "", NULL), MODEL_NOW);
	assert_int_equal(model_counts(f.model).held_tasks, 2);
	assert_int_equal(publish(&f), 0);
	assert_true(has(&f, "app0.name0.mesos. A 10.0.0.0"));
	assert_false(has(&f, "app1.name0.mesos. A 10.0.0.1"));
	follow_done(&f);
}

/* Events while holding: what is heard of is not held any more; what is removed goes. */
static void test_events_while_holding(void **state)
{
	struct follow f;
	struct world w;
	struct event *e = calloc(1, sizeof(*e));

	(void)state;
	follow_init(&f);
	settle(&w, true, 4);
	take(&f, recorded(&w, false, "M1", NULL), 1);
	assert_int_equal(model_hold(f.model, true), 0);
	settle(&w, false, 0);
	take(&f, recorded(&w, false, "M2", NULL), 2);
	model_wants_state(f.model);
	e->kind = EVENT_TASK_ADDED;
	e->framework_id = strdup("fw0");
	e->task = world_make_task("t0", "app0", "x-S0", NULL, TASK_RUNNING, 1);
	hear(&f, e, 3);
	assert_int_equal(model_counts(f.model).held_tasks, 3);
	assert_int_equal(publish(&f), 0);
	assert_true(has(&f, "app0.name0.mesos. A 10.1.0.1")); /* its agent's, which is held */
	e = calloc(1, sizeof(*e));
	e->kind = EVENT_AGENT_REMOVED;
	e->id = strdup("x-S1");
	hear(&f, e, 4);
	assert_int_equal(model_counts(f.model).held_tasks, 1);
	assert_int_equal(publish(&f), 0);
	assert_false(has(&f, "app1.name0.mesos. A 10.0.0.1"));
	follow_done(&f);
}

/* The same id twice, of frameworks, agents and tasks: as a fresh start on the document. */
static void test_equal_ids(void **state)
{
	struct follow f;
	struct world w;

	(void)state;
	follow_init(&f);
	for (unsigned seed = 0; seed < 200; seed++) {
		struct cluster *c[2];

		for (int i = 0; i < 2; i++) {
			world_init(&w, seed);
			for (int n = 0; n < 100; n++)
				event_free(world_change(&w));
			c[i] = world_cluster(&w, false);
			for (size_t n = 0; n < c[i]->agents_count; n++)
				c[i]->agents[n].id[3] = (char)('0' + world_pick(&w, 3));
			for (size_t n = 0; n < c[i]->frameworks_count; n++) {
				struct framework *fw = &c[i]->frameworks[n];

				fw->id[2] = (char)('0' + world_pick(&w, 2));
				for (size_t t = 0; t < fw->tasks_count; t++)
					((char *)fw->tasks[t]->id)[1] =
						(char)('0' + world_pick(&w, 3));
			}
		}
		take(&f, c[0], seed);
		assert_int_equal(publish(&f), 0);
		assert_zone_of(&f, c[1]);
		cluster_free(c[1]);
	}
	follow_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_snapshots),
		cmocka_unit_test(test_late_documents),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_events_while_holding),
		cmocka_unit_test(test_equal_ids),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
