/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * All that the zone's records are made of at one moment, with the rules that make them: for
 * threads beside the loop that make them again, to say where they come from.
 */
#ifndef XDNS_ZONE_SOURCES_H
#define XDNS_ZONE_SOURCES_H

#include "api.h"
#include "model_view.h"
#include "record_sink.h"
#include "text_list.h"

struct zone_sources {
	struct model_view view;
	struct record_rules rules;
	struct records_input input; /* its cluster is the view's */
	struct text_list masters;   /* the input's */
	struct address *listeners;
};

/* -ENOMEM. On the loop. */
int zone_sources_take(const struct api_world *w, struct zone_sources *ret);

/* Any thread. Accepts a zeroed one. */
void zone_sources_done(struct zone_sources *s);

#endif
