// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* From the model to the zone that is served. */
#include "follower_internal.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "util.h"
#include "zone_mirror.h"

#define RETRY_MS  1000	/* after a change that found no memory */
#define TRIM_FROM 10000 /* names of a change after which memory goes back to the system */

/* The Unix time, but never back, and never the same for a zone that differs (RFC 1982). */
static uint32_t next_serial(const struct zone *zone)
{
	uint32_t now = (uint32_t)time(NULL), last = zone_serial(zone);

	return (int32_t)(now - last) > 0 ? now : last + 1;
}

static void try_again(uv_timer_t *timer)
{
	follower_publish(timer->data, false);
}

static void log_zone(const struct follower *f, const struct zone_changes *c, enum log_level level,
		     uint64_t start_ns)
{
	struct zone_counts n = zone_counts(f->zone);
	char serial[16];

	snprintf(serial, sizeof(serial), "%u", zone_serial(f->zone));
	log_about(level, "SERIAL", serial,
		  "zone: %" PRIu64 " names (+%" PRIu64 " ~%" PRIu64 " -%" PRIu64 "), %" PRIu64
		  " A, %" PRIu64 " AAAA, %" PRIu64 " SRV, serial %u, %" PRIu64 " us",
		  n.names, c->names_added, c->names_changed, c->names_removed, n.a, n.aaaa, n.srv,
		  zone_serial(f->zone), (now_ns() - start_ns) / 1000);
}

static void log_skipped(const struct records_skipped *s)
{
	if (s->conflicts || s->unreachable || s->unresolved)
		log_info("zone: left out: %" PRIu64 " conflicts, %" PRIu64 " unreachable, %" PRIu64
			 " unresolved",
			 s->conflicts, s->unreachable, s->unresolved);
}

void follower_input(const struct follower *f, struct records_input *ret)
{
	*ret = (struct records_input){.listeners = f->listeners,
				      .listeners_count = f->listeners_count};
	ret->masters = follower_masters(f, &ret->masters_count);
}

static int commit(struct follower *f, struct zone_changes *ret)
{
	struct model_publish p = {.was = f->given_cfg, .is = f->cfg};
	struct records_skipped skipped = {0};
	int r;

	follower_input(f, &p.input);
	p.input_changed = f->input_changed;
	p.left_out = &f->stats.left_out_now;
	r = model_publish(f->model, f->zone, &p, &f->given, &skipped);
	if (!r && !f->published) /* later once a second */
		r = follower_kept_thin(f);
	if (r) {
		log_error("zone: %s; keeping the previous zone", strerror(-r));
		return r;
	}
	/* from here on the zone stands for the model, even if the commit has to be tried again */
	f->given_cfg = f->cfg;
	f->input_changed = false;
	log_skipped(&skipped);
	f->stats.left_out.conflicts += skipped.conflicts;
	f->stats.left_out.unreachable += skipped.unreachable;
	f->stats.left_out.unresolved += skipped.unresolved;
	if (f->published && !zone_pending(f->zone))
		return 0; /* the same zone, so the same serial */
	r = zone_commit(f->zone, next_serial(f->zone), ret);
	if (r) {
		log_error("zone: %s; serving the previous records, trying again", strerror(-r));
		return r;
	}
	f->stats.commits++;
	f->stats.committed_ns = boot_now_ns();
	return 0;
}

void follower_publish(struct follower *f, bool quiet)
{
	bool first = !f->published;
	uint64_t start = now_ns();
	struct zone_changes c = {0};

	if (!f->known)
		return;
	if (model_changed(f->model) || f->input_changed || first || zone_pending(f->zone)) {
		if (commit(f, &c)) {
			uv_timer_start(&f->retry, try_again, RETRY_MS, 0);
			return;
		}
		uv_timer_stop(&f->retry);
		f->published = true;
		latency_add(&f->stats.publish, now_ns() - start);
		log_zone(f, &c,
			 first	 ? LOG_LEVEL_NOTICE
			 : quiet ? LOG_LEVEL_DEBUG
				 : LOG_LEVEL_INFO,
			 start);
		if (c.names_added + c.names_changed + c.names_removed > TRIM_FROM)
			malloc_trim(0);
	}
	follower_kept_note_master(f);
	f->ops.current(f->ctx);
}
