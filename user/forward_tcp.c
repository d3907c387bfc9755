// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One try over TCP: connect, write, read, all under the try's one deadline. */
#include "forward_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "util.h"

int forward_tcp_start(struct forward *fw)
{
	const struct sockaddr *to = (const struct sockaddr *)&fw->peer;

	fw->written = 0;
	fw->in_len = 0;
	free(TAKE_PTR(fw->in));

	fw->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fw->fd < 0)
		return -errno;
	setsockopt(fw->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (connect(fw->fd, to, fw->peer_len) < 0 && errno != EINPROGRESS)
		return -errno;
	return forward_watch(fw, EPOLLOUT, false);
}

static enum forward_event write_query(struct forward *fw)
{
	size_t total = FORWARD_PREFIX + fw->len;
	ssize_t n = send(fw->fd, fw->query + fw->written, total - fw->written, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return FORWARD_WAIT;
	if (n < 0)
		return FORWARD_FAILED; /* a connect() that failed shows here, too */
	fw->written += (size_t)n;
	if (fw->written == total && forward_watch(fw, EPOLLIN, true) < 0)
		return FORWARD_FAILED;
	return FORWARD_WAIT;
}

/* Reads towards WANT octets of TO, of which *HAVE are there. */
static enum forward_event read_more(struct forward *fw, uint8_t *to, size_t *have, size_t want)
{
	ssize_t n = recv(fw->fd, to + *have, want - *have, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return FORWARD_WAIT;
	if (n <= 0)
		return FORWARD_FAILED;
	*have += (size_t)n;
	return *have == want ? FORWARD_REPLY : FORWARD_WAIT;
}

enum forward_event forward_tcp_ready(struct forward *fw, const uint8_t **ret_msg, size_t *ret_len)
{
	size_t len, have;
	enum forward_event e;

	if (fw->written < FORWARD_PREFIX + fw->len)
		return write_query(fw);

	if (fw->in_len < FORWARD_PREFIX) {
		e = read_more(fw, fw->in_prefix, &fw->in_len, FORWARD_PREFIX);
		if (e != FORWARD_REPLY)
			return e;
	}
	len = (size_t)fw->in_prefix[0] << 8 | fw->in_prefix[1];
	if (!fw->in)
		fw->in = malloc(len);
	if (!fw->in || !len)
		return FORWARD_FAILED;

	have = fw->in_len - FORWARD_PREFIX;
	e = read_more(fw, fw->in, &have, len);
	fw->in_len = FORWARD_PREFIX + have;
	if (e != FORWARD_REPLY)
		return e;
	if (forward_matches(fw, fw->in, len)) {
		*ret_msg = fw->in;
		*ret_len = len;
		return FORWARD_REPLY;
	}
	if (fw->forgeries >= FORWARD_FORGERIES_MAX)
		return FORWARD_FAILED;
	/* another message may follow */
	fw->in_len = 0;
	free(TAKE_PTR(fw->in));
	return FORWARD_WAIT;
}
