// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "task_pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

/* Where the next part of a task's block goes. */
struct packer {
	char *p;
};

static void *pack(struct packer *k, const void *data, size_t len)
{
	void *at = k->p;

	if (len > 0)
		memcpy(at, data, len);
	k->p += len;
	return at;
}

static const char *pack_text(struct packer *k, const char *text)
{
	return pack(k, text, strlen(text) + 1);
}

/* Octets of the parts behind struct task: aligned ones first, text last. */
static size_t block_size(const struct task *t)
{
	size_t size = sizeof(struct task);

	size += t->discovery_ports_count * sizeof(struct discovery_port);
	size += t->ranges_count * sizeof(struct port_range);
	size += (t->netinfo.count + t->docker.count + t->mesos.count) * sizeof(struct address);
	size += strlen(t->id) + strlen(t->name) + strlen(t->agent_id) + strlen(t->discovery_name);
	size += 4;
	for (size_t i = 0; i < t->discovery_ports_count; i++)
		size += strlen(t->discovery_ports[i].name) +
			strlen(t->discovery_ports[i].protocol) + 2;
	return size;
}

static struct task_addresses pack_addresses(struct packer *k, const struct task_addresses *l)
{
	return (struct task_addresses){.list = pack(k, l->list, l->count * sizeof(*l->list)),
				       .count = l->count};
}

/* Everything behind the discovery ports is free of pointers; so it can be hashed as it lies. */
static uint64_t digest(const struct task *t, const char *end)
{
	const struct discovery_port *ports = t->discovery_ports;
	const char *begin = (const char *)(ports + t->discovery_ports_count);
	uint64_t h = hash_mix(t->discovery_ports_count, t->ranges_count);

	h = hash_mix(h, t->netinfo.count);
	h = hash_mix(h, t->docker.count);
	h = hash_mix(h, t->mesos.count);
	for (size_t i = 0; i < t->discovery_ports_count; i++)
		h = hash_mix(h, ports[i].number);
	return hash_bytes(h, begin, (size_t)(end - begin));
}

int task_pack(const struct task *parts, struct task **ret)
{
	struct task *t = malloc(block_size(parts));
	struct discovery_port *ports;
	struct packer k;

	if (!t)
		return -ENOMEM;
	k = (struct packer){.p = (char *)(t + 1)};
	*t = *parts;
	t->owners = 0;
	ports = (struct discovery_port *)k.p;
	k.p += parts->discovery_ports_count * sizeof(*ports);
	t->discovery_ports = ports;
	t->ranges = pack(&k, parts->ranges, parts->ranges_count * sizeof(*parts->ranges));
	t->netinfo = pack_addresses(&k, &parts->netinfo);
	t->docker = pack_addresses(&k, &parts->docker);
	t->mesos = pack_addresses(&k, &parts->mesos);
	t->id = pack_text(&k, parts->id);
	t->name = pack_text(&k, parts->name);
	t->agent_id = pack_text(&k, parts->agent_id);
	t->discovery_name = pack_text(&k, parts->discovery_name);
	for (size_t i = 0; i < parts->discovery_ports_count; i++) {
		memset(&ports[i], 0, sizeof(ports[i]));
		ports[i].number = parts->discovery_ports[i].number;
		ports[i].name = pack_text(&k, parts->discovery_ports[i].name);
		ports[i].protocol = pack_text(&k, parts->discovery_ports[i].protocol);
	}
	t->digest = digest(t, k.p);
	*ret = t;
	return 0;
}

int task_with_status(const struct task *base, const struct event *update, struct task **ret)
{
	const struct task *news = update->task;
	struct task parts = *base;

	parts.phase = news->phase;
	parts.waits = news->waits;
	if (*news->agent_id)
		parts.agent_id = news->agent_id;
	if (update->has_status && news->status_time >= base->status_time) {
		parts.netinfo = news->netinfo;
		parts.docker = news->docker;
		parts.mesos = news->mesos;
		parts.status_time = news->status_time;
	}
	return task_pack(&parts, ret);
}
