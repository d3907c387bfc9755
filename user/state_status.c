// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state_status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "util.h"

static void status_reset(struct status *s, double timestamp)
{
	s->state = 0;
	s->timestamp = timestamp;
	for (size_t i = 0; i < STATUS_SOURCES; i++)
		s->addresses[i].count = 0;
}

/* Adds the address that is spelt at the given place; what is none is left out. */
static void add_address(struct json_pool *pool, struct json_read *j, size_t text,
			struct address_list *l)
{
	struct address a;

	if (text == 0 || address_parse(pool->data + text, &a) < 0)
		return;
	if (array_reserve(&l->list, &l->cap, l->count + 1, sizeof(a)) < 0) {
		j->rc = -ENOMEM;
		return;
	}
	l->list[l->count++] = a;
}

/* One of ip_addresses[]. */
static void read_ip(struct json_pool *pool, struct json_read *j, struct address_list *l)
{
	static const char *const names[] = {"ip_address"};
	struct json_key key;
	size_t text = 0;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			json_read_string(j, pool, &text);
		else
			json_read_skip(j);
	}
	add_address(pool, j, text, l);
}

/* One of network_infos[]: its ip_addresses[], or if that is empty its own ip_address. */
static void read_network_info(struct json_pool *pool, struct json_read *j, struct address_list *l)
{
	static const char *const names[] = {"ip_addresses", "ip_address"};
	size_t before = l->count, elements = 0, own = 0;
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			elements = 0;
			l->count = before;
			if (!json_read_array(j))
				break;
			for (; json_read_element(j); elements++)
				read_ip(pool, j, l);
			break;
		case 1:
			json_read_string(j, pool, &own);
			break;
		default:
			json_read_skip(j);
		}
	}
	if (elements == 0)
		add_address(pool, j, own, l);
}

static void read_container_status(struct json_pool *pool, struct json_read *j, struct status *s)
{
	static const char *const names[] = {"network_infos"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, names, 1) < 0) {
			json_read_skip(j);
			continue;
		}
		s->addresses[STATUS_NETINFO].count = 0;
		if (!json_read_array(j))
			continue;
		while (json_read_element(j))
			read_network_info(pool, j, &s->addresses[STATUS_NETINFO]);
	}
}

static void read_label(struct json_pool *pool, struct json_read *j, struct status *s)
{
	static const char *const names[] = {"key", "value"};
	size_t fields[2] = {0, 0};
	struct json_key key;
	int i;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		i = json_read_find(&key, names, ARRAY_SIZE(names));
		if (i >= 0)
			json_read_string(j, pool, &fields[i]);
		else
			json_read_skip(j);
	}
	if (!strcmp(pool->data + fields[0], "Docker.NetworkSettings.IPAddress"))
		add_address(pool, j, fields[1], &s->addresses[STATUS_DOCKER]);
	else if (!strcmp(pool->data + fields[0], "MesosContainerizer.NetworkSettings.IPAddress"))
		add_address(pool, j, fields[1], &s->addresses[STATUS_MESOS]);
}

static void read_labels(struct json_pool *pool, struct json_read *j, struct status *s)
{
	s->addresses[STATUS_DOCKER].count = 0;
	s->addresses[STATUS_MESOS].count = 0;
	if (!json_read_array(j))
		return;
	while (json_read_element(j))
		read_label(pool, j, s);
}

static void read_v1_labels(struct json_pool *pool, struct json_read *j, struct status *s)
{
	static const char *const names[] = {"labels"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			read_labels(pool, j, s);
		else
			json_read_skip(j);
	}
}

static void read_status(struct json_pool *pool, struct json_read *j, struct status *s, bool v1)
{
	static const char *const names[] = {"state", "timestamp", "labels", "container_status"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			json_read_string(j, pool, &s->state);
			break;
		case 1:
			json_read_double(j, &s->timestamp);
			break;
		case 2:
			(v1 ? read_v1_labels : read_labels)(pool, j, s);
			break;
		case 3:
			read_container_status(pool, j, s);
			break;
		default:
			json_read_skip(j);
		}
	}
}

void status_choice_reset(struct status_choice *c)
{
	status_reset(&c->both[c->chosen], -1);
}

bool status_choice_read_one(struct status_choice *c, struct json_read *j, struct json_pool *pool)
{
	struct status *s = &c->both[!c->chosen];
	size_t mark = pool->len;
	bool chosen;

	status_reset(s, 0);
	read_status(pool, j, s, c->v1);
	chosen = !strcmp(pool->data + s->state, STATUS_RUNNING) &&
		 s->timestamp > c->both[c->chosen].timestamp;
	if (chosen)
		c->chosen = !c->chosen;
	pool->len = mark; /* its texts are done with */
	return chosen;
}

void status_choice_read(struct status_choice *c, struct json_read *j, struct json_pool *pool)
{
	status_choice_reset(c);
	if (!json_read_array(j))
		return;
	while (json_read_element(j))
		status_choice_read_one(c, j, pool);
}

const struct status *status_choice_get(const struct status_choice *c)
{
	return &c->both[c->chosen];
}

void status_choice_done(struct status_choice *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->both); i++)
		for (size_t s = 0; s < STATUS_SOURCES; s++)
			free(c->both[i].addresses[s].list);
}
