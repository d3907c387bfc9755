// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "stream.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "stream_session.h"
#include "text_list.h"
#include "util.h"

struct stream {
	struct stream_times times;
	struct stream_ops ops;
	void *ctx;
	struct session *session;
	pthread_t thread;
	uint64_t backoff_ns; /* the next one */
	bool was_heard;	     /* in the session under way, or the last one */
	uint64_t heard_ns;   /* since now_ns() was that */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	struct text_list masters;
	char heard[288]; /* "host:port" of who is being heard, "" if nobody is */
	bool moved;	 /* there is somebody else to ask */
	bool stop;
};

static uint64_t random_below(uint64_t limit)
{
	uint32_t r = UINT32_MAX / 2;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) < 0)
		r = UINT32_MAX / 2;
	return (uint64_t)((double)limit * r / UINT32_MAX);
}

/*
 * How long to wait now: the nominal time and up to half as much again, so that daemons that lost
 * the same master do not all come back at once. The nominal time doubles.
 */
static uint64_t next_backoff(struct stream *s)
{
	uint64_t nominal = s->backoff_ns, top = s->times.backoff_max / 3 * 2;

	if (top < s->times.backoff_min)
		top = s->times.backoff_min;
	s->backoff_ns = 2 * nominal < top ? 2 * nominal : top;
	return nominal + random_below(nominal / 2);
}

static void on_event(void *ctx, struct event *e)
{
	struct stream *s = ctx;

	s->ops.event(s->ctx, e);
}

static void on_subscribed(void *ctx, const char *master, const char *text)
{
	struct stream *s = ctx;

	pthread_mutex_lock(&s->lock);
	snprintf(s->heard, sizeof(s->heard), "%s", master);
	pthread_mutex_unlock(&s->lock);
	s->was_heard = true;
	s->heard_ns = now_ns();
	s->ops.state(s->ctx, STREAM_HEARD, text);
}

static void on_alive(void *ctx)
{
	struct stream *s = ctx;

	s->ops.alive(s->ctx);
}

/* Sleeps that long, or until there is somebody else to ask or it is stopped. */
static void wait_for(struct stream *s, uint64_t ns)
{
	uint64_t when = now_ns() + ns;
	struct timespec ts = {.tv_sec = (time_t)(when / NSEC_PER_SEC),
			      .tv_nsec = (long)(when % NSEC_PER_SEC)};
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && !s->moved && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&s->changed, &s->lock, &ts);
	pthread_mutex_unlock(&s->lock);
}

/* Whom to ask, as soon as there is anybody. 0, -ENOMEM; -ECANCELED: it is stopped. */
static int next_masters(struct stream *s, struct text_list *ret)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && s->masters.count == 0)
		pthread_cond_wait(&s->changed, &s->lock);
	rc = s->stop ? -ECANCELED
		     : text_list_copy((const char *const *)s->masters.list, s->masters.count, ret);
	if (s->moved)
		s->backoff_ns = s->times.backoff_min;
	s->moved = false;
	session_resume(s->session);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static int run_session(struct stream *s, const char *master)
{
	int rc;

	s->was_heard = false;
	rc = session_run(s->session, master);
	pthread_mutex_lock(&s->lock);
	s->heard[0] = 0;
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* Adds "; line" to *text; what memory runs out for is left out. */
static void append_line(char **text, const char *line)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", *text ? *text : "", *text ? "; " : "", line) < 0)
		return;
	free(*text);
	*text = joined;
}

/*
 * Asks the masters in turn until one has been heard, or cannot be. Returns as session_run(); with
 * -EIO and -EOPNOTSUPP *errors says more.
 */
static int ask_masters(struct stream *s, const struct text_list *m, char **errors)
{
	int rc = session_login(s->session);

	if (rc == -EIO)
		append_line(errors, session_error(s->session));
	if (rc < 0)
		return rc;
	rc = -EIO;
	for (size_t i = 0; i < m->count && rc == -EIO; i++) {
		rc = run_session(s, m->list[i]);
		if (rc == -EIO || rc == -EOPNOTSUPP)
			append_line(errors, session_error(s->session));
		if (s->was_heard)
			break;
	}
	return rc;
}

/* One round: says how it went and waits before the next. */
static void round_of(struct stream *s, const struct text_list *m)
{
	_cleanup_free_ char *errors = NULL;
	int rc = ask_masters(s, m, &errors);

	if (rc == -ECANCELED)
		return;
	if (rc == -EINTR) {
		/* a change of masters: the next is asked at once */
		if (s->was_heard)
			s->ops.state(s->ctx, STREAM_LOST, "another master leads");
		return;
	}
	if (rc == -EOPNOTSUPP) {
		s->ops.state(s->ctx, STREAM_UNSUPPORTED, errors ? errors : strerror(-rc));
		wait_for(s, s->times.unsupported + random_below(s->times.unsupported / 4));
		return;
	}
	s->ops.state(s->ctx, STREAM_LOST, errors ? errors : strerror(-rc));
	/* a stream that breaks as soon as it is there is not asked for again and again */
	if (s->was_heard && now_ns() - s->heard_ns >= s->times.backoff_max)
		s->backoff_ns = s->times.backoff_min;
	wait_for(s, next_backoff(s));
}

static void *stream_run(void *arg)
{
	struct text_list m = {0};
	struct stream *s = arg;
	sigset_t all;
	int rc;

	/* signals are for the main thread; SIGPIPE would come from writes below libcurl */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while ((rc = next_masters(s, &m)) != -ECANCELED) {
		if (rc == 0)
			round_of(s, &m);
		else
			wait_for(s, next_backoff(s));
		text_list_done(&m);
	}
	return NULL;
}

static void stream_free(struct stream *s)
{
	session_free(s->session);
	text_list_done(&s->masters);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int stream_start_with(const struct config *cfg, const struct stream_times *times,
		      const struct stream_ops *ops, void *ctx, struct stream **ret)
{
	static const struct session_ops session_ops = {on_event, on_subscribed, on_alive};
	struct stream *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;
	int rc;

	if (!s)
		return -ENOMEM;
	s->times = *times;
	s->ops = *ops;
	s->ctx = ctx;
	s->backoff_ns = times->backoff_min;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	rc = session_new(cfg, &s->times, &session_ops, s, &s->session);
	if (rc == 0)
		rc = -pthread_create(&s->thread, NULL, stream_run, s);
	if (rc < 0) {
		stream_free(s);
		return rc;
	}
	pthread_setname_np(s->thread, "stream");
	*ret = s;
	return 0;
}

int stream_start(const struct config *cfg, const struct stream_ops *ops, void *ctx,
		 struct stream **ret)
{
	static const struct stream_times times = {.connect = 30 * NSEC_PER_SEC,
						  .heartbeat = 15 * NSEC_PER_SEC,
						  .backoff_min = 2 * NSEC_PER_SEC,
						  .backoff_max = 30 * NSEC_PER_SEC,
						  .unsupported = 300 * NSEC_PER_SEC};

	return stream_start_with(cfg, &times, ops, ctx, ret);
}

int stream_follow(struct stream *s, const char *const *masters, size_t count)
{
	struct text_list m, old;
	int rc = text_list_copy(masters, count, &m);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->lock);
	old = s->masters;
	s->masters = m;
	if (count > 0 && (old.count == 0 || strcmp(masters[0], old.list[0])) &&
	    strcmp(masters[0], s->heard)) {
		s->moved = true;
		session_cancel(s->session);
	}
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	text_list_done(&old);
	return 0;
}

uint64_t stream_octets(const struct stream *s)
{
	return session_octets(s->session);
}

void stream_stop(struct stream *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	session_stop(s->session);
	pthread_join(s->thread, NULL);
	stream_free(s);
}
