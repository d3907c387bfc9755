// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One connection. Every event ends in tcp_settle(), which alone decides whether
 * the connection goes on, and what it waits for; the rest only sets its state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "endpoint.h"
#include "reply.h"
#include "stat.h"
#include "tcp_priv.h"
#include "util.h"

/* A query under way at the forwarder. */
struct tcp_forward {
	struct cds_list_head node;
	struct tcp_conn *c;
	struct forward *forward;
	struct hop hop;
	size_t len;
	uint8_t query[];
};

void tcp_extend(struct tcp_conn *c, uint64_t ms)
{
	c->deadline = uv_now(c->t->env->loop) + ms;
}

/* Keeps what the kernel would not take; a client that reads nothing is given up. */
static void queue(struct tcp_conn *c, const uint8_t *data, size_t len)
{
	size_t pending = c->out_len - c->out_at;
	uint8_t *out;

	if (pending + len > TCP_OUT_MAX) {
		c->broken = true;
		return;
	}
	if (c->out_at) {
		memmove(c->out, c->out + c->out_at, pending);
		c->out_at = 0;
		c->out_len = pending;
	}
	out = realloc(c->out, pending + len);
	if (!out) {
		c->broken = true;
		return;
	}
	c->out = out;
	memcpy(out + pending, data, len);
	c->out_len = pending + len;
}

size_t tcp_write_some(struct tcp_conn *c, const uint8_t *data, size_t len)
{
	ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0)
		return (size_t)n;
	if (errno != EAGAIN && errno != EINTR)
		c->broken = true;
	return 0;
}

/* Writes the replies collected in t->out. */
static void flush(struct tcp_conn *c)
{
	struct tcp *t = c->t;
	size_t written = 0, len = t->out_len;

	t->out_len = 0;
	if (!len || c->broken)
		return;
	if (!c->out)
		written = tcp_write_some(c, t->out, len);
	if (written < len && !c->broken)
		queue(c, t->out + written, len - written);
}

/* What earlier flushes left. */
static void write_queue(struct tcp_conn *c)
{
	size_t n = tcp_write_some(c, c->out + c->out_at, c->out_len - c->out_at);

	if (n)
		tcp_extend(c, TCP_IDLE_MS);
	c->out_at += n;
	if (c->out_at < c->out_len)
		return;
	free(TAKE_PTR(c->out));
	c->out_len = c->out_at = 0;
}

uint8_t *tcp_reply_room(struct tcp_conn *c)
{
	struct tcp *t = c->t;

	if (sizeof(t->out) - t->out_len < TCP_FRAME_MAX)
		flush(c);
	return t->out + t->out_len + TCP_PREFIX;
}

void tcp_reply_done(struct tcp_conn *c, size_t len, enum traffic_answer what)
{
	struct tcp *t = c->t;

	if (!len)
		return;
	t->out[t->out_len] = (uint8_t)(len >> 8);
	t->out[t->out_len + 1] = (uint8_t)len;
	t->out_len += TCP_PREFIX + len;
	stat_add(&t->env->stats->tcp.answers[what], 1);
}

static void servfail(struct tcp_conn *c, const struct hop *hop, const uint8_t *query,
		     size_t query_len)
{
	uint8_t *out = tcp_reply_room(c);
	size_t len = reply_empty(query, query_len, DNS_RCODE_SERVFAIL, false, out, DNS_TCP_MAX);

	tcp_reply_done(c, hop_reply(hop, out, len, DNS_TCP_MAX), ANSWER_servfail);
}

static void forward_free(struct tcp_forward *tf)
{
	tf->c->forwards_count--;
	cds_list_del(&tf->node);
	free(tf);
}

static void on_forwarded(void *ctx, const uint8_t *reply, size_t len);

static void forward_query(struct tcp_conn *c, const uint8_t *query, size_t len,
			  const struct reply_result *result)
{
	struct forward_ask ask = {
		.resolvers = result->resolvers, .tcp = true, .net = limiter_net(&c->peer.any)};
	struct tcp_forward *tf = malloc(sizeof(*tf) + len);

	if (!tf) {
		servfail(c, &result->hop, query, len);
		return;
	}
	tf->c = c;
	tf->hop = result->hop;
	memcpy(tf->query, query, len);
	tf->len = hop_query(tf->query, len);
	cds_list_add(&tf->node, &c->forwards);
	c->forwards_count++;
	ask.query = tf->query;
	ask.len = tf->len;
	if (forwarder_query(c->t->env->forwarder, &ask, on_forwarded, tf, &tf->forward) < 0) {
		servfail(c, &tf->hop, tf->query, tf->len);
		forward_free(tf);
	}
}

static void handle_query(struct tcp_conn *c, const uint8_t *query, size_t len)
{
	const struct worker_env *env = c->t->env;
	const struct reply_client client = {.tcp = true, .address = c->client, .now = time(NULL)};
	struct reply_result result = {0};
	uint8_t *out = tcp_reply_room(c);
	enum reply_verdict verdict;

	/* reply.h reads the header as words, and in a stream half of the queries begin oddly. */
	if ((uintptr_t)query & 1)
		query = memcpy(c->t->even, query, len);
	if (c->refused)
		verdict = reply_refuse(query, len, out, DNS_TCP_MAX, &result);
	else
		verdict = reply_query(env->cfg, env->zone, &client, query, len, out, DNS_TCP_MAX,
				      &result);
	stat_add(&env->stats->tcp.queries[result.type], 1);
	switch (verdict) {
	case REPLY_SEND:
		tcp_reply_done(c, result.len, result.answer);
		break;
	case REPLY_FORWARD:
		forward_query(c, query, len, &result);
		break;
	case REPLY_TRANSFER:
		tcp_transfer_begin(c, query, len);
		break;
	case REPLY_DROP:
		stat_add(&env->stats->tcp.dropped[DROPPED_no_query], 1);
		return; /* what is no query keeps no connection open */
	}
	c->asked = true;
	cds_list_del(&c->node);
	cds_list_add_tail(&c->node, &c->t->conns);
	tcp_extend(c, TCP_IDLE_MS);
}

/* Back-pressure: who does not read, or asks much that takes long, is not read from. */
static bool can_take(const struct tcp_conn *c)
{
	return !c->out && !c->transfer && c->forwards_count < TCP_FORWARDS_MAX && !c->last &&
	       !c->broken;
}

/* Takes whole queries from the LEN octets in t->in and keeps the rest. */
static void take_queries(struct tcp_conn *c, size_t len)
{
	const uint8_t *in = c->t->in;
	size_t at = 0;
	uint8_t *rest;

	while (can_take(c) && len - at >= TCP_PREFIX) {
		size_t msg = (size_t)in[at] << 8 | in[at + 1];

		if (!msg)
			c->last = true; /* framing is lost or made up */
		if (!msg || len - at - TCP_PREFIX < msg)
			break;
		handle_query(c, in + at + TCP_PREFIX, msg);
		at += TCP_PREFIX + msg;
	}
	flush(c);

	if (at == len || c->last || c->broken) {
		free(TAKE_PTR(c->rest));
		c->rest_len = 0;
		return;
	}
	rest = realloc(c->rest, len - at);
	if (!rest) {
		c->broken = true;
		return;
	}
	c->rest = rest;
	c->rest_len = len - at;
	memcpy(rest, in + at, len - at);
}

void tcp_resume(struct tcp_conn *c)
{
	if (!c->rest || !can_take(c))
		return;
	memcpy(c->t->in, c->rest, c->rest_len);
	take_queries(c, c->rest_len);
}

static void read_some(struct tcp_conn *c)
{
	struct tcp *t = c->t;
	ssize_t n;

	/* can_take() held when we began to wait, so there is less than a whole query. */
	if (c->rest_len)
		memcpy(t->in, c->rest, c->rest_len);
	n = recv(c->fd, t->in + c->rest_len, TCP_READ_MAX, MSG_DONTWAIT);
	if (n > 0)
		take_queries(c, c->rest_len + (size_t)n);
	else if (n == 0)
		c->peer_done = true;
	else if (errno != EAGAIN && errno != EINTR)
		c->broken = true;
}

static void drain(struct tcp_conn *c)
{
	ssize_t n = recv(c->fd, c->t->in, sizeof(c->t->in), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		c->broken = true;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct tcp_conn *c, int events)
{
	if (c->events == events)
		return;
	c->events = events;
	if (!events)
		uv_poll_stop(&c->poll);
	else if (uv_poll_start(&c->poll, events, on_ready) < 0)
		c->broken = true;
}

/*
 * All is answered and nothing will come, or nothing that we would take. A
 * close() with octets unread would be a reset, which can overtake our last replies.
 */
static void end(struct tcp_conn *c)
{
	if (c->peer_done || shutdown(c->fd, SHUT_WR) < 0) {
		c->broken = true;
		return;
	}
	c->draining = true;
	tcp_extend(c, TCP_DRAIN_MS);
}

void tcp_settle(struct tcp_conn *c)
{
	if (!c->broken && !c->draining && !c->out && !c->transfer && !c->forwards_count &&
	    (c->last || c->peer_done))
		end(c);
	if (!c->broken && c->draining)
		watch(c, UV_READABLE);
	else if (!c->broken)
		watch(c, (can_take(c) && !c->peer_done ? UV_READABLE : 0) |
				 (c->out || tcp_transfer_waits(c) ? UV_WRITABLE : 0));
	tcp_note_held(c);
	if (c->broken)
		tcp_conn_close(c);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct tcp_conn *c = poll->data;

	if (status < 0) {
		c->broken = true;
	} else if (c->draining) {
		drain(c);
	} else {
		if (events & UV_WRITABLE && c->out) {
			write_queue(c);
			tcp_resume(c);
		}
		if (events & UV_WRITABLE && c->transfer)
			tcp_transfer_write(c);
		if (events & UV_READABLE && can_take(c))
			read_some(c);
	}
	tcp_settle(c);
}

static void on_forwarded(void *ctx, const uint8_t *reply, size_t len)
{
	struct tcp_forward *tf = ctx;
	struct tcp_conn *c = tf->c;
	uint8_t *out;

	if (reply) {
		out = tcp_reply_room(c);
		memcpy(out, reply, len);
		if (!c->t->env->cfg->set_truncate_bit)
			out[2] &= (uint8_t) ~(DNS_FLAG_TC >> 8);
		tcp_reply_done(c, hop_reply(&tf->hop, out, len, DNS_TCP_MAX), ANSWER_forwarded);
	} else {
		servfail(c, &tf->hop, tf->query, tf->len);
	}
	forward_free(tf);
	tcp_extend(c, TCP_IDLE_MS);
	flush(c);
	tcp_resume(c);
	tcp_settle(c);
}

void tcp_conn_expired(struct tcp_conn *c)
{
	if (c->draining || c->out || tcp_transfer_waits(c))
		c->broken = true;
	else if (c->forwards_count || c->transfer)
		tcp_extend(c, TCP_IDLE_MS); /* ours to finish; the forwarder has its own time-out */
	else
		c->last = true;
	tcp_settle(c);
}

static void on_closed(uv_handle_t *handle)
{
	struct tcp_conn *c = handle->data;
	struct tcp *t = c->t;

	free(c);
	tcp_handle_closed(t);
}

void tcp_conn_close(struct tcp_conn *c)
{
	struct tcp_forward *tf, *next;

	cds_list_for_each_entry_safe(tf, next, &c->forwards, node)
	{
		forward_cancel(tf->forward);
		stat_add(&c->t->env->stats->tcp.dropped[DROPPED_gone], 1);
		forward_free(tf);
	}
	tcp_transfer_cancel(c);
	free(TAKE_PTR(c->rest));
	free(TAKE_PTR(c->out));
	c->t->held -= c->held;
	c->t->clients[c->slot] = TCP_SLOT_FREE;
	cds_list_del(&c->node);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->fd);
}

int tcp_conn_new(struct tcp *t, int fd, unsigned slot, const union sock_addr *peer)
{
	struct tcp_conn *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	r = uv_poll_init(t->env->loop, &c->poll, fd);
	if (r < 0) {
		free(c);
		return r;
	}
	c->poll.data = c;
	c->t = t;
	c->fd = fd;
	c->slot = slot;
	endpoint_client(&peer->any, &c->client);
	c->refused = clients_find(&t->env->cfg->clients, &peer->any) & XDNS_CLIENT_REFUSED;
	c->peer = *peer;
	CDS_INIT_LIST_HEAD(&c->forwards);
	cds_list_add_tail(&c->node, &t->conns);
	t->handles++;
	uv_poll_start(&c->poll, UV_READABLE, on_ready);
	c->events = UV_READABLE;
	tcp_extend(c, TCP_FIRST_MS);
	return 0;
}
