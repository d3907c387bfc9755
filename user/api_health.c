// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /healthz: does the process work; /ready: is there a zone to serve; /metrics. */
#include <errno.h>
#include <time.h>

#include "api_internal.h"
#include "follower.h"
#include "kernel.h"
#include "metrics.h"
#include "util.h"
#include "zone_read.h"

static int nothing(const struct api_world *w, void *arg)
{
	(void)w;
	(void)arg;
	return 0;
}

int api_health(struct api *a, const char *name, struct json_writer *w)
{
	int r = api_ask(a, nothing, NULL);

	(void)name;
	if (r)
		return r;
	json_open(w, NULL, '{');
	json_put_text(w, "status", "ok");
	json_put_text(w, "version", XDNS_VERSION);
	json_close(w);
	return 200;
}

static double age_seconds(uint64_t boot_ns)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)((uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec - boot_ns) / 1e9;
}

static void put_source(struct json_writer *w, const struct follower_status *s)
{
	char age[32];

	json_open(w, "source", '{');
	json_put_text(w, "master", s->leader);
	json_put_bool(w, "stream", s->stream);
	json_put_bool(w, "failing", s->failing);
	if (s->heard_ns)
		snprintf(age, sizeof(age), "%.3f", age_seconds(s->heard_ns));
	json_put_raw(w, "heardSecondsAgo", s->heard_ns ? age : "null");
	json_put_number(w, "tasks", s->tasks);
	json_put_number(w, "agents", s->agents);
	json_put_number(w, "frameworks", s->frameworks);
	json_put_number(w, "heldTasks", s->held_tasks);
	json_close(w);
}

static void put_interface(void *ctx, const char *name, bool native)
{
	struct json_writer *w = ctx;

	json_open(w, NULL, '{');
	json_put_text(w, "name", name);
	json_put_text(w, "mode", native ? "native" : "generic");
	json_close(w);
}

static int put_ready(const struct api_world *world, void *arg)
{
	bool ready = zone_ready(world->zone), expired = zone_expired(world->zone);
	struct zone_counts n = zone_counts(world->zone);
	struct json_writer *w = arg;

	json_open(w, NULL, '{');
	json_put_bool(w, "ready", ready && !expired);
	json_open(w, "zone", '{');
	json_put_text(w, "domain", world->cfg->domain);
	json_put_bool(w, "served", ready);
	json_put_bool(w, "expired", expired);
	json_put_bool(w, "complete", ready && !zone_incomplete(world->zone));
	json_put_number(w, "serial", zone_serial(world->zone));
	json_put_number(w, "names", n.names);
	json_put_number(w, "a", n.a);
	json_put_number(w, "aaaa", n.aaaa);
	json_put_number(w, "srv", n.srv);
	json_put_number(w, "ptr", n.ptr);
	json_close(w);
	if (world->follower) {
		struct follower_status s = follower_status(world->follower);

		put_source(w, &s);
	}
	json_open(w, "xdp", '{');
	json_put_bool(w, "on", config_wants_xdp(world->cfg));
	json_put_bool(w, "serving", world->kernel && kernel_serving(world->kernel));
	json_open(w, "interfaces", '[');
	if (world->kernel)
		kernel_for_each_interface(world->kernel, put_interface, w);
	json_close(w);
	json_close(w);
	json_close(w);
	return ready && !expired;
}

int api_ready(struct api *a, const char *name, struct json_writer *w)
{
	int r = api_ask(a, put_ready, w);

	(void)name;
	return r < 0 ? r : r ? 200 : 503;
}

static int take_metrics(const struct api_world *w, void *arg)
{
	metrics_take(w, arg);
	return 0;
}

int api_metrics(struct api *a, const char *name, struct json_writer *w)
{
	struct metrics m;
	int r = api_ask(a, take_metrics, &m);

	(void)name;
	if (r)
		return r;
	metrics_write(&m, w->out);
	return 200;
}
