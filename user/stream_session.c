// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "stream_session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_decode.h"
#include "hosts.h"
#include "http.h"
#include "iam.h"
#include "log.h"
#include "recordio.h"
#include "stat.h"
#include "util.h"

#define PATH	     "/api/v1"
#define HOPS_MAX     5	  /* masters asked in a row, each naming the next */
#define EARLY_MAX    16	  /* records before SUBSCRIBED: heartbeats, at most */
#define MISSED_MAX   3	  /* heartbeats that may be missing */
#define INTERVAL_MIN 0.01 /* seconds: bounds of what a master may ask for */
#define INTERVAL_MAX 3600.0

struct session {
	const struct config *cfg;
	const struct stream_times *times;
	struct session_ops ops;
	void *ctx;
	struct http *http;
	atomic_bool cancel;
	uint64_t octets;     /* by stat_add() */
	char *authorization; /* of session_login() */
	/* what follows is of one session_run() */
	struct hosts hosts;
	struct event_decoder *decoder;
	struct recordio records;
	uint64_t idle_ns, alive_ns;
	uint64_t since_ns; /* when the record that is coming began, or the request */
	uint64_t octets_of_record;
	bool subscribed;
	int rc; /* why a callback gave up */
	char where[288];
	char error[640];
};

int session_new(const struct config *cfg, const struct stream_times *times,
		const struct session_ops *ops, void *ctx, struct session **ret)
{
	struct session *s = calloc(1, sizeof(*s));
	int rc = s ? http_new(cfg, &s->http) : -ENOMEM;

	if (rc < 0) {
		free(s);
		return rc;
	}
	s->cfg = cfg;
	s->times = times;
	s->ops = *ops;
	s->ctx = ctx;
	*ret = s;
	return 0;
}

struct session *session_free(struct session *s)
{
	if (!s)
		return NULL;
	event_decoder_free(s->decoder);
	http_free(s->http);
	free(s->authorization);
	free(s);
	return NULL;
}

const char *session_error(const struct session *s)
{
	return s->error;
}

uint64_t session_octets(const struct session *s)
{
	return stat_get(&s->octets);
}

void session_cancel(struct session *s)
{
	atomic_store(&s->cancel, true);
	http_wake(s->http);
}

void session_resume(struct session *s)
{
	atomic_store(&s->cancel, false);
}

void session_stop(struct session *s)
{
	http_stop(s->http);
}

__attribute__((format(printf, 2, 3))) static int fail(struct session *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->error, sizeof(s->error), fmt, args);
	va_end(args);
	return -EIO;
}

/* A decoder's error is its own; others mean the end of the session as they are. */
static int decoder_failed(struct session *s, int rc)
{
	if (rc != -ECANCELED && rc != -ENOMEM) {
		fail(s, "%.280s: %s", s->where, event_decoder_error(s->decoder));
		rc = -EIO;
	}
	s->rc = rc;
	return rc;
}

static int on_record(void *ctx, uint64_t len)
{
	struct session *s = ctx;
	int rc = event_decoder_begin(s->decoder);

	s->octets_of_record = len;
	if (!s->subscribed)
		s->idle_ns = MISSED_MAX * s->times->heartbeat;
	return rc < 0 ? decoder_failed(s, rc) : 0;
}

static int on_octets(void *ctx, const void *data, size_t len)
{
	struct session *s = ctx;
	int rc = event_decoder_feed(s->decoder, data, len);

	return rc < 0 ? decoder_failed(s, rc) : 0;
}

static void set_idle(struct session *s)
{
	double interval = event_decoder_heartbeat(s->decoder);

	if (!(interval > 0))
		return;
	if (interval < INTERVAL_MIN)
		interval = INTERVAL_MIN;
	if (interval > INTERVAL_MAX)
		interval = INTERVAL_MAX;
	s->idle_ns = (uint64_t)(MISSED_MAX * interval * (double)NSEC_PER_SEC);
}

static void take_snapshot(struct session *s, struct event *e)
{
	const struct cluster *c = e->snapshot;
	size_t tasks = 0;
	char text[512];

	for (size_t i = 0; i < c->frameworks_count; i++)
		tasks += c->frameworks[i].tasks_count;
	snprintf(text, sizeof(text), "subscribed to %.280s: %zu frameworks, %zu tasks, %zu agents",
		 s->where, c->frameworks_count, tasks, c->agents_count);
	set_idle(s);
	s->ops.event(s->ctx, e);
	if (!s->subscribed)
		s->ops.subscribed(s->ctx, s->where, text);
	s->subscribed = true;
}

/* Nothing means anything before the snapshot; a stream without one is none. */
static int take_early(struct session *s, struct event *e)
{
	event_free(e);
	if (s->records.records <= EARLY_MAX)
		return 0;
	fail(s, "%.280s: the stream does not begin with SUBSCRIBED", s->where);
	s->rc = -EIO;
	return -EIO;
}

static int on_record_end(void *ctx)
{
	struct session *s = ctx;
	struct event *e;
	int rc = event_decoder_end(s->decoder, &e);

	if (rc < 0)
		return decoder_failed(s, rc);
	if (!e && *event_decoder_dropped(s->decoder))
		log_debug("event of %s ignored: %s", s->where, event_decoder_dropped(s->decoder));
	if (e)
		e->octets = s->octets_of_record;
	if (e && e->kind == EVENT_SNAPSHOT)
		take_snapshot(s, e);
	else if (!s->subscribed)
		return take_early(s, e);
	else if (e)
		s->ops.event(s->ctx, e);
	return 0;
}

/*
 * A record has as much time as a document, be there an octet now and then: whoever drips would
 * seem to be alive.
 */
static int feed(struct session *s, const void *data, size_t len, uint64_t now)
{
	uint64_t limit = (uint64_t)s->cfg->state_timeout_seconds * NSEC_PER_SEC;
	uint64_t records = s->records.records;
	int rc;

	if (s->records.offset && !recordio_within(&s->records))
		s->since_ns = now;
	rc = recordio_feed(&s->records, data, len);
	if (s->records.records != records)
		s->since_ns = now;
	if (rc < 0 || now - s->since_ns <= limit)
		return rc;
	s->rc = -EIO;
	return fail(s, "%.280s: an event has not come in whole within %d s", s->where,
		    s->cfg->state_timeout_seconds);
}

static int on_body(void *ctx, const void *data, size_t len)
{
	struct session *s = ctx;
	uint64_t now = now_ns();
	int rc;

	s->hosts.deadline_ns = now + (uint64_t)s->cfg->state_timeout_seconds * NSEC_PER_SEC;
	stat_add(&s->octets, len);
	rc = feed(s, data, len, now);
	if (rc < 0 && s->rc == 0) {
		s->rc = -EIO;
		fail(s, "%.280s: the stream %s", s->where, recordio_error(&s->records));
	}
	if (rc == 0 && s->subscribed && now - s->alive_ns >= NSEC_PER_SEC) {
		s->alive_ns = now;
		s->ops.alive(s->ctx);
	}
	return rc;
}

/* Everything as it is before a request. */
static int begin(struct session *s)
{
	static const struct recordio_ops ops = {on_record, on_octets, on_record_end};
	struct state_resolver resolver = {.resolve = hosts_resolve, .ctx = &s->hosts};

	s->decoder = event_decoder_free(s->decoder);
	recordio_init(&s->records, &ops, s, s->cfg->state_max_bytes);
	s->hosts.stop = http_stop_flag(s->http);
	s->idle_ns = s->times->connect;
	s->alive_ns = 0;
	s->since_ns = now_ns();
	s->subscribed = false;
	s->rc = 0;
	return event_decoder_new(s->cfg->state_max_bytes, &resolver, &s->decoder);
}

/* How a request that went wrong ended. */
static int failed(struct session *s, const struct http_result *result)
{
	if (s->rc < 0)
		return s->rc;
	switch (result->status) {
	case 400: /* knows the API, but no SUBSCRIBE: Mesos 1.0 */
	case 403:
	case 404:
	case 405:
	case 501:
		fail(s, "%.280s: HTTP status %ld for " PATH, s->where, result->status);
		return -EOPNOTSUPP;
	default:
		return fail(s, "%.280s: %s", s->where, result->error);
	}
}

/* What a complete answer means: nobody ends the stream but in trouble. */
static int ended(struct session *s)
{
	if (recordio_finish(&s->records) < 0)
		return fail(s, "%.280s: the stream %s", s->where, recordio_error(&s->records));
	return fail(s, "%.280s: the master ended the stream%s", s->where,
		    s->subscribed ? "" : " before SUBSCRIBED");
}

/* At the master in s->where. */
static int request(struct session *s, struct http_result *result)
{
	const struct config *cfg = s->cfg;
	bool basic = cfg->mesos_auth == MESOS_AUTH_BASIC;
	char url[512];
	struct http_request req = {.url = url,
				   .post = "{\"type\":\"SUBSCRIBE\"}",
				   .user = basic ? cfg->mesos_principal : NULL,
				   .password = basic ? cfg->mesos_secret : NULL,
				   .authorization = s->authorization,
				   .idle_ns = &s->idle_ns,
				   .cancel = &s->cancel,
				   .body = on_body,
				   .ctx = s};
	int rc = begin(s);

	if (rc < 0)
		return rc;
	snprintf(url, sizeof(url), "%s://%s" PATH, cfg->mesos_https ? "https" : "http", s->where);
	rc = http_perform(s->http, &req, result);
	if (rc == -EIO)
		return failed(s, result);
	return rc < 0 ? rc : ended(s);
}

/*
 * Masters that do not lead redirect to the one that does. It gets the request, and the credentials,
 * from here, not from libcurl, which would leave them out; the scheme and the path stay ours.
 */
int session_run(struct session *s, const char *master)
{
	struct http_result result;
	int rc;

	snprintf(s->where, sizeof(s->where), "%s", master);
	for (unsigned hops = 0; hops < HOPS_MAX; hops++) {
		rc = request(s, &result);
		if (rc != -EIO || result.status < 300 || result.status > 399 || !*result.redirect)
			return rc;
		snprintf(s->where, sizeof(s->where), "%s", result.redirect);
	}
	return fail(s, "%.280s: redirected more than %d times", master, HOPS_MAX - 1);
}

int session_login(struct session *s)
{
	uint64_t deadline = now_ns() + (uint64_t)s->cfg->state_timeout_seconds * NSEC_PER_SEC;
	_cleanup_free_ char *error = NULL, *line = NULL;
	int rc;

	if (s->cfg->mesos_auth != MESOS_AUTH_IAM)
		return 0;
	rc = iam_login(s->http, s->cfg, deadline, &line, &error);
	if (rc == -EIO)
		return fail(s, "%s", error);
	if (rc < 0)
		return rc;
	free(s->authorization);
	s->authorization = TAKE_PTR(line);
	return 0;
}
