// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cluster_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include "util.h"

/* A name of the daemon's own: a text below the domain. */
static void own_name(struct record_name *n, const struct record_rules *r, enum naming_rule rule,
		     const char *text)
{
	record_name_start(n, rule);
	record_name_text(n, text, strlen(text));
	record_name_end(n, r->domain, r->domain_len);
}

static void framework_name(struct record_name *n, const struct record_rules *r,
			   enum naming_rule rule, const char *prefix, const char *name)
{
	char fragments[LABEL_FRAGMENTS_BUF];
	int len = label_fragments(name, r->enforce_rfc952, fragments, NULL);

	record_name_start(n, rule);
	record_name_text(n, prefix, strlen(prefix));
	if (len < 0) {
		n->encodable = false;
		return;
	}
	record_name_text(n, fragments, (size_t)len);
	record_name_end(n, r->domain, r->domain_len);
	n->owned = n->encodable && record_rules_owned(r, n->wire, n->len);
}

bool cluster_records_framework_conflicts(const struct record_rules *r, const char *name)
{
	struct record_name n;

	framework_name(&n, r, RULE_FRAMEWORK, "", name);
	return n.owned;
}

static int put_framework(const struct record_rules *rules, const struct framework *f,
			 struct record_sink *sink)
{
	struct record_name name, srv;
	int r = 0;

	sink->origin = (struct record_origin){.framework = f};
	framework_name(&name, rules, RULE_FRAMEWORK, "", f->name);
	if (*f->host && !f->addresses_count)
		record_leave_out(sink, LEFT_UNRESOLVED, &name, NULL);
	for (size_t i = 0; i < f->addresses_count && !r; i++)
		r = record_put_address(sink, &name, &f->addresses[i]);
	if (r || !f->has_port)
		return r;
	/* leader.DOMAIN:PORT with a framework's port would speak for the leader. */
	framework_name(&srv, rules, RULE_FRAMEWORK_PORT, "_framework._tcp.", f->name);
	srv.owned |= name.owned;
	return record_put_srv(sink, rules, &srv, &name, f->port);
}

static int put_agents(const struct record_rules *rules, const struct cluster *c,
		      struct record_sink *sink)
{
	struct record_name slave, srv;
	int r = 0;

	own_name(&slave, rules, RULE_SLAVE, "slave");
	own_name(&srv, rules, RULE_SLAVE_PORT, "_slave._tcp");
	for (size_t i = 0; i < c->agents_count && !r; i++) {
		const struct agent *a = &c->agents[i];

		sink->origin = (struct record_origin){.agent = a};
		for (size_t j = 0; j < a->addresses_count && !r; j++)
			r = record_put_address(sink, &slave, &a->addresses[j]);
		if (!a->addresses_count)
			record_leave_out(sink, LEFT_UNRESOLVED, &slave, NULL);
		else if (!r)
			r = record_put_srv(sink, rules, &srv, &slave, a->port);
	}
	return r;
}

/* "host:port" or "[v6]:port" of an IP address; anything else is no master we can name. */
static bool split_master(const char *text, struct address *ret_address, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	unsigned long port;
	char *end;
	size_t len;

	if (!colon || colon == text)
		return false;
	len = (size_t)(colon - text);
	if (text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	port = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end || port > UINT16_MAX || address_parse(host, ret_address))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static int put_leader(const struct record_rules *rules, const struct cluster *c,
		      struct record_sink *sink)
{
	static const char *const srv_names[] = {"_leader._tcp", "_leader._udp"};
	struct record_name leader, master, srv;
	int r;

	own_name(&leader, rules, RULE_LEADER, "leader");
	own_name(&master, rules, RULE_MASTER, "master");
	r = record_put_address(sink, &leader, &c->leader_address);
	if (!r)
		r = record_put_address(sink, &master, &c->leader_address);
	for (size_t i = 0; i < ARRAY_SIZE(srv_names) && !r; i++) {
		own_name(&srv, rules, RULE_LEADER_PORT, srv_names[i]);
		r = record_put_srv(sink, rules, &srv, &leader, c->leader_port);
	}
	return r;
}

static int put_numbered(const struct record_rules *rules, size_t number, const struct address *a,
			struct record_sink *sink)
{
	struct record_name n;
	char text[32];

	snprintf(text, sizeof(text), "master%zu", number);
	own_name(&n, rules, RULE_MASTER_NUMBER, text);
	return record_put_address(sink, &n, a);
}

/* Is this address the leader's, or that of a master before this one? */
static bool master_known(const struct records_input *in, size_t n, const struct address *leader,
			 const struct address *address)
{
	struct address other;
	uint16_t port;

	if (address_equal(address, leader))
		return true;
	for (size_t i = 0; i < n; i++)
		if (split_master(in->masters[i], &other, &port) && address_equal(address, &other))
			return true;
	return false;
}

/*
 * The leader and every further address of the list are "master"; they are
 * numbered in the order of the list, a leader that is not in it last.
 */
static int put_masters(const struct record_rules *rules, const struct records_input *in,
		       struct record_sink *sink)
{
	static const struct cluster nothing;
	const struct cluster *c = in->cluster ? in->cluster : &nothing;
	const struct address *leader = &c->leader_address;
	bool leader_numbered = !leader->family;
	struct record_name master, unknown;
	struct address address;
	size_t number = 0;
	uint16_t port;
	int r = 0;

	own_name(&master, rules, RULE_MASTER, "master");
	own_name(&unknown, rules, RULE_LEADER, "leader");
	sink->origin = (struct record_origin){0};
	if (leader->family)
		r = put_leader(rules, c, sink);
	else if (c->leader_host && *c->leader_host)
		record_leave_out(sink, LEFT_UNRESOLVED, &unknown, NULL);
	for (size_t i = 0; i < in->masters_count && !r; i++) {
		sink->origin.master = in->masters[i];
		if (!split_master(in->masters[i], &address, &port)) {
			record_leave_out(sink, LEFT_UNRESOLVED, &master, NULL);
			continue;
		}
		if (address_equal(&address, leader) && port == c->leader_port) {
			if (leader_numbered)
				continue;
			leader_numbered = true;
		} else {
			if (master_known(in, i, leader, &address))
				continue;
			r = record_put_address(sink, &master, &address);
		}
		if (!r)
			r = put_numbered(rules, number++, &address, sink);
	}
	sink->origin.master = NULL;
	if (!r && !leader_numbered)
		r = put_numbered(rules, number, leader, sink);
	return r;
}

static int put_name_server(const struct record_rules *rules, const struct records_input *in,
			   struct record_sink *sink)
{
	struct record_name n;
	int r = 0;

	if (!rules->mname_len)
		return 0;
	sink->origin = (struct record_origin){0};
	record_name_start(&n, RULE_NAME_SERVER);
	memcpy(n.wire, rules->mname, rules->mname_len);
	n.len = (unsigned int)rules->mname_len;
	for (size_t i = 0; i < in->listeners_count && !r; i++)
		r = record_put_address(sink, &n, &in->listeners[i]);
	return r;
}

int cluster_records_put(const struct record_rules *rules, const struct records_input *in,
			struct record_sink *sink)
{
	const struct cluster *c = in->cluster;
	int r = 0;

	for (size_t i = 0; c && i < c->frameworks_count && !r; i++)
		r = put_framework(rules, &c->frameworks[i], sink);
	if (!r && c)
		r = put_agents(rules, c, sink);
	if (!r)
		r = put_name_server(rules, in, sink);
	if (!r)
		r = put_masters(rules, in, sink);
	return r;
}
