// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* From a request to the function that answers it, and what is said instead. */
#include "api.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "api_internal.h"
#include "metrics.h"
#include "util.h"
#include "zone_read.h"
#include "zone_sources.h"

#define PATH_MAX_OCTETS 2048

static const struct api_route routes[] = {
	{.path = "/", .type = API_HTML, .answer = api_page, .any_accepted = true, .open = true},
	{.path = "/v1/version", .type = API_JSON, .answer = api_version},
	{.path = "/v1/config", .type = API_JSON, .answer = api_config},
	{.path = "/v1/hosts/{}", .type = API_JSON, .answer = api_hosts, .zone = true},
	{.path = "/v1/hosts/{}/ports", .type = API_JSON, .answer = api_ports, .zone = true},
	{.path = "/v1/services/{}", .type = API_JSON, .answer = api_services, .zone = true},
	{.path = "/v1/enumerate",
	 .type = API_JSON,
	 .answer = api_enumerate,
	 .zone = true,
	 .enumeration = true},
	{.path = "/v1/names",
	 .type = API_JSON,
	 .answer = api_search,
	 .zone = true,
	 .enumeration = true},
	{.path = "/v1/names/{}",
	 .type = API_JSON,
	 .answer = api_search,
	 .zone = true,
	 .enumeration = true},
	{.path = "/v1/axfr",
	 .type = API_JSON,
	 .answer = api_axfr,
	 .zone = true,
	 .enumeration = true},
	{.path = "/v1/watch",
	 .type = API_EVENTS,
	 .stream = api_watch,
	 .zone = true,
	 .enumeration = true,
	 .any_accepted = true},
	{.path = "/v1/explain/{}", .type = API_JSON, .answer = api_explain, .zone = true},
	{.path = "/v1/conflicts",
	 .type = API_JSON,
	 .answer = api_conflicts,
	 .zone = true,
	 .enumeration = true},
	{.path = "/healthz",
	 .type = API_JSON,
	 .answer = api_health,
	 .any_accepted = true,
	 .open = true},
	{.path = "/ready",
	 .type = API_JSON,
	 .answer = api_ready,
	 .any_accepted = true,
	 .open = true},
	{.path = "/metrics", .type = METRICS_TYPE, .answer = api_metrics, .any_accepted = true},
};

struct asked {
	struct api *api;
	int (*fn)(const struct api_world *w, void *arg);
	void *arg;
};

static int on_loop(void *arg)
{
	struct asked *q = arg;
	struct api_world w = {0};

	q->api->look(q->api->ctx, &w);
	return q->fn(&w, q->arg);
}

int api_ask(struct api *a, int (*fn)(const struct api_world *w, void *arg), void *arg)
{
	struct asked q = {a, fn, arg};

	return a->loop ? ask_loop(a->loop, on_loop, &q, API_LOOP_MS) : on_loop(&q);
}

int api_take_sources(const struct api_world *w, void *arg)
{
	return zone_sources_take(w, arg);
}

int api_name(const char *text, uint8_t ret[DNAME_WIRE_MAX])
{
	char clean[PATH_MAX_OCTETS];
	size_t len = 0;
	int r;

	while (*text && len < sizeof(clean)) {
		if (text[0] == '.' && text[1] == '*')
			text += 2;
		else
			clean[len++] = *text++;
	}
	r = dname_from_text(clean, len, ret);
	if (r <= 1)
		return -EINVAL;
	dname_lower(ret, (size_t)r);
	return r;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%2F" is a slash like any other, as in Go. false: a broken escape, or a NUL. */
static bool decode(const char *path, char *out)
{
	for (; *path; path++, out++) {
		int high, low;

		*out = *path;
		if (*path != '%')
			continue;
		high = hex(path[1]);
		low = high < 0 ? -1 : hex(path[2]);
		if (low < 0 || !(high | low))
			return false;
		*out = (char)(high << 4 | low);
		path += 2;
	}
	*out = '\0';
	return true;
}

/* Without empty elements, "." and ".."; a final slash stays. true: something was changed. */
static bool clean_path(const char *path, char *out)
{
	char *start = out;
	const char *whole = path;

	while (*path) {
		size_t len = strcspn(path + 1, "/");
		bool last = !path[1 + len];

		if (!len && !last) {
			path++;
			continue;
		}
		if (len == 2 && !memcmp(path, "/..", 3)) {
			while (out > start && *--out != '/')
				;
		} else if (len != 1 || path[1] != '.') {
			memcpy(out, path, len + 1);
			out += len + 1;
		}
		path += len + 1;
	}
	if (out == start)
		*out++ = '/';
	*out = '\0';
	return strcmp(whole, start) != 0;
}

/* name: room for the element in the place of {}. */
static bool route_matches(const struct api_route *r, const char *path, char *name)
{
	const char *hole = strstr(r->path, "{}"), *rest;
	size_t len, total = strlen(path);

	if (total > 1 && path[total - 1] == '/')
		total--;
	if (!hole)
		return strlen(r->path) == total && !memcmp(r->path, path, total);
	len = (size_t)(hole - r->path);
	if (total <= len || memcmp(r->path, path, len) != 0)
		return false;
	rest = path + len;
	len = strcspn(rest, "/");
	if (!len)
		return false;
	memcpy(name, rest, len);
	name[len] = '\0';
	hole += strlen("{}");
	rest += len;
	return strlen(hole) == total - (size_t)(rest - path) && !memcmp(hole, rest, strlen(hole));
}

static const struct api_route *find(const struct api *a, const char *path, char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if ((!routes[i].enumeration || a->enumeration) &&
		    route_matches(&routes[i], path, name))
			return &routes[i];
	return NULL;
}

/* Mesos-DNS: the list has this very type, or any; parameters are not looked at. */
static bool accepts_json(const char *accept)
{
	if (!accept || !*accept)
		return true;
	while (*accept) {
		size_t len = strcspn(accept, ",");
		size_t start = strspn(accept, " \t");
		size_t end = start < len ? start + strcspn(accept + start, ";, \t") : len;

		if ((end - start == 3 && !memcmp(accept + start, "*/*", 3)) ||
		    (end - start == strlen(API_JSON) &&
		     !memcmp(accept + start, API_JSON, strlen(API_JSON))))
			return true;
		accept += len + (accept[len] == ',');
	}
	return false;
}

static void refuse(struct http_response *ret, unsigned status, const char *text)
{
	ret->status = status;
	ret->type = API_TEXT;
	ret->len = strlen(text);
	ret->body = strdup(text);
	if (!ret->body)
		ret->len = 0;
}

static void refuse_status(struct http_response *ret, int status)
{
	switch (status) {
	case -EINVAL:
		refuse(ret, 400, "400: Bad Request");
		break;
	case -ETIMEDOUT:
	case -ESHUTDOWN:
	case -EAGAIN:
	case -EBUSY:
		refuse(ret, 503, "503: Service Unavailable");
		break;
	default:
		refuse(ret, 500, "500: Internal Server Error");
		break;
	}
}

static void open_stream(struct api *a, const struct api_route *route, const struct http_request *q,
			struct http_response *ret)
{
	int r = route->stream(a, q, &ret->stream);

	if (r) {
		refuse_status(ret, r);
		return;
	}
	ret->status = 200;
	ret->type = route->type;
}

static void answer(struct api *a, const struct api_route *route, const char *name,
		   struct http_response *ret)
{
	struct json_writer w = {0};
	int status;

	w.out = open_memstream(&ret->body, &ret->len);
	if (!w.out) {
		refuse_status(ret, -ENOMEM);
		return;
	}
	status = route->answer(a, name, &w);
	if (memstream_close(w.out, &ret->body) && status > 0)
		status = -ENOMEM;
	if (status < 0) {
		free(TAKE_PTR(ret->body));
		refuse_status(ret, status);
		return;
	}
	ret->status = (unsigned)status;
	ret->type = route->type;
}

void api_handle(void *ctx, const struct http_request *q, struct http_response *ret)
{
	char path[PATH_MAX_OCTETS], name[PATH_MAX_OCTETS], cleaned[PATH_MAX_OCTETS + 1];
	const struct api_route *route;
	struct api *a = ctx;

	if (strlen(q->path) >= sizeof(path)) {
		refuse(ret, 414, "414: Request URI Too Long");
		return;
	}
	if (q->path[0] != '/' || !decode(q->path, path)) {
		refuse(ret, 400, "400: Bad Request");
		return;
	}
	if (clean_path(q->path, cleaned)) {
		ret->status = 301;
		ret->location = strdup(cleaned);
		return;
	}
	name[0] = '\0';
	route = find(a, path, name);
	if (!(route && route->open) &&
	    !api_token_good(&a->token, http_request_header(q, "Authorization")))
		refuse(ret, 401, "401: Unauthorized");
	else if (!route)
		refuse(ret, 404, "404: Page Not Found");
	else if (strcmp(q->method, "GET") != 0 && strcmp(q->method, "HEAD") != 0)
		refuse(ret, 405, "405: Method Not Allowed");
	else if (!route->any_accepted && !accepts_json(q->accept))
		refuse(ret, 406, "406: Not Acceptable\n\nAvailable representations: " API_JSON);
	else if (route->zone && !zone_ready(a->zone))
		refuse_status(ret, -EAGAIN);
	else if (route->stream)
		open_stream(a, route, q, ret);
	else
		answer(a, route, *name ? name : NULL, ret);
}
