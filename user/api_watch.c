// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /v1/watch: the zone's changes as they come. */
#include <errno.h>

#include "api_internal.h"
#include "watch.h"

static int begin(const struct api_world *w, void *arg)
{
	return watch_begin(arg, w->zone);
}

static ssize_t read_stream(void *ctx, char *buf, size_t size)
{
	return watcher_read(ctx, buf, size);
}

static void close_stream(void *ctx)
{
	watcher_free(ctx);
}

int api_watch(struct api *a, const struct http_request *q, struct http_stream *ret)
{
	uint8_t name[DNAME_WIRE_MAX];
	struct watch_request wanted = {.last_id = http_request_header(q, "Last-Event-ID"),
				       .serial = http_request_parameter(q, "serial"),
				       .type = http_request_parameter(q, "type")};
	const char *text = http_request_parameter(q, "name");
	struct watcher *watcher;
	int r = text ? api_name(text, name) : 0;

	if (r < 0)
		return r;
	wanted.name = text ? name : NULL;
	if (!a->watch)
		return -EAGAIN;
	r = api_ask(a, begin, a->watch);
	if (!r)
		r = watcher_new(a->watch, &wanted, &watcher);
	if (r)
		return r;
	*ret = (struct http_stream){.read = read_stream, .close = close_stream, .ctx = watcher};
	return 0;
}
