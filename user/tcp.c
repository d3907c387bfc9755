// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stat.h"
#include "tcp_priv.h"
#include "util.h"

#define SWEEP_MS     250
#define ACCEPT_BURST 64

/* One IPv6 client has a whole /64. The high word tells IPv4 from any prefix in use. */
static uint64_t client_key(const union sock_addr *peer)
{
	uint64_t prefix;

	if (peer->any.sa_family != AF_INET6)
		return 1ULL << 32 | peer->in.sin_addr.s_addr;
	memcpy(&prefix, &peer->in6.sin6_addr, sizeof(prefix));
	return prefix;
}

/* TCP_CONNS_MAX if there is none. */
static unsigned free_slot(const struct tcp *t)
{
	unsigned i = 0;

	while (i < TCP_CONNS_MAX && t->clients[i] != TCP_SLOT_FREE)
		i++;
	return i;
}

/* -EMFILE if the client has too many connections, or nobody has one that could go. */
static int find_slot(struct tcp *t, uint64_t key, unsigned *ret_slot)
{
	unsigned same = 0;

	for (unsigned i = 0; i < TCP_CONNS_MAX; i++)
		same += t->clients[i] == key;
	if (same >= TCP_CONNS_PER_CLIENT)
		return -EMFILE;
	*ret_slot = free_slot(t);
	if (*ret_slot < TCP_CONNS_MAX)
		return 0;
	if (tcp_make_room(t) < 0)
		return -EMFILE;
	*ret_slot = free_slot(t);
	return 0;
}

static void on_sweep(uv_timer_t *timer);

static void start_sweep(struct tcp *t)
{
	if (!uv_is_active((uv_handle_t *)&t->timer))
		uv_timer_start(&t->timer, on_sweep, SWEEP_MS, SWEEP_MS);
}

static void admit(struct tcp *t, int fd, const union sock_addr *peer)
{
	uint32_t client = clients_find(&t->env->cfg->clients, &peer->any);
	uint64_t key = client_key(peer);
	unsigned slot;

	if (client & XDNS_CLIENT_DENIED) {
		stat_add(&t->env->stats->tcp_denied, 1);
		close(fd);
		return;
	}
	if (find_slot(t, key, &slot) < 0 || tcp_conn_new(t, fd, slot, peer) < 0) {
		stat_add(&t->env->stats->tcp_refused, 1);
		close(fd);
		return;
	}
	t->clients[slot] = key;
	stat_add(&t->env->stats->tcp_connections, 1);
	start_sweep(t);
}

/* The listening socket stays readable, so going on at once would spin. */
static void pause_accepting(struct tcp *t)
{
	for (unsigned i = 0; i < t->count; i++)
		uv_poll_stop(&t->listeners[i].poll);
	t->paused = true;
	start_sweep(t);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct tcp_listener *l = poll->data;

	(void)events;
	for (int i = 0; status == 0 && i < ACCEPT_BURST; i++) {
		union sock_addr peer;
		socklen_t len = sizeof(peer);
		int fd = accept4(l->fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			admit(l->t, fd, &peer);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == ECONNABORTED || errno == EINTR)
			continue; /* gone before we came to it */
		status = -errno;
	}
	if (status < 0)
		pause_accepting(l->t);
}

static void resume_accepting(struct tcp *t)
{
	t->paused = false;
	for (unsigned i = 0; i < t->count; i++)
		uv_poll_start(&t->listeners[i].poll, UV_READABLE, on_connection);
}

static void on_sweep(uv_timer_t *timer)
{
	struct tcp *t = timer->data;
	uint64_t now = uv_now(t->env->loop);
	struct tcp_conn *c, *next;

	cds_list_for_each_entry_safe(c, next, &t->conns, node)
	{
		if (c->deadline <= now)
			tcp_conn_expired(c);
	}
	if (t->paused)
		resume_accepting(t);
	if (cds_list_empty(&t->conns))
		uv_timer_stop(&t->timer);
}

void tcp_handle_closed(struct tcp *t)
{
	if (--t->handles == 0)
		free(t);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct tcp_listener *l = handle->data;

	tcp_handle_closed(l->t);
}

static void on_timer_closed(uv_handle_t *handle)
{
	tcp_handle_closed(handle->data);
}

void tcp_close(struct tcp *t)
{
	struct tcp_conn *c, *next;

	if (!t)
		return;
	cds_list_for_each_entry_safe(c, next, &t->conns, node) tcp_conn_close(c);
	for (unsigned i = 0; i < t->count; i++) {
		uv_close((uv_handle_t *)&t->listeners[i].poll, on_listener_closed);
		close(t->listeners[i].fd);
	}
	uv_close((uv_handle_t *)&t->timer, on_timer_closed);
}

int tcp_new(const struct worker_env *env, int *fds, unsigned count, struct tcp **ret)
{
	struct tcp *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->env = env;
	CDS_INIT_LIST_HEAD(&t->conns);
	for (unsigned i = 0; i < TCP_CONNS_MAX; i++)
		t->clients[i] = TCP_SLOT_FREE;
	uv_timer_init(env->loop, &t->timer);
	t->timer.data = t;
	t->handles = 1;

	for (unsigned i = 0; i < count; i++) {
		struct tcp_listener *l = &t->listeners[i];
		int r = uv_poll_init(env->loop, &l->poll, fds[i]);

		if (r < 0) {
			tcp_close(t);
			return r;
		}
		l->t = t;
		l->poll.data = l;
		l->fd = fds[i];
		fds[i] = -1;
		t->count++;
		t->handles++;
	}
	resume_accepting(t);
	*ret = t;
	return 0;
}
