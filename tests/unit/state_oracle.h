/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What cluster_dump() should say of a state document, by a second way: the whole document
 * as a jansson tree. For documents with keys spelt as Mesos does, right types, and
 * pids that are IP:PORT.
 */
#ifndef XDNS_TEST_STATE_ORACLE_H
#define XDNS_TEST_STATE_ORACLE_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

static inline const char *oracle_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Prints " what=" before the first and "," before the others; what is none is left out. */
static inline void oracle_address(FILE *f, const char *what, const char *text, int *count)
{
	char buf[INET6_ADDRSTRLEN];
	struct address a;

	if (address_parse(text, &a) < 0)
		return;
	if (*count == 0)
		fprintf(f, " %s", what);
	fprintf(f, "%c%s", (*count)++ ? ',' : '=', address_format(&a, buf, sizeof(buf)));
}

static inline void oracle_pid(FILE *f, const char *pid, const char *host_name, int port_always)
{
	const char *at = strchr(pid, '@'), *colon = strrchr(pid, ':');
	char host[256];
	int count = 0;

	snprintf(host, sizeof(host), "%s", host_name);
	if (at && at[1] == '[')
		snprintf(host, sizeof(host), "%.*s", (int)(colon - at - 3), at + 2);
	else if (at)
		snprintf(host, sizeof(host), "%.*s", (int)(colon - at - 1), at + 1);
	fprintf(f, " host=%s", host);
	if (at || port_always)
		fprintf(f, " port=%s", colon + 1);
	oracle_address(f, "at", host, &count);
	fprintf(f, "\n");
}

static inline void oracle_netinfo(FILE *f, const json_t *status)
{
	const json_t *infos =
		json_object_get(json_object_get(status, "container_status"), "network_infos");
	const json_t *info, *ip;
	int count = 0;
	size_t i, k;

	json_array_foreach(infos, i, info) {
		const json_t *list = json_object_get(info, "ip_addresses");

		json_array_foreach(list, k, ip)
			oracle_address(f, "netinfo", oracle_text(ip, "ip_address"), &count);
		if (json_array_size(list) == 0)
			oracle_address(f, "netinfo", oracle_text(info, "ip_address"), &count);
	}
}

static inline void oracle_label(FILE *f, const json_t *status, const char *key, const char *what)
{
	const json_t *label;
	int count = 0;
	size_t i;

	json_array_foreach(json_object_get(status, "labels"), i, label)
		if (!strcmp(oracle_text(label, "key"), key))
			oracle_address(f, what, oracle_text(label, "value"), &count);
}

static inline void oracle_statuses(FILE *f, const json_t *statuses)
{
	const json_t *status, *chosen = NULL;
	double best = -1;
	size_t i;

	json_array_foreach(statuses, i, status) {
		double t = json_number_value(json_object_get(status, "timestamp"));

		if (!strcmp(oracle_text(status, "state"), "TASK_RUNNING") && t > best) {
			best = t;
			chosen = status;
		}
	}
	oracle_netinfo(f, chosen);
	oracle_label(f, chosen, "Docker.NetworkSettings.IPAddress", "docker");
	oracle_label(f, chosen, "MesosContainerizer.NetworkSettings.IPAddress", "mesos");
}

/* Well-formed texts only. */
static inline void oracle_ranges(FILE *f, const char *text)
{
	unsigned first, last;
	int n;

	while ((text = strpbrk(text, "[,"))) {
		text++;
		if (sscanf(text, " %u-%u%n", &first, &last, &n) == 2)
			fprintf(f, " [%u-%u]", first, last);
	}
}

static inline void oracle_task(FILE *f, const json_t *task)
{
	const json_t *discovery = json_object_get(task, "discovery"), *port;
	size_t i;

	if (strcmp(oracle_text(task, "state"), "TASK_RUNNING"))
		return;
	fprintf(f, "  task id=%s name=%s agent=%s", oracle_text(task, "id"),
		oracle_text(task, "name"), oracle_text(task, "slave_id"));
	if (*oracle_text(discovery, "name"))
		fprintf(f, " discovery=%s", oracle_text(discovery, "name"));
	json_array_foreach(json_object_get(json_object_get(discovery, "ports"), "ports"), i, port) {
		long long number = json_integer_value(json_object_get(port, "number"));

		if (number >= 0 && number <= 65535)
			fprintf(f, " %lld/%s/%s", number, oracle_text(port, "name"),
				oracle_text(port, "protocol"));
	}
	oracle_ranges(f, oracle_text(json_object_get(task, "resources"), "ports"));
	oracle_statuses(f, json_object_get(task, "statuses"));
	fprintf(f, "\n");
}

/* From "agent ..." on; to be freed. NULL if jansson refuses the document. */
static inline char *state_oracle(const char *text, size_t len)
{
	json_t *doc = json_loadb(text, len, 0, NULL), *e, *task;
	char *out = NULL;
	size_t size, i, k;
	FILE *f;

	if (!doc)
		return NULL;
	f = open_memstream(&out, &size);
	json_array_foreach(json_object_get(doc, "slaves"), i, e) {
		fprintf(f, "agent id=%s", oracle_text(e, "id"));
		oracle_pid(f, oracle_text(e, "pid"), "", 1);
	}
	json_array_foreach(json_object_get(doc, "frameworks"), i, e) {
		fprintf(f, "framework id=%s name=%s", oracle_text(e, "id"), oracle_text(e, "name"));
		oracle_pid(f, oracle_text(e, "pid"), oracle_text(e, "hostname"), 0);
		json_array_foreach(json_object_get(e, "tasks"), k, task)
			oracle_task(f, task);
	}
	fclose(f);
	json_decref(doc);
	return out;
}

#endif
