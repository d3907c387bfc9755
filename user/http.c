// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#ifndef XDNS_VERSION
#define XDNS_VERSION "dev"
#endif

/* Ten requests in all, as Go's client. */
#define REDIRECTS_MAX	  9
#define CONNECT_MAX_MS	  10000L
#define RECEIVE_BUFFER	  (128L << 10)
#define REDIRECT_BODY_MAX (64U << 10)
#define HEADERS_MAX	  (256U << 10) /* of all answers of a request, those in between included */
/* How often a wait looks at what may end it. */
#define SLICE_MS 1000
/* Seconds: a peer that is gone is noticed below TCP, too. */
#define KEEPALIVE_IDLE	   20L
#define KEEPALIVE_INTERVAL 10L

struct http {
	const struct config *cfg;
	CURLM *multi;
	atomic_bool stop;
};

/* One request under way. */
struct transfer {
	const struct http_request *req;
	CURL *easy;
	struct curl_slist *headers;
	CURLcode set;		   /* of its options, the first that was not taken */
	bool body_failed, refused; /* the body's taker gave up; not a 2xx answer */
	uint64_t received, ignored, headers_len;
	uint64_t heard_ns; /* of now_ns(): the last octet of the body, or the beginning */
	bool idle;	   /* for too long */
	char message[CURL_ERROR_SIZE];
};

int http_new(const struct config *cfg, struct http **ret)
{
	struct http *h;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return -EIO;
	h = calloc(1, sizeof(*h));
	if (h)
		h->multi = curl_multi_init();
	if (!h || !h->multi) {
		free(h);
		curl_global_cleanup();
		return -ENOMEM;
	}
	h->cfg = cfg;
	*ret = h;
	return 0;
}

struct http *http_free(struct http *h)
{
	if (!h)
		return NULL;
	curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	free(h);
	return NULL;
}

void http_stop(struct http *h)
{
	atomic_store(&h->stop, true);
	curl_multi_wakeup(h->multi);
}

void http_resume(struct http *h)
{
	atomic_store(&h->stop, false);
}

void http_wake(struct http *h)
{
	curl_multi_wakeup(h->multi);
}

const atomic_bool *http_stop_flag(const struct http *h)
{
	return &h->stop;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;

	(void)data;
	t->headers_len += size * count;
	return t->headers_len <= HEADERS_MAX ? size * count : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	/* what a redirect says besides is read, so that libcurl looks at its Location */
	if (status >= 300 && status <= 399 && t->ignored < REDIRECT_BODY_MAX) {
		t->ignored += size * count;
		return size * count;
	}
	if (status < 200 || status > 299) {
		t->refused = true;
		return 0;
	}
	t->received += size * count;
	if (t->req->body(t->req->ctx, data, size * count) < 0) {
		t->body_failed = true;
		return 0;
	}
	t->heard_ns = now_ns(); /* body may have taken its time */
	return size * count;
}

/* One that does not take, for want of memory, ends the request before it begins. */
#define SET(t, option, value)                                                                      \
	((t)->set = (t)->set == CURLE_OK ? curl_easy_setopt((t)->easy, option, value) : (t)->set)

static int add_header(struct transfer *t, const char *line)
{
	struct curl_slist *list = curl_slist_append(t->headers, line);

	if (!list)
		return -ENOMEM;
	t->headers = list;
	return 0;
}

static int set_headers(struct transfer *t)
{
	const struct http_request *req = t->req;
	int rc = add_header(t, "Content-Type: application/json");

	if (rc == 0 && !req->idle_ns)
		rc = add_header(t, "Connection: close");
	if (rc == 0)
		rc = add_header(t, req->idle_ns ? "Accept: application/json" : "Accept:");
	/* libcurl leaves it out when a redirect goes to another host */
	if (rc == 0 && req->authorization)
		rc = add_header(t, req->authorization);
	if (rc < 0)
		return rc;
	SET(t, CURLOPT_HTTPHEADER, t->headers);
	if (req->user) {
		SET(t, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		SET(t, CURLOPT_USERNAME, req->user);
		SET(t, CURLOPT_PASSWORD, req->password);
	}
	return 0;
}

/* Without a CA file nothing is verified: what Mesos-DNS does, and config warns about. */
static void set_tls(struct transfer *t, const struct config *cfg)
{
	bool verify = *cfg->ca_cert_file;

	SET(t, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	SET(t, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (verify)
		SET(t, CURLOPT_CAINFO, cfg->ca_cert_file);
	if (*cfg->cert_file) {
		SET(t, CURLOPT_SSLCERT, cfg->cert_file);
		SET(t, CURLOPT_SSLKEY, cfg->key_file);
	}
}

static void set_method(struct transfer *t)
{
	if (t->req->post) {
		SET(t, CURLOPT_POSTFIELDS, t->req->post);
		return;
	}
	SET(t, CURLOPT_FOLLOWLOCATION, 1L);
	SET(t, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	SET(t, CURLOPT_AUTOREFERER, 1L);
}

/* What bounds it, and how its answer comes. */
static void set_course(struct transfer *t)
{
	uint64_t now = now_ns(), deadline = t->req->deadline_ns;
	long left = deadline > now ? (long)((deadline - now) / NSEC_PER_MSEC) : 0;

	if (deadline > 0)
		SET(t, CURLOPT_TIMEOUT_MS, left > 0 ? left : 1L);
	if (!t->req->idle_ns) {
		SET(t, CURLOPT_ACCEPT_ENCODING, "gzip");
		return;
	}
	SET(t, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(t, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE);
	SET(t, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
}

static int set_options(struct transfer *t, const struct config *cfg)
{
	SET(t, CURLOPT_URL, t->req->url);
	SET(t, CURLOPT_NOSIGNAL, 1L);
	SET(t, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a look-up */
	SET(t, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MAX_MS);
	SET(t, CURLOPT_PROXY, "");
	SET(t, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(t, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	SET(t, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	SET(t, CURLOPT_FORBID_REUSE, 1L);
	SET(t, CURLOPT_USERAGENT, "mesos-xdns/" XDNS_VERSION);
	SET(t, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
	SET(t, CURLOPT_ERRORBUFFER, t->message);
	SET(t, CURLOPT_HEADERFUNCTION, on_header);
	SET(t, CURLOPT_HEADERDATA, t);
	SET(t, CURLOPT_WRITEFUNCTION, on_body);
	SET(t, CURLOPT_WRITEDATA, t);
	set_course(t);
	set_method(t);
	set_tls(t, cfg);
	if (set_headers(t) || t->set != CURLE_OK)
		return -ENOMEM;
	return 0;
}

/* Is there a reason to give up? 0, or with *ret_ms how long to wait before looking again. */
static int check(struct http *h, struct transfer *t, int *ret_ms)
{
	uint64_t quiet = now_ns() - t->heard_ns, limit;

	*ret_ms = SLICE_MS;
	if (atomic_load(&h->stop))
		return -ECANCELED;
	if (t->req->cancel && atomic_load(t->req->cancel))
		return -EINTR;
	if (!t->req->idle_ns)
		return 0;
	limit = *t->req->idle_ns;
	t->idle = quiet >= limit;
	if (t->idle)
		return -ETIMEDOUT;
	if ((limit - quiet) / NSEC_PER_MSEC < SLICE_MS)
		*ret_ms = (int)((limit - quiet) / NSEC_PER_MSEC) + 1;
	return 0;
}

/* Runs the transfer to its end; how it ended in *ret_code. */
static int run(struct http *h, struct transfer *t, CURLcode *ret_code)
{
	int running = 1, left, ms, rc = 0;
	CURLMsg *msg;

	if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		return -ENOMEM;
	t->heard_ns = now_ns();
	while (running > 0 && rc == 0) {
		rc = check(h, t, &ms);
		if (rc < 0)
			break;
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			rc = -ENOMEM;
		else if (running > 0 && curl_multi_poll(h->multi, NULL, 0, ms, NULL) != CURLM_OK)
			rc = -ENOMEM;
	}
	*ret_code = CURLE_OK;
	while (rc == 0 && (msg = curl_multi_info_read(h->multi, &left)))
		if (msg->msg == CURLMSG_DONE)
			*ret_code = msg->data.result;
	curl_multi_remove_handle(h->multi, t->easy);
	return rc == -ETIMEDOUT ? 0 : rc;
}

static void effective_host(CURL *easy, char *ret, size_t len)
{
	char *text = NULL, *host = NULL;
	CURLU *url = curl_url();

	ret[0] = 0;
	curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &text);
	if (url && text && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		snprintf(ret, len, "%s", host);
	curl_free(host);
	curl_url_cleanup(url);
}

/* Not the URL's scheme or path: only whom to ask. */
static void redirect_target(CURL *easy, char *ret, size_t len)
{
	char *text = NULL, *host = NULL, *port = NULL;
	CURLU *url = curl_url();

	ret[0] = 0;
	curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &text);
	if (url && text && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    (size_t)snprintf(ret, len, "%s:%s", host, port) >= len)
		ret[0] = 0;
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
}

static void describe_timeout(struct transfer *t, char *error, size_t len)
{
	curl_off_t asked = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &asked);
	if (asked > 0)
		snprintf(error, len, "no complete answer in time, %llu bytes received",
			 (unsigned long long)t->received);
	else
		snprintf(error, len, "no connection in time");
}

/* What went wrong, if anything did. */
static int judge(struct transfer *t, CURLcode code, struct http_result *ret)
{
	char *error = ret->error;
	size_t len = sizeof(ret->error);

	if (t->body_failed)
		return -EIO;
	if (t->idle)
		snprintf(error, len, "nothing heard for %.3g s",
			 (double)*t->req->idle_ns / (double)NSEC_PER_SEC);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		describe_timeout(t, error, len);
	else if (t->headers_len > HEADERS_MAX)
		snprintf(error, len, "headers of more than %u bytes", HEADERS_MAX);
	else if (code == CURLE_TOO_MANY_REDIRECTS)
		snprintf(error, len, "stopped after %d redirects", REDIRECTS_MAX + 1);
	else if (code == CURLE_OUT_OF_MEMORY) /* what libcurl calls a line that is too long */
		snprintf(error, len, "a header of more than 100 KiB, or no memory");
	else if (code != CURLE_OK && !t->refused)
		snprintf(error, len, "%s", *t->message ? t->message : curl_easy_strerror(code));
	else if (ret->status < 200 || ret->status > 299)
		snprintf(error, len, "HTTP status %ld", ret->status);
	else
		return 0;
	for (char *p = error; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return -EIO;
}

int http_perform(struct http *h, const struct http_request *req, struct http_result *ret)
{
	struct transfer t = {.req = req};
	CURLcode code;
	int rc;

	memset(ret, 0, sizeof(*ret));
	t.easy = curl_easy_init();
	if (!t.easy)
		return -ENOMEM;
	rc = set_options(&t, h->cfg);
	if (rc == 0)
		rc = run(h, &t, &code);
	if (rc == 0) {
		curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &ret->status);
		effective_host(t.easy, ret->host, sizeof(ret->host));
		redirect_target(t.easy, ret->redirect, sizeof(ret->redirect));
		rc = judge(&t, code, ret);
	}
	curl_easy_cleanup(t.easy);
	curl_slist_free_all(t.headers);
	return rc;
}
