/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the API share. */
#ifndef XDNS_API_INTERNAL_H
#define XDNS_API_INTERNAL_H

#include <arpa/inet.h>
#include <stdio.h>

#include "abi.h"
#include "api.h"
#include "dname_text.h"
#include "json_write.h"
#include "pool.h"

#define API_LOOP_MS 3000 /* how long the loop may let a client wait */

#define API_JSON   "application/json"
#define API_HTML   "text/html; charset=utf-8"
#define API_TEXT   "text/plain; charset=utf-8"
#define API_EVENTS "text/event-stream"

/*
 * Fills w->out; the status, or -errno: -ETIMEDOUT and -ESHUTDOWN become 503, others 500. name:
 * decoded, what the path has in the place of {}; NULL if it has none.
 */
typedef int (*api_fn)(struct api *a, const char *name, struct json_writer *w);

/* Opens a stream in the place of an answer. 0 or -errno as above; -EINVAL: 400; -EBUSY: 503. */
typedef int (*api_stream_fn)(struct api *a, const struct http_request *q, struct http_stream *ret);

struct api_route {
	const char *path; /* "{}" stands for one element */
	const char *type;
	api_fn answer;	      /* this, */
	api_stream_fn stream; /* or this */
	bool enumeration;     /* there only with EnumerationOn */
	bool zone;	      /* 503 until there is one */
	bool any_accepted;    /* the Accept header is not looked at */
	bool open;	      /* without a token, too */
};

/* Runs fn with the world filled in. */
int api_ask(struct api *a, int (*fn)(const struct api_world *w, void *arg), void *arg);

/* The wire name that a path's element asks for, as Mesos-DNS does. -EINVAL: it can be none. */
int api_name(const char *text, uint8_t ret[DNAME_WIRE_MAX]);

/* For api_ask(); arg: a struct zone_sources. */
int api_take_sources(const struct api_world *w, void *arg);

/* api_givers.c: rules and reasons by their number: how they are called, and what that means. */
struct api_word {
	const char *word, *text;
};
extern const struct api_word api_rules[], api_left_out[];

struct explain_giver;
struct framework;
struct model_entry;
struct record_rules;
void api_put_framework(struct json_writer *w, const char *key, const struct framework *f);
void api_put_task(struct json_writer *w, const char *key, const struct model_entry *e);
/* owner: the name that it gives records of. -EIO: a hash could not be made. */
int api_put_giver(struct json_writer *w, const struct record_rules *r,
		  const struct explain_giver *g, const uint8_t *owner);

/* The i-th A or AAAA of a record. Returns buf. */
const char *api_address_text(const struct pool *p, const struct xdns_record *r, bool v6, uint32_t i,
			     char buf[INET6_ADDRSTRLEN]);

int api_page(struct api *a, const char *name, struct json_writer *w);
int api_version(struct api *a, const char *name, struct json_writer *w);
int api_config(struct api *a, const char *name, struct json_writer *w);
int api_hosts(struct api *a, const char *name, struct json_writer *w);
int api_services(struct api *a, const char *name, struct json_writer *w);
int api_ports(struct api *a, const char *name, struct json_writer *w);
int api_search(struct api *a, const char *name, struct json_writer *w);
int api_enumerate(struct api *a, const char *name, struct json_writer *w);
int api_axfr(struct api *a, const char *name, struct json_writer *w);
int api_health(struct api *a, const char *name, struct json_writer *w);
int api_metrics(struct api *a, const char *name, struct json_writer *w);
int api_explain(struct api *a, const char *name, struct json_writer *w);
int api_conflicts(struct api *a, const char *name, struct json_writer *w);
int api_ready(struct api *a, const char *name, struct json_writer *w);
int api_watch(struct api *a, const struct http_request *q, struct http_stream *ret);

#endif
