/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records of the event stream, piece by piece, and what each of a hundred says. */
#ifndef XDNS_TEST_EVENT_ROWS_H
#define XDNS_TEST_EVENT_ROWS_H

#include <stddef.h>

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

#endif
