// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "task_records.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"

#define AGENT_LABEL_BUF 256

/* One pass over a task: its records under one of its names. */
struct pass {
	const struct record_rules *rules;
	const struct framework_suffix *suffix;
	const struct task *task;
	const struct agent *agent;
	struct record_sink *sink;
	const char *name;			     /* raw or a label */
	struct record_name instance, instance_slave; /* NAME-HASH-AGENT.FW, the targets of SRV */
};

void framework_suffix_init(struct framework_suffix *s, const struct record_rules *r,
			   const char *framework_name)
{
	char fragments[LABEL_FRAGMENTS_BUF];
	int len = label_fragments(framework_name, r->cfg->enforce_rfc952, fragments);

	record_name_start(&s->plain);
	if (len < 0)
		s->plain.encodable = false;
	else
		record_name_text(&s->plain, fragments, (size_t)len);
	s->slave = s->plain;
	record_name_text(&s->slave, ".slave", strlen(".slave"));
	record_name_end(&s->plain, r->domain, r->domain_len);
	record_name_end(&s->slave, r->domain, r->domain_len);
}

static void name_under(struct record_name *n, const struct record_rules *r,
		       const struct record_name *suffix)
{
	if (suffix->encodable)
		record_name_end(n, suffix->wire, suffix->len);
	else
		n->encodable = false;
	n->owned = n->encodable && record_rules_owned(r, n->wire, n->len);
}

/* [_PORTNAME.]_NAME._PROTOCOL under the framework. */
static void srv_owner(struct record_name *n, const struct pass *p, const char *port_name,
		      const char *protocol, const struct record_name *suffix)
{
	record_name_start(n);
	if (port_name) {
		record_name_text(n, "_", 1);
		record_name_text(n, port_name, strlen(port_name));
		record_name_text(n, ".", 1);
	}
	record_name_text(n, "_", 1);
	record_name_text(n, p->name, strlen(p->name));
	record_name_text(n, "._", 2);
	record_name_text(n, protocol, strlen(protocol));
	name_under(n, p->rules, suffix);
}

/* The first source that knows an address counts, with all it knows. */
static void choose_addresses(const struct pass *p, const struct address **ret_list,
			     size_t *ret_count)
{
	const struct task *t = p->task;

	*ret_list = NULL;
	*ret_count = 0;
	for (size_t i = 0; i < p->rules->cfg->ip_sources_count && !*ret_count; i++) {
		struct task_addresses a = {0};

		switch (p->rules->cfg->ip_sources[i]) {
		case IP_SOURCE_HOST:
			a.list = p->agent->addresses;
			a.count = p->agent->addresses_count;
			break;
		case IP_SOURCE_DOCKER:
			a = t->docker;
			break;
		case IP_SOURCE_MESOS:
			a = t->mesos;
			break;
		case IP_SOURCE_NETINFO:
			a = t->netinfo;
			break;
		case IP_SOURCE_COUNT:
			break;
		}
		*ret_list = a.list;
		*ret_count = a.count;
	}
}

static int put_addresses(const struct pass *p)
{
	struct record_name plain, slave;
	const struct address *list;
	size_t count;
	int r = 0;

	record_name_start(&plain);
	record_name_text(&plain, p->name, strlen(p->name));
	slave = plain;
	name_under(&plain, p->rules, &p->suffix->plain);
	name_under(&slave, p->rules, &p->suffix->slave);

	choose_addresses(p, &list, &count);
	for (size_t i = 0; i < count && !r; i++) {
		r = record_put_address(p->sink, &plain, &list[i]);
		if (!r)
			r = record_put_address(p->sink, &p->instance, &list[i]);
		if (!r && p->rules->cfg->reverse_dns)
			r = record_put_ptr(p->sink, &list[i], &plain);
	}
	if (!p->agent->addresses_count)
		p->sink->skipped.unresolved++;
	for (size_t i = 0; i < p->agent->addresses_count && !r; i++) {
		r = record_put_address(p->sink, &slave, &p->agent->addresses[i]);
		if (!r)
			r = record_put_address(p->sink, &p->instance_slave,
					       &p->agent->addresses[i]);
	}
	return r;
}

/* Ports taken from the offer: both protocols; with a discovery name only below "slave". */
static int put_resource_ports(const struct pass *p)
{
	static const char *const protocols[] = {"tcp", "udp"};
	size_t owners_count = *p->task->discovery_name ? 2 : 4;
	struct record_name owners[4];

	if (!p->task->ranges_count)
		return 0;
	for (size_t i = 0; i < owners_count; i++)
		srv_owner(&owners[i], p, NULL, protocols[i & 1],
			  i < 2 ? &p->suffix->slave : &p->suffix->plain);
	for (size_t i = 0; i < p->task->ranges_count; i++) {
		const struct port_range *range = &p->task->ranges[i];

		for (unsigned int port = range->first; port <= range->last; port++) {
			for (size_t o = 0; o < owners_count; o++) {
				int r = record_put_srv(p->sink, p->rules, &owners[o],
						       &p->instance_slave, (uint16_t)port);
				if (r)
					return r;
			}
		}
	}
	return 0;
}

static int put_discovery_port(const struct pass *p, const struct discovery_port *port,
			      const char *protocol)
{
	bool rfc952 = p->rules->cfg->enforce_rfc952;
	char port_name[LABEL_BUF];
	bool named = label_from_text(port->name, rfc952, port_name) > 0;

	for (int slave = 0; slave < 2; slave++) {
		const struct record_name *suffix = slave ? &p->suffix->slave : &p->suffix->plain;
		const struct record_name *target = slave ? &p->instance_slave : &p->instance;

		for (int with_name = 0; with_name <= named; with_name++) {
			struct record_name owner;
			int r;

			srv_owner(&owner, p, with_name ? port_name : NULL, protocol, suffix);
			r = record_put_srv(p->sink, p->rules, &owner, target, port->number);
			if (r)
				return r;
		}
	}
	return 0;
}

static int put_discovery_ports(const struct pass *p)
{
	bool rfc952 = p->rules->cfg->enforce_rfc952;

	for (size_t i = 0; i < p->task->discovery_ports_count; i++) {
		const struct discovery_port *port = &p->task->discovery_ports[i];
		char protocol[LABEL_BUF];
		int r;

		if (label_from_text(port->protocol, rfc952, protocol)) {
			r = put_discovery_port(p, port, protocol);
		} else {
			r = put_discovery_port(p, port, "tcp");
			if (!r)
				r = put_discovery_port(p, port, "udp");
		}
		if (r)
			return r;
	}
	return 0;
}

/* What stands behind the last dash of the agent's id, in lower case. */
static size_t agent_label(const char *agent_id, char ret[AGENT_LABEL_BUF])
{
	const char *dash = strrchr(agent_id, '-');
	size_t n = 0;

	if (dash)
		agent_id = dash + 1;
	for (; agent_id[n] && n < AGENT_LABEL_BUF; n++)
		ret[n] = (char)tolower((unsigned char)agent_id[n]);
	return n;
}

static int put_pass(struct pass *p, const char *name, const char *hash, const char *agent,
		    size_t agent_len)
{
	int r;

	p->name = name;
	record_name_start(&p->instance);
	record_name_text(&p->instance, name, strlen(name));
	record_name_text(&p->instance, "-", 1);
	record_name_text(&p->instance, hash, LABEL_HASH_LEN);
	record_name_text(&p->instance, "-", 1);
	record_name_text(&p->instance, agent, agent_len);
	p->instance_slave = p->instance;
	name_under(&p->instance, p->rules, &p->suffix->plain);
	name_under(&p->instance_slave, p->rules, &p->suffix->slave);

	r = put_addresses(p);
	if (!r)
		r = put_resource_ports(p);
	if (!r && *p->task->discovery_name)
		r = put_discovery_ports(p);
	return r;
}

int task_records_put(const struct record_rules *rules, const struct framework_suffix *suffix,
		     const struct task *task, const struct agent *agent, struct record_sink *sink)
{
	struct pass p = {
		.rules = rules, .suffix = suffix, .task = task, .agent = agent, .sink = sink};
	const char *raw = *task->discovery_name ? task->discovery_name : NULL;
	char hash[LABEL_HASH_LEN + 1], label[LABEL_BUF], agent_text[AGENT_LABEL_BUF];
	size_t agent_len = agent_label(task->agent_id, agent_text);
	int r = label_hash(rules->hasher, task->id, hash);

	if (r)
		return r;
	label_from_text(raw ? raw : task->name, rules->cfg->enforce_rfc952, label);
	/* Both names of a task with a discovery name are in use; equal ones add nothing. */
	if (raw && strcmp(raw, label) != 0)
		r = put_pass(&p, raw, hash, agent_text, agent_len);
	if (!r)
		r = put_pass(&p, label, hash, agent_text, agent_len);
	return r;
}
