// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The detector's dealings with ZooKeeper's library: requests, and what its threads bring. */
#include "detector_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "util.h"

/* "2026-01-02 03:04:05,678:PID(0xTHREAD):ZOO_INFO@function@123: text" */
static void on_log(const char *message)
{
	const char *text = strstr(message, ":ZOO_");
	size_t len;

	text = text ? text + strlen(":ZOO_") : message;
	len = strcspn(text, "\n");
	log_debug("ZooKeeper's library: %.*s", (int)len, text);
}

/* --- on the library's threads -------------------------------------------------------- */

static void on_session(struct detector *d, int state)
{
	bool was_connected = d->connected;

	d->connected = state == ZOO_CONNECTED_STATE;
	if (d->connected)
		d->dirty = true;
	else if (was_connected)
		d->lost_ns = now_ns();
	if (state == ZOO_EXPIRED_SESSION_STATE)
		d->end = SESSION_EXPIRED;
	else if (state == ZOO_AUTH_FAILED_STATE)
		d->end = SESSION_AUTH_FAILED;
}

/* A node is not what it was. Of a child: it was made, changed or removed. */
static void on_change(struct detector *d, const char *path)
{
	size_t len = strlen(d->url.path);

	d->dirty = true;
	if (strncmp(path, d->url.path, len) != 0 || path[len] != '/')
		return;
	for (size_t i = 0; i < d->candidates.count; i++)
		if (strcmp(d->candidates.list[i]->name, path + len + 1) == 0)
			d->candidates.list[i]->current = false;
}

static void on_event(zhandle_t *zh, int type, int state, const char *path, void *ctx)
{
	struct detector *d = ctx;

	(void)zh;
	pthread_mutex_lock(&d->lock);
	if (type == ZOO_SESSION_EVENT)
		on_session(d, state);
	else
		on_change(d, path ? path : "");
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

/* Digest credentials are never wrong as such: the server does not know the scheme. */
static void on_auth(int rc, const void *ctx)
{
	struct detector *d = (struct detector *)ctx;

	if (rc != ZAUTHFAILED)
		return;
	pthread_mutex_lock(&d->lock);
	d->end = SESSION_AUTH_FAILED;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

static bool is_lost(int rc)
{
	return rc == ZCONNECTIONLOSS || rc == ZOPERATIONTIMEOUT || rc == ZSESSIONEXPIRED ||
	       rc == ZSESSIONMOVED || rc == ZCLOSING || rc == ZINVALIDSTATE || rc == ZAUTHFAILED;
}

static void on_children(int rc, const struct String_vector *names, const void *ctx)
{
	struct detector *d = (struct detector *)ctx;

	pthread_mutex_lock(&d->lock);
	d->rc = rc;
	d->lost = is_lost(rc);
	if (rc == ZOK && candidates_set(&d->candidates, (const char *const *)names->data,
					(size_t)names->count) < 0)
		d->lost = true;
	d->phase = PHASE_CHILDREN_HERE;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

static void on_path(int rc, const struct Stat *stat, const void *ctx)
{
	struct detector *d = (struct detector *)ctx;

	(void)stat;
	pthread_mutex_lock(&d->lock);
	d->rc = rc;
	d->lost = is_lost(rc);
	d->phase = PHASE_PATH_HERE;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

static int take_data(struct detector *d, struct candidate *one, int rc, const char *data, int len)
{
	if (rc == ZOK) {
		one->current = true;
		return candidate_decode(one, data ? data : "", len > 0 ? (size_t)len : 0);
	}
	one->current = false;
	one->gone = rc == ZNONODE;
	if (is_lost(rc))
		d->lost = true;
	if (is_lost(rc) || one->gone)
		return 0;
	d->refused = true;
	return candidate_refuse(one,
				rc == ZNOAUTH ? "its ACL does not let us read it" : zerror(rc));
}

static void on_data(int rc, const char *data, int len, const struct Stat *stat, const void *ctx)
{
	const struct reading *reading = ctx;
	struct detector *d = reading->d;

	(void)stat;
	pthread_mutex_lock(&d->lock);
	if (take_data(d, reading->one, rc, data, len) < 0) {
		reading->one->current = false;
		d->lost = true;
	}
	if (--d->pending == 0)
		pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

/* --- on the worker ---------------------------------------------------------------------- */

int session_open(struct detector *d)
{
	int error, rc = ZOK;
	zhandle_t *zh;

	d->connected = d->dirty = false;
	d->end = SESSION_GOES_ON;
	d->phase = PHASE_IDLE;
	d->lost_ns = now_ns();
	pthread_mutex_unlock(&d->lock);
	errno = 0;
	zh = zookeeper_init2(d->servers, on_event, SESSION_MS, NULL, d, ZOO_NO_LOG_CLIENTENV,
			     on_log);
	error = errno;
	/* They are addresses: the library need not look them up, which it does at every step. */
	if (zh)
		zoo_set_servers_resolution_delay(zh, -1);
	if (zh && d->url.credentials)
		rc = zoo_add_auth(zh, "digest", d->url.credentials, (int)strlen(d->url.credentials),
				  on_auth, d);
	pthread_mutex_lock(&d->lock);
	d->zh = zh;
	if (!zh)
		return error > 0 ? -error : -ENOMEM;
	if (rc != ZOK) {
		session_close(d);
		return -EIO;
	}
	return 0;
}

/*
 * The library forgets to free what is pending when a session is closed. A server answers within
 * milliseconds; one that does not costs a second, and a few octets.
 */
static void wait_for_answers(struct detector *d)
{
	uint64_t until_ns = now_ns() + NSEC_PER_SEC;
	struct timespec until = {.tv_sec = (time_t)(until_ns / NSEC_PER_SEC),
				 .tv_nsec = (long)(until_ns % NSEC_PER_SEC)};
	int rc = 0;

	while (rc == 0 && d->connected &&
	       (d->phase == PHASE_CHILDREN || d->phase == PHASE_PATH ||
		(d->phase == PHASE_DATA && d->pending > 0)))
		rc = pthread_cond_timedwait(&d->changed, &d->lock, &until);
}

void session_close(struct detector *d)
{
	zhandle_t *zh = d->zh;

	wait_for_answers(d);
	d->zh = NULL;
	pthread_mutex_unlock(&d->lock);
	/* Ends the library's threads, after what is pending has been called back. */
	zookeeper_close(zh);
	pthread_mutex_lock(&d->lock);
	d->connected = false;
	d->phase = PHASE_IDLE;
	d->retry_ns = 0;
	/* Their watches were the session's. */
	candidates_clear(&d->candidates);
}

void session_ask_children(struct detector *d)
{
	int rc;

	d->phase = PHASE_CHILDREN;
	d->dirty = d->lost = d->refused = false;
	d->retry_ns = 0;
	pthread_mutex_unlock(&d->lock);
	rc = zoo_aget_children(d->zh, d->url.path, 1, on_children, d);
	if (rc != ZOK)
		on_children(rc, NULL, d);
	pthread_mutex_lock(&d->lock);
}

void session_ask_path(struct detector *d)
{
	int rc;

	d->phase = PHASE_PATH;
	pthread_mutex_unlock(&d->lock);
	rc = zoo_aexists(d->zh, d->url.path, 1, on_path, d);
	if (rc != ZOK)
		on_path(rc, NULL, d);
	pthread_mutex_lock(&d->lock);
}

static void ask_data(struct detector *d, const struct reading *reading)
{
	char *path;
	int rc;

	if (asprintf(&path, "%s/%s", d->url.path, reading->one->name) < 0) {
		on_data(ZSYSTEMERROR, NULL, 0, NULL, reading);
		return;
	}
	rc = zoo_aget(d->zh, path, 1, on_data, reading);
	if (rc != ZOK)
		on_data(rc, NULL, 0, NULL, reading);
	free(path);
}

void session_ask_data(struct detector *d)
{
	size_t count = 0;

	for (size_t i = 0; i < d->candidates.count; i++) {
		if (!d->candidates.list[i]->current) {
			d->candidates.list[i]->gone = false;
			d->readings[count++] = (struct reading){d, d->candidates.list[i]};
		}
	}
	d->phase = PHASE_DATA;
	d->pending = (unsigned)count;
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < count; i++)
		ask_data(d, &d->readings[i]);
	pthread_mutex_lock(&d->lock);
}
