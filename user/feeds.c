// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "feeds.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detector.h"
#include "source.h"
#include "util.h"

struct feeds {
	struct inbox *inbox;
	struct source *source;
	struct stream *stream;
	struct detector *detector;
	atomic_bool stop;
};

#define FULL_PAUSE_US 2000 /* until it is looked again whether the inbox has room */

static void on_document(void *ctx, struct cluster *cluster, const struct source_stats *stats)
{
	struct feeds *f = ctx;

	inbox_push(f->inbox, &(struct message){.kind = MESSAGE_DOCUMENT,
					       .cluster = cluster,
					       .begun_ns = stats->begun_ns,
					       .fetch_ns = stats->fetch_ns,
					       .bytes = stats->bytes,
					       .text = strdup(stats->master)});
}

static void on_failed(void *ctx, const char *error)
{
	struct feeds *f = ctx;

	inbox_push(f->inbox,
		   &(struct message){.kind = MESSAGE_FAILED, .text = error ? strdup(error) : NULL});
}

static void on_event(void *ctx, struct event *event)
{
	struct feeds *f = ctx;

	/* a master that says more than can be taken in is not read from meanwhile */
	while (inbox_full(f->inbox) && !atomic_load(&f->stop))
		usleep(FULL_PAUSE_US);
	inbox_push(f->inbox, &(struct message){.kind = MESSAGE_EVENT, .event = event});
}

static void on_stream(void *ctx, enum stream_state state, const char *text)
{
	struct feeds *f = ctx;

	inbox_push(f->inbox,
		   &(struct message){.kind = MESSAGE_STREAM, .state = state, .text = strdup(text)});
}

static void on_alive(void *ctx)
{
	struct feeds *f = ctx;

	inbox_push(f->inbox, &(struct message){.kind = MESSAGE_ALIVE});
}

static void on_masters(void *ctx, const struct masters *masters)
{
	struct message m = {.kind = MESSAGE_MASTERS, .leader = masters->leader};
	struct feeds *f = ctx;

	if (text_list_copy(masters->list, masters->count, &m.masters))
		m.masters = (struct text_list){0};
	inbox_push(f->inbox, &m);
}

static void on_trouble(void *ctx, const char *text)
{
	struct feeds *f = ctx;

	inbox_push(f->inbox, &(struct message){.kind = MESSAGE_TROUBLE, .text = strdup(text)});
}

int feeds_start(const struct config *cfg, struct inbox *inbox, struct feeds **ret, char **ret_error)
{
	static const struct source_ops source_ops = {.document = on_document, .failed = on_failed};
	static const struct stream_ops stream_ops = {
		.event = on_event, .state = on_stream, .alive = on_alive};
	static const struct detector_ops detector_ops = {.masters = on_masters,
							 .trouble = on_trouble};
	struct feeds *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->inbox = inbox;
	r = source_start(cfg, &source_ops, f, &f->source);
	if (!r && cfg->event_stream_on)
		r = stream_start(cfg, &stream_ops, f, &f->stream);
	if (!r && *cfg->zk)
		r = detector_start(cfg, &detector_ops, f, &f->detector, ret_error);
	if (r) {
		feeds_stop(f);
		return r;
	}
	*ret = f;
	return 0;
}

void feeds_fetch(struct feeds *f, struct known_tasks *known)
{
	source_fetch(f->source, known);
}

int feeds_set_masters(struct feeds *f, const char *const *masters, size_t count)
{
	return source_set_masters(f->source, masters, count);
}

int feeds_follow(struct feeds *f, const char *const *masters, size_t count)
{
	return f && f->stream ? stream_follow(f->stream, masters, count) : 0;
}

uint64_t feeds_stream_octets(const struct feeds *f)
{
	return f && f->stream ? stream_octets(f->stream) : 0;
}

void feeds_stop(struct feeds *f)
{
	if (!f)
		return;
	atomic_store(&f->stop, true);
	detector_stop(f->detector);
	stream_stop(f->stream);
	source_stop(f->source);
	free(f);
}
