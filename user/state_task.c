// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state_task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "json_read.h"
#include "port_ranges.h"
#include "state_status.h"
#include "util.h"

#define PORT_MAX 65535

struct port {
	int64_t number;
	size_t name, protocol;
};

/* Numbers that stand for texts are offsets into the pool; offset 0 is "". */
struct task_reader {
	struct json_pool pool;
	size_t id, name, agent_id, state, discovery_name, port_text;
	struct port *ports;
	size_t ports_count, ports_cap;
	size_t ports_known; /* entries that hold something, see read_ports() */
	struct port_range_list ranges;
	struct status_choice statuses;
};

int task_reader_new(struct task_reader **ret)
{
	struct task_reader *r = calloc(1, sizeof(*r));

	if (!r || array_reserve(&r->pool.data, &r->pool.cap, 4096, 1) < 0) {
		free(r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

struct task_reader *task_reader_free(struct task_reader *r)
{
	if (!r)
		return NULL;
	status_choice_done(&r->statuses);
	free(r->pool.data);
	free(r->ports);
	free(r->ranges.list);
	free(r);
	return NULL;
}

static void reader_reset(struct task_reader *r)
{
	r->pool.data[0] = 0;
	r->pool.len = 1;
	r->id = r->name = r->agent_id = r->state = r->discovery_name = r->port_text = 0;
	r->ports_count = r->ports_known = 0;
	r->ranges.count = 0;
	status_choice_reset(&r->statuses);
}

static const char *text_at(const struct task_reader *r, size_t at)
{
	return r->pool.data + at;
}

static void read_port(struct task_reader *r, struct json_read *j, struct port *p)
{
	static const char *const names[] = {"number", "name", "protocol"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			json_read_integer(j, &p->number);
			break;
		case 1:
			json_read_string(j, &r->pool, &p->name);
			break;
		case 2:
			json_read_string(j, &r->pool, &p->protocol);
			break;
		default:
			json_read_skip(j);
		}
	}
}

/*
 * If the list comes twice, the second is read over the first and its elements keep
 * what they do not name, as in encoding/json.
 */
static void read_ports(struct task_reader *r, struct json_read *j)
{
	r->ports_count = 0;
	if (json_read_is_null(j))
		r->ports_known = 0;
	if (!json_read_array(j))
		return;
	while (json_read_element(j)) {
		size_t i = r->ports_count++;

		if (array_reserve(&r->ports, &r->ports_cap, i + 1, sizeof(*r->ports)) < 0) {
			j->rc = -ENOMEM;
			return;
		}
		if (i >= r->ports_known) {
			r->ports[i] = (struct port){0};
			r->ports_known = i + 1;
		}
		read_port(r, j, &r->ports[i]);
	}
}

/* An object with one list: {"ports": [...]} and {"labels": [...]}. */
static void read_list(struct task_reader *r, struct json_read *j, const char *name,
		      void (*read)(struct task_reader *r, struct json_read *j))
{
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, &name, 1) == 0)
			read(r, j);
		else
			json_read_skip(j);
	}
}

/* Labels of DiscoveryInfo make no records; only their types count. */
static void check_labels(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"key", "value"};
	struct json_key key;

	(void)r;
	if (!json_read_array(j))
		return;
	while (json_read_element(j)) {
		if (!json_read_object(j))
			continue;
		while (json_read_member(j, &key))
			if (json_read_find(&key, names, ARRAY_SIZE(names)) >= 0)
				json_read_check_string(j);
			else
				json_read_skip(j);
	}
}

static void read_discovery(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"name",    "ports",	   "labels",	 "visibility",
					    "version", "location", "environment"};
	struct json_key key;
	int i;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		i = json_read_find(&key, names, ARRAY_SIZE(names));
		if (i == 0)
			json_read_string(j, &r->pool, &r->discovery_name);
		else if (i == 1)
			read_list(r, j, "ports", read_ports);
		else if (i == 2)
			read_list(r, j, "labels", check_labels);
		else if (i > 2)
			json_read_check_string(j);
		else
			json_read_skip(j);
	}
}

static void read_resources(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"ports"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			json_read_string(j, &r->pool, &r->port_text);
		else
			json_read_skip(j);
	}
}

static void read_task(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"id",	"name",	     "slave_id", "state",
					    "statuses", "resources", "discovery"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			json_read_string(j, &r->pool, &r->id);
			break;
		case 1:
			json_read_string(j, &r->pool, &r->name);
			break;
		case 2:
			json_read_string(j, &r->pool, &r->agent_id);
			break;
		case 3:
			json_read_string(j, &r->pool, &r->state);
			break;
		case 4:
			status_choice_read(&r->statuses, j, &r->pool);
			break;
		case 5:
			read_resources(r, j);
			break;
		case 6:
			read_discovery(r, j);
			break;
		default:
			json_read_skip(j);
		}
	}
}

/* Discovery ports outside 0..65535 are left out, not taken modulo 65536. */
static void drop_bad_ports(struct task_reader *r, uint64_t *skipped_ports)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->ports_count; i++) {
		if (r->ports[i].number >= 0 && r->ports[i].number <= PORT_MAX)
			r->ports[kept++] = r->ports[i];
		else
			++*skipped_ports;
	}
	r->ports_count = kept;
}

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

static const char *pack_text(struct packer *k, const struct task_reader *r, size_t at)
{
	return pack(k, text_at(r, at), strlen(text_at(r, at)) + 1);
}

static size_t text_size(const struct task_reader *r, size_t at)
{
	return strlen(text_at(r, at)) + 1;
}

/* Octets of the parts behind struct task: aligned ones first, text last. */
static size_t block_size(const struct task_reader *r, const struct status *s)
{
	size_t size = sizeof(struct task);

	size += r->ports_count * sizeof(struct discovery_port);
	size += r->ranges.count * sizeof(struct port_range);
	for (size_t i = 0; i < STATUS_SOURCES; i++)
		size += s->addresses[i].count * sizeof(struct address);
	size += text_size(r, r->id) + text_size(r, r->name) + text_size(r, r->agent_id) +
		text_size(r, r->discovery_name);
	for (size_t i = 0; i < r->ports_count; i++)
		size += text_size(r, r->ports[i].name) + text_size(r, r->ports[i].protocol);
	return size;
}

static void pack_addresses(struct packer *k, const struct address_list *l,
			   struct task_addresses *ret)
{
	ret->list = pack(k, l->list, l->count * sizeof(*l->list));
	ret->count = l->count;
}

/* Everything behind the discovery ports is free of pointers; so it can be hashed as it lies. */
static uint64_t digest(const struct task *t, const struct discovery_port *ports, const char *end)
{
	const char *begin = (const char *)(ports + t->discovery_ports_count);
	uint64_t h = hash_mix(t->discovery_ports_count, t->ranges_count);

	h = hash_mix(h, t->netinfo.count);
	h = hash_mix(h, t->docker.count);
	h = hash_mix(h, t->mesos.count);
	for (size_t i = 0; i < t->discovery_ports_count; i++)
		h = hash_mix(h, ports[i].number);
	return hash_bytes(h, begin, (size_t)(end - begin));
}

static int pack_task(const struct task_reader *r, struct task **ret)
{
	const struct status *s = status_choice_get(&r->statuses);
	struct task *t = malloc(block_size(r, s));
	struct packer k = {.p = (char *)(t + 1)};
	struct discovery_port *ports;

	if (!t)
		return -ENOMEM;
	ports = (struct discovery_port *)k.p;
	k.p += r->ports_count * sizeof(*ports);
	t->discovery_ports = ports;
	t->discovery_ports_count = r->ports_count;
	t->ranges = pack(&k, r->ranges.list, r->ranges.count * sizeof(*r->ranges.list));
	t->ranges_count = r->ranges.count;
	pack_addresses(&k, &s->addresses[STATUS_NETINFO], &t->netinfo);
	pack_addresses(&k, &s->addresses[STATUS_DOCKER], &t->docker);
	pack_addresses(&k, &s->addresses[STATUS_MESOS], &t->mesos);
	t->id = pack_text(&k, r, r->id);
	t->name = pack_text(&k, r, r->name);
	t->agent_id = pack_text(&k, r, r->agent_id);
	t->discovery_name = pack_text(&k, r, r->discovery_name);
	for (size_t i = 0; i < r->ports_count; i++) {
		memset(&ports[i], 0, sizeof(ports[i]));
		ports[i].number = (uint16_t)r->ports[i].number;
		ports[i].name = pack_text(&k, r, r->ports[i].name);
		ports[i].protocol = pack_text(&k, r, r->ports[i].protocol);
	}
	t->digest = digest(t, ports, k.p);
	t->phase = TASK_RUNNING;
	t->status_time = s->timestamp > 0 ? s->timestamp : 0;
	*ret = t;
	return 0;
}

int task_read(struct task_reader *r, const uint8_t *text, size_t len, uint64_t *skipped_ports,
	      struct task **ret)
{
	struct json_read j = json_read_init(text, len);
	int rc;

	reader_reset(r);
	read_task(r, &j);
	if (j.rc)
		return j.rc;
	if (strcmp(text_at(r, r->state), STATUS_RUNNING)) {
		*ret = NULL;
		return 0;
	}
	drop_bad_ports(r, skipped_ports);
	rc = port_ranges_parse(text_at(r, r->port_text), &r->ranges, skipped_ports);
	return rc < 0 ? rc : pack_task(r, ret);
}
