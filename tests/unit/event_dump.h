/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Events as text, so that tests can compare them. */
#ifndef XDNS_TEST_EVENT_DUMP_H
#define XDNS_TEST_EVENT_DUMP_H

#include "cluster_dump.h"
#include "event.h"

static inline void dump_snapshot(FILE *f, const struct cluster *c)
{
	fprintf(f, "snapshot%s%s", *c->master_id ? " of " : "", c->master_id);
	for (size_t i = 0; i < c->recovered_count; i++)
		fprintf(f, " awaits %s", c->recovered[i]);
	fprintf(f, "\n");
	cluster_dump_to(f, c);
}

static inline void event_dump_to(FILE *f, const struct event *e)
{
	static const char *const kinds[] = {
		"snapshot",	 "task added",	    "task updated",	 "agent added",
		"agent removed", "framework added", "framework updated", "framework removed"};

	if (e->kind == EVENT_SNAPSHOT) {
		dump_snapshot(f, e->snapshot);
		return;
	}
	fprintf(f, "%s", kinds[e->kind]);
	if (e->framework_id)
		fprintf(f, " framework=%s", e->framework_id);
	if (e->has_status)
		fprintf(f, " status=%.3f", e->task->status_time);
	if (e->id)
		fprintf(f, " id=%s", e->id);
	if (e->agent) {
		fprintf(f, " id=%s host=%s port=%u", e->agent->id, e->agent->host, e->agent->port);
		dump_addresses(f, "at", e->agent->addresses, e->agent->addresses_count);
	}
	if (e->framework)
		fprintf(f, " id=%s name=%s", e->framework->id, e->framework->name);
	if (e->task)
		dump_task(f, e->task);
	else
		fprintf(f, "\n");
}

#endif
