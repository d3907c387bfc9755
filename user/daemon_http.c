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

/* As this configuration has it. What failed is for the line that also says what happens now. */
static int start_server(struct daemon *d, const struct config *cfg, char **ret_error)
{
	const struct http_server_tls tls = {cfg->http_cert, cfg->http_key};
	int r = prepare(d);

	d->api.zone = d->zone;
	d->api.enumeration = cfg->enumeration_on;
	d->api.look = look;
	d->api.ctx = d;
	api_token_set(&d->api.token, d->cfg);
	if (!r)
		r = http_server_start(cfg->http_listener, cfg->http_port, tls.cert ? &tls : NULL,
				      api_handle, &d->api, &d->http, ret_error);
	if (!r)
		log_notice("serving %s on port %u", tls.cert ? "HTTPS" : "HTTP",
			   http_server_port(d->http));
	return r;
}

void daemon_start_http(struct daemon *d)
{
	_cleanup_free_ char *error = NULL;
	int r = d->cfg->http_on ? start_server(d, d->cfg, &error) : 0;

	if (r)
		log_error("%s; going on without the HTTP API", error ? error : strerror(-r));
}

void daemon_restart_http(struct daemon *d, const struct config *old)
{
	_cleanup_free_ char *error = NULL, *again = NULL;
	bool goes_on = d->http;
	int r;

	if (d->api.loop)
		ask_loop_refuse(d->api.loop, true);
	http_server_stop(TAKE_PTR(d->http));
	if (d->api.loop)
		ask_loop_refuse(d->api.loop, false);
	r = d->cfg->http_on ? start_server(d, d->cfg, &error) : 0;
	if (!r)
		return;
	goes_on = goes_on && !start_server(d, old, &again);
	log_error("%s; %s", error ? error : strerror(-r),
		  goes_on ? "the HTTP API goes on as it was before"
			  : "going on without the HTTP API");
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
