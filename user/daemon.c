// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "daemon_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "history.h"
#include "labels.h"
#include "log.h"
#include "notify.h"
#include "privileges.h"
#include "secondaries.h"
#include "util.h"
#include "zone.h"
#include "zone_config.h"
#include "zone_read.h"

#define STATUS_MS 1000
#define CHECK_MS  250 /* between two looks at a part of the maps */

/* Off the loop: waiting for readers takes some milliseconds. */
static void reclaim_wait(uv_work_t *work)
{
	zone_reclaim_wait(((struct daemon *)work->data)->zone);
}

static void reclaim_start(struct daemon *d);

static void reclaim_done(uv_work_t *work, int status)
{
	struct daemon *d = work->data;

	(void)status;
	zone_reclaim_finish(d->zone);
	d->reclaiming = false;
	if (!d->closing)
		reclaim_start(d);
}

static void reclaim_start(struct daemon *d)
{
	if (d->reclaiming || !zone_reclaim_prepare(d->zone))
		return;
	d->reclaim.data = d;
	d->reclaiming = !uv_queue_work(&d->loop, &d->reclaim, reclaim_wait, reclaim_done);
}

static void on_status(uv_timer_t *timer)
{
	const struct daemon *d = timer->data;
	struct follower_status s = follower_status(d->follower);

	if (!zone_ready(d->zone))
		notify_status("%s: no zone yet", d->cfg->domain);
	else
		notify_status("%s: serial %u, %" PRIu64 " names, %" PRIu64 " tasks; %s %s%s; %s",
			      d->cfg->domain, zone_serial(d->zone), zone_counts(d->zone).names,
			      s.tasks, s.stream ? "events of" : "polling", s.leader,
			      s.failing ? " (not heard)" : "",
			      d->kernel ? "answered by the kernel" : "answered by userspace");
}

/* Events come by the thousand, the line for people once a second. */
static void status_soon(struct daemon *d)
{
	if (!uv_is_active((uv_handle_t *)&d->status))
		uv_timer_start(&d->status, on_status, STATUS_MS, 0);
}

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	notify_watchdog();
}

static void on_current(void *ctx)
{
	struct daemon *d = ctx;

	zone_set_incomplete(d->zone, false);
	daemon_follow_transfers(d);
	reclaim_start(d);
	daemon_follow_kernel(d);
	if (d->kernel)
		kernel_set_master(d->kernel, follower_zone_master(d->follower));
	status_soon(d);
}

static void on_heard(void *ctx, uint64_t boot_ns)
{
	struct daemon *d = ctx;

	zone_set_expired(d->zone, false);
	if (d->kernel)
		kernel_heard(d->kernel, boot_ns);
}

/* The kernel's clock sees to its own half. */
static void on_expired(void *ctx)
{
	struct daemon *d = ctx;

	zone_set_expired(d->zone, true);
}

static void log_counters(const struct daemon *d)
{
	static const char *const name[] = {
#define X(n, help) #n,
		XDNS_COUNTERS(X)
#undef X
	};
	uint64_t count[XDNS_COUNTERS_COUNT] = {0};
	struct server_stats s = {0};

	if (d->kernel && !kernel_counters(d->kernel, count))
		for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
			log_notice("counter: xdp %-20s %" PRIu64, name[i], count[i]);
	if (d->server)
		s = server_stats(d->server);
	log_notice("counter: udp %-20s %" PRIu64, "queries", traffic_queries(&s.udp));
	log_notice("counter: udp %-20s %" PRIu64, "answers", traffic_answers(&s.udp));
	log_notice("counter: tcp %-20s %" PRIu64, "queries", traffic_queries(&s.tcp));
	log_notice("counter: tcp %-20s %" PRIu64, "answers", traffic_answers(&s.tcp));
	log_notice("counter: forward %-16s %" PRIu64, "queries", s.forward.queries);
	log_notice("counter: forward %-16s %" PRIu64, "answered", s.forward.answered);
	log_notice("counter: forward %-16s %" PRIu64, "failed", s.forward.failed);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct daemon *d = handle->data;

	switch (signum) {
	case SIGUSR1:
		log_counters(d);
		break;
	case SIGHUP:
		notify_reloading();
		daemon_reload(d);
		notify_ready();
		status_soon(d);
		break;
	default:
		notify_stopping();
		log_notice("signal %d: ending", signum);
		uv_stop(&d->loop);
	}
}

/* Of a loop only the first can fail. */
static int watch_signal(struct daemon *d, uv_signal_t *handle, int signum)
{
	int r = uv_signal_init(&d->loop, handle);

	if (r)
		return r;
	handle->data = d;
	return uv_signal_start(handle, on_signal, signum);
}

static void watch(struct daemon *d)
{
	uint64_t watchdog_ms = notify_watchdog_ms();
	int r;

	watch_signal(d, &d->terminate, SIGTERM);
	watch_signal(d, &d->interrupt, SIGINT);
	uv_timer_init(&d->loop, &d->settle);
	uv_timer_init(&d->loop, &d->status);
	uv_timer_init(&d->loop, &d->watchdog);
	d->settle.data = d->status.data = d;
	uv_timer_init(&d->loop, &d->check);
	d->check.data = d;
	uv_timer_start(&d->check, daemon_on_check, CHECK_MS, CHECK_MS);
	if (watchdog_ms)
		uv_timer_start(&d->watchdog, on_watchdog, 0, watchdog_ms);
	d->netlink_fd = r = interfaces_watch();
	if (r >= 0)
		r = uv_poll_init(&d->loop, &d->netlink, d->netlink_fd);
	if (r < 0) {
		log_warn("watching the interfaces: %s; a change needs a restart", strerror(-r));
		return;
	}
	d->netlink.data = d;
	uv_poll_start(&d->netlink, UV_READABLE, daemon_on_netlink);
}

/*
 * The sockets before the program: what it passes must find a listener. Between opening them and the
 * first thread is the moment to give up privileges: until then, root may name who has the port.
 */
static int serve(struct daemon *d)
{
	_cleanup_free_ char *error = NULL;
	int r;

	if (!d->cfg->dns_on) {
		log_notice("no DNS (dnsOn is false): serving the HTTP API alone");
		privileges_drop(d->cfg, d->limit_calls);
		return 0;
	}
	r = server_open(d->cfg, d->zone, d->history, uv_available_parallelism(), &d->server,
			&error);
	if (r) {
		log_error("%s", error ? error : strerror(-r));
		return r;
	}
	server_set_limiter(d->server, &d->limiter);
	privileges_drop(d->cfg, d->limit_calls);
	r = server_run(d->server);
	if (r) {
		log_error("starting the DNS workers: %s", uv_strerror(r));
		return r;
	}
	log_notice("serving %s on port %u", d->cfg->domain, server_port(d->server));
	return 0;
}

/* What only needs memory, and the interfaces that there are. */
static int prepare(struct daemon *d)
{
	struct label_hasher *hasher = NULL;
	struct xdns_config zc;
	int r = zone_config_make(d->cfg, &zc);

	if (!r) /* now or never */
		r = label_hasher_new(&hasher);
	label_hasher_free(hasher);
	if (!r)
		r = zone_new(&zc, &d->zone);
	if (!r)
		r = history_new(&d->history);
	if (!r)
		r = secondaries_new(&d->loop, d->zone, &d->secondaries);
	if (!r)
		r = interfaces_scan(&d->interfaces);
	if (!r)
		r = limiter_init(&d->limiter);
	if (r)
		log_error("starting: %s", strerror(-r));
	return r;
}

static int start(struct daemon *d)
{
	static const struct follower_ops ops = {
		.current = on_current, .heard = on_heard, .expired = on_expired};
	_cleanup_free_ char *error = NULL;
	int r = prepare(d);

	if (r)
		return r;
	r = daemon_claim_kernel(d);
	if (r)
		return r;
	r = daemon_settle_cookies(d);
	if (r) {
		log_error("cookies: no random secret: %s", strerror(-r));
		return r;
	}
	daemon_limit(d);
	r = serve(d);
	if (r)
		return r;
	if (!config_wants_xdp(d->cfg)) {
		if (d->cfg->dns_on)
			log_notice("xdp: off (xdpOn is false); serving everything from userspace");
		kernel_forget(d->cfg);
	}
	watch(d);
	daemon_set_transfers(d);
	r = follower_new(&d->loop, d->cfg, d->zone, &ops, d, &d->follower);
	if (!r) {
		if (d->kernel)
			daemon_restore(d);
		daemon_tell_listeners(d);
		r = follower_start(d->follower, &error);
	}
	if (!r) {
		daemon_start_http(d);
		notify_ready();
		status_soon(d);
	}
	if (r)
		log_error("starting to follow the masters: %s", error ? error : strerror(-r));
	return r;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Detach first: from then on everything reaches the sockets, which close last. */
static void stop(struct daemon *d)
{
	d->closing = true;
	daemon_stop_http(d);
	history_end(d->history);
	secondaries_close(d->secondaries);
	follower_close(d->follower);
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	kernel_close(d->kernel, d->cfg->xdp_keep_serving);
	server_stop(d->server);
	daemon_free_http(d);
	history_free(d->history);
	uv_loop_close(&d->loop);
	if (d->netlink_fd >= 0)
		close(d->netlink_fd);
	zone_free(d->zone);
	follower_free(d->follower);
	free(d->refusal);
	interfaces_done(&d->interfaces);
}

int daemon_run(struct config *cfg, bool limit_calls)
{
	struct daemon d = {.cfg = cfg,
			   .feeds_cfg = cfg,
			   .limit_calls = limit_calls,
			   .netlink_fd = -1,
			   .api.token = API_TOKEN_NONE};
	int r;

	signal(SIGPIPE, SIG_IGN);
	r = uv_loop_init(&d.loop);
	if (r) {
		log_error("starting the event loop: %s", uv_strerror(r));
		config_free(cfg);
		return EXIT_FAILURE;
	}
	/* from now on they are no end; what comes before all is up is taken up then */
	r = watch_signal(&d, &d.hangup, SIGHUP);
	if (!r)
		r = watch_signal(&d, &d.usr1, SIGUSR1);
	if (r)
		log_error("watching for signals: %s", uv_strerror(r));
	else
		r = start(&d);
	if (!r)
		uv_run(&d.loop, UV_RUN_DEFAULT);
	stop(&d);
	if (d.feeds_cfg != d.cfg)
		config_free(d.feeds_cfg);
	config_free(d.cfg);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
