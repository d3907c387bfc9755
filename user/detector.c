// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "detector.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector_priv.h"
#include "util.h"
#include "zk_lookup.h"

/*
 * No connection is worth a line only after a while: the change from one server to another is a
 * matter of milliseconds, and so is the first connection.
 */
#define SILENT_NS (2 * NSEC_PER_SEC)
/* What no watch will tell: a path or a node that may not be read, an answer that was lost. */
#define REFUSED_AGAIN_NS (2 * NSEC_PER_SEC)
#define LOST_AGAIN_NS	 (100 * NSEC_PER_MSEC)
/* A session that could not be made, or whose credentials were refused. */
#define OPEN_AGAIN_NS (2 * NSEC_PER_SEC)
/*
 * While there is no connection: servers may have moved. And the session, which has expired by then,
 * is given up: servers that were set up anew refuse clients of their former life for ever.
 */
#define LOOK_UP_AGAIN_NS ((SESSION_MS + 2000) * NSEC_PER_MSEC)
#define NO_ADDRESS_NS	 (2 * NSEC_PER_SEC)

static void detector_unref(struct detector *d)
{
	bool last;

	pthread_mutex_lock(&d->lock);
	last = --d->refs == 0;
	pthread_mutex_unlock(&d->lock);
	if (!last)
		return;
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	zk_url_done(&d->url);
	text_list_done(&d->masters.names);
	free(d->found);
	free(d->servers);
	free(d->trouble);
	free(d);
}

/* Whether the time has come; if not, the worker will wake then. */
static bool due(struct detector *d, uint64_t when_ns)
{
	if (now_ns() >= when_ns)
		return true;
	if (when_ns < d->wake_ns)
		d->wake_ns = when_ns;
	return false;
}

/* --- what is said ----------------------------------------------------------------- */

/*
 * Takes text; NULL (no memory): nothing is said now. true: it has been said, and the lock was not
 * held meanwhile.
 */
static bool say(struct detector *d, char *text)
{
	if (!text || strcmp(text, d->trouble) == 0) {
		free(text);
		return false;
	}
	free(d->trouble);
	d->trouble = text;
	pthread_mutex_unlock(&d->lock);
	d->ops.trouble(d->ctx, text);
	pthread_mutex_lock(&d->lock);
	return true;
}

__attribute__((format(printf, 2, 3))) static bool sayf(struct detector *d, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	return say(d, text);
}

static bool copy_equal(const struct masters_copy *a, const struct masters_copy *b)
{
	if (a->names.count != b->names.count || a->leader != b->leader)
		return false;
	for (size_t i = 0; i < a->names.count; i++)
		if (strcmp(a->names.list[i], b->names.list[i]) != 0)
			return false;
	return true;
}

static int copy_masters(const struct candidates *c, struct masters_copy *ret)
{
	const char *list[CANDIDATES_MAX];
	size_t count = candidates_masters(c, list, &ret->leader);

	return text_list_copy(list, count, &ret->names);
}

static void report_masters(struct detector *d)
{
	struct masters_copy m;
	struct masters masters;

	if (copy_masters(&d->candidates, &m) < 0) {
		d->retry_ns = now_ns() + REFUSED_AGAIN_NS;
		return;
	}
	if (d->reported && copy_equal(&m, &d->masters)) {
		text_list_done(&m.names);
		return;
	}
	text_list_done(&d->masters.names);
	d->masters = m;
	d->reported = true;
	masters = (struct masters){(const char *const *)m.names.list, m.names.count, m.leader};
	pthread_mutex_unlock(&d->lock);
	d->ops.masters(d->ctx, &masters);
	pthread_mutex_lock(&d->lock);
}

/* What is wrong with the children, "" if nothing is; NULL: no memory. */
static char *children_trouble(const struct detector *d)
{
	const struct candidates *c = &d->candidates;
	char more[48] = "", *text;
	const struct candidate *bad;
	size_t count;

	if (c->count == 0)
		return asprintf(&text,
				"no leader: %s in ZooKeeper has no node json.info_* or info_*",
				d->url.path) < 0
			       ? NULL
			       : text;
	bad = candidates_bad(c, &count);
	if (!bad)
		return strdup("");
	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more like it)", count - 1);
	return asprintf(&text, "%s%s/%s in ZooKeeper does not tell a master: %s%s",
			bad == c->list[0] ? "no leader: " : "", d->url.path, bad->name,
			bad->why ? bad->why : "not read", more) < 0
		       ? NULL
		       : text;
}

/* --- a round ------------------------------------------------------------------------- */

/* The path could not be asked about. */
static void finish_failed(struct detector *d)
{
	int rc = d->rc;

	d->phase = PHASE_IDLE;
	d->retry_ns = now_ns() + (d->lost ? LOST_AGAIN_NS : REFUSED_AGAIN_NS);
	if (d->lost)
		return;
	if (rc == ZNOAUTH)
		sayf(d, "%s in ZooKeeper may not be read: its ACL does not let %s", d->url.path,
		     d->url.credentials ? "the user in zk do so, or the password is wrong"
					: "everybody do so, and zk names no user");
	else
		sayf(d, "%s in ZooKeeper cannot be read: %s", d->url.path, zerror(rc));
}

static void finish_path(struct detector *d)
{
	if (d->rc == ZOK) { /* made meanwhile */
		d->phase = PHASE_IDLE;
		d->dirty = true;
	} else if (d->rc == ZNONODE) {
		d->phase = PHASE_IDLE;
		candidates_clear(&d->candidates);
		report_masters(d);
		sayf(d, "no leader: %s does not exist in ZooKeeper", d->url.path);
	} else {
		finish_failed(d);
	}
}

static void finish_children(struct detector *d)
{
	char *trouble;
	bool gone = false;

	d->phase = PHASE_IDLE;
	if (d->lost) {
		d->retry_ns = now_ns() + LOST_AGAIN_NS;
		return;
	}
	for (size_t i = 0; i < d->candidates.count; i++)
		gone |= d->candidates.list[i]->gone;
	/* The watch on the children has told that they changed: they are read again first. */
	if (gone) {
		d->dirty = true;
		return;
	}
	if (d->refused)
		d->retry_ns = now_ns() + REFUSED_AGAIN_NS;
	trouble = children_trouble(d);
	report_masters(d);
	say(d, trouble);
}

/* One step of a round. false: an answer, a change or a time has to be waited for. */
static bool step(struct detector *d)
{
	switch (d->phase) {
	case PHASE_IDLE:
		if (!d->connected)
			return false;
		if (!d->dirty && (d->retry_ns == 0 || !due(d, d->retry_ns)))
			return false;
		session_ask_children(d);
		return true;
	case PHASE_CHILDREN_HERE:
		if (d->rc == ZOK && !d->lost)
			session_ask_data(d);
		else if (d->rc == ZNONODE)
			session_ask_path(d);
		else
			finish_failed(d);
		return true;
	case PHASE_DATA:
		if (d->pending > 0)
			return false;
		finish_children(d);
		return true;
	case PHASE_PATH_HERE:
		finish_path(d);
		return true;
	default:
		return false;
	}
}

/* --- sessions ------------------------------------------------------------------------ */

/* A thread of its own, detached: nobody waits for DNS, which may be this daemon. */
static void *look_up(void *arg)
{
	struct detector *d = arg;
	const char *why = NULL;
	char *found = zk_lookup(&d->url, &why);

	pthread_mutex_lock(&d->lock);
	free(d->found);
	d->found = found;
	d->no_address = found ? NULL : why;
	d->looking = false;
	d->looked = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	detector_unref(d);
	return NULL;
}

static void start_look_up(struct detector *d)
{
	pthread_t thread;

	d->look_up_ns = now_ns() + LOOK_UP_AGAIN_NS;
	if (pthread_create(&thread, NULL, look_up, d) != 0)
		return;
	pthread_detach(thread);
	d->looking = true;
	d->refs++;
}

/* Addresses that are not those in use, and a long silence, end the session. */
static void take_look_up(struct detector *d)
{
	bool silent = now_ns() - d->lost_ns >= LOOK_UP_AGAIN_NS;
	char *found = TAKE_PTR(d->found);

	d->looked = false;
	if (!found)
		d->look_up_ns = now_ns() + NO_ADDRESS_NS;
	if (!found || (!silent && d->servers && strcmp(found, d->servers) == 0)) {
		free(found);
		return;
	}
	if (d->zh)
		session_close(d);
	free(d->servers);
	d->servers = found;
	d->open_ns = now_ns();
}

static void open_session(struct detector *d)
{
	int r = session_open(d);

	if (r == 0)
		return;
	d->open_ns = now_ns() + OPEN_AGAIN_NS;
	sayf(d, "no session with ZooKeeper at %s: %s", d->url.text, strerror(-r));
}

static void end_session(struct detector *d)
{
	enum session_end end = d->end;

	session_close(d);
	d->open_ns = now_ns();
	if (end == SESSION_AUTH_FAILED) {
		d->open_ns += OPEN_AGAIN_NS;
		sayf(d, "ZooKeeper at %s refuses the user and password in zk", d->url.text);
	} else {
		sayf(d, "ZooKeeper's session has expired; opening another");
	}
}

/* What there is to do as long as there is no connection. false: nothing now. */
static bool connect_step(struct detector *d)
{
	if (d->looked) {
		take_look_up(d);
		return true;
	}
	if (!d->looking && due(d, d->look_up_ns)) {
		start_look_up(d);
		return true;
	}
	if (!d->zh && d->servers) {
		if (!due(d, d->open_ns))
			return false;
		open_session(d);
		return true;
	}
	if (due(d, d->lost_ns + SILENT_NS))
		return sayf(d, "no connection to ZooKeeper at %s%s%s", d->url.text,
			    d->no_address ? ": " : "", d->no_address ? d->no_address : "");
	return false;
}

/* With the lock. false: nothing to do before something comes or d->wake_ns. */
static bool work(struct detector *d)
{
	d->wake_ns = UINT64_MAX;
	if (d->zh && d->end != SESSION_GOES_ON) {
		end_session(d);
		return true;
	}
	if (!d->connected && connect_step(d))
		return true;
	return step(d);
}

static void wait_for_work(struct detector *d)
{
	struct timespec ts = {.tv_sec = (time_t)(d->wake_ns / NSEC_PER_SEC),
			      .tv_nsec = (long)(d->wake_ns % NSEC_PER_SEC)};

	if (d->wake_ns == UINT64_MAX)
		pthread_cond_wait(&d->changed, &d->lock);
	else
		pthread_cond_timedwait(&d->changed, &d->lock, &ts);
}

static void *detector_run(void *arg)
{
	struct detector *d = arg;
	sigset_t all;

	/* Signals are for the main thread, also those of the library's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_mutex_lock(&d->lock);
	while (!d->stop)
		if (!work(d) && !d->stop)
			wait_for_work(d);
	if (d->zh)
		session_close(d);
	candidates_clear(&d->candidates);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* --- the interface --------------------------------------------------------------------- */

static struct detector *detector_new(struct zk_url *url, const struct detector_ops *ops, void *ctx)
{
	struct detector *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	if (d)
		d->trouble = strdup("");
	if (!d || !d->trouble) {
		free(d);
		return NULL;
	}
	d->url = *url;
	*url = (struct zk_url){0};
	d->ops = *ops;
	d->ctx = ctx;
	d->refs = 1;
	d->lost_ns = now_ns();
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &attr);
	pthread_condattr_destroy(&attr);
	return d;
}

int detector_start(const struct config *cfg, const struct detector_ops *ops, void *ctx,
		   struct detector **ret, char **ret_error)
{
	_cleanup_(zk_url_done) struct zk_url url = {0};
	struct detector *d;
	int r = zk_url_load(cfg->zk, &url, ret_error);

	if (r < 0)
		return r;
	d = detector_new(&url, ops, ctx);
	if (!d)
		return -ENOMEM;
	r = -pthread_create(&d->worker, NULL, detector_run, d);
	if (r < 0) {
		detector_unref(d);
		return r;
	}
	*ret = d;
	return 0;
}

void detector_stop(struct detector *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->worker, NULL);
	detector_unref(d);
}
