// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The decoder of the event stream: every kind of event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_reading.h"
#include "event_rows.h"
#include "task_pack.h"
#include "util.h"

/* Whole, and cut at every octet and into pieces of every size. */
static void test_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		size_t len = strlen(records[i].record);

		for (size_t step = 1; step <= len + 1; step++) {
			char *text = read_record(records[i].record, len, step);

			if (strcmp(text, records[i].text))
				fail_msg("%s\nin pieces of %zu gives\n%s\nnot\n%s",
					 records[i].record, step, text, records[i].text);
			free(text);
		}
	}
}

/* The next record knows nothing of the one before, whatever it was. */
static void test_in_sequence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(records); k++) {
			struct reading r;
			char *text;

			reading_start(&r);
			reading_record(&r, records[i].record, strlen(records[i].record), 50);
			reading_record(&r, records[k].record, strlen(records[k].record), 50);
			text = reading_done(&r);
			if (strncmp(text, records[i].text, strlen(records[i].text)) ||
			    strcmp(text + strlen(records[i].text), records[k].text))
				fail_msg("%s behind %s:\n%s", records[k].record, records[i].record,
					 text);
			free(text);
		}
	}
}

static void test_wrong_types(void **state)
{
	static const char *const fields[] = {
		"\"task_id\":\"t\"",
		"\"task_id\":{\"value\":7}",
		"\"task_id\":[]",
		"\"framework_id\":\"F\"",
		"\"framework_id\":{\"value\":{}}",
		"\"agent_id\":\"S\"",
		"\"slave_id\":7",
		"\"name\":[]",
		"\"state\":true",
		"\"resources\":{}",
		"\"resources\":[7]",
		"\"resources\":[{\"name\":7}]",
		"\"resources\":[{\"name\":\"ports\",\"ranges\":[]}]",
		"\"resources\":[{\"name\":\"ports\",\"ranges\":{\"range\":{}}}]",
		"\"resources\":[{\"name\":\"ports\",\"ranges\":{\"range\":[1]}}]",
		"\"resources\":[{\"name\":\"ports\",\"ranges\":{\"range\":[{\"begin\":\"1\"}]}}]",
		"\"resources\":[{\"name\":\"ports\",\"ranges\":{\"range\":[{\"end\":1.5}]}}]",
		"\"discovery\":[]",
		"\"discovery\":{\"name\":1}",
		"\"discovery\":{\"ports\":[]}",
		"\"discovery\":{\"ports\":{\"ports\":[{\"number\":\"80\"}]}}",
		"\"statuses\":{}",
		"\"statuses\":[1]",
		"\"statuses\":[{\"state\":1}]",
		"\"statuses\":[{\"timestamp\":\"1\"}]",
		"\"statuses\":[{\"labels\":[]}]",
		"\"statuses\":[{\"labels\":{\"labels\":{}}}]",
		"\"statuses\":[{\"labels\":{\"labels\":[{\"key\":1}]}}]",
		"\"statuses\":[{\"container_status\":[]}]",
		"\"statuses\":[{\"container_status\":{\"network_infos\":{}}}]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char record[1024], *text;

		snprintf(record, sizeof(record), ADDED(RUNS ",%s"), fields[i]);
		text = read_text(record);
		assert_string_equal(text, TYPES("task_added"));
		free(text);
		snprintf(record, sizeof(record),
			 SUBSCRIBED(FRAMEWORKS(FRAMEWORK("F", "")) "," TASKS(
				 "{" IDS("t", "F") RUNS ",%s},{" IDS("good", "F") RUNS "}")),
			 fields[i]);
		text = read_text(record);
		if (strcmp(text, "snapshot\nleader :0\nskipped tasks=1 frameworks=0 agents=0 "
				 "ports=0\nframework id=F name= host=\n"
				 "  task id=good name= agent=\n"))
			fail_msg("%s: %s", fields[i], text);
		free(text);
	}
}

static void test_phases(void **state)
{
	static const struct {
		const char *state, *text;
	} rows[] = {{"STAGING", " waiting"},
		    {"STARTING", " waiting"},
		    {"RUNNING", ""},
		    {"KILLING", " waiting"},
		    {"UNREACHABLE", " waiting"},
		    {"UNKNOWN", " waiting"},
		    {"FINISHED", " ended"},
		    {"FAILED", " ended"},
		    {"KILLED", " ended"},
		    {"ERROR", " ended"},
		    {"LOST", " ended"},
		    {"DROPPED", " ended"},
		    {"GONE", " ended"},
		    {"GONE_BY_OPERATOR", " ended"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char record[512], want[128], *text;

		snprintf(record, sizeof(record),
			 UPDATED("\"state\":\"TASK_%s\",\"status\":{\"task_id\":" VALUE("t") "}"),
			 rows[i].state);
		text = read_text(record);
		snprintf(want, sizeof(want), "task updated framework=F  task id=t name= agent=%s\n",
			 rows[i].text);
		assert_string_equal(text, want);
		free(text);
	}
}

static void test_heartbeat(void **state)
{
	static const struct {
		const char *record;
		double interval;
	} rows[] = {
		{"{\"subscribed\":{\"heartbeat_interval_seconds\":15.0}}", 15},
		{"{\"subscribed\":{\"heartbeat_interval_seconds\":\"x\"}}", 0},
		{"{\"subscribed\":{\"heartbeat_interval_seconds\":0.5}}", 0.5},
		{"{\"type\":\"HEARTBEAT\"}", 0.5},
		{"{\"subscribed\":{\"heartbeat_interval_seconds\":1e400}}", 0},
	};
	struct reading r;

	(void)state;
	reading_start(&r);
	assert_true(event_decoder_heartbeat(r.decoder) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		reading_record(&r, rows[i].record, strlen(rows[i].record), 9);
		assert_true(event_decoder_heartbeat(r.decoder) == rows[i].interval);
	}
	free(reading_done(&r));
}

/* Much that nobody wants, deep and long; an element and a record that are too large. */
static void test_large(void **state)
{
	static const struct state_resolver resolver = {reading_resolve, NULL};
	char *text = malloc(STATE_ELEMENT_MAX + 4096), *got;
	struct event_decoder *d;
	size_t n;

	(void)state;
	assert_non_null(text);
	n = (size_t)sprintf(text, "{\"x\":");
	memset(text + n, '[', 1000);
	text[n + 1000] = 0;
	got = read_text(text);
	assert_string_equal(got, "error: event is nested deeper than 512 levels\n");
	free(got);
	n = (size_t)sprintf(text, "{\"task_added\":{\"task\":{" IDS("t", "F") ",\"x\":\"");
	memset(text + n, 'x', STATE_ELEMENT_MAX);
	strcpy(text + n + STATE_ELEMENT_MAX, "\"}}}");
	got = read_record(text, strlen(text), 100000);
	assert_string_equal(got, "error: event has an element of more than 16777216 bytes\n");
	free(got);
	/* the same skipped */
	text[2] = 'x';
	got = read_record(text, strlen(text), 100000);
	assert_string_equal(got, "");
	free(got);
	free(text);
	assert_int_equal(event_decoder_new(100, &resolver, &d), 0);
	assert_int_equal(event_decoder_begin(d), 0);
	assert_int_equal(event_decoder_feed(d, "{\"x\":1,", 7), 0);
	assert_int_equal(event_decoder_feed(d, records, 94), -EFBIG);
	assert_string_equal(event_decoder_error(d), "event is larger than 100 bytes");
	event_decoder_free(d);
}

/* 50,000 tasks of 1,000 frameworks, tasks first: each finds its framework. */
static void test_many(void **state)
{
	char *text = malloc(16 << 20), *dump, *line;
	unsigned framework = 0, found = 0, id, of;
	struct reading r;
	size_t n;

	(void)state;
	assert_non_null(text);
	n = (size_t)sprintf(text, "{\"subscribed\":{\"get_state\":{\"get_tasks\":{\"tasks\":[");
	for (unsigned i = 0; i < 50000; i++)
		n += (size_t)sprintf(text + n, "%s{" IDS("%u", "F%u") RUNS "}", i ? "," : "", i,
				     i * 7919 % 1000);
	n += (size_t)sprintf(text + n, "]},\"get_frameworks\":{\"frameworks\":[");
	for (unsigned i = 0; i < 1000; i++)
		n += (size_t)sprintf(text + n, "%s" FRAMEWORK("F%u", "%u"), i ? "," : "", i, i);
	n += (size_t)sprintf(text + n, "]}}}}");
	reading_start(&r);
	assert_int_equal(reading_record(&r, text, n, 65536), 0);
	dump = reading_done(&r);
	for (line = strtok(dump, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "framework id=F%u name=%u", &framework, &of) == 2)
			assert_int_equal(framework, of);
		else if (sscanf(line, "  task id=%u ", &id) == 1)
			found += id * 7919 % 1000 == framework;
	}
	assert_int_equal(found, 50000);
	free(dump);
	free(text);
}

/* --- task_with_status() --- */

static struct event *only_event;

static void keep(void *ctx, struct event *e)
{
	(void)ctx;
	only_event = e;
}

static struct event *event_of(const char *record)
{
	struct reading r;

	only_event = NULL;
	reading_start(&r);
	r.take = keep;
	reading_record(&r, record, strlen(record), 11);
	free(reading_done(&r));
	assert_non_null(only_event);
	return only_event;
}

#define STATUS(time, addresses)                                                                    \
	"\"statuses\":[{\"state\":\"TASK_RUNNING\",\"timestamp\":" time addresses "}]"
#define UPDATE(time, state_, agent, addresses)                                                     \
	UPDATED("\"state\":\"" state_ "\",\"status\":{\"task_id\":" VALUE(                         \
		"t") ",\"agent_id\":" VALUE(agent) RUNS ",\"timestamp\":" time addresses "}")
#define FIELDS                                                                                     \
	",\"name\":\"n\",\"discovery\":{\"name\":\"d\",\"ports\":{\"ports\":[{\"number\":1,"       \
	"\"name\":\"p\"}]}},\"resources\":[" RESOURCE("ports", "{\"begin\":1,\"end\":2}") "]"

static void test_with_status(void **state)
{
	static const struct {
		const char *base, *update, *result;
	} rows[] = {
		/* a newer status, an equal one, an older one */
		{ADDED(RUNS FIELDS "," STATUS("5", NET("10.0.0.1"))),
		 UPDATE("6", "TASK_RUNNING", "S", NET("10.0.0.2") LABELS("10.0.0.3")),
		 ADDED(RUNS FIELDS ",\"agent_id\":" VALUE("S") "," STATUS(
			 "6", NET("10.0.0.2") LABELS("10.0.0.3")))},
		{ADDED(RUNS FIELDS "," STATUS("5", NET("10.0.0.1"))),
		 UPDATE("5", "TASK_RUNNING", "", LABELS("10.0.0.3")),
		 ADDED(RUNS FIELDS "," STATUS("5", LABELS("10.0.0.3")))},
		{ADDED(RUNS FIELDS ",\"agent_id\":" VALUE("S") "," STATUS("5", NET("10.0.0.1"))),
		 UPDATE("4", "TASK_RUNNING", "", NET("10.0.0.2")),
		 ADDED(RUNS FIELDS ",\"agent_id\":" VALUE("S") "," STATUS("5", NET("10.0.0.1")))},
		/* a task that only starts */
		{ADDED(FIELDS), UPDATE("4", "TASK_RUNNING", "S", NET("fd00::1")),
		 ADDED(RUNS FIELDS ",\"agent_id\":" VALUE("S") "," STATUS("4", NET("fd00::1")))},
		/* only the phase */
		{ADDED(RUNS FIELDS "," STATUS("5", NET("10.0.0.1"))),
		 UPDATED("\"status\":{\"task_id\":" VALUE("t") ",\"state\":\"TASK_KILLING\","
							       "\"timestamp\":9}"),
		 ADDED(FIELDS "," STATUS("5", NET("10.0.0.1")))},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct event *base = event_of(rows[i].base), *update = event_of(rows[i].update),
			     *result = event_of(rows[i].result);
		char *got = NULL, *want = NULL;
		struct task *t = NULL;
		size_t len;
		FILE *f;

		assert_int_equal(task_with_status(base->task, update, &t), 0);
		event_free(base); /* the new task owns all that it has */
		event_free(update);
		f = open_memstream(&got, &len);
		dump_task(f, t);
		fclose(f);
		f = open_memstream(&want, &len);
		dump_task(f, result->task);
		fclose(f);
		assert_string_equal(got, want);
		assert_true(t->digest == result->task->digest);
		assert_true(t->status_time == result->task->status_time);
		assert_int_equal(t->phase, result->task->phase);
		free(got);
		free(want);
		cluster_task_free(t);
		event_free(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),	    cmocka_unit_test(test_in_sequence),
		cmocka_unit_test(test_wrong_types), cmocka_unit_test(test_phases),
		cmocka_unit_test(test_heartbeat),   cmocka_unit_test(test_large),
		cmocka_unit_test(test_many),	    cmocka_unit_test(test_with_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
