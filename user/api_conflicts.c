// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /v1/conflicts: what conflicts.c found, as JSON. */
#include <errno.h>

#include "api_internal.h"
#include "conflicts.h"
#include "zone_read.h"

static const struct api_word kinds[CONFLICT_KINDS_COUNT] = {
#define X(id, word, meaning) {word, meaning},
	CONFLICT_KINDS(X)
#undef X
};

static void put_by(struct json_writer *w, const struct conflict_by *by)
{
	json_open(w, NULL, '{');
	api_put_framework(w, "framework", by->framework);
	if (by->task) {
		api_put_task(w, "task", by->task);
		json_put_number(w, "tasks", by->tasks);
	}
	json_close(w);
}

static void put_conflict(struct json_writer *w, const struct conflict *c)
{
	json_open(w, NULL, '{');
	json_put_text(w, "kind", kinds[c->kind].word);
	json_put_text(w, "text", kinds[c->kind].text);
	json_put_text(w, "name", c->name);
	json_put_text(w, "rule", api_rules[c->rule].word);
	json_put_text(w, "pattern", api_rules[c->rule].text);
	json_put_bool(w, "raw", c->raw);
	json_put_number(w, "recordsLeftOut", c->records);
	json_open(w, "by", '[');
	for (size_t i = 0; i < c->by_count; i++)
		put_by(w, &c->by[i]);
	json_close(w);
	json_put_number(w, "byMore", c->by_more);
	json_close(w);
}

int api_conflicts(struct api *a, const char *name, struct json_writer *w)
{
	struct zone_sources sources = {0};
	struct conflicts found = {0};
	int r = api_ask(a, api_take_sources, &sources);

	(void)name;
	if (!r)
		r = conflicts_find(&sources, &found);
	if (!r) {
		json_open(w, NULL, '{');
		json_put_number(w, "serial", zone_serial(a->zone));
		json_open(w, "counts", '{');
		for (int i = 0; i < CONFLICT_KINDS_COUNT; i++)
			json_put_number(w, kinds[i].word, found.of_kind[i]);
		json_close(w);
		json_open(w, "conflicts", '[');
		for (size_t i = 0; i < found.count; i++)
			put_conflict(w, &found.list[i]);
		json_close(w);
		json_put_number(w, "more", found.more);
		json_close(w);
	}
	conflicts_done(&found);
	zone_sources_done(&sources);
	return r ? r : 200;
}
