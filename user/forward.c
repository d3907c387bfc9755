// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "forward.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "endpoint.h"
#include "forward_priv.h"
#include "hash.h"
#include "stat.h"
#include "util.h"

#define EVENT_BURST 64

bool forward_matches(struct forward *fw, const uint8_t *msg, size_t len)
{
	if (forward_message_fits(fw->query + FORWARD_PREFIX, fw->question_end, msg, len))
		return true;
	stat_add(&fw->upstream->mismatches, 1);
	fw->forgeries++;
	return false;
}

int forward_watch(struct forward *fw, uint32_t events, bool modify)
{
	struct forwarder *f = fw->f;
	struct epoll_event ev = {
		.events = events,
		.data.u64 = (uint64_t)fw->generation << 32 | (uint64_t)(fw - f->slots),
	};

	if (epoll_ctl(f->epoll_fd, modify ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fw->fd, &ev) < 0)
		return -errno;
	return 0;
}

/* A try, if there is one under way, counts once. */
static void close_try(struct forward *fw, enum forward_outcome outcome)
{
	struct forward_upstream *u = TAKE_PTR(fw->upstream);

	if (u) {
		stat_add(&u->tries[outcome], 1);
		if (outcome <= FORWARD_LAST_REPLY)
			latency_add(&u->replies, now_ns() - fw->begun_ns);
	}
	if (fw->fd >= 0)
		close(fw->fd); /* leaves the epoll set by itself */
	fw->fd = -1;
}

static void release(struct forward *fw)
{
	close_try(fw, FORWARD_cancelled);
	free(TAKE_PTR(fw->query));
	free(TAKE_PTR(fw->in));
	free(TAKE_PTR(fw->fallback));
	free(TAKE_PTR(fw->copied.list));
	fw->generation++;
	cds_list_del_init(&fw->alike);
	cds_list_del(&fw->node);
	cds_list_add(&fw->node, &fw->f->idle);
	fw->f->idle_count++;
	fw->f->held[fw->share]--;
}

static bool is_own(const struct forwarder *f, const struct config_resolver *r)
{
	for (size_t i = 0; i < f->own_count; i++)
		if (endpoint_equal(&f->own[i], &r->addr))
			return true;
	return false;
}

/* At fw->peer, within the deadline there is. */
static int start_try(struct forward *fw, bool by_tcp)
{
	struct forwarder *f = fw->f;
	uint8_t *id = fw->query + FORWARD_PREFIX;

	fw->upstream = forward_upstreams_entry(&f->upstreams, &fw->peer);
	fw->begun_ns = now_ns();
	fw->forgeries = 0;
	fw->by_tcp = by_tcp;
	stat_add(&f->stats.tries, 1);
	stat_add(&f->stats.retried_tcp, by_tcp);
	if (getrandom(id, 2, 0) != 2)
		return -EIO;
	fw->generation++; /* events of the socket before this one are void */
	return by_tcp ? forward_tcp_start(fw) : forward_udp_start(fw);
}

static int ask_resolver(struct forward *fw, const struct config_resolver *peer)
{
	fw->peer = peer->addr;
	fw->peer_len = peer->addr_len;
	fw->deadline = uv_now(fw->f->loop) + fw->f->timeout;
	cds_list_del(&fw->node);
	cds_list_add_tail(&fw->node, &fw->f->busy);
	return start_try(fw, fw->tcp);
}

/* Asks the next resolver that can be asked at all; -EHOSTUNREACH if none is left. */
static int next_try(struct forward *fw)
{
	while (fw->next < fw->resolvers->count) {
		const struct config_resolver *peer = &fw->resolvers->list[fw->next++];

		if (is_own(fw->f, peer))
			continue;
		if (ask_resolver(fw, peer) == 0)
			return 0;
		close_try(fw, FORWARD_unreachable);
	}
	return -EHOSTUNREACH;
}

/* The slot is free again before done() runs, which may ask the next query. */
static void give(struct forward *fw, uint8_t *msg, size_t len)
{
	struct forwarder_stats *stats = &fw->f->stats;
	forward_done done = fw->done;
	void *ctx = fw->ctx;

	if (msg)
		memcpy(msg, fw->client_id, sizeof(fw->client_id));
	release(fw);
	if (!done)
		return;
	stat_add(msg ? &stats->answered : &stats->failed, 1);
	done(ctx, msg, len);
}

/* Whoever is told may cancel others that are still to be told: one at a time leaves the list. */
static void finish(struct forward *fw, uint8_t *msg, size_t len)
{
	uint8_t *tcp_reply = TAKE_PTR(fw->in); /* msg may be this */
	CDS_LIST_HEAD(joined);
	struct forward *other;

	cds_list_splice(&fw->joined, &joined);
	CDS_INIT_LIST_HEAD(&fw->joined);
	cds_list_for_each_entry(other, &joined, node)
		other->leader = NULL;
	give(fw, msg, len);
	while (!cds_list_empty(&joined))
		give(cds_list_first_entry(&joined, struct forward, node), msg, len);
	free(tcp_reply);
}

static void fail_try(struct forward *fw, enum forward_outcome why)
{
	_cleanup_free_ uint8_t *fallback = NULL;

	close_try(fw, why);
	if (next_try(fw) == 0)
		return;
	fallback = TAKE_PTR(fw->fallback);
	finish(fw, fallback, fallback ? fw->fallback_len : 0);
}

/* Somebody knows the port and guesses at the ID: over TCP it would be a sequence number, too. */
static void retry_by_tcp(struct forward *fw)
{
	close_try(fw, FORWARD_forged);
	if (start_try(fw, true) < 0)
		fail_try(fw, FORWARD_unreachable);
}

static void keep_fallback(struct forward *fw, const uint8_t *msg, size_t len)
{
	uint8_t *copy;

	if (!forward_message_has_question(msg))
		return; /* a client would not take it for an answer */
	copy = malloc(len);
	if (!copy)
		return;
	memcpy(copy, msg, len);
	free(fw->fallback);
	fw->fallback = copy;
	fw->fallback_len = len;
}

static void handle_event(struct forward *fw)
{
	const uint8_t *msg = NULL;
	size_t len = 0;
	enum forward_outcome outcome = FORWARD_unreachable;
	enum forward_event e =
		fw->by_tcp ? forward_tcp_ready(fw, &msg, &len) : forward_udp_ready(fw, &msg, &len);

	switch (e) {
	case FORWARD_WAIT:
		return;
	case FORWARD_REPLY:
		outcome = forward_message_outcome(msg);
		if (outcome == FORWARD_answered) {
			close_try(fw, outcome);
			/* Points into our own scratch or fw->in. */
			finish(fw, (uint8_t *)msg, len);
			return;
		}
		keep_fallback(fw, msg, len);
		break;
	case FORWARD_FORGED:
		retry_by_tcp(fw);
		return;
	case FORWARD_FAILED:
		break;
	}
	fail_try(fw, outcome);
}

static void arm_timer(struct forwarder *f);

static void on_timer(uv_timer_t *timer)
{
	struct forwarder *f = timer->data;
	uint64_t now = uv_now(f->loop);

	/* A try started here has a later deadline, so this ends. */
	while (!cds_list_empty(&f->busy)) {
		struct forward *fw = cds_list_first_entry(&f->busy, struct forward, node);

		if (fw->deadline > now)
			break;
		fail_try(fw, FORWARD_timeout);
	}
	arm_timer(f);
}

static void arm_timer(struct forwarder *f)
{
	const struct forward *first;
	uint64_t now = uv_now(f->loop);

	if (cds_list_empty(&f->busy) || uv_is_active((uv_handle_t *)&f->timer) ||
	    uv_is_closing((uv_handle_t *)&f->timer))
		return;
	first = cds_list_first_entry(&f->busy, struct forward, node);
	uv_timer_start(&f->timer, on_timer, first->deadline > now ? first->deadline - now : 0, 0);
}

static void on_sockets(uv_poll_t *poll, int status, int uv_events)
{
	struct forwarder *f = poll->data;
	struct epoll_event events[EVENT_BURST];
	int n;

	(void)status;
	(void)uv_events;
	n = epoll_wait(f->epoll_fd, events, EVENT_BURST, 0);
	for (int i = 0; i < n; i++) {
		struct forward *fw = &f->slots[events[i].data.u64 & UINT32_MAX];

		if (fw->generation == events[i].data.u64 >> 32)
			handle_event(fw);
	}
	arm_timer(f);
}

static int prepare(struct forward *fw, const struct forward_ask *ask)
{
	int r = forward_question_end(ask->query, ask->len, &fw->question_end);

	if (r < 0)
		return r;
	fw->query = malloc(FORWARD_PREFIX + ask->len);
	if (!fw->query)
		return -ENOMEM;
	fw->query[0] = (uint8_t)(ask->len >> 8);
	fw->query[1] = (uint8_t)ask->len;
	memcpy(fw->query + FORWARD_PREFIX, ask->query, ask->len);
	memcpy(fw->client_id, ask->query, sizeof(fw->client_id));
	fw->len = ask->len;
	fw->resolvers = ask->resolvers;
	fw->next = 0;
	fw->tcp = ask->tcp;
	return 0;
}

/* A slot for a query of this share; NULL: there is none, or it has too many (FORWARDER_SHARE). */
static struct forward *free_slot(struct forwarder *f, unsigned share)
{
	if (f->held[share] >= FORWARDER_SHARE * f->idle_count)
		return NULL;
	return cds_list_first_entry(&f->idle, struct forward, node);
}

int forwarder_query(struct forwarder *f, const struct forward_ask *ask, forward_done done,
		    void *ctx, struct forward **ret)
{
	unsigned share = hash_mix(f->share_key, ask->net) % FORWARD_SHARES;
	struct forward *fw = free_slot(f, share);
	int r;

	if (!fw) {
		stat_add(&f->stats.refused_full, 1);
		return -EAGAIN;
	}
	r = prepare(fw, ask);
	if (r < 0)
		return r;
	fw->done = done;
	fw->ctx = ctx;
	fw->share = share;
	f->held[share]++;
	f->idle_count--;

	stat_add(&f->stats.queries, 1);
	*ret = fw;
	if (forward_join(fw)) {
		stat_add(&f->stats.joined, 1);
		return 0;
	}
	r = next_try(fw);
	if (r < 0) {
		stat_add(&f->stats.failed, 1);
		release(fw);
		*ret = NULL;
		return r;
	}
	arm_timer(f);
	return 0;
}

void forward_cancel(struct forward *fw)
{
	struct forward *leader = fw->leader;

	if (!cds_list_empty(&fw->joined)) {
		fw->done = NULL; /* the others wait on */
		return;
	}
	release(fw);
	if (leader && !leader->done && cds_list_empty(&leader->joined))
		release(leader);
}

void forwarder_avoid(struct forwarder *f, const struct sockaddr_storage *own, size_t count)
{
	f->own = own;
	f->own_count = count;
}

/* Takes what is still to be asked along; without memory for it that is nothing more. */
static void copy_resolvers(struct forward *fw)
{
	size_t count = fw->resolvers->count - fw->next;
	struct config_resolver *list = calloc(count + 1, sizeof(*list));

	for (size_t i = 0; list && i < count; i++) {
		list[i] = fw->resolvers->list[fw->next + i];
		list[i].text = NULL; /* the owner's */
	}
	free(fw->copied.list); /* resolvers may point here */
	fw->copied = (struct config_resolvers){.list = list, .count = list ? count : 0};
	fw->resolvers = &fw->copied;
	fw->next = 0;
}

void forwarder_reconfigure(struct forwarder *f, unsigned timeout_seconds,
			   const struct sockaddr_storage *own, size_t count)
{
	uint64_t latest;
	struct forward *fw;

	uv_update_time(f->loop);
	f->timeout = (uint64_t)timeout_seconds * 1000;
	latest = uv_now(f->loop) + f->timeout;
	forwarder_avoid(f, own, count);
	cds_list_for_each_entry(fw, &f->busy, node) {
		copy_resolvers(fw);
		/* The queue stays in order, whatever is started from now on. */
		if (fw->deadline > latest)
			fw->deadline = latest;
	}
	uv_timer_stop(&f->timer);
	arm_timer(f);
}

struct forwarder_stats forwarder_stats(const struct forwarder *f)
{
	struct forwarder_stats ret = {
		.queries = stat_get(&f->stats.queries),
		.answered = stat_get(&f->stats.answered),
		.failed = stat_get(&f->stats.failed),
		.tries = stat_get(&f->stats.tries),
		.retried_tcp = stat_get(&f->stats.retried_tcp),
		.joined = stat_get(&f->stats.joined),
		.refused_full = stat_get(&f->stats.refused_full),
	};
	unsigned count = __atomic_load_n(&f->upstreams.count, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < count; i++) {
		ret.timeouts += stat_get(&f->upstreams.list[i].tries[FORWARD_timeout]);
		ret.mismatches += stat_get(&f->upstreams.list[i].mismatches);
	}
	return ret;
}

const struct forward_upstreams *forwarder_upstreams(const struct forwarder *f)
{
	return &f->upstreams;
}

static void init_slots(struct forwarder *f)
{
	CDS_INIT_LIST_HEAD(&f->busy);
	CDS_INIT_LIST_HEAD(&f->idle);
	for (size_t i = 0; i < FORWARDER_QUERIES_MAX; i++) {
		f->slots[i].f = f;
		f->slots[i].fd = -1;
		CDS_INIT_LIST_HEAD(&f->slots[i].joined);
		CDS_INIT_LIST_HEAD(&f->slots[i].alike);
		cds_list_add_tail(&f->slots[i].node, &f->idle);
	}
	f->idle_count = FORWARDER_QUERIES_MAX;
}

int forwarder_new(uv_loop_t *loop, unsigned timeout_seconds, struct forwarder **ret)
{
	_cleanup_free_ struct forwarder *f = calloc(1, sizeof(*f));
	_cleanup_close_ int epoll_fd = -1;
	int r;

	if (!f)
		return -ENOMEM;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return -errno;
	if (getrandom(&f->share_key, sizeof(f->share_key), 0) != sizeof(f->share_key))
		return -EIO;
	f->loop = loop;
	f->timeout = (uint64_t)timeout_seconds * 1000;
	f->handles = 2;
	init_slots(f);
	forward_join_init(f);

	/* Nothing that needs a later turn of the loop to undo may fail after this. */
	r = uv_poll_init(loop, &f->poll, epoll_fd);
	if (r < 0)
		return r;
	uv_timer_init(loop, &f->timer);
	f->poll.data = f;
	f->timer.data = f;
	uv_poll_start(&f->poll, UV_READABLE, on_sockets);
	f->epoll_fd = epoll_fd;
	epoll_fd = -1;
	*ret = TAKE_PTR(f);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct forwarder *f = handle->data;

	if (--f->handles == 0)
		free(f);
}

void forwarder_close(struct forwarder *f)
{
	if (!f)
		return;
	while (!cds_list_empty(&f->busy))
		release(cds_list_first_entry(&f->busy, struct forward, node));
	uv_close((uv_handle_t *)&f->poll, on_closed);
	uv_close((uv_handle_t *)&f->timer, on_closed);
	close(f->epoll_fd);
}
