// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "interfaces.h"
#include "kernel.h"
#include "log.h"
#include "records.h"
#include "server.h"
#include "source.h"
#include "util.h"
#include "zone.h"
#include "zone_config.h"
#include "zone_read.h"

#define INTERFACES_SETTLE_MS 100 /* changes of links and addresses come in bursts */

/* What the zone's records were made of last. */
struct snapshot {
	struct cluster *cluster;
	struct address *listeners;
	size_t listeners_count;
};

struct daemon {
	const struct config *cfg;
	uv_loop_t loop;
	struct zone *zone;
	struct server *server;
	struct source *source;
	struct kernel *kernel;
	struct interfaces interfaces;
	struct snapshot now;
	bool closing, reclaiming;
	char *refusal; /* why there is no program now; the same reason is said once */
	char *failure; /* why there is no new state now; the same reason is said once */

	pthread_mutex_t inbox_lock;
	struct cluster *inbox; /* the newest cluster not yet looked at */
	struct source_stats inbox_stats;
	char inbox_master[128];
	char *inbox_error;

	uv_async_t inbox_signal;
	uv_signal_t terminate, interrupt, hangup, usr1;
	uv_poll_t netlink;
	int netlink_fd;
	uv_timer_t settle;
	uv_work_t reclaim;
};

/* On the source's thread: only hands over. */
static void on_update(void *ctx, struct cluster *cluster, const struct source_stats *stats)
{
	struct daemon *d = ctx;

	pthread_mutex_lock(&d->inbox_lock);
	cluster_free(d->inbox);
	d->inbox = cluster;
	d->inbox_stats = *stats;
	snprintf(d->inbox_master, sizeof(d->inbox_master), "%s", stats->master);
	pthread_mutex_unlock(&d->inbox_lock);
	uv_async_send(&d->inbox_signal);
}

static void on_failed(void *ctx, const char *error)
{
	struct daemon *d = ctx;

	pthread_mutex_lock(&d->inbox_lock);
	free(d->inbox_error);
	d->inbox_error = strdup(error);
	pthread_mutex_unlock(&d->inbox_lock);
	uv_async_send(&d->inbox_signal);
}

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
static int listeners_now(const struct daemon *d, struct snapshot *s)
{
	const struct sockaddr_in *v4 = (const void *)&d->cfg->listener;
	const struct sockaddr_in6 *v6 = (const void *)&d->cfg->listener;

	s->listeners = calloc(d->interfaces.addresses_count + 1, sizeof(*s->listeners));
	s->listeners_count = 0;
	if (!s->listeners)
		return -ENOMEM;
	if (!d->cfg->listener_any) {
		struct address *a = &s->listeners[s->listeners_count++];

		a->family = d->cfg->listener.ss_family;
		if (a->family == AF_INET)
			memcpy(a->bytes, &v4->sin_addr, 4);
		else
			memcpy(a->bytes, &v6->sin6_addr, 16);
		return 0;
	}
	for (size_t i = 0; i < d->interfaces.addresses_count; i++)
		if (!d->interfaces.addresses[i].loopback)
			s->listeners[s->listeners_count++] = d->interfaces.addresses[i].address;
	return 0;
}

static struct records_input input_of(const struct daemon *d, const struct snapshot *s)
{
	return (struct records_input){
		.cluster = s->cluster,
		.masters = (const char *const *)d->cfg->masters,
		.masters_count = d->cfg->masters_count,
		.listeners = s->listeners,
		.listeners_count = s->listeners_count,
	};
}

/* The Unix time, but never back, and never the same for a zone that differs (RFC 1982). */
static uint32_t next_serial(const struct daemon *d)
{
	uint32_t now = time(NULL), last = zone_serial(d->zone);

	return (int32_t)(now - last) > 0 ? now : last + 1;
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

	if (d->kernel) {
		if (!kernel_heal(d->kernel))
			kernel_sync(d->kernel, &d->interfaces);
		return;
	}
	if (!d->cfg->xdp_on || !zone_ready(d->zone))
		return;
	if (!d->cfg->port) {
		note_refusal(d, strdup("needs a fixed port, not 0"));
		return;
	}
	if (kernel_open(d->cfg, d->zone, &d->kernel, &why)) {
		note_refusal(d, TAKE_PTR(why));
		return;
	}
	free(TAKE_PTR(d->refusal));
	if (!kernel_sync(d->kernel, &d->interfaces))
		log_warn("xdp: no interface to attach to; serving everything from userspace");
}

static void keep(struct daemon *d, const struct snapshot *next)
{
	free(d->now.listeners);
	if (d->now.cluster != next->cluster) {
		cluster_free(d->now.cluster);
		malloc_trim(0); /* a cluster is many small blocks: back to the system with them */
	}
	d->now = *next;
}

/* Brings the zone from what d->now gave to what `next` gives, and keeps next. */
static int apply(struct daemon *d, struct snapshot *next)
{
	struct records_input old = input_of(d, &d->now), new = input_of(d, next);
	struct records_skipped skipped = {0};
	struct zone_changes changes = {0};
	struct zone_counts counts;
	uint64_t start = now_ns();
	bool first = !d->now.listeners;
	int r;

	r = records_update(d->zone, d->cfg, first ? NULL : &old, &new, &skipped);
	if (r)
		return r;
	/* From here on the zone stands for `next`, even if the commit has to be tried again. */
	keep(d, next);
	r = zone_commit(d->zone, next_serial(d), &changes);
	if (r) {
		log_error("zone: %s; serving the previous records until the next update",
			  strerror(-r));
		return 0;
	}
	reclaim_start(d);
	counts = zone_counts(d->zone);
	log_write(first ? LOG_LEVEL_NOTICE : LOG_LEVEL_INFO,
		  "zone: %" PRIu64 " names (+%" PRIu64 " ~%" PRIu64 " -%" PRIu64 "), %" PRIu64
		  " A, %" PRIu64 " AAAA, %" PRIu64 " SRV, serial %u, %" PRIu64 " ms",
		  counts.names, changes.names_added, changes.names_changed, changes.names_removed,
		  counts.a, counts.aaaa, counts.srv, zone_serial(d->zone),
		  (now_ns() - start) / NSEC_PER_MSEC);
	if (skipped.conflicts || skipped.unreachable || skipped.unresolved)
		log_info("zone: left out: %" PRIu64 " conflicts, %" PRIu64 " unreachable, %" PRIu64
			 " unresolved",
			 skipped.conflicts, skipped.unreachable, skipped.unresolved);
	return 0;
}

static void take_cluster(struct daemon *d, struct cluster *cluster)
{
	const struct cluster_skipped *s = &cluster->skipped;
	struct snapshot next = {.cluster = cluster};
	int r;

	if (s->tasks || s->frameworks || s->agents || s->ports)
		log_warn("mesos: unusable parts left out: %" PRIu64 " tasks, %" PRIu64
			 " frameworks, %" PRIu64 " agents, %" PRIu64 " ports",
			 s->tasks, s->frameworks, s->agents, s->ports);
	r = listeners_now(d, &next);
	if (!r)
		r = apply(d, &next);
	if (r) {
		log_error("zone: %s; keeping the previous zone", strerror(-r));
		free(next.listeners);
		cluster_free(cluster);
		return;
	}
	kernel_follow(d);
}

/* Takes over the text. */
static void note_failure(struct daemon *d, char *why)
{
	bool known = d->failure && !strcmp(d->failure, why);

	log_write(known ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, "mesos: %s; %s", why,
		  d->now.cluster ? "keeping the previous zone"
				 : "no zone yet, names of the domain get SERVFAIL");
	free(d->failure);
	d->failure = why;
}

static void on_inbox(uv_async_t *async)
{
	struct daemon *d = async->data;
	_cleanup_free_ char *error = NULL;
	struct cluster *cluster;
	struct source_stats stats;
	char master[sizeof(d->inbox_master)];

	pthread_mutex_lock(&d->inbox_lock);
	cluster = TAKE_PTR(d->inbox);
	error = TAKE_PTR(d->inbox_error);
	stats = d->inbox_stats;
	memcpy(master, d->inbox_master, sizeof(master));
	pthread_mutex_unlock(&d->inbox_lock);
	if (error)
		note_failure(d, TAKE_PTR(error));
	if (!cluster)
		return;
	if (d->failure)
		log_notice("mesos: state again from %s", master);
	free(TAKE_PTR(d->failure));
	log_info("mesos: state from %s: %" PRIu64 " octets in %" PRIu64 " ms", master, stats.bytes,
		 stats.fetch_ns / NSEC_PER_MSEC);
	take_cluster(d, cluster);
}

/* Links or addresses changed: the program's interfaces and the listener's records follow. */
static void on_settled(uv_timer_t *timer)
{
	struct daemon *d = timer->data;
	struct snapshot next = {.cluster = d->now.cluster};
	struct interfaces in;

	if (interfaces_scan(&in))
		return;
	interfaces_done(&d->interfaces);
	d->interfaces = in;
	if (d->kernel)
		kernel_sync(d->kernel, &d->interfaces);
	if (!d->now.cluster || listeners_now(d, &next))
		return;
	if (next.listeners_count == d->now.listeners_count &&
	    !memcmp(next.listeners, d->now.listeners,
		    next.listeners_count * sizeof(*next.listeners))) {
		free(next.listeners);
		return;
	}
	if (apply(d, &next)) {
		log_error("zone: no memory for the new addresses; keeping the previous zone");
		free(next.listeners);
	}
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
	log_notice("counter: udp %-20s %" PRIu64, "queries", s.udp_queries);
	log_notice("counter: udp %-20s %" PRIu64, "answers", s.udp_answers);
	log_notice("counter: tcp %-20s %" PRIu64, "queries", s.tcp_queries);
	log_notice("counter: tcp %-20s %" PRIu64, "answers", s.tcp_answers);
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
		source_refresh(d->source);
		break;
	default:
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
	uv_async_init(&d->loop, &d->inbox_signal, on_inbox);
	d->inbox_signal.data = d;
	watch_signal(d, &d->terminate, SIGTERM);
	watch_signal(d, &d->interrupt, SIGINT);
	watch_signal(d, &d->hangup, SIGHUP);
	watch_signal(d, &d->usr1, SIGUSR1);
	uv_timer_init(&d->loop, &d->settle);
	d->settle.data = d;
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

static int start(struct daemon *d)
{
	const struct source_ops ops = {.update = on_update, .failed = on_failed};
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
	r = source_start(d->cfg, &ops, d, &d->source);
	if (r)
		log_error("starting the source: %s", strerror(-r));
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
	source_stop(d->source);
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	kernel_close(d->kernel);
	server_stop(d->server);
	uv_loop_close(&d->loop);
	if (d->netlink_fd >= 0)
		close(d->netlink_fd);
	zone_free(d->zone);
	cluster_free(d->now.cluster);
	free(d->now.listeners);
	cluster_free(d->inbox);
	free(d->inbox_error);
	free(d->failure);
	free(d->refusal);
	interfaces_done(&d->interfaces);
}

int daemon_run(const struct config *cfg)
{
	struct daemon d = {.cfg = cfg, .netlink_fd = -1, .inbox_lock = PTHREAD_MUTEX_INITIALIZER};
	int r;

	signal(SIGPIPE, SIG_IGN);
	r = uv_loop_init(&d.loop);
	if (r) {
		log_error("starting the event loop: %s", uv_strerror(r));
		return EXIT_FAILURE;
	}
	r = start(&d);
	if (!r)
		uv_run(&d.loop, UV_RUN_DEFAULT);
	stop(&d);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
