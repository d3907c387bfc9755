// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The decoder of the event stream: every kind of event, whole, cut, spoilt and recorded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_reading.h"
#include "task_pack.h"
#include "util.h"

/* What one record says, read in pieces of step octets; to be freed. */
static char *read_record(const char *text, size_t len, size_t step)
{
	struct reading r;

	reading_start(&r);
	reading_record(&r, text, len, step);
	return reading_done(&r);
}

static char *read_text(const char *text)
{
	return read_record(text, strlen(text), strlen(text));
}

#define VALUE(v)	   "{\"value\":\"" v "\"}"
#define SUBSCRIBED(parts)  "{\"type\":\"SUBSCRIBED\",\"subscribed\":{\"get_state\":{" parts "}}}"
#define TASKS(list)	   "\"get_tasks\":{\"tasks\":[" list "]}"
#define FRAMEWORKS(list)   "\"get_frameworks\":{\"frameworks\":[" list "]}"
#define AGENTS(list)	   "\"get_agents\":{\"agents\":[" list "]}"
#define FRAMEWORK(id, n)   "{\"framework_info\":{\"id\":" VALUE(id) ",\"name\":\"" n "\"}}"
#define AGENT(id, pid)	   "{\"agent_info\":{\"id\":" VALUE(id) "},\"pid\":\"" pid "\"}"
#define IDS(id, framework) "\"task_id\":" VALUE(id) ",\"framework_id\":" VALUE(framework)
#define RUNS		   ",\"state\":\"TASK_RUNNING\""
#define ADDED(fields)                                                                              \
	"{\"type\":\"TASK_ADDED\",\"task_added\":{\"task\":{" IDS("t", "F") fields "}}}"
#define UPDATED(fields)                                                                            \
	"{\"type\":\"TASK_UPDATED\",\"task_updated\":{\"framework_id\":" VALUE("F") "," fields "}" \
										    "}"
#define NET(ip)                                                                                    \
	",\"container_status\":{\"network_infos\":[{\"ip_addresses\":[{\"ip_address\":\"" ip       \
	"\"}]}]}"
#define LABELS(ip)                                                                                 \
	",\"labels\":{\"labels\":[{\"key\":\"Docker.NetworkSettings.IPAddress\",\"value\":\"" ip   \
	"\"}]}"
#define RESOURCE(name, list)                                                                       \
	"{\"name\":\"" name "\",\"type\":\"RANGES\",\"ranges\":{\"range\":[" list "]}}"

#define NO_SKIPS "leader :0\nskipped tasks=0 frameworks=0 agents=0 ports=0\n"
#define EMPTY	 "snapshot\n" NO_SKIPS
#define IS(line) "task added framework=F  task id=t name= agent=" line "\n"
#define TYPES(m) "dropped: " m " lacks a field, or one has a wrong type\n"

static const struct {
	const char *record, *text;
} records[] = {
	/* nothing for us */
	{"{}", ""},
	{"{\"type\":\"HEARTBEAT\"}", ""},
	{"{\"type\":\"NEWS\",\"news\":{\"x\":[1,{}]}}", ""},
	{"{\"type\":null,\"task_added\":null}", ""},
	{"{\"type\":\"TASK_ADDED\"}", ""},
	{"{\"type\":7}", "dropped: type is not a string\n"},
	/* snapshots: in any order, and with as little as there may be */
	{"{\"type\":\"SUBSCRIBED\",\"subscribed\":{}}", EMPTY},
	{"{\"subscribed\":{\"heartbeat_interval_seconds\":15.0},\"type\":\"SUBSCRIBED\"}", EMPTY},
	{"{\"subscribed\":{\"get_state\":null}}", EMPTY},
	{SUBSCRIBED("\"get_tasks\":{},\"get_executors\":{},\"get_frameworks\":null"), EMPTY},
	{SUBSCRIBED("\"get_tasks\":{\"tasks\":null},\"get_agents\":{\"agents\":[]}"), EMPTY},
	{SUBSCRIBED(TASKS("{" IDS("t", "F") RUNS "}") "," FRAMEWORKS(
		 FRAMEWORK("F", "n")) "," AGENTS(AGENT("S", "slave(1)@10.0.0.2:5051"))),
	 EMPTY "agent id=S host=10.0.0.2 port=5051 at=10.0.0.2\n"
	       "framework id=F name=n host=\n  task id=t name= agent=\n"},
	{SUBSCRIBED(AGENTS(AGENT("S", "slave(1)@two.example:5051")) "," FRAMEWORKS(FRAMEWORK(
		 "F", "n") "," FRAMEWORK("G", "")) "," TASKS("{" IDS("t", "G") RUNS
							     "},{" IDS("u", "F") RUNS
							     "},{" IDS("v", "G") RUNS "}")),
	 EMPTY "agent id=S host=two.example port=5051 at=10.99.0.2,fd99::2\n"
	       "framework id=F name=n host=\n  task id=u name= agent=\n"
	       "framework id=G name= host=\n  task id=t name= agent=\n  task id=v name= agent=\n"},
	{SUBSCRIBED(AGENTS(AGENT("S", "slave(1)@none.example:5051"))),
	 EMPTY "agent id=S host=none.example port=5051\n"},
	{SUBSCRIBED(AGENTS(AGENT("S", "slave(1)@stop.example:5051"))), "error: stopped\n"},
	{SUBSCRIBED("\"get_agents\":{\"recovered_agents\":[{\"id\":" VALUE("R1") "},{\"id\":" VALUE(
		 "R2") ",\"port\":1}]}"),
	 "snapshot awaits R1 awaits R2\n" NO_SKIPS},
	/* which tasks */
	{SUBSCRIBED(FRAMEWORKS(FRAMEWORK("F", "")) "," TASKS("{" IDS(
		 "a", "F") ",\"state\":\"TASK_STAGING\"},"
			   "{" IDS("b",
				   "F") ",\"state\":\"TASK_FINISHED\"},"
					"{" IDS("c", "F") ",\"state\":\"TASK_NEW_STATE\"},{" IDS(
						"d", "F") "}")),
	 EMPTY "framework id=F name= host=\n  task id=a name= agent= waiting\n"
	       "  task id=c name= agent= waiting\n  task id=d name= agent= waiting\n"},
	{SUBSCRIBED(FRAMEWORKS(FRAMEWORK(
		 "F", "")) ",\"get_tasks\":{"
			   "\"unreachable_tasks\":[{" IDS(
				   "a", "F") ",\"state\":\"TASK_UNREACHABLE\"},"
					     "{" IDS("b", "F") ",\"state\":\"TASK_LOST\"},{" IDS(
						     "c", "F") RUNS
		    "}],"
		    "\"completed_tasks\":[{" IDS("d", "F") RUNS
		    "}],"
		    "\"pending_tasks\":[{" IDS("e", "F") RUNS "}],"
							      "\"orphan_tasks\":[{" IDS("f", "F")
								      RUNS "}]}"),
	 EMPTY "framework id=F name= host=\n  task id=a name= agent= waiting\n"
	       "  task id=c name= agent= waiting\n"},
	/* what cannot be used is left out and counted */
	{SUBSCRIBED(TASKS(
		 "{" IDS("t", "NOBODY") RUNS "},{" IDS("", "F") RUNS
		 "},{},7,null,[],"
		 "{\"task_id\":\"t\"},{" IDS(
			 "t", "F") ",\"name\":1}") "," FRAMEWORKS(FRAMEWORK("F",
									    "one") "," FRAMEWORK("F", "two") ",{},null,"
													     "{\"framework_info\":{\"id\":" VALUE("G") ",\"name\":4}},"
																		       "{\"framework_info\":{\"name\":\"x\"}}") "," AGENTS("{},null,3," AGENT("S", "") "," AGENT("", "x@10.0.0.1:1") ","
																																     "{\"agent_info\":{\"id\":" VALUE("S") "}},"
																																					   "{\"agent_info\":{\"id\":\"S\"},\"pid\":\"x@10.0.0.1:1\"}," AGENT(
																																						   "T",
																																						   "x@10.0.0.3:1"))),
	 "snapshot\nleader :0\nskipped tasks=8 frameworks=5 agents=7 ports=0\n"
	 "agent id=T host=10.0.0.3 port=1 at=10.0.0.3\nframework id=F name=one host=\n"},
	/* what makes a stream unusable */
	{"", "error: event is empty\n"},
	{"7", "error: event is not an object\n"},
	{"[{}]", "error: event is not an object\n"},
	{"{\"type\":\"HEARTBEAT\"}}", "error: event has '}' behind the end, at byte 20\n"},
	{"{\"type\":}", "error: event has '}' where a value should begin, at byte 8\n"},
	{"{\"subscribed\":[]}", "error: event has a subscribed that is not an object\n"},
	{"{\"type\":\"SUBSCRIBED\"}", "error: event is SUBSCRIBED without a subscribed\n"},
	{"{\"type\":\"HEARTBEAT\",\"subscribed\":{}}",
	 "error: event has a subscribed but another type\n"},
	{"{\"subscribed\":{\"get_state\":7}}", "error: event has a get_state that is no object\n"},
	{SUBSCRIBED("\"get_tasks\":[]"), "error: event has a get_tasks that is no object\n"},
	{SUBSCRIBED("\"get_tasks\":{\"tasks\":{}}"),
	 "error: event has tasks that are not a list\n"},
	{SUBSCRIBED("\"get_tasks\":{\"unreachable_tasks\":1}"),
	 "error: event has unreachable_tasks that are not a list\n"},
	{SUBSCRIBED("\"get_frameworks\":{\"frameworks\":\"x\"}"),
	 "error: event has frameworks that are not a list\n"},
	{SUBSCRIBED("\"get_agents\":{\"agents\":true}"),
	 "error: event has agents that are not a list\n"},
	{SUBSCRIBED("\"get_agents\":{\"recovered_agents\":{}}"),
	 "error: event has recovered_agents that are not a list\n"},
	/* tasks */
	{ADDED(RUNS), IS("")},
	{"{\"task_added\":{\"task\":{" IDS("t", "F") RUNS "}},\"type\":\"TASK_ADDED\"}", IS("")},
	{"{\"task_added\":{\"x\":1,\"task\":{" IDS("t", "F") RUNS "}}}", IS("")},
	{ADDED(""), IS(" waiting")},
	{ADDED(RUNS ",\"agent_id\":" VALUE("S")), IS("S")},
	{ADDED(RUNS ",\"slave_id\":" VALUE("S")), IS("S")},
	{ADDED(RUNS ",\"name\":\"\\u0000\xff\""), "task added framework=F  task id=t "
						  "name=\xef\xbf\xbd\xef\xbf\xbd agent=\n"},
	{ADDED(",\"state\":\"TASK_KILLED\",\"agent_id\":" VALUE("S")),
	 "task updated framework=F  task id=t name= agent=S ended\n"},
	{ADDED(RUNS ",\"discovery\":{\"name\":\"d\",\"ports\":{\"ports\":[{\"number\":80,\"name\":"
		    "\"h\",\"protocol\":\"tcp\"},{\"number\":70000}]}}"),
	 IS(" discovery=d 80/h/tcp")},
	{ADDED(RUNS ",\"statuses\":[{\"state\":\"TASK_RUNNING\",\"timestamp\":2" NET("10.0.0.2")
		       LABELS("10.0.0.3") "},{\"state\":\"TASK_RUNNING\",\"timestamp\":1" NET(
			       "10.0.0.4") "}]"),
	 IS(" netinfo=10.0.0.2 docker=10.0.0.3")},
	/* its ports */
	{ADDED(RUNS ",\"resources\":[" RESOURCE("ports", "{\"begin\":5,\"end\":6},"
							 "{\"begin\":1,\"end\":2}") "]"),
	 IS(" [1-2] [5-6]")},
	{ADDED(RUNS ",\"resources\":[" RESOURCE("ports", "{\"begin\":3,\"end\":3}") "," RESOURCE(
		 "other", "{\"begin\":8,\"end\":9}") "," RESOURCE("ports",
								  "{\"begin\":1,\"end\":2},{"
								  "\"begin\":2,\"end\":2}") "]"),
	 IS(" [1-3]")},
	{ADDED(RUNS ",\"resources\":[{\"ranges\":{\"range\":[{\"end\":4,\"begin\":4}]},\"role\":"
		    "\"*\",\"name\":\"ports\"}]"),
	 IS(" [4-4]")},
	{ADDED(RUNS ",\"resources\":[{\"revocable\":{},\"name\":\"ports\",\"ranges\":{\"range\":["
		    "{\"begin\":1,\"end\":2}]}}]"),
	 IS("")},
	{ADDED(RUNS ",\"resources\":[" RESOURCE("ports", "{\"begin\":9,\"end\":8},{},"
							 "{\"begin\":65530,\"end\":70000}") "]"),
	 IS(" [0-0] [65530-65535]")},
	{ADDED(RUNS ",\"resources\":[{\"name\":\"cpus\",\"ranges\":7},null,{}]"), IS("")},
	/* dropped */
	{ADDED(RUNS ",\"state\":5"), TYPES("task_added")},
	{"{\"task_added\":{\"task\":{" IDS("t", "") "}}}", TYPES("task_added")},
	{"{\"task_added\":{\"task\":{" IDS("", "F") "}}}", TYPES("task_added")},
	{"{\"task_added\":{\"task\":null}}", TYPES("task_added")},
	{"{\"task_added\":{\"task\":[]}}", TYPES("task_added")},
	{"{\"task_added\":{}}", TYPES("task_added")},
	{"{\"task_added\":[]}", "dropped: task_added is not an object\n"},
	{"{\"type\":\"TASK_UPDATED\",\"task_added\":{\"task\":{" IDS("t", "F") "}}}",
	 "dropped: TASK_UPDATED has the fields of another type\n"},
	{"{\"type\":\"OTHER\",\"task_added\":{\"task\":{" IDS("t", "F") "}}}",
	 "dropped: OTHER has the fields of another type\n"},
	/* updates */
	{UPDATED("\"state\":\"TASK_RUNNING\",\"status\":{\"task_id\":" VALUE(
		 "t") ",\"agent_id\":" VALUE("S") RUNS ",\"timestamp\":7.5" NET("10.0.0.2") "}"),
	 "task updated framework=F status=7.500  task id=t name= agent=S netinfo=10.0.0.2\n"},
	{UPDATED("\"status\":{\"task_id\":" VALUE("t") RUNS LABELS("10.0.0.2") "}"),
	 "task updated framework=F status=0.000  task id=t name= agent= docker=10.0.0.2\n"},
	{UPDATED("\"state\":\"TASK_FAILED\",\"status\":{\"task_id\":" VALUE("t") RUNS "}"),
	 "task updated framework=F status=0.000  task id=t name= agent= ended\n"},
	{UPDATED("\"status\":{\"task_id\":" VALUE("t") ",\"state\":\"TASK_KILLING\"" NET(
		 "10.0.0.2") "},\"state\":\"TASK_KILLING\""),
	 "task updated framework=F  task id=t name= agent= waiting\n"},
	{UPDATED("\"status\":{\"task_id\":" VALUE("t") ",\"state\":\"TASK_UNREACHABLE\"}"),
	 "task updated framework=F  task id=t name= agent= waiting\n"},
	{UPDATED("\"status\":{\"task_id\":" VALUE("t") ",\"state\":\"TASK_LOST\"}"),
	 "task updated framework=F  task id=t name= agent= ended\n"},
	{UPDATED("\"status\":{\"task_id\":" VALUE("t") RUNS
		 ",\"timestamp\":-1" NET("10.0.0.2") "}"),
	 "task updated framework=F  task id=t name= agent=\n"},
	{UPDATED("\"status\":{\"task_id\":" VALUE("t") "}"), TYPES("task_updated")},
	{UPDATED("\"state\":\"TASK_RUNNING\""), TYPES("task_updated")},
	{UPDATED("\"status\":{\"task_id\":" VALUE("t") ",\"labels\":[]" RUNS "}"),
	 TYPES("task_updated")},
	{UPDATED("\"status\":[]"), TYPES("task_updated")},
	/* agents and frameworks */
	{"{\"type\":\"AGENT_ADDED\",\"agent_added\":{\"agent\":" AGENT("S", "x@two.example:5") "}}",
	 "agent added id=S host=two.example port=5 at=10.99.0.2,fd99::2\n"},
	{"{\"agent_added\":{\"agent\":" AGENT("S", "x@[fd00::1]:5") "}}",
	 "agent added id=S host=fd00::1 port=5 at=fd00::1\n"},
	{"{\"agent_added\":{\"agent\":" AGENT("S", "x@stop.example:5") "}}", "error: stopped\n"},
	{"{\"agent_added\":{\"agent\":" AGENT("S", "nonsense") "}}", TYPES("agent_added")},
	{"{\"agent_added\":{\"agent\":{}}}", TYPES("agent_added")},
	{"{\"agent_removed\":{\"agent_id\":" VALUE("S") "}}", "agent removed id=S\n"},
	{"{\"agent_removed\":{\"agent_id\":\"S\"}}", TYPES("agent_removed")},
	{"{\"agent_removed\":{\"agent_id\":{}}}", TYPES("agent_removed")},
	{"{\"framework_added\":{\"framework\":" FRAMEWORK("F", "n") "}}",
	 "framework added id=F name=n\n"},
	{"{\"framework_updated\":{\"framework\":" FRAMEWORK("F", "n") "}}",
	 "framework updated id=F name=n\n"},
	{"{\"framework_added\":{\"framework\":{\"framework_info\":{}}}}", TYPES("framework_added")},
	{"{\"framework_removed\":{\"framework_info\":{\"id\":" VALUE("F") "}}}",
	 "framework removed id=F\n"},
	{"{\"framework_removed\":{\"framework_info\":{\"id\":7}}}", TYPES("framework_removed")},
	{"{\"framework_removed\":{}}", TYPES("framework_removed")},
	/* several bodies: one of them, or none */
	{"{\"framework_removed\":{},\"agent_removed\":{\"agent_id\":" VALUE("S") "}}",
	 TYPES("framework_removed")},
	{"{\"framework_added\":{\"framework\":" FRAMEWORK("F", "n") "},\"agent_removed\":{"
								    "\"agent_id\":" VALUE("S") "}}",
	 "agent removed id=S\n"},
};

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

/* Cut once, at every octet, in memory of its own so that ASan sees what is beyond. */
static void test_cut_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		size_t len = strlen(records[i].record);

		for (size_t at = 0; at <= len; at++) {
			char *front = malloc(at + 1), *back = malloc(len - at + 1), *text;
			struct reading r;
			int rc;

			assert_true(front && back);
			memcpy(front, records[i].record, at);
			memcpy(back, records[i].record + at, len - at);
			reading_start(&r);
			rc = reading_begin(&r, len);
			if (rc == 0)
				rc = reading_data(&r, front, at);
			free(front);
			if (rc == 0)
				rc = reading_data(&r, back, len - at);
			free(back);
			if (rc == 0)
				rc = reading_end(&r);
			text = reading_done(&r);
			assert_true((rc < 0) == !strncmp(records[i].text, "error", 5));
			if (rc == 0)
				assert_string_equal(text, records[i].text);
			free(text);
		}
	}
}

/* Every beginning of a record is refused, and frees what it had. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		if (!strncmp(records[i].text, "error", 5))
			continue;
		for (size_t len = 0; len < strlen(records[i].record); len++) {
			char *text = read_record(records[i].record, len, 7);

			if (strncmp(text, "error: event is ", 16))
				fail_msg("%.*s: %s", (int)len, records[i].record, text);
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

/* --- spoilt records --- */

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static size_t mutate(char *text, size_t len, size_t cap, uint64_t *seed)
{
	static const char *const pieces[] = {"{",    "}",	  "[",	  "]",	       "null",
					     "\"",   ":",	  ",",	  "-1",	       "1e9",
					     "\\u",  "\"value\"", "true", "\"state\"", "\0",
					     "\xff", "\"\"",	  "{}",	  "[]",	       "\"tasks\""};
	size_t at = len ? next_random(seed) % len : 0, n = next_random(seed) % 8 + 1;
	const char *piece = pieces[next_random(seed) % ARRAY_SIZE(pieces)];
	size_t piece_len = *piece ? strlen(piece) : 1;

	if (n > len - at)
		n = len - at;
	switch (next_random(seed) % 5) {
	case 0: /* one octet is another */
		if (len > 0)
			text[at] = (char)next_random(seed);
		return len;
	case 1: /* some are missing */
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 2: /* some come twice */
		if (len + n > cap)
			return len;
		memmove(text + at + n, text + at, len - at);
		return len + n;
	case 3: /* the end is missing */
		return at;
	default: /* something JSON-like is in between */
		if (len + piece_len > cap)
			return len;
		memmove(text + at + piece_len, text + at, len - at);
		memcpy(text + at, piece, piece_len);
		return len + piece_len;
	}
}

/* No crash, no leak, no read beyond the end: the sanitizers say so. */
static void test_mutations(void **state)
{
	uint64_t seed = 88172645463325252ULL;
	unsigned events = 0, errors = 0;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		const char *record = records[next_random(&seed) % ARRAY_SIZE(records)].record;
		size_t len = strlen(record), changes = next_random(&seed) % 4 + 1;
		char text[8192], *exact, *got;
		struct reading r;

		memcpy(text, record, len);
		for (size_t i = 0; i < changes; i++)
			len = mutate(text, len, sizeof(text), &seed);
		exact = malloc(len + (len == 0));
		assert_non_null(exact);
		memcpy(exact, text, len);
		reading_start(&r);
		reading_record(&r, exact, len, next_random(&seed) % 64 + 1);
		events += r.events;
		got = reading_done(&r);
		errors += !strncmp(got, "error", 5);
		free(got);
		free(exact);
	}
	/* both ways out have been seen, often */
	assert_true(events > 500 && errors > 10000);
	print_message("# %u events and %u errors\n", events, errors);
}

/* --- recordings --- */

static char *load(const char *dir, const char *name, size_t *ret_len)
{
	char path[1024], *text = malloc(READING_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_non_null(text);
	*ret_len = fread(text, 1, READING_MAX - 1, f);
	text[*ret_len] = 0;
	fclose(f);
	return text;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && !strcmp(name + len - n, suffix);
}

/* The answer to GET_STATE, as SUBSCRIBED would have it. */
static void read_get_state(struct reading *r, const char *text, size_t step)
{
	const char *member = strstr(text, "\"get_state\"");
	char *record = NULL;

	assert_non_null(member);
	assert_true(asprintf(&record, "{\"subscribed\":{%s}", member) > 0);
	reading_record(r, record, strlen(record), step);
	free(record);
}

static char *read_recording(const char *name, const char *text, size_t len, size_t step)
{
	const char *end = text + len;
	struct reading r;

	reading_start(&r);
	if (has_suffix(name, ".recordio")) {
		for (size_t i = 0; i < len; i += step)
			assert_int_equal(
				reading_feed(&r, text + i, len - i < step ? len - i : step), 0);
		assert_int_equal(recordio_finish(&r.records), 0);
	} else if (strstr(name, "getstate")) {
		read_get_state(&r, text, step);
	} else if (has_suffix(name, ".ndjson")) {
		for (const char *p = text, *stop; p < end; p = stop + 1) {
			stop = memchr(p, '\n', (size_t)(end - p));
			stop = stop ? stop : end;
			if (stop > p)
				reading_record(&r, p, (size_t)(stop - p), step);
		}
	} else {
		reading_record(&r, text, len, step);
	}
	return reading_done(&r);
}

static unsigned lines_with(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* In every kind of piece the same, without an error, and as many snapshots as there are. */
static void check_recording(const char *name, const char *text, size_t len)
{
	static const char *const types[] = {"\"type\":\"TASK_ADDED\"", "\"type\": \"TASK_ADDED\"",
					    "\"type\":\"TASK_UPDATED\"",
					    "\"type\": \"TASK_UPDATED\""};
	static const size_t steps[] = {1, 13, 333, 4096};
	char *whole = read_recording(name, text, len, len);

	if (strstr(whole, "error: ") || strstr(whole, "dropped: "))
		fail_msg("%s: %s", name, whole);
	if (lines_with(whole, "snapshot") != 1)
		fail_msg("%s: %u snapshots", name, lines_with(whole, "snapshot"));
	if (has_suffix(name, ".ndjson")) {
		/* every event is one of ours or a heartbeat */
		unsigned all = 0;

		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			all += lines_with(text, types[i]);

		assert_int_equal(
			lines_with(whole, "task added ") + lines_with(whole, "task updated "), all);
	}
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char *cut = read_recording(name, text, len, steps[i]);

		if (strcmp(whole, cut))
			fail_msg("%s differs in pieces of %zu", name, steps[i]);
		free(cut);
	}
	free(whole);
}

static void test_recordings(void **state)
{
	const char *shared = getenv("XDNS_SHARED");
	struct dirent *entry;
	char dir[512];
	unsigned n = 0;
	DIR *d;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/streams", shared ? shared : "../shared");
	d = opendir(dir);
	if (!d) {
		print_message("# SKIPPED: no recorded streams, %s does not exist\n", dir);
		skip();
	}
	while ((entry = readdir(d))) {
		size_t len;
		char *text;

		if (!has_suffix(entry->d_name, "json") && !has_suffix(entry->d_name, ".recordio"))
			continue;
		text = load(dir, entry->d_name, &len);
		check_recording(entry->d_name, text, len);
		free(text);
		n++;
	}
	closedir(d);
	assert_true(n >= 16);
	print_message("# %u recorded streams\n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),	    cmocka_unit_test(test_cut_once),
		cmocka_unit_test(test_truncated),   cmocka_unit_test(test_in_sequence),
		cmocka_unit_test(test_wrong_types), cmocka_unit_test(test_phases),
		cmocka_unit_test(test_heartbeat),   cmocka_unit_test(test_large),
		cmocka_unit_test(test_many),	    cmocka_unit_test(test_with_status),
		cmocka_unit_test(test_mutations),   cmocka_unit_test(test_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
