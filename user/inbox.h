/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the threads of the feeds (state documents, event stream, ZooKeeper) hand over to the
 * loop, in order.
 */
#ifndef XDNS_INBOX_H
#define XDNS_INBOX_H

#include <uv.h>

#include "cluster.h"
#include "event.h"
#include "stream.h"
#include "text_list.h"

enum message_kind {
	MESSAGE_DOCUMENT, /* cluster, begun_ns, fetch_ns, bytes; text: who gave it */
	MESSAGE_FAILED,	  /* text: why there is no document; NULL: it was given up */
	MESSAGE_EVENT,	  /* event */
	MESSAGE_STREAM,	  /* state, text */
	MESSAGE_ALIVE,	  /* the stream says something, if only that */
	MESSAGE_MASTERS,  /* masters, of which the first leads if `leader` */
	MESSAGE_TROUBLE,  /* text: with ZooKeeper, "" when it is over */
};

struct message {
	struct message *next;
	enum message_kind kind;
	struct cluster *cluster;
	uint64_t begun_ns, fetch_ns, bytes;
	uint64_t pushed_ns; /* now_ns(); set by inbox_push() */
	struct event *event;
	enum stream_state state;
	struct text_list masters;
	bool leader;
	char *text;
};

struct inbox;

/* ready is called on the loop when there is something. */
int inbox_new(uv_loop_t *loop, void (*ready)(void *ctx), void *ctx, struct inbox **ret);

/* Nobody pushes any more. The loop must run once more to see the handle off. Accepts NULL. */
void inbox_close(struct inbox *i);

/* Takes over what m points to; *m itself is copied. Any thread. Without memory it is lost. */
void inbox_push(struct inbox *i, const struct message *m);

/* As much is waiting as should: who can wait with more should. Any thread. */
bool inbox_full(struct inbox *i);

/* Everything so far, the oldest first; *ret_lost: something was lost since the last time. */
struct message *inbox_take(struct inbox *i, bool *ret_lost);

/* Frees one message; the next one. */
struct message *message_free(struct message *m);

#endif
