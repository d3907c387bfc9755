// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fetch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "http.h"
#include "iam.h"
#include "state.h"
#include "text_list.h"
#include "util.h"

/* Masters before 0.24 know only the second. */
static const char *const state_paths[] = {"/master/state", "/state.json"};

struct fetcher {
	const struct config *cfg;
	struct http *http;
	struct text_list masters; /* instead of cfg's, if there is a list */
	struct known_tasks known;
};

/* One attempt: at one master, and the leader it names. */
struct attempt {
	struct fetcher *f;
	const char *authorization;
	struct hosts hosts;
	struct state *state; /* of the document being read */
	uint64_t deadline_ns;
	char where[288];    /* "host:port" that is being asked */
	char answered[256]; /* host that answered, after redirects */
	char error[640];
};

int fetcher_new(const struct config *cfg, struct fetcher **ret)
{
	struct fetcher *f = calloc(1, sizeof(*f));
	int rc = f ? http_new(cfg, &f->http) : -ENOMEM;

	if (rc < 0) {
		free(f);
		return rc;
	}
	f->cfg = cfg;
	*ret = f;
	return 0;
}

struct fetcher *fetcher_free(struct fetcher *f)
{
	if (f) {
		http_free(f->http);
		text_list_done(&f->masters);
		known_tasks_done(&f->known);
		free(f);
	}
	return NULL;
}

int fetcher_set_masters(struct fetcher *f, const char *const *masters, size_t count)
{
	struct text_list copy;
	int rc = text_list_copy(masters, count, &copy);

	if (rc < 0)
		return rc;
	text_list_done(&f->masters);
	f->masters = copy;
	return 0;
}

void fetcher_set_known(struct fetcher *f, struct known_tasks *known)
{
	known_tasks_done(&f->known);
	if (!known)
		return;
	f->known = *known;
	*known = (struct known_tasks){0};
}

void fetcher_resume(struct fetcher *f)
{
	http_resume(f->http);
}

void fetcher_stop(struct fetcher *f)
{
	http_stop(f->http);
}

/* Notes why the attempt fails. */
__attribute__((format(printf, 2, 3))) static int fail(struct attempt *a, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(a->error, sizeof(a->error), fmt, args);
	va_end(args);
	return -EIO;
}

static int on_body(void *ctx, const void *data, size_t len)
{
	struct attempt *a = ctx;

	return state_feed(a->state, data, len);
}

/* A fresh document from one URL. *ret_status is the HTTP status, 0 if there was none. */
static int get_path(struct attempt *a, const char *path, long *ret_status)
{
	const struct config *cfg = a->f->cfg;
	struct state_resolver resolver = {.resolve = hosts_resolve, .ctx = &a->hosts};
	bool basic = cfg->mesos_auth == MESOS_AUTH_BASIC;
	struct http_result result = {0};
	char url[512];
	struct http_request req = {.url = url,
				   .user = basic ? cfg->mesos_principal : NULL,
				   .password = basic ? cfg->mesos_secret : NULL,
				   .authorization = a->authorization,
				   .deadline_ns = a->deadline_ns,
				   .body = on_body,
				   .ctx = a};
	int rc;

	a->state = state_free(a->state);
	rc = state_new(cfg->state_max_bytes, &resolver, &a->state);
	if (rc < 0)
		return rc;
	state_set_known(a->state, &a->f->known);
	snprintf(url, sizeof(url), "%s://%s%s", cfg->mesos_https ? "https" : "http", a->where,
		 path);
	rc = http_perform(a->f->http, &req, &result);
	*ret_status = result.status;
	snprintf(a->answered, sizeof(a->answered), "%s", result.host);
	if (rc == -EIO)
		return fail(a, "%s: %s", a->where,
			    *result.error ? result.error : state_error(a->state));
	return rc;
}

/* A whole, usable document from the host in a->where. */
static int get_document(struct attempt *a)
{
	long status = 0;
	int rc = -EIO;

	for (size_t i = 0; i < ARRAY_SIZE(state_paths); i++) {
		rc = get_path(a, state_paths[i], &status);
		if (rc != -EIO || status != 404)
			break;
	}
	if (rc < 0)
		return rc;
	rc = state_end(a->state);
	if (rc == -ENOMEM)
		return rc;
	return rc < 0 ? fail(a, "%s: %s", a->where, state_error(a->state)) : 0;
}

/* Is the URL host "[fd00::1]" or "Master1" what is meant by fd00::1 or master1? */
static bool same_host(const char *url_host, const char *host)
{
	char plain[256];
	struct address a, b;
	size_t len;

	snprintf(plain, sizeof(plain), "%s", url_host + (*url_host == '['));
	len = strlen(plain);
	if (len > 0 && plain[len - 1] == ']')
		plain[len - 1] = 0;
	if (address_parse(plain, &a) == 0 && address_parse(host, &b) == 0)
		return address_equal(&a, &b);
	return !strcasecmp(plain, host);
}

static bool asked_leader(const struct attempt *a)
{
	const char *leader = state_leader_host(a->state);
	const char *colon = strrchr(a->where, ':');
	char asked[sizeof(a->where)];

	snprintf(asked, sizeof(asked), "%.*s", (int)(colon ? colon - a->where : 0), a->where);
	return same_host(asked, leader) || same_host(a->answered, leader);
}

/* The leader's own document, if somebody else's names it. */
static int follow_leader(struct attempt *a)
{
	const char *host = state_leader_host(a->state);
	char first[sizeof(a->where)], error[sizeof(a->error)];
	int rc;

	if (asked_leader(a))
		return 0;
	snprintf(first, sizeof(first), "%s", a->where);
	snprintf(a->where, sizeof(a->where), strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
		 state_leader_port(a->state));
	rc = get_document(a);
	if (rc != -EIO)
		return rc;
	snprintf(error, sizeof(error), "%s", a->error);
	return fail(a, "%.128s says the leader is %.500s", first, error);
}

static int attempt_run(struct attempt *a, struct fetch_result *ret)
{
	struct cluster *cluster = NULL;
	int rc = get_document(a);

	if (rc == 0)
		rc = follow_leader(a);
	if (rc == 0)
		rc = state_finish(a->state, &cluster);
	if (rc == 0) {
		ret->cluster = cluster;
		ret->bytes = state_bytes(a->state);
		snprintf(ret->master, sizeof(ret->master), "%s", a->where);
	}
	a->state = state_free(a->state);
	return rc;
}

static uint64_t deadline(const struct config *cfg)
{
	return now_ns() + (uint64_t)cfg->state_timeout_seconds * NSEC_PER_SEC;
}

/* Adds "; line" to *text. */
static int append_line(char **text, const char *line)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", *text ? *text : "", *text ? "; " : "", line) < 0)
		return -ENOMEM;
	free(*text);
	*text = joined;
	return 0;
}

static int try_master(struct fetcher *f, const char *master, const char *authorization,
		      struct fetch_result *ret, char **errors)
{
	struct attempt a = {.f = f, .authorization = authorization};
	int rc;

	a.deadline_ns = deadline(f->cfg);
	a.hosts = (struct hosts){.stop = http_stop_flag(f->http), .deadline_ns = a.deadline_ns};
	snprintf(a.where, sizeof(a.where), "%s", master);
	rc = attempt_run(&a, ret);
	if (rc == -EIO && append_line(errors, a.error) < 0)
		rc = -ENOMEM;
	return rc;
}

/* The masters in order until one has it; *errors gets a line for each that has not. */
static int try_masters(struct fetcher *f, const char *authorization, struct fetch_result *ret,
		       char **errors)
{
	char *const *masters = f->masters.list ? f->masters.list : f->cfg->masters;
	size_t count = f->masters.list ? f->masters.count : f->cfg->masters_count;
	int rc = -EIO;

	if (count == 0)
		return append_line(errors, "no masters are known") < 0 ? -ENOMEM : -EIO;
	for (size_t i = 0; i < count && rc == -EIO; i++)
		rc = try_master(f, masters[i], authorization, ret, errors);
	return rc;
}

int fetcher_fetch(struct fetcher *f, struct fetch_result *ret, char **ret_error)
{
	_cleanup_free_ char *authorization = NULL, *errors = NULL;
	int rc = 0;

	if (f->cfg->mesos_auth == MESOS_AUTH_IAM)
		rc = iam_login(f->http, f->cfg, deadline(f->cfg), &authorization, &errors);
	if (rc == 0)
		rc = try_masters(f, authorization, ret, &errors);
	if (rc == -EIO)
		*ret_error = TAKE_PTR(errors);
	return rc;
}
