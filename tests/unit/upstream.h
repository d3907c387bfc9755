/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A resolver for tests, on a thread of its own: UDP and TCP on one port of
 * 127.0.0.1. Its replies are the query with QR set, an rcode and MARK at the end.
 */
#ifndef XDNS_TEST_UPSTREAM_H
#define XDNS_TEST_UPSTREAM_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"

enum upstream_mode {
	UP_ANSWER,
	UP_SILENT,	 /* takes queries, says nothing */
	UP_RCODE,	 /* rcode, with the question */
	UP_BARE_RCODE,	 /* rcode, only a header */
	UP_FORGED_FIRST, /* UPSTREAM_FORGERIES replies that must not count, then the right one */
	UP_BIG,		 /* UPSTREAM_BIG octets */
	UP_TRUNCATED,	 /* TC set */
	UP_SPLIT,	 /* TCP: octet by octet */
	UP_CLOSE,	 /* TCP: closes without a reply */
	UP_NOTHING, /* nothing, said: a datagram of 0 octets before the reply; TCP: a length of 0 */
	UP_GARBAGE, /* large and random, a few times; then the right reply */
	UP_LARGEST, /* TCP: 65,535 octets, and more behind them that nobody asked for */
	UP_HALF,    /* TCP: half a reply, and nothing more to say */
	UP_DRIP,    /* TCP: an octet of the reply every 100 ms */
	UP_BABBLE,  /* TCP: one message that fits nothing after the other */
};

#define UPSTREAM_FORGERIES 6
#define UPSTREAM_BIG	   1800
#define UPSTREAM_SEEN	   64
#define UPSTREAM_GARBAGE   5
#define UPSTREAM_PORTS	   20 /* tried until one is free in both protocols */
#define UPSTREAM_LARGEST   65535

struct upstream {
	_Atomic enum upstream_mode mode; /* these two may change while it runs */
	_Atomic uint8_t rcode;
	uint8_t mark;
	int udp, tcp, other; /* other: a socket on a different port */
	int stop[2];
	pthread_t thread;
	uint16_t port;
	char text[32];
	struct config_resolver resolver;
	pthread_mutex_t lock; /* of what follows */
	unsigned count;
	uint8_t query[UPSTREAM_SEEN][600]; /* as seen */
	size_t query_len[UPSTREAM_SEEN];
	uint16_t from_port[UPSTREAM_SEEN];
};

static inline size_t upstream_reply(struct upstream *u, const uint8_t *q, size_t len, uint8_t *out)
{
	memcpy(out, q, len);
	out[2] |= 0x80;
	out[3] = (uint8_t)(0x80 | (u->mode == UP_RCODE || u->mode == UP_BARE_RCODE ? u->rcode : 0));
	if (u->mode == UP_TRUNCATED)
		out[2] |= 0x02;
	if (u->mode == UP_BARE_RCODE) {
		memset(out + 4, 0, 8);
		return 12;
	}
	if (u->mode == UP_BIG) {
		memset(out + len, 0, UPSTREAM_BIG - len);
		len = UPSTREAM_BIG - 1;
	}
	out[len] = u->mark;
	return len + 1;
}

static inline void upstream_note(struct upstream *u, const uint8_t *q, size_t len, uint16_t port)
{
	pthread_mutex_lock(&u->lock);
	if (u->count < UPSTREAM_SEEN && len <= sizeof(u->query[0])) {
		memcpy(u->query[u->count], q, len);
		u->query_len[u->count] = len;
		u->from_port[u->count] = port;
	}
	u->count++;
	pthread_mutex_unlock(&u->lock);
}

static inline unsigned upstream_count(struct upstream *u)
{
	unsigned n;

	pthread_mutex_lock(&u->lock);
	n = u->count;
	pthread_mutex_unlock(&u->lock);
	return n;
}

/* Each forgery differs from the right reply in one thing. */
static inline void upstream_forge(struct upstream *u, const uint8_t *right, size_t len,
				  const struct sockaddr_in *to)
{
	uint8_t bad[4096];

	for (int i = 0; i < UPSTREAM_FORGERIES; i++) {
		size_t n = len;

		memcpy(bad, right, len);
		bad[len - 1] = 0xbb;
		switch (i) {
		case 0:
			bad[1] ^= 1; /* ID */
			break;
		case 1:
			bad[13] ^= 0x20; /* the case of the question's first letter */
			break;
		case 2:
			bad[2] &= 0x7f; /* QR */
			break;
		case 3:
			bad[2] ^= 0x10; /* opcode */
			break;
		case 4:
			n = 11; /* no whole header */
			break;
		case 5:
			memset(bad + 4, 0, 8); /* no question, and no error that would explain it */
			n = 12;
			break;
		}
		sendto(u->udp, bad, n, 0, (const struct sockaddr *)to, sizeof(*to));
	}
	memcpy(bad, right, len);
	bad[len - 1] = 0xbb; /* right in all but where it comes from */
	sendto(u->other, bad, len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static inline void upstream_garbage(int fd, const struct sockaddr_in *to)
{
	static _Thread_local uint8_t bad[65507]; /* no datagram is larger */

	for (int i = 0; i < UPSTREAM_GARBAGE; i++) {
		for (size_t k = 0; k < sizeof(bad); k++)
			bad[k] = (uint8_t)rand();
		sendto(fd, bad, sizeof(bad), 0, (const struct sockaddr *)to, sizeof(*to));
	}
}

static inline void upstream_udp(struct upstream *u)
{
	uint8_t q[4096], out[4096 + 1];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(u->udp, q, 600, 0, (struct sockaddr *)&from, &from_len);
	size_t len;

	if (n < 12)
		return;
	upstream_note(u, q, (size_t)n, ntohs(from.sin_port));
	if (u->mode == UP_SILENT)
		return;
	len = upstream_reply(u, q, (size_t)n, out);
	if (u->mode == UP_FORGED_FIRST)
		upstream_forge(u, out, len, &from);
	if (u->mode == UP_NOTHING)
		sendto(u->udp, out, 0, 0, (const struct sockaddr *)&from, from_len);
	if (u->mode == UP_GARBAGE)
		upstream_garbage(u->udp, &from);
	sendto(u->udp, out, len, 0, (const struct sockaddr *)&from, from_len);
}

static inline bool upstream_read(int fd, uint8_t *to, size_t len)
{
	return recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

/* Sends in steps, with pauses, until all is sent or nobody listens. */
static inline bool upstream_send(int fd, const uint8_t *data, size_t len, size_t step, unsigned us)
{
	for (size_t at = 0; at < len; at += step) {
		if (send(fd, data + at, len - at < step ? len - at : step, MSG_NOSIGNAL) < 0)
			return false;
		if (us)
			usleep(us);
	}
	return true;
}

/* The framed reply in OUT, which has room for the largest. */
static inline void upstream_tcp_reply(struct upstream *u, int fd, uint8_t *out, size_t len)
{
	enum upstream_mode mode = u->mode; /* clang has no switch on an _Atomic enum */
	uint8_t end;

	switch (mode) {
	case UP_SPLIT:
		upstream_send(fd, out, len, 1, 500);
		return;
	case UP_DRIP:
		upstream_send(fd, out, len, 1, 100000);
		return;
	case UP_NOTHING:
		upstream_send(fd, (const uint8_t *)"\0\0", 2, 2, 0);
		return;
	case UP_LARGEST:
		memset(out + len, 0, 2 + UPSTREAM_LARGEST - len);
		out[0] = out[1] = 0xff;
		out[1 + UPSTREAM_LARGEST] = u->mark;
		upstream_send(fd, out, 2 + UPSTREAM_LARGEST, 4096, 0);
		upstream_send(fd, out, 2 + UPSTREAM_LARGEST, 4096, 0);
		return;
	case UP_HALF:
		upstream_send(fd, out, len / 2, len, 0);
		shutdown(fd, SHUT_WR);
		recv(fd, &end, 1, 0); /* until the other side gives up */
		return;
	case UP_GARBAGE:
	case UP_BABBLE:
		out[2] ^= 0xff; /* the ID */
		for (int i = 0; u->mode == UP_BABBLE || i < UPSTREAM_GARBAGE; i++)
			if (!upstream_send(fd, out, len, len, 0))
				return;
		out[2] ^= 0xff;
		/* fall through */
	default:
		upstream_send(fd, out, len, len, 0);
	}
}

/* One connection, one query. */
static inline void upstream_tcp(struct upstream *u)
{
	static _Thread_local uint8_t out[2 + UPSTREAM_LARGEST];
	uint8_t q[4096];
	int fd = accept(u->tcp, NULL, NULL);
	size_t len;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){5, 0}, sizeof(struct timeval));
	if (!upstream_read(fd, q, 2) ||
	    !upstream_read(fd, q + 2, (size_t)(q[0] << 8 | q[1]) % 4000))
		goto out;
	len = (size_t)(q[0] << 8 | q[1]);
	upstream_note(u, q + 2, len, 0);
	if (u->mode == UP_CLOSE)
		goto out;
	if (u->mode == UP_SILENT) {
		recv(fd, q, 1, 0); /* until the other side gives up */
		goto out;
	}
	len = upstream_reply(u, q + 2, len, out + 2);
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	upstream_tcp_reply(u, fd, out, len + 2);
out:
	close(fd);
}

static inline void *upstream_main(void *arg)
{
	struct upstream *u = arg;
	struct pollfd fds[] = {
		{.fd = u->udp, .events = POLLIN},
		{.fd = u->tcp, .events = POLLIN},
		{.fd = u->stop[0], .events = POLLIN},
	};

	while (poll(fds, 3, -1) > 0 && !fds[2].revents) {
		if (fds[0].revents)
			upstream_udp(u);
		if (fds[1].revents)
			upstream_tcp(u);
	}
	return NULL;
}

static inline int upstream_bind(int type, uint16_t port, uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		close(fd);
		return -1;
	}
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* One port in both protocols: of those that are free for TCP another program may have some in UDP.
 */
static inline void upstream_bind_both(struct upstream *u)
{
	uint16_t same;

	for (int i = 0; i < UPSTREAM_PORTS; i++) {
		u->tcp = upstream_bind(SOCK_STREAM, 0, &u->port);
		u->udp = u->tcp < 0 ? -1 : upstream_bind(SOCK_DGRAM, u->port, &same);
		if (u->udp >= 0)
			return;
		close(u->tcp);
	}
	perror("no port that is free in UDP and TCP");
	abort();
}

/* A resolver at an address of 127/8; PORT need not be listened on. */
static inline struct config_resolver upstream_resolver(uint16_t port)
{
	struct config_resolver r = {.text = "test", .addr_len = sizeof(struct sockaddr_in)};
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(&r.addr, &a, sizeof(a));
	return r;
}

static inline void upstream_start(struct upstream *u, enum upstream_mode mode, uint8_t mark)
{
	uint16_t ignored;

	memset(u, 0, sizeof(*u));
	u->mode = mode;
	u->mark = mark;
	pthread_mutex_init(&u->lock, NULL);
	upstream_bind_both(u);
	u->other = upstream_bind(SOCK_DGRAM, 0, &ignored);
	if (u->other < 0 || listen(u->tcp, 64) < 0 || pipe(u->stop) < 0)
		abort();
	u->resolver = upstream_resolver(u->port);
	if (pthread_create(&u->thread, NULL, upstream_main, u) != 0)
		abort();
}

static inline void upstream_stop(struct upstream *u)
{
	if (write(u->stop[1], "", 1) != 1)
		abort();
	pthread_join(u->thread, NULL);
	close(u->udp);
	close(u->tcp);
	close(u->other);
	close(u->stop[0]);
	close(u->stop[1]);
}

#endif
