// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "ask_loop.h"

#include <errno.h>
#include <stdbool.h>

#include "util.h"

enum question_state { WAITING, RUNNING, DONE };

/* On the asking thread's stack. */
struct question {
	ask_loop_fn fn;
	void *arg;
	int result;
	enum question_state state;
	struct question *next;
};

struct ask_loop {
	uv_async_t async;
	uv_mutex_t lock; /* of all below, and of every question's state */
	uv_cond_t changed;
	struct question *first, **last;
	bool closed;
};

static struct question *take(struct ask_loop *a)
{
	struct question *q;

	uv_mutex_lock(&a->lock);
	q = a->first;
	if (q) {
		a->first = q->next;
		if (!a->first)
			a->last = &a->first;
		q->state = RUNNING;
	}
	uv_mutex_unlock(&a->lock);
	return q;
}

static void answer(struct ask_loop *a, struct question *q, int result)
{
	uv_mutex_lock(&a->lock);
	q->result = result;
	q->state = DONE;
	uv_cond_broadcast(&a->changed);
	uv_mutex_unlock(&a->lock);
}

/* One question a turn: what else the loop has to do comes in between. */
static void on_async(uv_async_t *async)
{
	struct ask_loop *a = async->data;
	struct question *q = take(a);

	if (!q)
		return;
	answer(a, q, q->fn(q->arg));
	if (!uv_is_closing((uv_handle_t *)async))
		uv_async_send(async);
}

int ask_loop_new(uv_loop_t *loop, struct ask_loop **ret)
{
	struct ask_loop *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	r = uv_async_init(loop, &a->async, on_async);
	if (r) {
		free(a);
		return r;
	}
	a->async.data = a;
	a->last = &a->first;
	uv_mutex_init(&a->lock);
	uv_cond_init(&a->changed);
	*ret = a;
	return 0;
}

static void withdraw(struct ask_loop *a, const struct question *q)
{
	struct question **at = &a->first;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	if (!*at)
		a->last = at;
}

int ask_loop(struct ask_loop *a, ask_loop_fn fn, void *arg, unsigned timeout_ms)
{
	struct question q = {.fn = fn, .arg = arg};
	uint64_t now = now_ns(), end = now + timeout_ms * NSEC_PER_MSEC;

	uv_mutex_lock(&a->lock);
	if (a->closed) {
		uv_mutex_unlock(&a->lock);
		return -ESHUTDOWN;
	}
	*a->last = &q;
	a->last = &q.next;
	/* under the lock: the handle is not closed meanwhile */
	uv_async_send(&a->async);
	while (q.state == WAITING && now < end) {
		uv_cond_timedwait(&a->changed, &a->lock, end - now);
		now = now_ns();
	}
	if (q.state == WAITING) {
		withdraw(a, &q);
		q.result = -ETIMEDOUT;
		q.state = DONE;
	}
	while (q.state != DONE)
		uv_cond_wait(&a->changed, &a->lock);
	uv_mutex_unlock(&a->lock);
	return q.result;
}

void ask_loop_refuse(struct ask_loop *a, bool refuse)
{
	struct question *q;

	uv_mutex_lock(&a->lock);
	a->closed = refuse;
	uv_mutex_unlock(&a->lock);
	while (refuse && (q = take(a)))
		answer(a, q, -ESHUTDOWN);
}

void ask_loop_close(struct ask_loop *a)
{
	if (!a)
		return;
	ask_loop_refuse(a, true);
	uv_close((uv_handle_t *)&a->async, NULL);
}

void ask_loop_free(struct ask_loop *a)
{
	if (!a)
		return;
	uv_mutex_destroy(&a->lock);
	uv_cond_destroy(&a->changed);
	free(a);
}
