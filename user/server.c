// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <urcu.h>
#include <uv.h>

#include "endpoint.h"
#include "listeners.h"
#include "log.h"
#include "stat.h"
#include "tcp.h"
#include "udp.h"
#include "util.h"

#define WORKERS_MAX  256
#define WORKER_FILES 16 /* a worker's own descriptors: sockets, epoll, wake-up */

struct worker {
	unsigned index;
	uv_loop_t loop;
	struct server *server;
	uv_async_t stop, reconfigure;
	uv_thread_t thread;
	bool running;
	bool reconfigured; /* under the server's lock */
	struct worker_env env;
	struct udp *udp;
	struct tcp *tcp;
	_Alignas(64) struct server_stats stats; /* no line shared with another worker */
};

/* What a reconfiguration replaces. */
struct serving {
	const struct config *cfg;
	struct sockaddr_storage *own; /* resolvers that are ourselves */
	size_t own_count;
};

struct server {
	uint16_t port;
	struct serving now;
	pthread_mutex_t lock;	     /* between server_reconfigure() and the workers */
	pthread_cond_t reconfigured; /* a worker has taken over `now` */
	struct transfer_source transfers;
	unsigned count; /* workers initialised */
	struct worker *workers;
};

static void worker_close(struct worker *w)
{
	udp_close(TAKE_PTR(w->udp));
	tcp_close(TAKE_PTR(w->tcp));
	forwarder_close(TAKE_PTR(w->env.forwarder));
	uv_close((uv_handle_t *)&w->stop, NULL);
	uv_close((uv_handle_t *)&w->reconfigure, NULL);
}

static void on_stop(uv_async_t *async)
{
	worker_close(async->data);
}

static void on_reconfigure(uv_async_t *async)
{
	struct worker *w = async->data;
	struct server *s = w->server;

	pthread_mutex_lock(&s->lock);
	w->env.cfg = s->now.cfg;
	forwarder_reconfigure(w->env.forwarder, (unsigned)s->now.cfg->timeout, s->now.own,
			      s->now.own_count);
	w->reconfigured = true;
	pthread_cond_signal(&s->reconfigured);
	pthread_mutex_unlock(&s->lock);
}

/* Closes a worker that does not run: lets its loop see the handles off. */
static void worker_discard(struct worker *w)
{
	worker_close(w);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	uv_loop_close(&w->loop);
}

static void worker_main(void *arg)
{
	struct worker *w = arg;
	char name[16];

	snprintf(name, sizeof(name), "dns-%u", w->index);
	pthread_setname_np(pthread_self(), name);
	rcu_register_thread();
	uv_run(&w->loop, UV_RUN_DEFAULT);
	rcu_unregister_thread();
}

/* On failure nothing is left of the worker but what l still holds. */
static int worker_init(struct worker *w, struct listeners *l)
{
	const struct serving *now = &w->server->now;
	int r = uv_loop_init(&w->loop);

	if (r < 0)
		return r;
	r = uv_async_init(&w->loop, &w->stop, on_stop);
	if (r < 0) {
		uv_loop_close(&w->loop);
		return r;
	}
	uv_async_init(&w->loop, &w->reconfigure, on_reconfigure); /* only a loop's first can fail */
	w->stop.data = w->reconfigure.data = w;
	w->env.cfg = now->cfg;
	w->env.loop = &w->loop;
	w->env.stats = &w->stats;
	r = forwarder_new(&w->loop, (unsigned)now->cfg->timeout, &w->env.forwarder);
	if (r == 0)
		r = udp_new(&w->env, l->udp, l->count, &w->udp);
	if (r == 0)
		r = tcp_new(&w->env, l->tcp, l->count, &w->tcp);
	if (r < 0) {
		worker_discard(w);
		return r;
	}
	forwarder_avoid(w->env.forwarder, now->own, now->own_count);
	return 0;
}

static void log_own_resolvers(const struct server *s)
{
	for (size_t i = 0; i < s->now.own_count; i++) {
		char text[ENDPOINT_TEXT_MAX];

		log_warn("resolver %s is this server itself: it is never asked",
			 endpoint_text(&s->now.own[i], text));
	}
}

/* Limits are ours to keep (tcp_priv.h, forward_priv.h): the soft one is no help. */
static void raise_file_limit(unsigned workers)
{
	rlim_t want =
		256 + (rlim_t)workers * (TCP_CONNS_MAX + FORWARDER_QUERIES_MAX + WORKER_FILES);
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur >= want)
		return;
	lim.rlim_cur = lim.rlim_max < want ? lim.rlim_max : want;
	setrlimit(RLIMIT_NOFILE, &lim);
}

static int init_workers(struct server *s, unsigned workers, struct listeners *l)
{
	size_t size = (workers * sizeof(struct worker) + 63) & ~(size_t)63;
	int r;

	s->workers = aligned_alloc(64, size);
	if (!s->workers)
		return -ENOMEM;
	memset(s->workers, 0, size);
	for (unsigned i = 0; i < workers; i++) {
		s->workers[i].index = i;
		s->workers[i].server = s;
		s->workers[i].env.zone = s->transfers.zone;
		s->workers[i].env.transfers = &s->transfers;
		r = worker_init(&s->workers[i], &l[i]);
		if (r < 0)
			return r;
		s->count++;
	}
	return 0;
}

static int open_server(struct server *s, const struct config *cfg, unsigned workers,
		       struct listeners *l, char **ret_error)
{
	int r = listeners_open(cfg, workers, l, &s->port, ret_error);

	if (r < 0)
		return r;
	s->now.cfg = cfg;
	r = listeners_own_resolvers(cfg, s->port, &s->now.own, &s->now.own_count);
	if (r == 0)
		r = init_workers(s, workers, l);
	listeners_close(l, workers); /* what no worker has taken */
	if (r < 0 && asprintf(ret_error, "preparing the DNS workers: %s", uv_strerror(r)) < 0)
		*ret_error = NULL;
	return r;
}

int server_open(const struct config *cfg, const struct zone *zone, struct history *history,
		unsigned workers, struct server **ret, char **ret_error)
{
	_cleanup_free_ struct listeners *l = NULL;
	struct server *s;
	char *error = NULL;
	int r = -ENOMEM;

	workers = workers < 1 ? 1 : workers > WORKERS_MAX ? WORKERS_MAX : workers;
	raise_file_limit(workers);
	l = calloc(workers, sizeof(*l));
	s = calloc(1, sizeof(*s));
	if (s) {
		s->transfers = (struct transfer_source){.zone = zone, .history = history};
		pthread_mutex_init(&s->lock, NULL);
		pthread_cond_init(&s->reconfigured, NULL);
	}
	if (l && s)
		r = open_server(s, cfg, workers, l, &error);
	if (r < 0) {
		server_stop(s);
		*ret_error = error;
		return r;
	}
	log_own_resolvers(s);
	*ret = s;
	return 0;
}

/* Signals are for the thread that starts us. */
int server_run(struct server *s)
{
	sigset_t all, old;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned i = 0; i < s->count && r == 0; i++) {
		r = uv_thread_create(&s->workers[i].thread, worker_main, &s->workers[i]);
		s->workers[i].running = r == 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

int server_reconfigure(struct server *s, const struct config *cfg)
{
	struct serving old = s->now, fresh = {.cfg = cfg};
	int r = listeners_own_resolvers(cfg, s->port, &fresh.own, &fresh.own_count);

	if (r < 0)
		return r;
	pthread_mutex_lock(&s->lock);
	s->now = fresh;
	for (unsigned i = 0; i < s->count; i++) {
		s->workers[i].reconfigured = false;
		uv_async_send(&s->workers[i].reconfigure);
	}
	for (unsigned i = 0; i < s->count; i++)
		while (!s->workers[i].reconfigured)
			pthread_cond_wait(&s->reconfigured, &s->lock);
	pthread_mutex_unlock(&s->lock);
	free(old.own);
	log_own_resolvers(s);
	return 0;
}

void server_set_limiter(struct server *s, const struct limiter *l)
{
	for (unsigned i = 0; i < s->count; i++)
		__atomic_store_n(&s->workers[i].env.limiter, l, __ATOMIC_RELEASE);
}

uint16_t server_port(const struct server *s)
{
	return s->port;
}

static void add_forwarder(struct forwarder_stats *sum, const struct forwarder *f)
{
	struct forwarder_stats one = forwarder_stats(f);

	sum->queries += one.queries;
	sum->answered += one.answered;
	sum->failed += one.failed;
	sum->tries += one.tries;
	sum->timeouts += one.timeouts;
	sum->mismatches += one.mismatches;
	sum->retried_tcp += one.retried_tcp;
	sum->joined += one.joined;
	sum->refused_full += one.refused_full;
}

struct server_stats server_stats(const struct server *s)
{
	struct server_stats sum = {0};

	for (unsigned i = 0; i < s->count; i++) {
		const struct server_stats *one = &s->workers[i].stats;

		traffic_add(&sum.udp, &one->udp);
		traffic_add(&sum.tcp, &one->tcp);
		sum.tcp_connections += stat_get(&one->tcp_connections);
		sum.tcp_refused += stat_get(&one->tcp_refused);
		sum.tcp_evicted += stat_get(&one->tcp_evicted);
		sum.tcp_denied += stat_get(&one->tcp_denied);
		add_forwarder(&sum.forward, s->workers[i].env.forwarder);
		for (int k = 0; k < TRANSFER_OUTCOMES_COUNT; k++)
			sum.transfers[k] += stat_get(&one->transfers[k]);
	}
	return sum;
}

void server_upstreams(const struct server *s, struct forward_upstreams *sum)
{
	for (unsigned i = 0; i < s->count; i++)
		forward_upstreams_add(sum, forwarder_upstreams(s->workers[i].env.forwarder));
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->count; i++) {
		if (s->workers[i].running)
			uv_async_send(&s->workers[i].stop);
	}
	for (unsigned i = 0; i < s->count; i++) {
		struct worker *w = &s->workers[i];

		if (!w->running) {
			worker_discard(w);
			continue;
		}
		uv_thread_join(&w->thread);
		uv_loop_close(&w->loop);
	}
	pthread_cond_destroy(&s->reconfigured);
	pthread_mutex_destroy(&s->lock);
	free(s->workers);
	free(s->now.own);
	free(s);
}
