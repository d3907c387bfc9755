// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Who gives a record, and what its name is made of: a part of /v1/explain and /v1/conflicts. */
#include <string.h>

#include "api_internal.h"
#include "explain.h"
#include "task_records.h"
#include "util.h"

const struct api_word api_rules[RULES_COUNT] = {
#define X(id, word, pattern, help) {word, pattern},
	NAMING_RULES(X)
#undef X
};

const struct api_word api_left_out[LEFT_OUT_COUNT] = {
#define X(id, word, why) {word, why},
	LEFT_OUT_REASONS(X)
#undef X
};

static const char *const label_changes[LABEL_BITS] = {
#define X(id, what) what,
	LABEL_CHANGES(X)
#undef X
};

/* One part of a name: what it was made of, and how. */
static void put_label(struct json_writer *w, const char *part, const char *from, const char *label,
		      unsigned changes, const char *other)
{
	json_open(w, NULL, '{');
	json_put_text(w, "part", part);
	json_put_text(w, "from", from);
	json_put_text(w, "label", label);
	json_open(w, "how", '[');
	for (int i = 0; i < LABEL_BITS; i++)
		if (changes & 1U << i)
			json_put_text(w, NULL, label_changes[i]);
	if (other)
		json_put_text(w, NULL, other);
	json_close(w);
	json_close(w);
}

static void put_framework_label(struct json_writer *w, const struct record_rules *r,
				const struct framework *f)
{
	char fragments[LABEL_FRAGMENTS_BUF];
	unsigned changes = 0;

	if (label_fragments(f->name, r->enforce_rfc952, fragments, &changes) >= 0)
		put_label(w, "framework", f->name, fragments, changes, NULL);
}

/* The DiscoveryInfo's texts that the first label of an SRV's owner is, or could be, made of. */
static void put_port_labels(struct json_writer *w, const struct record_rules *r,
			    const struct task *t, const uint8_t *owner)
{
	for (size_t i = 0; i < t->discovery_ports_count; i++) {
		const char *name = t->discovery_ports[i].name;
		char label[LABEL_BUF];
		unsigned changes = 0;
		size_t len = label_from_text(name, r->enforce_rfc952, label, &changes);
		bool told = false;

		for (size_t j = 0; j < i; j++)
			told |= !strcmp(name, t->discovery_ports[j].name);
		if (len && !told && owner[0] == len + 1 && !memcmp(owner + 2, label, len))
			put_label(w, "port", name, label, changes, NULL);
	}
}

static bool is_instance(enum naming_rule rule)
{
	return rule == RULE_INSTANCE || rule == RULE_INSTANCE_SLAVE;
}

static int put_labels(struct json_writer *w, const struct record_rules *r,
		      const struct explain_giver *g, const uint8_t *owner)
{
	const struct task *t = g->task ? g->task->task : NULL;
	struct task_labels l;
	int rc = t ? task_labels_make(r, t, &l) : 0;

	if (rc)
		return rc;
	json_open(w, "labels", '[');
	if (t && g->raw)
		put_label(w, "task", l.raw, l.raw, 0, "the discovery name as it stands");
	else if (t)
		put_label(w, "task", *t->discovery_name ? t->discovery_name : t->name, l.label,
			  l.changes, NULL);
	if (t && is_instance(g->rule)) {
		put_label(w, "hash", t->id, l.hash, 0,
			  "the first 5 characters of the task id's SHA-1 in z-base-32");
		put_label(w, "agent", t->agent_id, l.agent, 0,
			  "what stands behind the last dash, lowered");
	}
	if (g->rule == RULE_DISCOVERY_NAMED || g->rule == RULE_DISCOVERY_NAMED_SLAVE)
		put_port_labels(w, r, t, owner);
	if (t && g->task->framework)
		put_framework_label(w, r, g->task->framework);
	else if (g->origin.framework)
		put_framework_label(w, r, g->origin.framework);
	json_close(w);
	return 0;
}

static void put_addresses(struct json_writer *w, const char *key, const struct address *list,
			  size_t count)
{
	char text[INET6_ADDRSTRLEN];

	json_open(w, key, '[');
	for (size_t i = 0; i < count; i++)
		json_put_text(w, NULL, address_format(&list[i], text, sizeof(text)));
	json_close(w);
}

/* Each source that was looked at, the last of them the one that counts. */
static void put_sources(struct json_writer *w, const struct record_rules *r, const struct task *t,
			const struct agent *a)
{
	struct task_addresses found;
	enum ip_source used = task_addresses_choose(r, t, a, &found);

	if (used == IP_SOURCE_COUNT)
		json_put_raw(w, "ipSource", "null");
	else
		json_put_text(w, "ipSource", config_ip_source_names[used]);
	json_open(w, "ipSources", '[');
	for (size_t i = 0; i < r->ip_sources_count; i++) {
		found = task_addresses_of(t, a, r->ip_sources[i]);
		json_open(w, NULL, '{');
		json_put_text(w, "source", config_ip_source_names[r->ip_sources[i]]);
		put_addresses(w, "addresses", found.list, found.count);
		json_put_bool(w, "used", r->ip_sources[i] == used);
		json_close(w);
	}
	json_close(w);
}

void api_put_framework(struct json_writer *w, const char *key, const struct framework *f)
{
	json_open(w, key, '{');
	json_put_text(w, "id", f->id);
	json_put_text(w, "name", f->name);
	json_close(w);
}

void api_put_task(struct json_writer *w, const char *key, const struct model_entry *e)
{
	const struct task *t = e->task;

	json_open(w, key, '{');
	json_put_text(w, "id", t->id);
	json_put_text(w, "name", t->name);
	json_put_text(w, "discovery", t->discovery_name);
	json_put_text(w, "state",
		      t->phase == TASK_RUNNING ? "TASK_RUNNING"
		      : *t->waits	       ? t->waits
					       : "not running");
	json_put_bool(w, "held", e->held);
	json_close(w);
}

static void put_agent(struct json_writer *w, const char *id, const struct agent *a)
{
	json_open(w, "agent", '{');
	json_put_text(w, "id", id);
	json_put_bool(w, "known", a != NULL);
	if (a) {
		json_put_text(w, "host", a->host);
		put_addresses(w, "addresses", a->addresses, a->addresses_count);
	}
	json_close(w);
}

static bool is_master(const struct explain_giver *g)
{
	return !g->task && !g->origin.framework && !g->origin.agent &&
	       g->rule != RULE_NAME_SERVER && g->rule != RULE_APEX;
}

/* kind: "task", "framework", "agent", "master" or "configuration". */
static void put_kind(struct json_writer *w, const struct explain_giver *g)
{
	const char *kind = "configuration";

	if (g->task)
		kind = "task";
	else if (g->origin.framework)
		kind = "framework";
	else if (g->origin.agent)
		kind = "agent";
	else if (is_master(g))
		kind = "master";
	json_put_text(w, "kind", kind);
	json_put_text(w, "rule", api_rules[g->rule].word);
	json_put_text(w, "pattern", api_rules[g->rule].text);
}

/* Whose address counts is a question for what says the task's own. */
static bool has_sources(enum naming_rule rule)
{
	return rule == RULE_TASK || rule == RULE_INSTANCE || rule == RULE_REVERSE;
}

int api_put_giver(struct json_writer *w, const struct record_rules *r,
		  const struct explain_giver *g, const uint8_t *owner)
{
	static const struct agent nowhere;
	const struct model_entry *e = g->task;
	int rc;

	json_open(w, NULL, '{');
	put_kind(w, g);
	if (e && e->framework)
		api_put_framework(w, "framework", e->framework);
	if (e) {
		api_put_task(w, "task", e);
		put_agent(w, e->task->agent_id, e->agent);
		if (has_sources(g->rule))
			put_sources(w, r, e->task, e->agent ? e->agent : &nowhere);
	} else if (g->origin.framework) {
		api_put_framework(w, "framework", g->origin.framework);
		json_put_text(w, "host", g->origin.framework->host);
	} else if (g->origin.agent) {
		put_agent(w, g->origin.agent->id, g->origin.agent);
	} else if (is_master(g)) {
		json_put_bool(w, "leader", !g->origin.master);
		if (g->origin.master)
			json_put_text(w, "master", g->origin.master);
	}
	rc = put_labels(w, r, g, owner);
	json_close(w);
	return rc;
}
