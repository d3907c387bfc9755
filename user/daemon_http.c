// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The daemon's HTTP API: what it shows, and its server's life. */
#include "daemon_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask_loop.h"
#include "http_server.h"
#include "log.h"
#include "util.h"
#include "watch.h"

static void look(void *ctx, struct api_world *ret)
{
	struct daemon *d = ctx;

	*ret = (struct api_world){.cfg = d->cfg,
				  .zone = d->zone,
				  .model = follower_model(d->follower),
				  .follower = d->follower,
				  .kernel = d->kernel,
				  .server = d->server,
				  .secondaries = d->secondaries};
}

static void wake_watchers(void *ctx)
{
	struct daemon *d = ctx;

	if (d->http)
		http_server_wake(d->http);
}

/* What outlives the server: the changes of the zone that clients may ask for later. */
static int prepare(struct daemon *d)
{
	int r = 0;

	if (!d->api.loop)
		r = ask_loop_new(&d->loop, &d->api.loop);
	if (!r && !d->api.watch)
		r = watch_new(&d->loop, d->history, wake_watchers, d, &d->api.watch);
	return r;
}

/* As this configuration has it. */
static int start_server(struct daemon *d, const struct config *cfg)
{
	const struct http_server_tls tls = {cfg->http_cert, cfg->http_key};
	_cleanup_free_ char *error = NULL;
	int r = prepare(d);

	d->api.zone = d->zone;
	d->api.enumeration = cfg->enumeration_on;
	d->api.look = look;
	d->api.ctx = d;
	api_token_set(&d->api.token, d->cfg);
	if (!r)
		r = http_server_start(cfg->http_listener, cfg->http_port, tls.cert ? &tls : NULL,
				      api_handle, &d->api, &d->http, &error);
	if (r)
		log_error("%s", error ? error : strerror(-r));
	else
		log_notice("serving %s on port %u", tls.cert ? "HTTPS" : "HTTP",
			   http_server_port(d->http));
	return r;
}

void daemon_start_http(struct daemon *d)
{
	if (d->cfg->http_on && start_server(d, d->cfg))
		log_error("going on without the HTTP API");
}

void daemon_restart_http(struct daemon *d, const struct config *old)
{
	bool was_on = d->http;

	if (d->api.loop)
		ask_loop_refuse(d->api.loop, true);
	http_server_stop(TAKE_PTR(d->http));
	if (d->api.loop)
		ask_loop_refuse(d->api.loop, false);
	if (!d->cfg->http_on || !start_server(d, d->cfg))
		return;
	if (!was_on || start_server(d, old))
		log_error("going on without the HTTP API");
	else
		log_warn("the HTTP API goes on as it was before");
}

void daemon_stop_http(struct daemon *d)
{
	ask_loop_close(d->api.loop);
	http_server_stop(TAKE_PTR(d->http));
}

void daemon_free_http(struct daemon *d)
{
	ask_loop_free(d->api.loop);
	watch_free(d->api.watch);
}
