// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "util.h"

#define EVENTS_OCTETS_MAX (32 << 20) /* of events that wait, as they came; their least is */
#define EVENT_OCTETS_MIN  1024

struct inbox {
	uv_async_t signal;
	void (*ready)(void *ctx);
	void *ctx;
	pthread_mutex_t lock; /* for what follows */
	struct message *first, **last;
	uint64_t octets; /* of events in the list */
	bool lost;
};

static void on_signal(uv_async_t *async)
{
	struct inbox *i = async->data;

	i->ready(i->ctx);
}

int inbox_new(uv_loop_t *loop, void (*ready)(void *ctx), void *ctx, struct inbox **ret)
{
	struct inbox *i = calloc(1, sizeof(*i));
	int r = i ? uv_async_init(loop, &i->signal, on_signal) : -ENOMEM;

	if (r) {
		free(i);
		return r;
	}
	i->signal.data = i;
	i->ready = ready;
	i->ctx = ctx;
	i->last = &i->first;
	pthread_mutex_init(&i->lock, NULL);
	*ret = i;
	return 0;
}

static void free_contents(struct message *m)
{
	cluster_free(m->cluster);
	event_free(m->event);
	text_list_done(&m->masters);
	free(m->text);
}

struct message *message_free(struct message *m)
{
	struct message *next = m->next;

	free_contents(m);
	free(m);
	return next;
}

static void on_closed(uv_handle_t *handle)
{
	struct inbox *i = handle->data;

	for (struct message *m = i->first; m;)
		m = message_free(m);
	pthread_mutex_destroy(&i->lock);
	free(i);
}

void inbox_close(struct inbox *i)
{
	if (i)
		uv_close((uv_handle_t *)&i->signal, on_closed);
}

static uint64_t weight(const struct message *m)
{
	uint64_t octets = m->event ? m->event->octets : 0;

	return octets > EVENT_OCTETS_MIN ? octets : EVENT_OCTETS_MIN;
}

bool inbox_full(struct inbox *i)
{
	bool full;

	pthread_mutex_lock(&i->lock);
	full = i->octets > EVENTS_OCTETS_MAX;
	pthread_mutex_unlock(&i->lock);
	return full;
}

void inbox_push(struct inbox *i, const struct message *m)
{
	struct message *copy = malloc(sizeof(*copy)), lost = *m;

	if (copy)
		*copy = *m;
	else
		free_contents(&lost);
	if (copy)
		copy->pushed_ns = now_ns();
	pthread_mutex_lock(&i->lock);
	if (copy) {
		copy->next = NULL;
		*i->last = copy;
		i->last = &copy->next;
		i->octets += weight(copy);
	}
	i->lost |= !copy;
	pthread_mutex_unlock(&i->lock);
	uv_async_send(&i->signal);
}

struct message *inbox_take(struct inbox *i, bool *ret_lost)
{
	struct message *first;

	pthread_mutex_lock(&i->lock);
	first = TAKE_PTR(i->first);
	i->last = &i->first;
	i->octets = 0;
	*ret_lost = i->lost;
	i->lost = false;
	pthread_mutex_unlock(&i->lock);
	return first;
}
