// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A zone transfer on a connection. Its octets are made by a thread of libuv's pool, some at a time,
 * so that the worker goes on answering; the next are made when the peer has taken these.
 */
#include <errno.h>
#include <stdlib.h>

#include "stat.h"
#include "tcp_priv.h"
#include "util.h"

struct tcp_transfer {
	uv_work_t work;
	struct tcp_conn *c; /* NULL: it has gone */
	struct transfer *transfer;
	int r; /* of the last transfer_fill() */
	bool filling;
	size_t at;	/* of its octets taken by the peer */
	uint64_t limit; /* ms, the loop's clock */
};

static void count(struct tcp_conn *c, enum transfer_outcome outcome)
{
	stat_add(&c->t->env->stats->transfers[outcome], 1);
}

static void release(struct tcp_transfer *x)
{
	transfer_free(x->transfer);
	free(x);
}

static void fill(uv_work_t *work)
{
	struct tcp_transfer *x = work->data;

	x->r = transfer_fill(x->transfer);
}

static void on_filled(uv_work_t *work, int status)
{
	struct tcp_transfer *x = work->data;
	struct tcp_conn *c = x->c;

	(void)status;
	x->filling = false;
	x->at = 0;
	if (!c) {
		release(x);
		return;
	}
	tcp_extend(c, TCP_IDLE_MS);
	if (x->r < 0)
		c->broken = true;
	else
		tcp_transfer_write(c);
	tcp_settle(c);
}

static void fill_next(struct tcp_conn *c)
{
	struct tcp_transfer *x = c->transfer;

	x->work.data = x;
	x->filling = !uv_queue_work(c->t->env->loop, &x->work, fill, on_filled);
	c->broken |= !x->filling;
}

void tcp_transfer_begin(struct tcp_conn *c, const uint8_t *query, size_t len)
{
	const struct worker_env *env = c->t->env;
	const struct transfer_query q = {.cfg = env->cfg,
					 .peer = &c->peer.storage,
					 .tcp = true,
					 .octets = query,
					 .len = len};
	enum transfer_outcome outcome;
	struct transfer *transfer;
	struct tcp_transfer *x;
	size_t reply_len;

	transfer_begin(env->transfers, &q, tcp_reply_room(c), DNS_TCP_MAX, &transfer, &reply_len,
		       &outcome);
	if (!transfer) {
		tcp_reply_done(c, reply_len, transfer_said(outcome));
		count(c, outcome);
		return;
	}
	x = calloc(1, sizeof(*x));
	if (!x) {
		transfer_free(transfer);
		c->broken = true;
		return;
	}
	x->c = c;
	x->transfer = transfer;
	x->limit = uv_now(env->loop) + TRANSFER_TOTAL_MS;
	c->transfer = x;
	fill_next(c);
}

bool tcp_transfer_waits(const struct tcp_conn *c)
{
	return c->transfer && !c->transfer->filling;
}

/* All of it is with the peer's host. */
static void finish(struct tcp_conn *c)
{
	struct tcp_transfer *x = TAKE_PTR(c->transfer);

	count(c, transfer_done(x->transfer));
	stat_add(&c->t->env->stats->tcp.answers[ANSWER_transfer], 1);
	release(x);
	tcp_resume(c);
}

void tcp_transfer_write(struct tcp_conn *c)
{
	struct tcp_transfer *x = c->transfer;
	const uint8_t *octets;
	size_t len, n;

	if (x->filling || c->out) /* replies from before go first */
		return;
	octets = transfer_octets(x->transfer, &len);
	n = tcp_write_some(c, octets + x->at, len - x->at);
	x->at += n;
	if (n)
		tcp_extend(c, TCP_IDLE_MS);
	if (uv_now(c->t->env->loop) > x->limit)
		c->broken = true;
	if (c->broken || x->at < len)
		return;
	if (x->r > 0)
		fill_next(c);
	else
		finish(c);
}

void tcp_transfer_cancel(struct tcp_conn *c)
{
	struct tcp_transfer *x = TAKE_PTR(c->transfer);

	if (!x)
		return;
	count(c, TRANSFER_broken);
	stat_add(&c->t->env->stats->tcp.dropped[DROPPED_gone], 1);
	x->c = NULL;
	if (!x->filling)
		release(x);
}
