// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <uv.h>

#include "api.h"
#include "ask_loop.h"
#include "config_reload.h"
#include "follower.h"
#include "http_server.h"
#include "interfaces.h"
#include "kernel.h"
#include "log.h"
#include "notify.h"
#include "record_list.h"
#include "server.h"
#include "util.h"
#include "watch.h"
#include "zone.h"
#include "zone_config.h"
#include "zone_read.h"

#define STATUS_MS	     1000
#define CHECK_MS	     250 /* between two looks at a part of the maps */
#define KERNEL_RETRY_NS	     (3 * NSEC_PER_SEC)
#define INTERFACES_SETTLE_MS 100 /* changes of links and addresses come in bursts */

struct daemon {
	struct config *cfg;
	struct config *feeds_cfg; /* what the feeds look at: cfg, or one before it */
	uv_loop_t loop;
	struct zone *zone;
	struct server *server;
	struct follower *follower;
	struct kernel *kernel;
	uint64_t kernel_retry_ns; /* after a failure not before */
	struct api api;
	struct http_server *http;
	struct interfaces interfaces;
	bool closing, reclaiming;
	char *refusal; /* why there is no program now; the same reason is said once */
	uv_signal_t terminate, interrupt, hangup, usr1;
	uv_poll_t netlink;
	int netlink_fd;
	uv_timer_t settle, status, watchdog, check;
	uv_work_t reclaim;
};

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

/* The SOA's name server is this machine (Mesos-DNS: records for the listener). */
static void tell_listeners(struct daemon *d)
{
	const struct sockaddr_in *v4 = (const void *)&d->cfg->listener;
	const struct sockaddr_in6 *v6 = (const void *)&d->cfg->listener;
	struct address *list = calloc(d->interfaces.addresses_count + 1, sizeof(*list));
	size_t count = 0;

	if (!list) {
		log_error("zone: no memory for the new addresses; keeping the previous zone");
		return;
	}
	if (!d->cfg->listener_any) {
		list[0].family = d->cfg->listener.ss_family;
		if (list[0].family == AF_INET)
			memcpy(list[0].bytes, &v4->sin_addr, 4);
		else
			memcpy(list[0].bytes, &v6->sin6_addr, 16);
		count = 1;
	}
	for (size_t i = 0; i < d->interfaces.addresses_count && d->cfg->listener_any; i++)
		if (!d->interfaces.addresses[i].loopback)
			list[count++] = d->interfaces.addresses[i].address;
	follower_set_listeners(d->follower, list, count);
}

/* Takes over the text. Each update tries again: a reason may pass. */
static void note_refusal(struct daemon *d, char *why)
{
	if (!d->refusal || !why || strcmp(d->refusal, why))
		log_warn("xdp: %s; serving everything from userspace", why ? why : "no memory");
	free(d->refusal);
	d->refusal = why;
}

/* After each update: starts the program with the first zone; later, mends what failed. */
static void kernel_follow(struct daemon *d)
{
	_cleanup_free_ char *why = NULL;

	if (now_ns() < d->kernel_retry_ns) /* a load that fails costs most of a second */
		return;
	if (d->kernel && kernel_started(d->kernel)) {
		if (kernel_heal(d->kernel))
			d->kernel_retry_ns = now_ns() + KERNEL_RETRY_NS;
		else
			kernel_sync(d->kernel, &d->interfaces);
		return;
	}
	if (!d->cfg->xdp_on || !zone_ready(d->zone) || zone_incomplete(d->zone))
		return;
	if (!d->cfg->port) {
		note_refusal(d, strdup("needs a fixed port, not 0"));
		return;
	}
	if ((!d->kernel && kernel_claim(d->cfg, &d->kernel, &why)) ||
	    kernel_start(d->kernel, d->zone, &d->interfaces, &why)) {
		d->kernel_retry_ns = now_ns() + KERNEL_RETRY_NS;
		note_refusal(d, TAKE_PTR(why));
		return;
	}
	free(TAKE_PTR(d->refusal));
	if (!kernel_sync(d->kernel, &d->interfaces))
		log_warn("xdp: no interface to attach to; serving everything from userspace");
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

static void on_check(uv_timer_t *timer)
{
	const struct daemon *d = timer->data;

	if (d->kernel)
		kernel_check(d->kernel);
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
	reclaim_start(d);
	kernel_follow(d);
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

struct taking {
	struct zone *zone;
	struct record_list *list;
};

static int take_record(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct taking *t = ctx;
	int r = zone_add(t->zone, owner, rr);

	if (r)
		return r;
	r = t->list->sink.put(&t->list->sink, owner, dname_wire_len(owner), rr);
	if (r)
		zone_remove(t->zone, owner, rr);
	return r;
}

/* The zone that the daemon before has left in the kernel's maps. */
static void restore(struct daemon *d)
{
	struct zone_changes changes;
	struct kernel_restored was;
	struct record_list list;
	struct taking t = {d->zone, &list};
	int r;

	record_list_init(&list);
	r = kernel_restore(d->kernel, take_record, &t, &was);
	if (!r)
		r = zone_commit(d->zone, was.serial, &changes);
	if (r) {
		if (r != -ENOENT)
			log_warn("xdp: the zone in the maps cannot be taken over: %s",
				 strerror(-r));
		/* what was put into the zone so far is taken out with the first document */
		follower_restored(d->follower, &list, 0, "");
		return;
	}
	zone_set_expired(d->zone, was.expired);
	zone_set_incomplete(d->zone, !was.complete);
	log_notice("zone: %" PRIu64 " names taken over from the kernel's maps, serial %u%s%s",
		   was.names, was.serial, was.expired ? ", expired" : "",
		   was.complete ? "" : ", not all of them");
	follower_restored(d->follower, &list, was.heard, was.master_id);
	kernel_follow(d);
}

/* -EBUSY: another daemon serves; anything else leaves userspace to serve alone. */
static int claim(struct daemon *d)
{
	_cleanup_free_ char *why = NULL;
	int r;

	if (!d->cfg->xdp_on || !d->cfg->port)
		return 0;
	r = kernel_claim(d->cfg, &d->kernel, &why);
	if (r == -EBUSY)
		log_error("%s", why ? why : strerror(-r));
	else if (r)
		note_refusal(d, TAKE_PTR(why));
	return r == -EBUSY ? r : 0;
}

/* Links or addresses changed: the program's interfaces and the listener's records follow. */
static void on_settled(uv_timer_t *timer)
{
	struct daemon *d = timer->data;
	struct interfaces in;

	if (interfaces_scan(&in))
		return;
	interfaces_done(&d->interfaces);
	d->interfaces = in;
	if (d->kernel)
		kernel_sync(d->kernel, &d->interfaces);
	tell_listeners(d);
}

static void on_netlink(uv_poll_t *poll, int status, int events)
{
	struct daemon *d = poll->data;

	(void)events;
	interfaces_drain(d->netlink_fd);
	if (status < 0) /* events were lost, for which libuv stopped watching */
		uv_poll_start(poll, UV_READABLE, on_netlink);
	uv_timer_start(&d->settle, on_settled, INTERFACES_SETTLE_MS, 0);
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

static void log_changes(const struct config *cfg, const struct config_changes *c)
{
	for (size_t i = 0; i < c->live_count; i++)
		log_notice("%s: %s changed, in effect now", cfg->file, c->live[i]);
	for (size_t i = 0; i < c->restart_count; i++)
		log_warn("%s: %s changed, takes effect with a restart", cfg->file, c->restart[i]);
	if (!c->live_count && !c->restart_count)
		log_notice("%s: reread, nothing changed", cfg->file);
}

/* Everybody goes on with `fresh`. -ENOMEM: somebody still needs the old one. */
static int switch_config(struct daemon *d, const struct config *fresh, unsigned classes)
{
	_cleanup_free_ char *error = NULL;
	int r = 0, s;

	if (d->server)
		r = server_reconfigure(d->server, fresh);
	if (d->kernel)
		kernel_reconfigure(d->kernel, fresh);
	if (d->http)
		api_token_set(&d->api.token, fresh);
	s = follower_reload(d->follower, fresh, classes & CONFIG_SOURCE, classes & CONFIG_RECORDS,
			    &error);
	if (s)
		log_error("following the masters: %s", error ? error : strerror(-s));
	if (d->kernel && classes & CONFIG_XDP)
		kernel_sync(d->kernel, &d->interfaces);
	return r ? r : s == -ENOMEM ? s : 0;
}

/* A file that is wrong changes nothing. In any case the cluster is looked at afresh. */
static void reload(struct daemon *d)
{
	_cleanup_free_ char *error = NULL;
	struct config_changes changes;
	struct config *fresh, *old = d->cfg, *feeds = d->feeds_cfg;
	bool switched;

	if (config_reload(old, &fresh, &changes, &error)) {
		log_error("%s; keeping the previous configuration", error ? error : "no memory");
		follower_refresh(d->follower);
		return;
	}
	for (size_t i = 0; i < fresh->warnings_count; i++)
		log_warn("%s", fresh->warnings[i]);
	d->cfg = fresh;
	switched = switch_config(d, fresh, changes.classes) == 0;
	log_changes(fresh, &changes);
	/* the feeds look at the one they were started with */
	if (follower_feeds_config(d->follower) == fresh)
		d->feeds_cfg = fresh;
	if (switched && feeds != d->feeds_cfg && feeds != old)
		config_free(feeds);
	if (switched && old != d->feeds_cfg)
		config_free(old);
	follower_refresh(d->follower);
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
		reload(d);
		notify_ready();
		status_soon(d);
		break;
	default:
		notify_stopping();
		log_notice("signal %d: ending", signum);
		uv_stop(&d->loop);
	}
}

static void watch_signal(struct daemon *d, uv_signal_t *handle, int signum)
{
	uv_signal_init(&d->loop, handle);
	handle->data = d;
	uv_signal_start(handle, on_signal, signum);
}

static void watch(struct daemon *d)
{
	uint64_t watchdog_ms = notify_watchdog_ms();

	watch_signal(d, &d->terminate, SIGTERM);
	watch_signal(d, &d->interrupt, SIGINT);
	watch_signal(d, &d->hangup, SIGHUP);
	watch_signal(d, &d->usr1, SIGUSR1);
	uv_timer_init(&d->loop, &d->settle);
	uv_timer_init(&d->loop, &d->status);
	uv_timer_init(&d->loop, &d->watchdog);
	d->settle.data = d->status.data = d;
	uv_timer_init(&d->loop, &d->check);
	d->check.data = d;
	uv_timer_start(&d->check, on_check, CHECK_MS, CHECK_MS);
	if (watchdog_ms)
		uv_timer_start(&d->watchdog, on_watchdog, 0, watchdog_ms);
	d->netlink_fd = interfaces_watch();
	if (d->netlink_fd < 0) {
		log_warn("watching the interfaces: %s; a change needs a restart",
			 strerror(-d->netlink_fd));
		return;
	}
	uv_poll_init(&d->loop, &d->netlink, d->netlink_fd);
	d->netlink.data = d;
	uv_poll_start(&d->netlink, UV_READABLE, on_netlink);
}

static void look(void *ctx, struct api_world *ret)
{
	struct daemon *d = ctx;

	*ret = (struct api_world){.cfg = d->cfg,
				  .zone = d->zone,
				  .model = follower_model(d->follower),
				  .follower = d->follower,
				  .kernel = d->kernel,
				  .server = d->server};
}

static void wake_watchers(void *ctx)
{
	struct daemon *d = ctx;

	if (d->http)
		http_server_wake(d->http);
}

/* Last, when there is something to look at. DNS goes before: without the port the rest goes on. */
static void start_http(struct daemon *d)
{
	const struct http_server_tls tls = {d->cfg->http_cert, d->cfg->http_key};
	_cleanup_free_ char *error = NULL;

	d->api = (struct api){.zone = d->zone,
			      .enumeration = d->cfg->enumeration_on,
			      .look = look,
			      .ctx = d,
			      .token = API_TOKEN_NONE};
	api_token_set(&d->api.token, d->cfg);
	if (ask_loop_new(&d->loop, &d->api.loop) ||
	    watch_new(&d->loop, wake_watchers, d, &d->api.watch) ||
	    http_server_start(d->cfg->http_listener, d->cfg->http_port, tls.cert ? &tls : NULL,
			      api_handle, &d->api, &d->http, &error)) {
		log_error("%s; going on without the HTTP API", error ? error : "no memory");
		return;
	}
	log_notice("serving %s on port %u", tls.cert ? "HTTPS" : "HTTP", http_server_port(d->http));
}

static int start(struct daemon *d)
{
	static const struct follower_ops ops = {
		.current = on_current, .heard = on_heard, .expired = on_expired};
	_cleanup_free_ char *error = NULL;
	struct xdns_config zc;
	int r = zone_config_make(d->cfg, &zc);

	if (!r)
		r = zone_new(&zc, &d->zone);
	if (!r)
		r = interfaces_scan(&d->interfaces);
	if (r) {
		log_error("starting: %s", strerror(-r));
		return r;
	}
	r = claim(d);
	if (r)
		return r;
	/* the sockets before the program: what it passes must find a listener */
	if (d->cfg->dns_on) {
		r = server_start(d->cfg, d->zone, uv_available_parallelism(), &d->server, &error);
		if (r) {
			log_error("%s", error ? error : strerror(-r));
			return r;
		}
		log_notice("serving %s on port %u", d->cfg->domain, server_port(d->server));
	}
	if (!d->cfg->xdp_on) {
		log_notice("xdp: off (xdpOn is false); serving everything from userspace");
		kernel_forget(d->cfg);
	}
	watch(d);
	r = follower_new(&d->loop, d->cfg, d->zone, &ops, d, &d->follower);
	if (!r) {
		if (d->kernel)
			restore(d);
		tell_listeners(d);
		r = follower_start(d->follower, &error);
	}
	if (!r) {
		if (d->cfg->http_on)
			start_http(d);
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
	if (d->api.loop)
		ask_loop_close(d->api.loop);
	http_server_stop(TAKE_PTR(d->http));
	watch_end(d->api.watch);
	follower_close(d->follower);
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	kernel_close(d->kernel, d->cfg->xdp_keep_serving);
	server_stop(d->server);
	ask_loop_free(d->api.loop);
	watch_free(d->api.watch);
	uv_loop_close(&d->loop);
	if (d->netlink_fd >= 0)
		close(d->netlink_fd);
	zone_free(d->zone);
	follower_free(d->follower);
	free(d->refusal);
	interfaces_done(&d->interfaces);
}

int daemon_run(struct config *cfg)
{
	struct daemon d = {.cfg = cfg, .feeds_cfg = cfg, .netlink_fd = -1};
	int r;

	signal(SIGPIPE, SIG_IGN);
	r = uv_loop_init(&d.loop);
	if (r) {
		log_error("starting the event loop: %s", uv_strerror(r));
		config_free(cfg);
		return EXIT_FAILURE;
	}
	r = start(&d);
	if (!r)
		uv_run(&d.loop, UV_RUN_DEFAULT);
	stop(&d);
	if (d.feeds_cfg != d.cfg)
		config_free(d.feeds_cfg);
	config_free(d.cfg);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
