// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Why the zone holds what it holds, as the daemon says it over HTTP. */
#include "xdnsctl.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

#define LINE "    %-10s "

static const char *text(const json_t *object, const char *key)
{
	const char *t = json_string_value(json_object_get(object, key));

	return t ? t : "";
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool is(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* Names come from the cluster: what would move a terminal's cursor is shown as '?'. */
static void tame(json_t *j)
{
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach(j, i, value)
		tame(value);
	json_object_foreach(j, key, value)
		tame(value);
	if (json_is_string(j)) {
		_cleanup_free_ char *copy = strdup(json_string_value(j));
		unsigned char *p = (unsigned char *)copy;

		for (; p && *p; p++)
			if (*p < ' ' || *p == 0x7f)
				*p = '?';
			else if (*p == 0xc2 && p[1] < 0xa0) /* U+0080 to U+009F */
				p[0] = p[1] = '?';
		if (copy)
			json_string_set(j, copy);
	}
}

static void print_list(const json_t *list, const char *between)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		printf("%s%s", i ? between : "", json_string_value(value));
}

static void print_more(const json_t *object, const char *key, const char *what)
{
	if (number(object, key))
		printf("    and %" JSON_INTEGER_FORMAT " more %s\n", number(object, key), what);
}

static void print_agent(const json_t *agent)
{
	if (!is(agent, "known")) {
		printf(LINE "%s, not known yet\n", "agent", text(agent, "id"));
		return;
	}
	printf(LINE "%s  %s  ", "agent", text(agent, "id"), text(agent, "host"));
	print_list(json_object_get(agent, "addresses"), " ");
	putchar('\n');
}

/* Up to the one that counts: what was tried. */
static void print_sources(const json_t *giver)
{
	const json_t *source;
	size_t i;

	json_array_foreach(json_object_get(giver, "ipSources"), i, source) {
		printf(LINE "%-8s ", i ? "" : "ip source", text(source, "source"));
		if (!json_array_size(json_object_get(source, "addresses")))
			printf("-");
		print_list(json_object_get(source, "addresses"), " ");
		puts(is(source, "used") ? "  <- used" : "");
		if (is(source, "used"))
			return;
	}
}

static void print_labels(const json_t *giver)
{
	const json_t *label;
	size_t i;

	json_array_foreach(json_object_get(giver, "labels"), i, label) {
		printf(LINE "%s -> %s", text(label, "part"), text(label, "from"),
		       text(label, "label"));
		if (json_array_size(json_object_get(label, "how"))) {
			printf("  (");
			print_list(json_object_get(label, "how"), "; ");
			putchar(')');
		}
		putchar('\n');
	}
}

static void print_task(const json_t *task)
{
	printf("task \"%s\"  id %s  %s%s", text(task, "name"), text(task, "id"),
	       text(task, "state"),
	       is(task, "held") ? "  held: the new leader does not know it yet" : "");
	if (*text(task, "discovery") && strcmp(text(task, "discovery"), text(task, "name")) != 0)
		printf("  discovery \"%s\"", text(task, "discovery"));
}

static void print_giver(size_t i, const json_t *giver)
{
	const json_t *task = json_object_get(giver, "task");
	const json_t *framework = json_object_get(giver, "framework");
	const json_t *agent = json_object_get(giver, "agent");

	printf("[%zu] ", i);
	if (task)
		print_task(task);
	else if (framework)
		printf("framework \"%s\"  %s", text(framework, "name"), text(giver, "host"));
	else
		printf("%s%s%s", is(giver, "leader") ? "leading " : "", text(giver, "kind"),
		       *text(giver, "master") ? "  " : "");
	printf("%s\n", text(giver, "master"));
	printf(LINE "%s  %s\n", "rule", text(giver, "rule"), text(giver, "pattern"));
	if (task && framework)
		printf(LINE "\"%s\"  id %s\n", "framework", text(framework, "name"),
		       text(framework, "id"));
	if (agent)
		print_agent(agent);
	print_sources(giver);
	print_labels(giver);
}

static void print_records(const json_t *e)
{
	const json_t *records = json_object_get(e, "records"), *r, *giver;
	int width = 1;
	size_t i, j;

	json_array_foreach(records, i, r) {
		int len = (int)strlen(text(r, "data"));

		width = len > width ? len : width;
	}
	if (json_array_size(records))
		putchar('\n');
	json_array_foreach(records, i, r) {
		const json_t *givers = json_object_get(r, "givers");

		printf("    %-4s  %-*s  ", text(r, "type"), width, text(r, "data"));
		json_array_foreach(givers, j, giver)
			printf("[%" JSON_INTEGER_FORMAT "]", json_integer_value(giver));
		if (!number(r, "giversCount"))
			printf("of an earlier daemon");
		puts(is(r, "served") ? "" : "  not served yet");
	}
}

static void print_left(const json_t *e)
{
	const json_t *l;
	size_t i;

	if (json_array_size(json_object_get(e, "leftOut")))
		puts("\nleft out");
	json_array_foreach(json_object_get(e, "leftOut"), i, l)
		printf("    %-4s  %s: %s  [%" JSON_INTEGER_FORMAT "]\n",
		       *text(l, "type") ? text(l, "type") : "-", text(l, "reason"), text(l, "text"),
		       number(l, "giver"));
}

static void print_explanation(const json_t *e)
{
	const json_t *more = json_object_get(e, "more"), *value;
	size_t i;

	printf("%s  %s  serial %" JSON_INTEGER_FORMAT "%s%s\n", text(e, "name"), text(e, "answer"),
	       number(e, "serial"), is(e, "expired") ? "  expired" : "",
	       is(e, "complete") ? "" : "  not complete");
	printf("%s\n", text(e, "text"));
	if (*text(e, "instead"))
		printf("try %s\n", text(e, "instead"));
	print_records(e);
	print_more(more, "records", "records");
	if (json_array_size(json_object_get(e, "below")))
		puts("\nbelow it");
	json_array_foreach(json_object_get(e, "below"), i, value)
		printf("    %s\n", json_string_value(value));
	print_left(e);
	print_more(more, "leftOut", "left out");
	json_array_foreach(json_object_get(e, "givers"), i, value) {
		putchar('\n');
		print_giver(i, value);
	}
	print_more(more, "givers", "that give records");
}

/* The name as an element of a path: what is no unreserved character (RFC 3986 2.3) is escaped. */
static bool path_of(const char *name, char *ret, size_t size)
{
	size_t len = (size_t)snprintf(ret, size, "/v1/explain/");

	for (; *name; name++) {
		if (len + 4 > size)
			return false;
		len += (size_t)snprintf(
			ret + len, size - len,
			isalnum((unsigned char)*name) || strchr("-._~", *name) ? "%c" : "%%%02X",
			(unsigned char)*name);
	}
	return true;
}

int ctl_explain(const struct ctl *c, int argc, char **argv)
{
	char path[1024];
	json_t *e;
	int status;

	(void)argc;
	if (!*argv[0] || !path_of(argv[0], path, sizeof(path)))
		return ctl_fail("no domain name: %s", argv[0]);
	e = ctl_api_must(c, path);
	if (!e)
		return CTL_ERROR;
	status = !strcmp(text(e, "answer"), "NOERROR") ? CTL_OK : CTL_NOT;
	if (c->json) {
		ctl_json_print(e);
		return status;
	}
	tame(e);
	print_explanation(e);
	json_decref(e);
	return status;
}

static void print_conflict(const json_t *c)
{
	const json_t *by;
	size_t i;

	printf("%-11s  %s", text(c, "kind"), *text(c, "name") ? text(c, "name") : "(none)");
	if (number(c, "recordsLeftOut"))
		printf("  %" JSON_INTEGER_FORMAT " records left out%s", number(c, "recordsLeftOut"),
		       is(c, "raw") ? ", those of the label are served" : "");
	putchar('\n');
	json_array_foreach(json_object_get(c, "by"), i, by) {
		const json_t *task = json_object_get(by, "task");

		printf("    framework \"%s\"", text(json_object_get(by, "framework"), "name"));
		if (task) {
			printf("  ");
			print_task(task);
		}
		if (number(by, "tasks") > 1)
			printf("  and %" JSON_INTEGER_FORMAT " more of that name",
			       number(by, "tasks") - 1);
		putchar('\n');
	}
	print_more(c, "byMore", "tasks or frameworks");
}

int ctl_conflicts(const struct ctl *c, int argc, char **argv)
{
	json_t *all = ctl_api_must(c, "/v1/conflicts"), *conflict;
	int status;
	size_t i;

	(void)argc;
	(void)argv;
	if (!all)
		return CTL_ERROR;
	status = json_array_size(json_object_get(all, "conflicts")) ? CTL_NOT : CTL_OK;
	if (c->json) {
		ctl_json_print(all);
		return status;
	}
	tame(all);
	if (status == CTL_OK)
		puts("no conflicts");
	json_array_foreach(json_object_get(all, "conflicts"), i, conflict)
		print_conflict(conflict);
	print_more(all, "more", "conflicts");
	json_decref(all);
	return status;
}
