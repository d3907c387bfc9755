/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A cluster as text, one line an entity, so that tests can compare whole clusters. */
#ifndef XDNS_TEST_CLUSTER_DUMP_H
#define XDNS_TEST_CLUSTER_DUMP_H

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "cluster.h"

static inline void dump_addresses(FILE *f, const char *what, const struct address *list,
				  size_t count)
{
	char buf[INET6_ADDRSTRLEN];

	if (count == 0)
		return;
	fprintf(f, " %s", what);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "%c%s", i ? ',' : '=', address_format(&list[i], buf, sizeof(buf)));
}

static inline void dump_task(FILE *f, const struct task *t)
{
	fprintf(f, "  task id=%s name=%s agent=%s", t->id, t->name, t->agent_id);
	if (*t->discovery_name)
		fprintf(f, " discovery=%s", t->discovery_name);
	for (size_t i = 0; i < t->discovery_ports_count; i++)
		fprintf(f, " %u/%s/%s", t->discovery_ports[i].number, t->discovery_ports[i].name,
			t->discovery_ports[i].protocol);
	for (size_t i = 0; i < t->ranges_count; i++)
		fprintf(f, " [%u-%u]", t->ranges[i].first, t->ranges[i].last);
	dump_addresses(f, "netinfo", t->netinfo.list, t->netinfo.count);
	dump_addresses(f, "docker", t->docker.list, t->docker.count);
	dump_addresses(f, "mesos", t->mesos.list, t->mesos.count);
	if (t->phase != TASK_RUNNING)
		fprintf(f, " %s", t->phase == TASK_WAITING ? "waiting" : "ended");
	fprintf(f, "\n");
}

static inline void cluster_dump_to(FILE *f, const struct cluster *c)
{
	fprintf(f, "leader %s:%u", c->leader_host, c->leader_port);
	dump_addresses(f, "at", &c->leader_address, c->leader_address.family != 0);
	fprintf(f,
		"\nskipped tasks=%" PRIu64 " frameworks=%" PRIu64 " agents=%" PRIu64
		" ports=%" PRIu64 "\n",
		c->skipped.tasks, c->skipped.frameworks, c->skipped.agents, c->skipped.ports);
	for (size_t i = 0; i < c->agents_count; i++) {
		const struct agent *a = &c->agents[i];

		fprintf(f, "agent id=%s host=%s port=%u", a->id, a->host, a->port);
		dump_addresses(f, "at", a->addresses, a->addresses_count);
		fprintf(f, "\n");
	}
	for (size_t i = 0; i < c->frameworks_count; i++) {
		const struct framework *w = &c->frameworks[i];

		fprintf(f, "framework id=%s name=%s host=%s", w->id, w->name, w->host);
		if (w->has_port)
			fprintf(f, " port=%u", w->port);
		dump_addresses(f, "at", w->addresses, w->addresses_count);
		fprintf(f, "\n");
		for (size_t t = 0; t < w->tasks_count; t++)
			dump_task(f, w->tasks[t]);
	}
}

/* To be freed; NULL when memory runs out. */
static inline char *cluster_dump(const struct cluster *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	cluster_dump_to(f, c);
	fclose(f);
	return text;
}

#endif
