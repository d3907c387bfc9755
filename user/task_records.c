// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "task_records.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"

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
	int len = label_fragments(framework_name, r->enforce_rfc952, fragments, NULL);

	record_name_start(&s->plain, RULE_TASK);
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
static void srv_owner(struct record_name *n, const struct pass *p, enum naming_rule rule,
		      const char *port_name, const char *protocol, bool slave)
{
	record_name_start(n, rule);
	if (port_name) {
		record_name_text(n, "_", 1);
		record_name_text(n, port_name, strlen(port_name));
		record_name_text(n, ".", 1);
	}
	record_name_text(n, "_", 1);
	record_name_text(n, p->name, strlen(p->name));
	record_name_text(n, "._", 2);
	record_name_text(n, protocol, strlen(protocol));
	name_under(n, p->rules, slave ? &p->suffix->slave : &p->suffix->plain);
}

struct task_addresses task_addresses_of(const struct task *t, const struct agent *agent,
					enum ip_source source)
{
	switch (source) {
	case IP_SOURCE_HOST:
		return (struct task_addresses){agent->addresses, agent->addresses_count};
	case IP_SOURCE_DOCKER:
		return t->docker;
	case IP_SOURCE_MESOS:
		return t->mesos;
	case IP_SOURCE_NETINFO:
		return t->netinfo;
	case IP_SOURCE_COUNT:
		break;
	}
	return (struct task_addresses){0};
}

enum ip_source task_addresses_choose(const struct record_rules *r, const struct task *task,
				     const struct agent *agent, struct task_addresses *ret)
{
	for (size_t i = 0; i < r->ip_sources_count; i++) {
		*ret = task_addresses_of(task, agent, r->ip_sources[i]);
		if (ret->count)
			return r->ip_sources[i];
	}
	*ret = (struct task_addresses){0};
	return IP_SOURCE_COUNT;
}

static int put_agent_addresses(const struct pass *p, const struct record_name *slave)
{
	int r = 0;

	if (!p->agent->addresses_count) {
		record_leave_out(p->sink, LEFT_UNRESOLVED, slave, NULL);
		if (p->sink->left_out) /* counted once */
			p->sink->left_out(p->sink, LEFT_UNRESOLVED, &p->instance_slave, NULL);
	}
	for (size_t i = 0; i < p->agent->addresses_count && !r; i++) {
		r = record_put_address(p->sink, slave, &p->agent->addresses[i]);
		if (!r)
			r = record_put_address(p->sink, &p->instance_slave,
					       &p->agent->addresses[i]);
	}
	return r;
}

static int put_addresses(const struct pass *p)
{
	struct record_name plain, slave;
	struct task_addresses a;
	int r = 0;

	record_name_start(&plain, RULE_TASK);
	record_name_text(&plain, p->name, strlen(p->name));
	slave = plain;
	slave.rule = RULE_TASK_SLAVE;
	name_under(&plain, p->rules, &p->suffix->plain);
	name_under(&slave, p->rules, &p->suffix->slave);

	if (task_addresses_choose(p->rules, p->task, p->agent, &a) == IP_SOURCE_COUNT) {
		record_leave_out(p->sink, LEFT_NO_ADDRESS, &plain, NULL);
		record_leave_out(p->sink, LEFT_NO_ADDRESS, &p->instance, NULL);
	}
	for (size_t i = 0; i < a.count && !r; i++) {
		r = record_put_address(p->sink, &plain, &a.list[i]);
		if (!r)
			r = record_put_address(p->sink, &p->instance, &a.list[i]);
		if (!r && p->rules->reverse_dns)
			r = record_put_ptr(p->sink, &a.list[i], &plain);
	}
	return r ? r : put_agent_addresses(p, &slave);
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
		srv_owner(&owners[i], p, i < 2 ? RULE_PORT_SLAVE : RULE_PORT, NULL,
			  protocols[i & 1], i < 2);
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
	static const enum naming_rule rule[2][2] = {
		{RULE_DISCOVERY, RULE_DISCOVERY_NAMED},
		{RULE_DISCOVERY_SLAVE, RULE_DISCOVERY_NAMED_SLAVE}};
	char port_name[LABEL_BUF];
	bool named = label_from_text(port->name, p->rules->enforce_rfc952, port_name, NULL) > 0;

	for (int slave = 0; slave < 2; slave++) {
		const struct record_name *target = slave ? &p->instance_slave : &p->instance;

		for (int with_name = 0; with_name <= named; with_name++) {
			struct record_name owner;
			int r;

			srv_owner(&owner, p, rule[slave][with_name], with_name ? port_name : NULL,
				  protocol, slave);
			r = record_put_srv(p->sink, p->rules, &owner, target, port->number);
			if (r)
				return r;
		}
	}
	return 0;
}

static int put_discovery_ports(const struct pass *p)
{
	bool rfc952 = p->rules->enforce_rfc952;

	for (size_t i = 0; i < p->task->discovery_ports_count; i++) {
		const struct discovery_port *port = &p->task->discovery_ports[i];
		char protocol[LABEL_BUF];
		int r;

		if (label_from_text(port->protocol, rfc952, protocol, NULL)) {
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
static void agent_label(const char *agent_id, char ret[AGENT_LABEL_MAX + 1])
{
	const char *dash = strrchr(agent_id, '-');
	size_t n = 0;

	if (dash)
		agent_id = dash + 1;
	for (; agent_id[n] && n < AGENT_LABEL_MAX; n++)
		ret[n] = (char)tolower((unsigned char)agent_id[n]);
	ret[n] = '\0';
}

int task_labels_make(const struct record_rules *r, const struct task *task, struct task_labels *ret)
{
	const char *raw = *task->discovery_name ? task->discovery_name : NULL;

	ret->changes = 0;
	label_from_text(raw ? raw : task->name, r->enforce_rfc952, ret->label, &ret->changes);
	/* Both names of a task with a discovery name are in use; equal ones add nothing. */
	ret->raw = raw && strcmp(raw, ret->label) != 0 ? raw : NULL;
	agent_label(task->agent_id, ret->agent);
	return label_hash(r->hasher, task->id, ret->hash);
}

static int put_pass(struct pass *p, const char *name, const struct task_labels *l)
{
	int r;

	p->name = name;
	record_name_start(&p->instance, RULE_INSTANCE);
	record_name_text(&p->instance, name, strlen(name));
	record_name_text(&p->instance, "-", 1);
	record_name_text(&p->instance, l->hash, LABEL_HASH_LEN);
	record_name_text(&p->instance, "-", 1);
	record_name_text(&p->instance, l->agent, strlen(l->agent));
	p->instance_slave = p->instance;
	p->instance_slave.rule = RULE_INSTANCE_SLAVE;
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
	struct task_labels l;
	int r = task_labels_make(rules, task, &l);

	sink->raw = true;
	if (!r && l.raw)
		r = put_pass(&p, l.raw, &l);
	sink->raw = false;
	return r ? r : put_pass(&p, l.label, &l);
}
