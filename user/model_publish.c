// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* From the model to the zone: only what has changed since the last time. */
#include "model_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "labels.h"
#include "name_table.h"
#include "record_list.h"
#include "util.h"

/* What is handed to records.c. */
struct publication {
	struct cluster cluster; /* arrays are ours, what they point to is the model's */
	struct task_refs gone, come;
	const char **frameworks; /* names that are new */
	size_t frameworks_count;
};

static void publication_done(struct publication *p)
{
	free(p->cluster.frameworks);
	free(p->cluster.agents);
	free(p->frameworks);
	task_refs_done(&p->gone);
	task_refs_done(&p->come);
}

static int collect_tasks(const struct model *m, struct publication *p)
{
	int r = 0;

	for (size_t i = 0; i < m->touched_count && !r; i++) {
		const struct task_ref *old = &m->touched[i].old;
		const struct model_task *t = m->touched[i].node;

		if (old->task)
			r = task_refs_add(&p->gone, old->task, old->framework, old->agent);
		if (!r && t->data && t->framework->data)
			r = task_refs_add(&p->come, t->data, t->framework->data, t->agent->data);
	}
	return r;
}

static int collect_cluster(struct model *m, struct publication *p)
{
	struct model_framework *f, *next;

	p->frameworks = calloc(m->counts.frameworks + 1, sizeof(*p->frameworks));
	if (!p->frameworks)
		return -ENOMEM;
	HASH_ITER(hh, m->frameworks, f, next)
	{
		if (f->data && !f->told)
			p->frameworks[p->frameworks_count++] = f->data->name;
	}
	return model_collect_cluster(m, &p->cluster);
}

/* The zone knows: what it was told before is not needed any more. */
static void told(struct model *m, bool cluster)
{
	struct model_framework *f, *next;

	for (size_t i = 0; i < m->touched_count; i++) {
		m->touched[i].node->touched = false;
		if (!m->touched[i].node->data)
			free(m->touched[i].node);
	}
	m->touched_count = 0;
	if (m->touched_room > 65536) { /* of a whole snapshot */
		free(TAKE_PTR(m->touched));
		m->touched_room = 0;
	}
	model_empty_graveyard(m);
	if (!cluster)
		return;
	m->cluster_changed = false;
	HASH_ITER(hh, m->frameworks, f, next)
	{
		f->told |= f->data != NULL;
	}
}

int model_publish(struct model *m, struct zone *zone, const struct model_publish *with,
		  struct record_list *given, struct records_skipped *ret_skipped)
{
	_cleanup_(publication_done) struct publication p = {0};
	bool cluster = m->cluster_changed || with->input_changed;
	struct records_input input = with->input;
	struct records_change c = {.gone = &p.gone, .come = &p.come};
	int r = collect_tasks(m, &p);

	if (!r && cluster)
		r = collect_cluster(m, &p);
	if (r)
		return r;
	input.cluster = &p.cluster;
	if (cluster)
		c.cluster = &input;
	c.left_out = with->left_out;
	c.frameworks = p.frameworks;
	c.frameworks_count = p.frameworks_count;
	r = records_change(zone, with->was, with->is, &c, given, ret_skipped);
	if (!r)
		told(m, cluster);
	return r;
}

uint64_t model_frameworks_alike(struct model *m, const struct config *cfg)
{
	char fragments[LABEL_FRAGMENTS_BUF];
	struct model_framework *f, *next;
	struct name_table names = {0};
	uint64_t alike = 0;

	HASH_ITER(hh, m->frameworks, f, next)
	{
		struct name_seen *seen = NULL;
		int len = f->data ? label_fragments(f->data->name, cfg->enforce_rfc952, fragments,
						    NULL)
				  : 0;

		if (len > 0)
			seen = name_table_get(&names, hash_bytes(1, fragments, (size_t)len) | 1);
		if (seen)
			alike += seen->who++ > 0;
	}
	name_table_done(&names);
	return alike;
}

int model_set_leader(struct model *m, const char *leader)
{
	const char *colon = leader ? strrchr(leader, ':') : NULL;
	char host[sizeof("[]") + INET6_ADDRSTRLEN];
	struct address address = {0};
	size_t len = colon ? (size_t)(colon - leader) : 0;
	char *copy;

	if (len >= sizeof(host))
		return -EINVAL;
	if (len > 2 && leader[0] == '[' && leader[len - 1] == ']') {
		leader++;
		len -= 2;
	}
	snprintf(host, sizeof(host), "%.*s", (int)len, len ? leader : "");
	if (len && address_parse(host, &address))
		return -EINVAL; /* a document will say */
	if (!strcmp(host, m->leader_host) && colon && m->leader_port == atoi(colon + 1))
		return 0;
	copy = strdup(host);
	if (!copy)
		return -ENOMEM;
	free(m->leader_host);
	m->leader_host = copy;
	m->leader_port = colon ? (uint16_t)atoi(colon + 1) : 0;
	m->leader_address = address;
	m->cluster_changed = true;
	return 0;
}
