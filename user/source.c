// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "source.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "util.h"

struct source {
	const struct config *cfg;
	struct source_ops ops;
	void *ctx;
	struct fetcher *fetcher;
	pthread_t thread;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t changed;
	bool stop, wanted, fetching;
	char **masters; /* not yet handed to the fetcher */
	size_t masters_count;
};

static void free_masters(char **masters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(masters[i]);
	free(masters);
}

static void fetch_once(struct source *s)
{
	struct source_stats stats = {.begun_ns = now_ns()};
	struct fetch_result result;
	char *error = NULL;
	int rc = fetcher_fetch(s->fetcher, &result, &error);

	if (rc == 0) {
		stats.fetch_ns = now_ns() - stats.begun_ns;
		stats.bytes = result.bytes;
		stats.master = result.master;
		s->ops.document(s->ctx, result.cluster, &stats);
	} else if (rc == -ECANCELED) {
		s->ops.failed(s->ctx, NULL);
	} else {
		s->ops.failed(s->ctx, error ? error : strerror(-rc));
	}
	free(error);
}

/* Waits for something to do; hands new masters over. false: stop. */
static bool next_fetch(struct source *s)
{
	char **masters;
	size_t count;
	bool stop;

	pthread_mutex_lock(&s->lock);
	s->fetching = false;
	while (!s->stop && !s->wanted)
		pthread_cond_wait(&s->changed, &s->lock);
	masters = TAKE_PTR(s->masters);
	count = s->masters_count;
	s->wanted = false;
	stop = s->stop;
	s->fetching = !stop;
	if (!stop)
		fetcher_resume(s->fetcher);
	pthread_mutex_unlock(&s->lock);
	if (masters && fetcher_set_masters(s->fetcher, (const char *const *)masters, count)) {
		pthread_mutex_lock(&s->lock); /* next time */
		if (!s->masters) {
			s->masters = TAKE_PTR(masters);
			s->masters_count = count;
		}
		pthread_mutex_unlock(&s->lock);
	}
	free_masters(masters, masters ? count : 0);
	return !stop;
}

static void *source_run(void *arg)
{
	struct source *s = arg;
	sigset_t all;

	/* signals are for the main thread; SIGPIPE would come from writes below libcurl */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "mesos-state");
	while (next_fetch(s))
		fetch_once(s);
	return NULL;
}

static void source_free(struct source *s)
{
	fetcher_free(s->fetcher);
	free_masters(s->masters, s->masters ? s->masters_count : 0);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int source_start(const struct config *cfg, const struct source_ops *ops, void *ctx,
		 struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->cfg = cfg;
	s->ops = *ops;
	s->ctx = ctx;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
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

void source_fetch(struct source *s)
{
	pthread_mutex_lock(&s->lock);
	s->wanted = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

int source_set_masters(struct source *s, const char *const *masters, size_t count)
{
	char **copy = calloc(count + 1, sizeof(*copy));
	size_t n = 0;

	while (copy && n < count && (copy[n] = strdup(masters[n])))
		n++;
	if (!copy || n < count) {
		free_masters(copy, copy ? n : 0);
		return -ENOMEM;
	}
	pthread_mutex_lock(&s->lock);
	free_masters(s->masters, s->masters ? s->masters_count : 0);
	s->masters = copy;
	s->masters_count = count;
	if (s->fetching)
		fetcher_stop(s->fetcher);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

void source_stop(struct source *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->changed);
	fetcher_stop(s->fetcher);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	source_free(s);
}
