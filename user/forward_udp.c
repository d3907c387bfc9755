// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One try over UDP. */
#include "forward_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "util.h"

#define PORT_MIN   1024
#define BIND_TRIES 32
/* Datagrams looked at per event, so that a flood of forgeries cannot hold the loop. */
#define READ_BURST 16

union peer_addr {
	struct sockaddr_storage storage;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

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
	union peer_addr local = {.storage = {.ss_family = family}};
	socklen_t len = family == AF_INET6 ? sizeof(local.in6) : sizeof(local.in);

	for (int i = 0; i < BIND_TRIES; i++) {
		in_port_t port;
		int r = random_port(&port);

		if (r < 0)
			return r;
		if (family == AF_INET6)
			local.in6.sin6_port = port;
		else
			local.in.sin_port = port;
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
	if (send(fw->fd, fw->query + FORWARD_PREFIX, fw->len, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/* A datagram may have been queued between bind() and connect(), from anyone. */
static bool same_peer(const struct forward *fw, const union peer_addr *from)
{
	const union peer_addr *to = (const union peer_addr *)&fw->peer;

	if (from->storage.ss_family != to->storage.ss_family)
		return false;
	if (from->storage.ss_family == AF_INET6)
		return from->in6.sin6_port == to->in6.sin6_port &&
		       memcmp(&from->in6.sin6_addr, &to->in6.sin6_addr, sizeof(struct in6_addr)) ==
			       0;
	return from->in.sin_port == to->in.sin_port &&
	       from->in.sin_addr.s_addr == to->in.sin_addr.s_addr;
}

enum forward_event forward_udp_ready(struct forward *fw, const uint8_t **ret_msg, size_t *ret_len)
{
	struct forwarder *f = fw->f;

	for (int i = 0; i < READ_BURST; i++) {
		union peer_addr from = {.storage = {.ss_family = AF_UNSPEC}};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fw->fd, f->scratch, sizeof(f->scratch), 0,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return FORWARD_WAIT;
		if (n < 0)
			return FORWARD_FAILED; /* ICMP says that nobody is there */
		if (!forward_matches(fw, f->scratch, same_peer(fw, &from) ? (size_t)n : 0))
			continue;
		*ret_msg = f->scratch;
		*ret_len = (size_t)n;
		return FORWARD_REPLY;
	}
	return FORWARD_WAIT;
}
