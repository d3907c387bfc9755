// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "forward_wire.h"

static int bound(const char *host, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval patience = {10, 0};

	inet_pton(AF_INET, host, &a.sin_addr);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

void wire_open(struct wire *w)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	w->fd = bound("127.0.0.1", 0);
	assert_int_equal(getsockname(w->fd, (struct sockaddr *)&a, &len), 0);
	w->other_port = bound("127.0.0.1", 0);
	w->other_address = bound("127.0.0.2", ntohs(a.sin_port));
	w->resolver = upstream_resolver(ntohs(a.sin_port));
	w->list = (struct config_resolvers){.list = &w->resolver, .count = 1};
}

void wire_close(struct wire *w)
{
	close(w->fd);
	close(w->other_port);
	close(w->other_address);
}

struct forward *begin(struct fixture *x, struct wire *w, const uint8_t *q, struct outcome *o)
{
	struct forward *fw = NULL;

	uv_update_time(&x->loop);
	assert_int_equal(forwarder_query(x->f, ASK(&w->list, false, q), on_outcome, o, &fw), 0);
	return fw;
}

void see(struct wire *w, struct seen *s)
{
	socklen_t len = sizeof(s->from);

	assert_int_equal(
		recvfrom(w->fd, s->msg, sizeof(s->msg), 0, (struct sockaddr *)&s->from, &len),
		QUERY_LEN);
}

bool sees_nothing(const struct wire *w)
{
	uint8_t octet;

	return recv(w->fd, &octet, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

void reply_from(int fd, const struct seen *s, uint16_t id_xor, uint8_t mark)
{
	uint8_t r[sizeof(s->msg)];

	memcpy(r, s->msg, sizeof(r));
	r[0] ^= (uint8_t)(id_xor >> 8);
	r[1] ^= (uint8_t)id_xor;
	r[2] |= 0x80;
	r[QUERY_LEN] = mark;
	/* ECONNREFUSED: of an earlier one, whose port was closed by then */
	if (sendto(fd, r, sizeof(r), 0, (const struct sockaddr *)&s->from, sizeof(s->from)) < 0)
		assert_int_equal(errno, ECONNREFUSED);
}
