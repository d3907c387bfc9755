// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* State documents to clusters: own cases, and the recorded documents of $XDNS_SHARED/states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_dump.h"
#include "state.h"
#include "state_oracle.h"
#include "util.h"

#define DOCUMENT_MAX (64 << 20)

/* Names of a small world; counts the questions. On several threads, so without asserts. */
static int fake_resolve(void *ctx, const char *host, struct address **ret_list, size_t *ret_count)
{
	struct address *list;

	atomic_fetch_add((atomic_uint *)ctx, 1);
	if (!strcmp(host, "stop.example"))
		return -ECANCELED;
	if (strcasecmp(host, "two.example") && strncmp(host, "two-", 4))
		return -ENOENT;
	list = calloc(2, sizeof(*list));
	if (!list || address_parse("fd99::2", &list[0]) < 0 ||
	    address_parse("10.99.0.2", &list[1]) < 0)
		abort();
	*ret_list = list;
	*ret_count = 2;
	return 0;
}

/*
 * Reads a document in pieces of 1..step octets (all of step if seed is 0). The dump, or the error
 * behind "error: "; to be freed.
 */
static char *read_state(const char *text, size_t len, size_t step, unsigned seed,
			atomic_uint *asked, struct cluster **ret)
{
	atomic_uint none = 0;
	struct state_resolver resolver = {fake_resolve, asked ? asked : &none};
	struct cluster *c = NULL;
	struct state *s = NULL;
	char *dump = NULL;
	int rc = state_new(DOCUMENT_MAX, &resolver, &s);

	assert_int_equal(rc, 0);
	for (size_t i = 0, n; i < len && rc == 0; i += n) {
		n = seed ? (size_t)rand_r(&seed) % step + 1 : step;
		if (n > len - i)
			n = len - i;
		rc = state_feed(s, text + i, n);
	}
	if (rc == 0)
		rc = state_end(s);
	if (rc < 0)
		assert_true(asprintf(&dump, "error: %s", state_error(s)) > 0);
	if (rc == 0)
		rc = state_finish(s, &c);
	if (!dump && rc < 0)
		assert_true(asprintf(&dump, "error: %d", rc) > 0);
	state_free(s);
	if (c)
		dump = cluster_dump(c);
	assert_non_null(dump);
	if (ret)
		*ret = c;
	else
		cluster_free(c);
	return dump;
}

static char *read_text(const char *text)
{
	return read_state(text, strlen(text), 5, 0, NULL, NULL);
}

#define HEAD	 "leader 10.0.0.1:5050 at=10.0.0.1\n"
#define NO_SKIPS "skipped tasks=0 frameworks=0 agents=0 ports=0\n"
#define LEADER	 "\"leader\":\"master@10.0.0.1:5050\""
#define TASK(fields)                                                                               \
	"{" LEADER ",\"frameworks\":[{\"tasks\":[{\"state\":\"TASK_RUNNING\"" fields "}]}]}"
#define TASK_IS(skips, line) HEAD skips "framework id= name= host=\n" line

static const struct {
	const char *document, *dump;
} documents[] = {
	{"{" LEADER "}", HEAD NO_SKIPS},
	{"{\"LEADER\":\"x@[fd00::1]:1\"}", "leader fd00::1:1 at=fd00::1\n" NO_SKIPS},
	{"{\"leader\":\"x@two.example:1\"}", "leader two.example:1 at=10.99.0.2\n" NO_SKIPS},
	{"{\"leader\":\"x@no.example:1\"}", "leader no.example:1\n" NO_SKIPS},
	{"{\"leader\":\"a@b:1\"," LEADER ",\"leader\":null}", HEAD NO_SKIPS},
	{"{\"leader\":\"\"}", "error: state document names no leader"},
	{"{\"leader\":5}", "error: state document has a leader that is not a string"},
	{"{\"leader\":\"x@:5050\"}",
	 "error: state document names a leader that is not NAME@HOST:PORT"},
	{"{\"leader\":\"x@h:\"}",
	 "error: state document names a leader that is not NAME@HOST:PORT"},
	{"[]", "error: state document is not an object"},
	{"null", "error: state document is not an object"},
	{"{" LEADER ",\"slaves\":{}}", "error: state document has slaves that are not a list"},
	{"{" LEADER ",\"frameworks\":3}",
	 "error: state document has frameworks that are not a list"},
	{"{" LEADER ",\"slaves\":[{\"id\":\"S\",\"pid\":\"x@stop.example:1\"}]}", "error: -125"},
	/* agents */
	{"{" LEADER ",\"slaves\":[{\"id\":\"S0\",\"pid\":\"x@10.0.0.2:5051\",\"junk\":[{}]}]}",
	 HEAD NO_SKIPS "agent id=S0 host=10.0.0.2 port=5051 at=10.0.0.2\n"},
	{"{" LEADER ",\"slaves\":[{\"id\":\"S0\",\"pid\":\"x@two.example:5051\"}]}",
	 HEAD NO_SKIPS "agent id=S0 host=two.example port=5051 at=10.99.0.2,fd99::2\n"},
	{"{" LEADER ",\"slaves\":[{\"id\":\"S0\",\"pid\":\"x@no.example:5051\"}]}",
	 HEAD NO_SKIPS "agent id=S0 host=no.example port=5051\n"},
	{"{" LEADER ",\"slaves\":[{\"id\":\"S0\"},{\"id\":\"S1\",\"pid\":null},null,7,\"x\",[],"
	 "{\"id\":3,\"pid\":\"x@10.0.0.2:1\"},{\"id\":\"S2\",\"pid\":\"10.0.0.2:1\"},"
	 "{\"id\":\"S3\",\"pid\":{}},{\"pid\":\"x@10.0.0.3:1\",\"hostname\":false},"
	 "{\"pid\":\"x@10.0.0.4:1\"}]}",
	 HEAD "skipped tasks=0 frameworks=0 agents=10 ports=0\n"
	      "agent id= host=10.0.0.4 port=1 at=10.0.0.4\n"},
	{"{" LEADER ",\"slaves\":[{\"pid\":\"x@10.0.0.4:1\"},3],\"Slaves\":null}", HEAD NO_SKIPS},
	/* frameworks */
	{"{" LEADER ",\"frameworks\":[{\"tasks\":[{\"id\":\"t\",\"state\":\"TASK_RUNNING\"}],"
	 "\"hostname\":\"two.example\",\"name\":\"n\",\"id\":\"F\"}]}",
	 HEAD NO_SKIPS "framework id=F name=n host=two.example at=10.99.0.2,fd99::2\n"
		       "  task id=t name= agent=\n"},
	{"{" LEADER
	 ",\"frameworks\":[{\"hostname\":\"10.1.1.1\",\"pid\":\"x@10.2.2.2:7\",\"id\":9}]}",
	 HEAD NO_SKIPS "framework id= name= host=10.2.2.2 port=7 at=10.2.2.2\n"},
	{"{" LEADER ",\"frameworks\":[{\"pid\":\"x@10.2.2.2:\"}]}",
	 HEAD NO_SKIPS "framework id= name= host=10.2.2.2 at=10.2.2.2\n"},
	{"{" LEADER ",\"frameworks\":[null,1,{\"pid\":null},{\"name\":1},{\"tasks\":{}},"
	 "{\"tasks\":[{\"state\":\"TASK_RUNNING\"}],\"pid\":\"\"},{\"tasks\":null}]}",
	 HEAD "skipped tasks=0 frameworks=5 agents=0 ports=0\n"
	      "framework id= name= host=\nframework id= name= host=\n"},
	{"{" LEADER ",\"frameworks\":[{\"tasks\":[{\"id\":\"a\",\"state\":\"TASK_RUNNING\"}],"
	 "\"tasks\":[{\"id\":\"b\",\"state\":\"TASK_RUNNING\"}]}]}",
	 TASK_IS(NO_SKIPS, "  task id=b name= agent=\n")},
	{"{" LEADER ",\"completed_frameworks\":[{\"tasks\":[{\"state\":\"TASK_RUNNING\"}]}],"
	 "\"x\":{\"leader\":1,\"frameworks\":[{}]}}",
	 HEAD NO_SKIPS},
	/* tasks */
	{"{" LEADER ",\"frameworks\":[{\"tasks\":[null,1,[],{},{\"state\":\"TASK_LOST\"},"
	 "{\"state\":\"task_running\"},{\"state\":7},{\"state\":null}]}]}",
	 TASK_IS("skipped tasks=3 frameworks=0 agents=0 ports=0\n", "")},
	{TASK(",\"id\":\"i\",\"name\":\"n\",\"slave_id\":\"s\",\"executor\":{\"id\":5}"),
	 TASK_IS(NO_SKIPS, "  task id=i name=n agent=s\n")},
	{TASK(",\"id\":\"a\\u0000\\ud800\\n\",\"name\":\"\xff\""),
	 TASK_IS(NO_SKIPS, "  task id=a\xef\xbf\xbd\xef\xbf\xbd\n name=\xef\xbf\xbd agent=\n")},
	{TASK(",\"id\":\"a\",\"id\":\"b\",\"ID\":null"),
	 TASK_IS(NO_SKIPS, "  task id=b name= agent=\n")},
	{TASK(",\"resources\":{\"ports\":\"[1-2, 70000-70001]\"}"),
	 TASK_IS("skipped tasks=0 frameworks=0 agents=0 ports=1\n",
		 "  task id= name= agent= [1-2]\n")},
	{TASK(",\"discovery\":{\"name\":\"d\",\"ports\":{\"ports\":[{\"number\":80,\"name\":\"h\","
	      "\"protocol\":\"tcp\"},{},null,{\"number\":-1},{\"number\":65536}]}}"),
	 TASK_IS("skipped tasks=0 frameworks=0 agents=0 ports=2\n",
		 "  task id= name= agent= discovery=d 80/h/tcp 0// 0//\n")},
	{TASK(",\"discovery\":{\"name\":\"d\",\"ports\":{\"ports\":[{\"number\":1,\"name\":\"a\"}]}"
	      "},"
	      "\"discovery\":{\"ports\":{\"ports\":[{\"number\":2}]}}"),
	 TASK_IS(NO_SKIPS, "  task id= name= agent= discovery=d 2/a/\n")},
	{TASK(",\"statuses\":[{\"state\":\"TASK_RUNNING\",\"timestamp\":2,\"labels\":[{\"key\":"
	      "\"Docker.NetworkSettings.IPAddress\",\"value\":\"10.0.0.7\"},{\"key\":"
	      "\"MesosContainerizer.NetworkSettings.IPAddress\",\"value\":\"fd00::7\"},"
	      "{\"key\":\"x\",\"value\":\"10.0.0.8\"}]},"
	      "{\"state\":\"TASK_RUNNING\",\"timestamp\":2.0},"
	      "{\"state\":\"TASK_STAGING\",\"timestamp\":3},"
	      "{\"state\":\"TASK_RUNNING\",\"timestamp\":1}]"),
	 TASK_IS(NO_SKIPS, "  task id= name= agent= docker=10.0.0.7 mesos=fd00::7\n")},
	{TASK(",\"statuses\":[{\"state\":\"TASK_RUNNING\",\"timestamp\":-1,\"container_status\":{"
	      "\"network_infos\":[{\"ip_address\":\"10.0.0.7\"}]}}]"),
	 TASK_IS(NO_SKIPS, "  task id= name= agent=\n")},
	{TASK(",\"statuses\":[{\"state\":\"TASK_RUNNING\",\"container_status\":{\"network_infos\":["
	      "{\"ip_address\":\"10.0.0.7\"},{\"ip_address\":\"10.0.0.8\",\"ip_addresses\":["
	      "{\"ip_address\":\"10.0.0.9\"},{\"ip_address\":\"010.0.0.1\"}]},"
	      "{\"ip_addresses\":[{}],\"ip_address\":\"10.0.0.10\"}]}}]"),
	 TASK_IS(NO_SKIPS, "  task id= name= agent= netinfo=10.0.0.7,10.0.0.9\n")},
};

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		char *dump = read_text(documents[i].document);

		if (strcmp(dump, documents[i].dump))
			fail_msg("%s\ngives %s\nnot   %s", documents[i].document, dump,
				 documents[i].dump);
		free(dump);
	}
}

/* One wrong type anywhere in what is used or declared costs the task, and only the task. */
static void test_wrong_types(void **state)
{
	static const char *const fields[] = {
		"\"id\":5",
		"\"name\":[]",
		"\"slave_id\":{}",
		"\"state\":true",
		"\"resources\":[]",
		"\"resources\":{\"ports\":31000}",
		"\"discovery\":[]",
		"\"discovery\":{\"name\":1}",
		"\"discovery\":{\"visibility\":1}",
		"\"discovery\":{\"version\":1}",
		"\"discovery\":{\"location\":1}",
		"\"discovery\":{\"environment\":1}",
		"\"discovery\":{\"labels\":[]}",
		"\"discovery\":{\"labels\":{\"labels\":[{\"key\":1}]}}",
		"\"discovery\":{\"ports\":[]}",
		"\"discovery\":{\"ports\":{\"ports\":{}}}",
		"\"discovery\":{\"ports\":{\"ports\":[1]}}",
		"\"discovery\":{\"ports\":{\"ports\":[{\"number\":\"80\"}]}}",
		"\"discovery\":{\"ports\":{\"ports\":[{\"number\":80.5}]}}",
		"\"discovery\":{\"ports\":{\"ports\":[{\"number\":8e1}]}}",
		"\"discovery\":{\"ports\":{\"ports\":[{\"number\":99999999999999999999}]}}",
		"\"discovery\":{\"ports\":{\"ports\":[{\"protocol\":6}]}}",
		"\"statuses\":{}",
		"\"statuses\":[1]",
		"\"statuses\":[{\"state\":1}]",
		"\"statuses\":[{\"timestamp\":\"1\"}]",
		"\"statuses\":[{\"timestamp\":1e999}]",
		"\"statuses\":[{\"labels\":{}}]",
		"\"statuses\":[{\"labels\":[{\"value\":1}]}]",
		"\"statuses\":[{\"container_status\":[]}]",
		"\"statuses\":[{\"container_status\":{\"network_infos\":{}}}]",
		"\"statuses\":[{\"container_status\":{\"network_infos\":[{\"ip_address\":1}]}}]",
		"\"statuses\":[{\"container_status\":{\"network_infos\":[{\"ip_addresses\":1}]}}]",
		("\"statuses\":[{\"container_status\":{\"network_infos\":[{\"ip_addresses\":[1]}]}}"
		 "]"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char text[512], *dump;

		snprintf(text, sizeof(text),
			 "{" LEADER ",\"frameworks\":[{\"tasks\":[{\"state\":\"TASK_RUNNING\",%s},"
			 "{\"id\":\"good\",\"state\":\"TASK_RUNNING\"}]}]}",
			 fields[i]);
		dump = read_text(text);
		if (strcmp(dump, TASK_IS("skipped tasks=1 frameworks=0 agents=0 ports=0\n",
					 "  task id=good name= agent=\n")))
			fail_msg("%s gives %s", fields[i], dump);
		free(dump);
	}
}

static uint64_t digest_of(const char *fields)
{
	char text[1024], *dump;
	struct cluster *c;
	uint64_t digest;

	snprintf(text, sizeof(text), TASK("%s"), fields);
	dump = read_state(text, strlen(text), strlen(text), 0, NULL, &c);
	if (!c || c->frameworks[0].tasks_count != 1)
		fail_msg("%s: %s", fields, dump);
	digest = c->frameworks[0].tasks[0]->digest;
	free(dump);
	cluster_free(c);
	return digest;
}

#define NET(fields) ",\"statuses\":[{\"state\":\"TASK_RUNNING\"," fields "}]"
#define PORTS(list) ",\"discovery\":{\"ports\":{\"ports\":[" list "]}}"

static void test_digest(void **state)
{
	static const char *const different[] = {
		"",
		",\"id\":\"a\"",
		",\"name\":\"a\"",
		",\"slave_id\":\"a\"",
		",\"discovery\":{\"name\":\"a\"}",
		",\"resources\":{\"ports\":\"[1-2]\"}",
		",\"resources\":{\"ports\":\"[1-1,2-2]\"}",
		PORTS("{}"),
		PORTS("{},{}"),
		PORTS("{\"number\":1}"),
		PORTS("{\"name\":\"a\"}"),
		PORTS("{\"protocol\":\"a\"}"),
		NET("\"container_status\":{\"network_infos\":[{\"ip_address\":\"10.0.0.1\"}]}"),
		NET("\"labels\":[{\"key\":\"Docker.NetworkSettings.IPAddress\",\"value\":\"10.0.0."
		    "1\"}]"),
		NET("\"labels\":[{\"key\":\"MesosContainerizer.NetworkSettings.IPAddress\","
		    "\"value\":\"10.0.0.1\"}]"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(different); i++)
		for (size_t k = 0; k < ARRAY_SIZE(different); k++)
			if ((digest_of(different[i]) == digest_of(different[k])) != (i == k))
				fail_msg("%s and %s", different[i], different[k]);
	/* what makes no record does not count */
	assert_true(digest_of(",\"labels\":[]" NET("\"timestamp\":1")) == digest_of(""));
}

/* "id" and "recovered_slaves" as "ID:a,b,"; no type of theirs is wrong. */
static void test_master(void **state)
{
	static const struct {
		const char *fields, *want;
	} rows[] = {
		{"\"x\":1", ":"},
		{"\"id\":\"M\\u0031\"", "M1:"},
		{"\"id\":\"M\",\"id\":\"N\",\"id\":null", "N:"},
		{"\"id\":7,\"recovered_slaves\":{}", ":"},
		{"\"recovered_slaves\":null", ":"},
		{"\"recovered_slaves\":[{\"id\":\"a\",\"port\":1},{\"id\":\"b\"}],\"id\":\"M\"",
		 "M:a,b,"},
		{"\"recovered_slaves\":[null,3,\"x\",[],{},{\"id\":3},{\"id\":\"a\"}]", ":a,"},
		{"\"recovered_slaves\":[{\"id\":\"a\"}],\"recovered_slaves\":[{\"id\":\"b\"}]",
		 ":b,"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[512], got[256], *dump;
		struct cluster *c;
		size_t n;

		snprintf(text, sizeof(text), "{%s," LEADER "}", rows[i].fields);
		dump = read_state(text, strlen(text), 3, 0, NULL, &c);
		assert_string_equal(dump, HEAD NO_SKIPS);
		n = (size_t)sprintf(got, "%s:", c->master_id);
		for (size_t k = 0; k < c->recovered_count; k++)
			n += (size_t)sprintf(got + n, "%s,", c->recovered[k]);
		assert_string_equal(got, rows[i].want);
		free(dump);
		cluster_free(c);
	}
}

static void test_resolved_once(void **state)
{
	_cleanup_free_ char *text = malloc(1 << 20), *dump = NULL;
	struct cluster *c;
	atomic_uint asked = 0;
	size_t n;

	(void)state;
	assert_non_null(text);
	n = (size_t)sprintf(text, "{" LEADER ",\"slaves\":[");
	for (unsigned i = 0; i < 10000; i++)
		n += (size_t)sprintf(text + n, "%s{\"id\":\"S%u\",\"pid\":\"x@%s.example:1\"}",
				     i ? "," : "", i,
				     i % 3   ? "two"
				     : i % 2 ? "no"
					     : "TWO");
	n += (size_t)sprintf(text + n, "]}");
	dump = read_state(text, n, n, 0, &asked, &c);
	assert_non_null(c);
	assert_int_equal(asked, 3);
	assert_int_equal(c->agents_count, 10000);
	assert_ptr_equal(cluster_find_agent(c, "S9999"), &c->agents[9999]);
	assert_int_equal(cluster_find_agent(c, "S1")->addresses_count, 2);
	assert_int_equal(cluster_find_agent(c, "S3")->addresses_count, 0);
	cluster_free(c);
}

/* Many different names, asked for in parallel, each agent with its own. */
static void test_many_names(void **state)
{
	_cleanup_free_ char *text = malloc(1 << 20), *dump = NULL;
	atomic_uint asked = 0;
	struct cluster *c;
	size_t n;

	(void)state;
	assert_non_null(text);
	n = (size_t)sprintf(text, "{" LEADER ",\"slaves\":[");
	for (unsigned i = 0; i < 5000; i++)
		n += (size_t)sprintf(text + n, "%s{\"id\":\"S%u\",\"pid\":\"x@%s%u.example:1\"}",
				     i ? "," : "", i, i % 2 ? "two-" : "none-", i);
	n += (size_t)sprintf(text + n, "]}");
	dump = read_state(text, n, n, 0, &asked, &c);
	assert_non_null(c);
	assert_int_equal(asked, 5000);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(c->agents[i].addresses_count, i % 2 ? 2 : 0);
	cluster_free(c);
}

/* Every prefix of a document is refused, and frees what it had. */
static void test_truncated(void **state)
{
	static const char text[] =
		TASK(",\"id\":\"i\"" PORTS("{\"name\":\"a\"}") NET("\"timestamp\":1"));

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *dump = read_state(text, len, 3, 0, NULL, NULL);

		if (!strstr(dump, "is truncated after") && !strstr(dump, "is empty"))
			fail_msg("%zu octets: %s", len, dump);
		free(dump);
	}
}

static void test_too_deep(void **state)
{
	char text[2048] = "{\"x\":", *dump;

	(void)state;
	memset(text + 5, '[', 1000);
	dump = read_text(text);
	assert_string_equal(dump, "error: state document is nested deeper than 512 levels");
	free(dump);
}

/* --- recorded documents --- */

static char *load(const char *dir, const char *name, size_t *ret_len)
{
	char path[1024], *text = malloc(DOCUMENT_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_non_null(text);
	*ret_len = fread(text, 1, DOCUMENT_MAX, f);
	fclose(f);
	return text;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && !strcmp(name + len - n, suffix);
}

/* Calls check for every recorded document; returns how many there were. */
static unsigned each_document(void (*check)(const char *name, const char *text, size_t len))
{
	const char *shared = getenv("XDNS_SHARED");
	struct dirent *entry;
	char dir[512];
	unsigned n = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/states", shared ? shared : "../shared");
	d = opendir(dir);
	if (!d) {
		print_message("# SKIPPED: no recorded state documents, %s does not exist\n", dir);
		skip();
	}
	while ((entry = readdir(d))) {
		size_t len;
		char *text;

		if (!has_suffix(entry->d_name, ".json"))
			continue;
		text = load(dir, entry->d_name, &len);
		check(entry->d_name, text, len);
		free(text);
		n++;
	}
	closedir(d);
	return n;
}

static void check_pieces(const char *name, const char *text, size_t len)
{
	char *whole = read_state(text, len, len ? len : 1, 0, NULL, NULL);

	for (unsigned i = 0; i < 6; i++) {
		/* one octet, then random sizes up to 7, 49, 343 ... */
		static const size_t steps[] = {1, 7, 49, 343, 2401, 16807};
		char *cut = read_state(text, len, steps[i], i, NULL, NULL);

		if (strcmp(whole, cut))
			fail_msg("%s differs in pieces of %zu:\n%.2000s\n%.2000s", name, steps[i],
				 whole, cut);
		free(cut);
	}
	free(whole);
}

static void test_recorded_pieces(void **state)
{
	(void)state;
	print_message("# %u recorded documents in pieces\n", each_document(check_pieces));
}

static unsigned compared;

static void check_oracle(const char *name, const char *text, size_t len)
{
	/* the other synthetic ones have wrong types, host names, duplicate keys, NULs ... */
	static const char *const own[] = {"synth-realistic.json",  "synth-ips.json",
					  "synth-truncation.json", "synth-discovery.json",
					  "synth-names.json",	   "synth-collisions.json",
					  "synth-taskstates.json"};
	bool known = strncmp(name, "synth-", 6) != 0;
	char *dump, *oracle, *agents;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		known |= !strcmp(name, own[i]);
	if (!known)
		return;
	dump = read_state(text, len, 65536, 0, NULL, NULL);
	if (!strncmp(dump, "error: ", 7)) {
		assert_string_equal(name, "agentstate-noleader-1.8.0.json");
		free(dump);
		return;
	}
	oracle = state_oracle(text, len);
	if (!oracle)
		fail_msg("jansson refuses %s", name);
	agents = strchr(strchr(dump, '\n') + 1, '\n') + 1;
	if (strcmp(agents, oracle))
		fail_msg("%s:\n%.3000s\njansson:\n%.3000s", name, agents, oracle);
	compared++;
	free(oracle);
	free(dump);
}

static void test_recorded_oracle(void **state)
{
	(void)state;
	compared = 0;
	each_document(check_oracle);
	print_message("# %u recorded documents as jansson has them\n", compared);
	assert_true(compared >= 30);
}

static unsigned refused;

static void check_verdict(const char *name, const char *text, size_t len)
{
	static const struct {
		const char *name, *error;
	} verdicts[] = {
		{"agentstate-noleader-1.8.0.json", "names no leader"},
		{"synth-leader-noat.json", "not NAME@HOST:PORT"},
		{"synth-leader-noport.json", "not NAME@HOST:PORT"},
		{"synth-leader-twoat.json", "not NAME@HOST:PORT"},
		{"synth-leader-null.json", "names no leader"},
		{"synth-leader-number.json", "a leader that is not a string"},
		{"synth-reject-array.json", "is not an object"},
		{"synth-reject-bom.json", "byte order mark"},
		{"synth-reject-empty.json", "is empty"},
		{"synth-reject-noleader.json", "names no leader"},
		{"synth-reject-syntax.json", "is truncated after 48 bytes"},
		{"synth-reject-trailing.json", "behind the end, at byte 35"},
	};
	char *dump = read_state(text, len, 65536, 0, NULL, NULL);
	const char *want = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		if (!strcmp(name, verdicts[i].name))
			want = verdicts[i].error;
	if (want ? !strstr(dump, want) : !strncmp(dump, "error: ", 7))
		fail_msg("%s: %.300s", name, dump);
	refused += want != NULL;
	free(dump);
}

static void test_recorded_verdicts(void **state)
{
	(void)state;
	refused = 0;
	each_document(check_verdict);
	assert_int_equal(refused, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_master),
		cmocka_unit_test(test_resolved_once),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_recorded_pieces),
		cmocka_unit_test(test_recorded_oracle),
		cmocka_unit_test(test_recorded_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
