// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* ZooKeeper, the masters, the state document: what the daemon follows, asked as it asks. */
#include "xdnsctl-doctor.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "detector.h"
#include "fetch.h"
#include "http.h"
#include "iam.h"
#include "util.h"

#define PATH "/api/v1"

/* What ZooKeeper has said, between its threads and ours. */
struct heard {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	struct text_list masters;
	bool leader;
	char *trouble;
};

static void on_masters(void *ctx, const struct masters *m)
{
	struct heard *h = ctx;

	pthread_mutex_lock(&h->lock);
	text_list_done(&h->masters);
	h->done = !text_list_copy(m->list, m->count, &h->masters);
	h->leader = m->leader;
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->lock);
}

/* It goes on trying: it is only remembered. */
static void on_trouble(void *ctx, const char *text)
{
	struct heard *h = ctx;

	pthread_mutex_lock(&h->lock);
	free(h->trouble);
	h->trouble = *text ? strdup(text) : NULL;
	pthread_mutex_unlock(&h->lock);
}

static void wait_for(struct heard *h)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DOCTOR_PATIENCE;
	pthread_mutex_lock(&h->lock);
	while (!h->done && !r)
		r = pthread_cond_timedwait(&h->changed, &h->lock, &until);
	pthread_mutex_unlock(&h->lock);
}

static void judge_heard(struct doctor *d, const struct heard *h)
{
	if (!h->done)
		doctor_say(d, d->cfg->masters_count ? DOCTOR_WARN : DOCTOR_FAIL,
			   "look at zk, and at the ensemble (echo ruok | nc HOST 2181)", "%s",
			   h->trouble ? h->trouble : "no answer in time");
	else if (!h->leader)
		doctor_say(d, DOCTOR_FAIL, "are the masters up, and of the same path?",
			   "reached, but no master leads");
	else
		doctor_say(d, DOCTOR_OK, NULL, "reached: of %zu masters %s leads", h->masters.count,
			   h->masters.list[0]);
}

void doctor_zookeeper(struct doctor *d)
{
	static const struct detector_ops ops = {on_masters, on_trouble};
	struct heard h = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	_cleanup_free_ char *error = NULL;
	struct detector *detector;
	int r;

	if (!*d->cfg->zk)
		return;
	r = detector_start(d->cfg, &ops, &h, &detector, &error);
	if (r) {
		doctor_say(d, DOCTOR_FAIL, "mend zk", "%s", error ? error : strerror(-r));
		return;
	}
	wait_for(&h);
	detector_stop(detector);
	judge_heard(d, &h);
	d->masters = h.masters;
	free(h.trouble);
}

/* The line of an IAM login; NULL: none is needed, or it failed, which has been said. */
static char *log_in(struct doctor *d, struct http *http)
{
	_cleanup_free_ char *error = NULL;
	char *line = NULL;

	if (d->cfg->mesos_auth != MESOS_AUTH_IAM)
		return NULL;
	if (iam_login(http, d->cfg, now_ns() + DOCTOR_PATIENCE * NSEC_PER_SEC, &line, &error)) {
		doctor_say(d, DOCTOR_FAIL, "look at IAMConfigFile, its endpoint and its key",
			   "IAM login: %s", error ? error : "no memory");
		return NULL;
	}
	return line;
}

static void judge_refusal(struct doctor *d, const char *master, const struct http_result *r)
{
	if (r->status == 401 || r->status == 403)
		doctor_say(d, DOCTOR_FAIL, "look at mesosAuthentication and mesosCredentials",
			   "%s: HTTP status %ld: it does not let the daemon ask", master,
			   r->status);
	else if (r->status == 404 || r->status == 405)
		doctor_say(d, DOCTOR_WARN, NULL,
			   "%s: has no " PATH ": its state is fetched every refreshSeconds",
			   master);
	else if (r->status == 503)
		doctor_say(d, DOCTOR_WARN, "look at its log, and at ZooKeeper",
			   "%s: up, but it knows no leader", master);
	else
		doctor_say(d, DOCTOR_WARN, "is it up, and is the port open from here?", "%s: %s",
			   master, r->error);
}

/* Whoever does not lead redirects to who does. Returns whether it can be used. */
static bool look_at_master(struct doctor *d, struct http *http, const char *master,
			   const char *login)
{
	bool basic = d->cfg->mesos_auth == MESOS_AUTH_BASIC;
	struct http_result result;
	const char *version = NULL;
	char url[512];
	struct http_request req = {.url = url,
				   .post = "{\"type\":\"GET_VERSION\"}",
				   .user = basic ? d->cfg->mesos_principal : NULL,
				   .password = basic ? d->cfg->mesos_secret : NULL,
				   .authorization = login};
	json_t *json;

	snprintf(url, sizeof(url), "%s://%s" PATH, d->cfg->mesos_https ? "https" : "http", master);
	json = doctor_ask(http, &req, &result);
	if (result.status >= 300 && result.status <= 399 && *result.redirect) {
		doctor_say(d, DOCTOR_OK, NULL, "%s: follows %s", master, result.redirect);
		if (!*d->leader)
			snprintf(d->leader, sizeof(d->leader), "%s", result.redirect);
		return true;
	}
	if (result.status < 200 || result.status > 299) {
		judge_refusal(d, master, &result);
		return result.status == 404 || result.status == 405;
	}
	json_unpack(json, "{s:{s:{s:s}}}", "get_version", "version_info", "version", &version);
	doctor_say(d, DOCTOR_OK, NULL, "%s: leads, Mesos %s", master,
		   version ? version : "of an unknown version");
	snprintf(d->leader, sizeof(d->leader), "%s", master);
	json_decref(json);
	return true;
}

void doctor_masters(struct doctor *d)
{
	_cleanup_free_ char *login = NULL;
	struct http *http = NULL;
	size_t usable = 0;

	if (!d->masters.count && text_list_copy((const char *const *)d->cfg->masters,
						d->cfg->masters_count, &d->masters))
		return;
	if (!d->masters.count || http_new(d->cfg, &http))
		return;
	login = log_in(d, http);
	for (size_t i = 0; i < d->masters.count; i++)
		usable += look_at_master(d, http, d->masters.list[i], login);
	http_free(http);
	if (!usable)
		doctor_say(d, DOCTOR_FAIL, "look at masters and zk, and at the way there",
			   "no master can be used: the zone stays what it is until SOAExpire");
}

/* Of the leader, if one is known. */
void doctor_state(struct doctor *d)
{
	const char *leader[] = {d->leader};
	_cleanup_free_ char *error = NULL;
	struct fetch_result got = {0};
	struct fetcher *f = NULL;
	size_t tasks = 0;
	int r;

	if (!d->masters.count || fetcher_new(d->cfg, &f))
		return;
	r = *d->leader ? fetcher_set_masters(f, leader, 1)
		       : fetcher_set_masters(f, (const char *const *)d->masters.list,
					     d->masters.count);
	if (!r)
		r = fetcher_fetch(f, &got, &error);
	if (r) {
		doctor_say(d, DOCTOR_FAIL, "without one there is no zone to serve: see masters",
			   "no state document: %s", error ? error : strerror(-r));
	} else {
		for (size_t i = 0; i < got.cluster->frameworks_count; i++)
			tasks += got.cluster->frameworks[i].tasks_count;
		doctor_say(d, DOCTOR_OK, NULL,
			   "%s: %llu octets: %zu frameworks, %zu tasks, %zu agents", got.master,
			   (unsigned long long)got.bytes, got.cluster->frameworks_count, tasks,
			   got.cluster->agents_count);
	}
	cluster_free(got.cluster);
	fetcher_free(f);
}
