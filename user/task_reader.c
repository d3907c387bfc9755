// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "task_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "task_pack.h"
#include "util.h"

#define PORT_MAX 65535

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
	free(r->packed);
	free(r->ranges.list);
	free(r);
	return NULL;
}

void task_reader_reset(struct task_reader *r)
{
	r->pool.data[0] = 0;
	r->pool.len = 1;
	r->id = r->name = r->agent_id = r->framework_id = r->state = 0;
	r->discovery_name = r->port_text = 0;
	r->ports_count = r->ports_known = 0;
	r->ranges.count = 0;
	status_choice_reset(&r->statuses);
}

static void read_port(struct task_reader *r, struct json_read *j, struct task_reader_port *p)
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
			r->ports[i] = (struct task_reader_port){0};
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

void task_reader_discovery(struct task_reader *r, struct json_read *j)
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

/* The usable discovery ports, as a task has them. */
static int pack_ports(struct task_reader *r, uint64_t *skipped_ports, size_t *ret_count)
{
	size_t n = 0;

	if (array_reserve(&r->packed, &r->packed_cap, r->ports_count, sizeof(*r->packed)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < r->ports_count; i++) {
		const struct task_reader_port *p = &r->ports[i];

		if (p->number < 0 || p->number > PORT_MAX) {
			++*skipped_ports;
			continue;
		}
		r->packed[n++] =
			(struct discovery_port){.number = (uint16_t)p->number,
						.name = task_reader_text(r, p->name),
						.protocol = task_reader_text(r, p->protocol)};
	}
	*ret_count = n;
	return 0;
}

static struct task_addresses addresses(const struct address_list *l)
{
	return (struct task_addresses){.list = l->list, .count = l->count};
}

int task_reader_finish(struct task_reader *r, enum task_phase phase, uint64_t *skipped_ports,
		       struct task **ret)
{
	const struct status *s = status_choice_get(&r->statuses);
	size_t ports_count;
	struct task parts;
	int rc = pack_ports(r, skipped_ports, &ports_count);

	if (rc < 0)
		return rc;
	parts = (struct task){
		.id = task_reader_text(r, r->id),
		.name = task_reader_text(r, r->name),
		.agent_id = task_reader_text(r, r->agent_id),
		.discovery_name = task_reader_text(r, r->discovery_name),
		.discovery_ports = r->packed,
		.discovery_ports_count = ports_count,
		.ranges = r->ranges.list,
		.ranges_count = r->ranges.count,
		.netinfo = addresses(&s->addresses[STATUS_NETINFO]),
		.docker = addresses(&s->addresses[STATUS_DOCKER]),
		.mesos = addresses(&s->addresses[STATUS_MESOS]),
		.phase = phase,
		.waits = "",
		.status_time = s->timestamp > 0 ? s->timestamp : 0,
	};
	return task_pack(&parts, ret);
}
