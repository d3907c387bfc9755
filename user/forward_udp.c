// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One try over UDP. */
#include "forward_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "endpoint.h"
#include "util.h"

#define PORT_MIN   1024
#define BIND_TRIES 32
/* Datagrams looked at per event, so that a flood of forgeries cannot hold the loop. */
#define READ_BURST 16
/* A client that asks again has waited longer; what goes round in a ring has not. */
#define AGAIN_MS 500

static int random_port(in_port_t *ret_port)
{
	uint32_t r;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		return -EIO;
	/* 32 bits over 64512 ports: the bias is below 2^-16. */
	*ret_port = htons((uint16_t)(PORT_MIN + r % (65536 - PORT_MIN)));
	return 0;
}

/*
 * RFC 5452 9.2: the port is as unpredictable as the ID. The kernel's own
 * choice would come from the narrower ip_local_port_range.
 */
static int bind_random(int fd, sa_family_t family)
{
	struct sockaddr_storage local = {.ss_family = family};
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&local;
	struct sockaddr_in *in = (struct sockaddr_in *)&local;
	socklen_t len = family == AF_INET6 ? sizeof(*in6) : sizeof(*in);

	for (int i = 0; i < BIND_TRIES; i++) {
		in_port_t port;
		int r = random_port(&port);

		if (r < 0)
			return r;
		if (family == AF_INET6)
			in6->sin6_port = port;
		else
			in->sin_port = port;
		if (bind(fd, (const struct sockaddr *)&local, len) == 0)
			return 0;
		/* EACCES: ports up to ip_unprivileged_port_start may be raised over 1024. */
		if (errno != EADDRINUSE && errno != EACCES)
			return -errno;
	}
	return -EADDRINUSE;
}

int forward_udp_start(struct forward *fw)
{
	const struct sockaddr *to = (const struct sockaddr *)&fw->peer;
	int r;

	fw->fd = socket(to->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fw->fd < 0)
		return -errno;
	r = bind_random(fw->fd, to->sa_family);
	if (r < 0)
		return r;
	if (connect(fw->fd, to, fw->peer_len) < 0)
		return -errno;
	r = forward_watch(fw, EPOLLIN, false);
	if (r < 0)
		return r;
	fw->sent = uv_now(fw->f->loop);
	if (send(fw->fd, fw->query + FORWARD_PREFIX, fw->len, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

void forward_udp_again(struct forward *fw)
{
	uint64_t now = uv_now(fw->f->loop);

	if (fw->by_tcp || fw->fd < 0 || now - fw->sent < AGAIN_MS)
		return;
	fw->sent = now;
	send(fw->fd, fw->query + FORWARD_PREFIX, fw->len,
	     MSG_NOSIGNAL); /* lost: as the first was */
}

enum forward_event forward_udp_ready(struct forward *fw, const uint8_t **ret_msg, size_t *ret_len)
{
	struct forwarder *f = fw->f;

	for (int i = 0; i < READ_BURST; i++) {
		struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fw->fd, f->scratch, sizeof(f->scratch), 0,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return FORWARD_WAIT;
		if (n < 0)
			return FORWARD_FAILED; /* ICMP says that nobody is there */
		/* it may have been queued between bind() and connect(), from anyone */
		if (forward_matches(fw, f->scratch,
				    endpoint_equal(&from, &fw->peer) ? (size_t)n : 0)) {
			*ret_msg = f->scratch;
			*ret_len = (size_t)n;
			return FORWARD_REPLY;
		}
		if (fw->forgeries >= FORWARD_FORGERIES_MAX)
			return FORWARD_FORGED;
	}
	return FORWARD_WAIT;
}
