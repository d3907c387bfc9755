/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One HTTP request at a time over libcurl, each within a deadline and stoppable. */
#ifndef XDNS_HTTP_H
#define XDNS_HTTP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

struct http;

struct http_request {
	const char *url;
	const char *post;	     /* JSON to post; NULL: GET, redirects are followed */
	const char *user, *password; /* HTTP Basic; NULL: none */
	const char *authorization;   /* a whole header line; NULL: none */
	uint64_t deadline_ns;	     /* of now_ns(); 0: none */
	/*
	 * For an answer that stays open (NULL otherwise): nanoseconds without an octet of it after
	 * which the transfer ends; body may change it. No compression then, so that nothing is held
	 * back by the server, and TCP keepalive.
	 */
	const uint64_t *idle_ns;
	/* Ends the transfer when set (and http_wake() is called); NULL: there is none. */
	const atomic_bool *cancel;
	/* Decoded body of a 2xx answer, piece by piece; a negative return ends the transfer. */
	int (*body)(void *ctx, const void *data, size_t len);
	void *ctx;
};

struct http_result {
	long status;	/* 0: there was no answer */
	char host[256]; /* who gave it, after redirects, as in the URL */
	/* Where a redirect that was not followed points to: "host:port"; "" if to nowhere. */
	char redirect[288];
	char error[320]; /* what failed, one line; "" if body gave up */
};

/* TLS settings come from cfg, which must outlive the handle. */
int http_new(const struct config *cfg, struct http **ret);

/*
 * 0: a complete 2xx answer. -EIO: anything else, in words; -ECANCELED: stopped; -EINTR: cancelled
 * by the request's flag; -ENOMEM. *ret is filled in whatever happens.
 */
int http_perform(struct http *h, const struct http_request *req, struct http_result *ret);

/* Ends the request under way and refuses further ones. Any thread. */
void http_stop(struct http *h);

/* Takes http_stop() back. For the thread that performs. */
void http_resume(struct http *h);

/* Makes the request under way look at its cancel flag. Any thread. */
void http_wake(struct http *h);

/* Set by http_stop(). */
const atomic_bool *http_stop_flag(const struct http *h);

struct http *http_free(struct http *h);

#endif
