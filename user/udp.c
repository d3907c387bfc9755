// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <urcu/list.h>

#include "dns.h"
#include "endpoint.h"
#include "listeners.h"
#include "reply.h"
#include "stat.h"
#include "util.h"

#define BATCH	  64
#define BURST	  16 /* full batches in a row before the loop's other work gets its turn */
#define QUERY_MAX 4096
#define REPLY_MAX DNS_UDP_EDNS_MAX
/*
 * An odd number of cache lines from one buffer to the next: at a power of two,
 * the first lines of all 64 would compete for the same few ways of the cache.
 */
#define QUERY_STRIDE (QUERY_MAX + 64)
#define REPLY_STRIDE (REPLY_MAX + 112)
#define CONTROL_MAX  CMSG_SPACE(sizeof(struct in6_pktinfo))

struct control {
	_Alignas(struct cmsghdr) uint8_t bytes[CONTROL_MAX];
};

struct udp_socket {
	struct udp *u;
	uv_poll_t poll;
	int fd;
};

/* A query under way at the forwarder, and where its reply goes. */
struct udp_forward {
	struct cds_list_head node;
	struct udp_socket *socket;
	struct forward *forward;
	union sock_addr peer;
	socklen_t peer_len;
	struct control control;
	size_t control_len;
	uint16_t limit;
	struct hop hop;
	size_t len;
	uint8_t query[];
};

struct udp {
	const struct worker_env *env;
	struct udp_socket sockets[LISTENERS_MAX];
	unsigned count;
	unsigned handles; /* not closed yet */
	struct cds_list_head forwards;
	uint32_t now;	 /* of the batch, see struct reply_client */
	uint64_t now_ns; /* the same by now_ns() */
	uint64_t random; /* the state of random_bits(), never 0 */

	struct mmsghdr in[BATCH], out[BATCH];
	enum traffic_answer answer[BATCH]; /* what out says */
	struct iovec in_iov[BATCH], out_iov[BATCH];
	union sock_addr peer[BATCH];
	struct control control[BATCH];
	_Alignas(64) uint8_t query[BATCH][QUERY_STRIDE];
	_Alignas(64) uint8_t reply[BATCH][REPLY_STRIDE];
};

static void count_query(struct udp *u, enum traffic_type type)
{
	stat_add(&u->env->stats->udp.queries[type], 1);
}

static void count_dropped(struct udp *u, enum traffic_drop why)
{
	stat_add(&u->env->stats->udp.dropped[why], 1);
}

static void count_answer(struct udp *u, enum traffic_answer what)
{
	stat_add(&u->env->stats->udp.answers[what], 1);
}

/*
 * Turns the packet information of a query into that of its reply: same local
 * address, and the interface by the routing table, unless the address means nothing without
 * one. False for a query to a multicast or broadcast address, which is never answered.
 */
static bool turn_control(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (!c)
		return true; /* bound to one address */
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		if (info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr)
			return false;
		info.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		return true;
	}
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
			return false;
		if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		return true;
	}
	return false;
}

static void forward_free(struct udp_forward *uf)
{
	cds_list_del(&uf->node);
	free(uf);
}

/* out: a response of len octets, in a buffer of REPLY_MAX; the client's cookie is added to it. */
static void send_one(struct udp_forward *uf, uint8_t *out, size_t len, enum traffic_answer what)
{
	struct udp *u = uf->socket->u;
	struct iovec iov = {.iov_base = out};
	struct msghdr msg = {
		.msg_name = &uf->peer,
		.msg_namelen = uf->peer_len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = uf->control_len ? &uf->control : NULL,
		.msg_controllen = uf->control_len,
	};

	iov.iov_len = hop_reply(&uf->hop, out, len, uf->limit);
	if (sendmsg(uf->socket->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		count_dropped(u, DROPPED_not_sent);
	else
		count_answer(u, what);
}

static void send_empty(struct udp_forward *uf, uint8_t rcode, bool truncated)
{
	uint8_t out[REPLY_MAX];
	size_t len = reply_empty(uf->query, uf->len, rcode, truncated, out, sizeof(out));

	send_one(uf, out, len, truncated ? ANSWER_truncated : ANSWER_servfail);
}

/* Passes a resolver's reply of no more than uf->limit octets on, but for setTruncateBit. */
static void send_reply(struct udp_forward *uf, const uint8_t *reply, size_t len)
{
	uint8_t out[REPLY_MAX];

	memcpy(out, reply, len);
	if (!uf->socket->u->env->cfg->set_truncate_bit)
		out[2] &= (uint8_t) ~(DNS_FLAG_TC >> 8);
	send_one(uf, out, len, ANSWER_forwarded);
}

static void on_forwarded(void *ctx, const uint8_t *reply, size_t len)
{
	struct udp_forward *uf = ctx;

	if (!reply)
		send_empty(uf, DNS_RCODE_SERVFAIL, false);
	else if (len > uf->limit)
		send_empty(uf, DNS_RCODE_NOERROR, true);
	else
		send_reply(uf, reply, len);
	forward_free(uf);
}

/* Remembers message I of the batch, whose answer comes later. */
static struct udp_forward *forward_new(struct udp_socket *s, unsigned i,
				       const struct reply_result *result)
{
	struct udp *u = s->u;
	const struct msghdr *msg = &u->in[i].msg_hdr;
	size_t len = u->in[i].msg_len;
	struct udp_forward *uf = malloc(sizeof(*uf) + len);

	if (!uf)
		return NULL;
	uf->socket = s;
	uf->peer = u->peer[i];
	uf->peer_len = msg->msg_namelen;
	uf->control = u->control[i];
	uf->control_len = msg->msg_controllen;
	uf->limit = result->limit;
	uf->hop = result->hop;
	memcpy(uf->query, u->query[i], len);
	uf->len = hop_query(uf->query, len);
	cds_list_add(&uf->node, &u->forwards);
	return uf;
}

/* Which of the responses that are too many slip; nobody gains by guessing (xorshift64*). */
static uint32_t random_bits(struct udp *u)
{
	u->random ^= u->random >> 12;
	u->random ^= u->random << 25;
	u->random ^= u->random >> 27;
	return u->random * 0x2545f4914f6cdd1dULL >> 32;
}

/* What message I of the batch gets when that may be one response too many. */
static enum reply_verdict limit_reply(struct udp *u, unsigned i, unsigned n,
				      enum reply_verdict verdict, struct reply_result *result)
{
	const struct limiter *l = __atomic_load_n(&u->env->limiter, __ATOMIC_ACQUIRE);
	enum xdns_limit_verdict limit;

	if (!l || !u->env->cfg->responses_per_second)
		return verdict;
	limit = limiter_take(l, u->env->cfg, &u->peer[i].any, u->now_ns, random_bits(u));
	if (limit == XDNS_LIMIT_ANSWER)
		return verdict;
	if (limit == XDNS_LIMIT_DROP || result->type == QTYPE_unreadable)
		return REPLY_DROP;
	result->answer = ANSWER_limited;
	result->len = reply_empty(u->query[i], u->in[i].msg_len, DNS_RCODE_NOERROR, true,
				  u->reply[n], REPLY_MAX);
	return REPLY_SEND;
}

/* What message I of the batch gets, REPLY_SEND: in reply[N]; REPLY_DROP: *ret_why nothing. */
static enum reply_verdict respond(struct udp *u, unsigned i, unsigned n,
				  struct reply_result *result, enum traffic_drop *ret_why)
{
	const struct worker_env *env = u->env;
	uint32_t lists = clients_find(&env->cfg->clients, &u->peer[i].any);
	struct reply_client client = {.now = u->now};
	size_t len = u->in[i].msg_len;
	enum reply_verdict verdict;

	result->type = QTYPE_unreadable;
	*ret_why = DROPPED_denied;
	if (lists & XDNS_CLIENT_DENIED)
		return REPLY_DROP;
	*ret_why = DROPPED_no_query;
	endpoint_client(&u->peer[i].any, &client.address);
	if (lists & XDNS_CLIENT_REFUSED)
		verdict = reply_refuse(u->query[i], len, u->reply[n], REPLY_MAX, result);
	else
		verdict = reply_query(env->cfg, env->zone, &client, u->query[i], len, u->reply[n],
				      REPLY_MAX, result);
	if (verdict == REPLY_DROP || lists & XDNS_CLIENT_EXEMPT || result->cookie_valid)
		return verdict;
	*ret_why = DROPPED_limited;
	return limit_reply(u, i, n, verdict, result);
}

/* out[N] answers message I with LEN octets; returns whether it does. */
static bool reply_to(struct udp *u, unsigned i, unsigned n, size_t len, enum traffic_answer what)
{
	struct msghdr *in = &u->in[i].msg_hdr, *out = &u->out[n].msg_hdr;

	u->answer[n] = what;
	u->out_iov[n].iov_len = len;
	out->msg_name = in->msg_name;
	out->msg_namelen = in->msg_namelen;
	out->msg_control = in->msg_controllen ? in->msg_control : NULL;
	out->msg_controllen = in->msg_controllen;
	return len > 0;
}

/* Hands message I of the batch to the forwarder; if that cannot ask, out[N] says so. */
static bool forward_query(struct udp_socket *s, unsigned i, unsigned n,
			  const struct reply_result *result)
{
	struct udp *u = s->u;
	struct forward_ask ask = {.resolvers = result->resolvers,
				  .net = limiter_net(&u->peer[i].any)};
	struct udp_forward *uf = forward_new(s, i, result);
	size_t len;

	if (!uf) {
		count_dropped(u, DROPPED_memory);
		return false;
	}
	ask.query = uf->query;
	ask.len = uf->len;
	if (!forwarder_query(u->env->forwarder, &ask, on_forwarded, uf, &uf->forward))
		return false;
	len = reply_empty(uf->query, uf->len, DNS_RCODE_SERVFAIL, false, u->reply[n], REPLY_MAX);
	len = hop_reply(&uf->hop, u->reply[n], len, uf->limit);
	forward_free(uf);
	return reply_to(u, i, n, len, ANSWER_servfail);
}

static bool answer_transfer(struct udp *u, unsigned i, unsigned n)
{
	const struct transfer_query q = {.cfg = u->env->cfg,
					 .peer = &u->peer[i].storage,
					 .octets = u->query[i],
					 .len = u->in[i].msg_len};
	enum transfer_outcome outcome;
	struct transfer *none;
	size_t len;

	transfer_begin(u->env->transfers, &q, u->reply[n], REPLY_MAX, &none, &len, &outcome);
	stat_add(&u->env->stats->transfers[outcome], 1);
	return reply_to(u, i, n, len, transfer_said(outcome));
}

/* Message I of the batch; returns whether out[N] now holds its reply. */
static bool handle_query(struct udp_socket *s, unsigned i, unsigned n)
{
	struct udp *u = s->u;
	struct msghdr *in = &u->in[i].msg_hdr;
	struct reply_result result = {0};
	enum reply_verdict verdict;
	enum traffic_drop why;

	if (in->msg_flags & (MSG_TRUNC | MSG_CTRUNC) || !turn_control(in)) {
		count_query(u, QTYPE_unreadable);
		count_dropped(u, in->msg_flags & MSG_TRUNC ? DROPPED_oversize : DROPPED_group);
		return false;
	}
	verdict = respond(u, i, n, &result, &why);
	count_query(u, result.type);
	switch (verdict) {
	case REPLY_SEND:
		return reply_to(u, i, n, result.len, result.answer);
	case REPLY_FORWARD:
		return forward_query(s, i, n, &result);
	case REPLY_TRANSFER:
		return answer_transfer(u, i, n);
	case REPLY_DROP:
		count_dropped(u, why);
	}
	return false;
}

static void send_batch(struct udp_socket *s, unsigned count)
{
	struct udp *u = s->u;
	unsigned at = 0;

	while (at < count) {
		int n = sendmmsg(s->fd, u->out + at, count - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			break; /* full; a client asks again */
		if (n <= 0) {  /* this one only: port 0, no route, a firewall */
			count_dropped(u, DROPPED_not_sent);
			at++;
		}
		for (int i = 0; i < n; i++)
			count_answer(u, u->answer[at++]);
	}
	for (; at < count; at++)
		count_dropped(u, DROPPED_not_sent);
}

/* What the kernel overwrote of the first COUNT messages. */
static void reset_batch(struct udp *u, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		u->in[i].msg_hdr.msg_namelen = sizeof(u->peer[i]);
		u->in[i].msg_hdr.msg_controllen = CONTROL_MAX;
	}
}

static int serve_batch(struct udp_socket *s)
{
	struct udp *u = s->u;
	unsigned out = 0;
	int n = recvmmsg(s->fd, u->in, BATCH, MSG_DONTWAIT, NULL);

	if (n <= 0)
		return n;
	u->now = time(NULL);
	u->now_ns = now_ns();
	for (unsigned i = 0; i < (unsigned)n; i++)
		out += handle_query(s, i, out);
	send_batch(s, out);
	reset_batch(u, (unsigned)n);
	return n;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct udp_socket *s = poll->data;

	(void)events;
	if (status < 0) {
		/* libuv stopped watching for an error of the socket: clear it and go on. */
		socklen_t len = sizeof(status);

		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &status, &len);
		uv_poll_start(poll, UV_READABLE, on_readable);
		return;
	}
	for (int i = 0; i < BURST && serve_batch(s) == BATCH; i++)
		;
}

static void init_batch(struct udp *u)
{
	for (unsigned i = 0; i < BATCH; i++) {
		u->in_iov[i] = (struct iovec){.iov_base = u->query[i], .iov_len = QUERY_MAX};
		u->in[i].msg_hdr = (struct msghdr){
			.msg_name = &u->peer[i],
			.msg_control = &u->control[i],
			.msg_iov = &u->in_iov[i],
			.msg_iovlen = 1,
		};
		u->out_iov[i].iov_base = u->reply[i];
		u->out[i].msg_hdr = (struct msghdr){
			.msg_iov = &u->out_iov[i],
			.msg_iovlen = 1,
		};
	}
	reset_batch(u, BATCH);
}

static void on_closed(uv_handle_t *handle)
{
	struct udp_socket *s = handle->data;

	if (--s->u->handles == 0)
		free(s->u);
}

void udp_close(struct udp *u)
{
	struct udp_forward *uf, *next;

	if (!u)
		return;
	cds_list_for_each_entry_safe(uf, next, &u->forwards, node)
	{
		forward_cancel(uf->forward);
		forward_free(uf);
	}
	for (unsigned i = 0; i < u->count; i++) {
		uv_close((uv_handle_t *)&u->sockets[i].poll, on_closed);
		close(u->sockets[i].fd);
	}
}

int udp_new(const struct worker_env *env, int *fds, unsigned count, struct udp **ret)
{
	struct udp *u;

	if (!count)
		return -EINVAL;
	u = aligned_alloc(64, (sizeof(*u) + 63) & ~(size_t)63);
	if (!u)
		return -ENOMEM;
	memset(u, 0, sizeof(*u));
	u->env = env;
	u->random = now_ns() | 1;
	CDS_INIT_LIST_HEAD(&u->forwards);
	init_batch(u);
	for (unsigned i = 0; i < count; i++) {
		struct udp_socket *s = &u->sockets[i];
		int r = uv_poll_init(env->loop, &s->poll, fds[i]);

		if (r < 0) {
			if (u->count)
				udp_close(u);
			else
				free(u);
			return r;
		}
		s->u = u;
		s->poll.data = s;
		s->fd = fds[i];
		fds[i] = -1;
		u->count++;
		u->handles++;
		uv_poll_start(&s->poll, UV_READABLE, on_readable);
	}
	*ret = u;
	return 0;
}
