// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "source.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fetch.h"
#include "util.h"

struct source {
	const struct config *cfg;
	struct source_ops ops;
	void *ctx;
	struct fetcher *fetcher;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop, refresh; /* asked for; under the lock */
	bool had_one;	    /* a fetch has succeeded */
	uint64_t backoff_ns;
};

/* Between 3/4 and 5/4 of ns, so that daemons started together do not ask together. */
static uint64_t jitter(uint64_t ns)
{
	uint32_t r = UINT32_MAX / 2;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) < 0)
		r = UINT32_MAX / 2;
	return ns - ns / 4 + (uint64_t)((double)(ns / 2) * r / UINT32_MAX);
}

static void fetch_once(struct source *s)
{
	struct source_stats stats = {0};
	struct fetch_result result;
	uint64_t start = now_ns();
	char *error = NULL;
	int rc = fetcher_fetch(s->fetcher, &result, &error);

	if (rc == 0) {
		stats.fetch_ns = now_ns() - start;
		stats.bytes = result.bytes;
		stats.master = result.master;
		s->had_one = true;
		s->ops.update(s->ctx, result.cluster, &stats);
	} else if (rc != -ECANCELED) {
		s->ops.failed(s->ctx, error ? error : strerror(-rc));
	}
	free(error);
}

/*
 * When to fetch again. Ticks keep their rhythm and are left out while a
 * fetch runs; until the first success the back-off comes before the tick.
 */
static uint64_t next_fetch(struct source *s, uint64_t *tick)
{
	uint64_t period = (uint64_t)s->cfg->refresh_seconds * NSEC_PER_SEC;
	uint64_t now = now_ns(), wait;

	if (now >= *tick)
		*tick += ((now - *tick) / period + 1) * period;
	if (s->had_one)
		return *tick;
	wait = s->backoff_ns < period ? jitter(s->backoff_ns) : period;
	if (s->backoff_ns < period)
		s->backoff_ns *= 2;
	return now + wait;
}

/* Sleeps until then, or until it is told to refresh or to stop. false: stop. */
static bool sleep_until(struct source *s, uint64_t when_ns)
{
	struct timespec ts = {.tv_sec = (time_t)(when_ns / NSEC_PER_SEC),
			      .tv_nsec = (long)(when_ns % NSEC_PER_SEC)};
	bool go_on;
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && !s->refresh && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&s->changed, &s->lock, &ts);
	s->refresh = false;
	go_on = !s->stop;
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

static void *source_run(void *arg)
{
	struct source *s = arg;
	uint64_t tick = now_ns();
	sigset_t all;

	/* signals are for the main thread; SIGPIPE would come from writes below libcurl */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	do {
		fetch_once(s);
	} while (sleep_until(s, next_fetch(s, &tick)));
	return NULL;
}

static void source_free(struct source *s)
{
	fetcher_free(s->fetcher);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int source_start(const struct config *cfg, const struct source_ops *ops, void *ctx,
		 struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;
	int rc;

	if (!s)
		return -ENOMEM;
	s->cfg = cfg;
	s->ops = *ops;
	s->ctx = ctx;
	s->backoff_ns = NSEC_PER_SEC;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	rc = fetcher_new(cfg, &s->fetcher);
	if (rc == 0)
		rc = -pthread_create(&s->thread, NULL, source_run, s);
	if (rc < 0) {
		source_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void source_refresh(struct source *s)
{
	pthread_mutex_lock(&s->lock);
	s->refresh = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void source_stop(struct source *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	fetcher_stop(s->fetcher);
	pthread_join(s->thread, NULL);
	source_free(s);
}
