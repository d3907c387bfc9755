// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zone_sources.h"

#include <errno.h>
#include <string.h>

#include "follower.h"
#include "util.h"

static int take_input(const struct api_world *w, struct zone_sources *s)
{
	struct records_input now = {.masters = (const char *const *)w->cfg->masters,
				    .masters_count = w->cfg->masters_count};

	if (w->follower)
		follower_input(w->follower, &now);
	s->listeners = calloc(now.listeners_count + 1, sizeof(*s->listeners));
	if (!s->listeners || text_list_copy(now.masters, now.masters_count, &s->masters))
		return -ENOMEM;
	if (now.listeners_count)
		memcpy(s->listeners, now.listeners, now.listeners_count * sizeof(*s->listeners));
	s->input.listeners = s->listeners;
	s->input.listeners_count = now.listeners_count;
	s->input.masters = (const char *const *)s->masters.list;
	s->input.masters_count = s->masters.count;
	return 0;
}

int zone_sources_take(const struct api_world *w, struct zone_sources *ret)
{
	int r;

	*ret = (struct zone_sources){0};
	r = record_rules_init(&ret->rules, w->cfg);
	if (!r)
		r = take_input(w, ret);
	if (!r)
		r = model_view_make(w->model, &ret->view);
	if (r)
		zone_sources_done(ret);
	ret->input.cluster = &ret->view.cluster;
	return r;
}

void zone_sources_done(struct zone_sources *s)
{
	record_rules_done(&s->rules);
	model_view_done(&s->view);
	text_list_done(&s->masters);
	free(s->listeners);
	*s = (struct zone_sources){0};
}
