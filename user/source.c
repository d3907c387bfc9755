// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "source.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "text_list.h"
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
	struct text_list masters; /* not yet handed to the fetcher, as is */
	struct known_tasks known; /* this */
};

static void fetch_once(struct source *s)
{
	struct source_stats stats = {.begun_ns = now_ns()};
	struct fetch_result result;
	char *error = NULL;
	int rc = fetcher_fetch(s->fetcher, &result, &error);

	fetcher_set_known(s->fetcher, NULL);
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
	struct text_list *m = &s->masters;
	bool stop;

	pthread_mutex_lock(&s->lock);
	s->fetching = false;
	while (!s->stop && !s->wanted)
		pthread_cond_wait(&s->changed, &s->lock);
	s->wanted = false;
	stop = s->stop;
	s->fetching = !stop;
	if (!stop) {
		fetcher_resume(s->fetcher);
		fetcher_set_known(s->fetcher, &s->known);
	}
	/* without memory: next time */
	if (m->list && !fetcher_set_masters(s->fetcher, (const char *const *)m->list, m->count))
		text_list_done(m);
	pthread_mutex_unlock(&s->lock);
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
	known_tasks_done(&s->known);
	text_list_done(&s->masters);
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

void source_fetch(struct source *s, struct known_tasks *known)
{
	pthread_mutex_lock(&s->lock);
	known_tasks_done(&s->known);
	if (known) {
		s->known = *known;
		*known = (struct known_tasks){0};
	}
	s->wanted = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

int source_set_masters(struct source *s, const char *const *masters, size_t count)
{
	struct text_list copy;
	int rc = text_list_copy(masters, count, &copy);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->lock);
	text_list_done(&s->masters);
	s->masters = copy;
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
