// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "server_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "reply.h"

#define UDP_LIMIT 512
#define PATIENCE  15 /* s; only a failing test waits that long */

enum reply_verdict reply_query(const struct config *cfg, const struct zone *zone,
			       const struct reply_client *client, const uint8_t *query, size_t len,
			       uint8_t *out, size_t cap, struct reply_result *ret)
{
	(void)zone;
	if ((uintptr_t)query & 1) {
		fprintf(stderr, "a query at an odd address\n");
		abort();
	}
	if (len < 14 || query[2] & 0x80 || query[13] == 'd')
		return REPLY_DROP;
	if (query[13] == 'f') {
		ret->resolvers = &cfg->resolvers;
		ret->limit = client->tcp ? 65535 : UDP_LIMIT;
		return REPLY_FORWARD;
	}
	ret->len = len < cap ? len : cap;
	memcpy(out, query, ret->len);
	out[2] |= 0x80;
	if (query[13] == 'c')
		out[ret->len++] = (uint8_t)cfg->ttl;
	if (query[13] == 'b') {
		size_t big = client->tcp ? BIG_TCP : BIG_UDP;

		memset(out + ret->len, query[1], big - ret->len);
		ret->len = big;
	}
	return REPLY_SEND;
}

enum reply_verdict reply_refuse(const uint8_t *query, size_t len, uint8_t *out, size_t cap,
				struct reply_result *ret)
{
	ret->answer = ANSWER_refused;
	ret->len = reply_empty(query, len, DNS_RCODE_REFUSED, false, out, cap);
	return REPLY_SEND;
}

size_t reply_empty(const uint8_t *query, size_t len, uint8_t rcode, bool truncated, uint8_t *out,
		   size_t cap)
{
	if (len > cap)
		return 0;
	memcpy(out, query, len);
	out[2] |= (uint8_t)(0x80 | (truncated ? 2 : 0));
	out[3] = rcode;
	return len;
}

size_t reply_error(const uint8_t *query, size_t len, uint16_t rcode, int ede, uint8_t *out,
		   size_t cap)
{
	(void)ede;
	return reply_empty(query, len, (uint8_t)rcode, false, out, cap);
}

void set_listener(struct config *cfg, const char *host, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	cfg->listener_any = strcmp(host, "0.0.0.0") == 0;
	assert_int_equal(inet_pton(AF_INET, host, &a.sin_addr), 1);
	memcpy(&cfg->listener, &a, sizeof(a));
	cfg->port = port;
}

struct fixture *start_with(const char *host, unsigned workers, enum upstream_mode mode,
			   bool truncate_bit)
{
	struct fixture *x = calloc(1, sizeof(*x));
	char *error = NULL;

	assert_non_null(x);
	upstream_start(&x->up, mode, 0x77);
	x->resolver = x->up.resolver;
	x->cfg.resolvers = (struct config_resolvers){.list = &x->resolver, .count = 1};
	x->cfg.timeout = 1;
	x->cfg.set_truncate_bit = truncate_bit;
	set_listener(&x->cfg, host, 0);
	if (server_open(&x->cfg, NULL, NULL, workers, &x->s, &error) < 0 || server_run(x->s) < 0)
		fail_msg("%s", error ? error : "no reason given");
	return x;
}

struct fixture *start(const char *host, unsigned workers, enum upstream_mode mode)
{
	return start_with(host, workers, mode, true);
}

void stop(struct fixture *x)
{
	server_stop(x->s);
	upstream_stop(&x->up);
	free(x);
}

int client(int type, const char *host, uint16_t port)
{
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool v6 = strchr(host, ':');
	int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
	struct timeval patience = {PATIENCE, 0};

	if (fd < 0)
		return -1;
	inet_pton(AF_INET6, host, &a6.sin6_addr);
	inet_pton(AF_INET, host, &a4.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, v6 ? (void *)&a6 : (void *)&a4, v6 ? sizeof(a6) : sizeof(a4)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int client_of(const struct fixture *x, int type)
{
	int fd = client(type, "127.0.0.1", server_port(x->s));

	assert_true(fd >= 0);
	return fd;
}

size_t build(uint8_t *q, uint16_t id, const char *name)
{
	size_t n = strlen(name);

	memset(q, 0, 12);
	q[0] = (uint8_t)(id >> 8);
	q[1] = (uint8_t)id;
	q[2] = 1;
	q[5] = 1;
	q[12] = (uint8_t)n;
	memcpy(q + 13, name, n);
	memcpy(q + 13 + n, "\0\0\1\0\1", 5);
	return 18 + n;
}

size_t frame(uint8_t *q, uint16_t id, const char *name)
{
	size_t n = build(q + 2, id, name);

	q[0] = (uint8_t)(n >> 8);
	q[1] = (uint8_t)n;
	return n + 2;
}

void send_all(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

void send_query(int fd, uint16_t id, const char *name)
{
	uint8_t q[300];

	send_all(fd, q, build(q, id, name));
}

void send_frame(int fd, uint16_t id, const char *name)
{
	uint8_t q[300];

	send_all(fd, q, frame(q, id, name));
}

int receive(int fd, size_t len, uint8_t rcode)
{
	uint8_t r[4096];
	ssize_t n = recv(fd, r, sizeof(r), 0);

	if (n < 12)
		return -1;
	if (len)
		assert_int_equal(n, len);
	assert_true(r[2] & 0x80);
	assert_int_equal(r[3] & 15, rcode);
	return r[0] << 8 | r[1];
}

ssize_t read_frame(int fd, uint8_t *r)
{
	uint8_t prefix[2];
	ssize_t n = recv(fd, prefix, 2, MSG_WAITALL);
	size_t len;

	if (n <= 0)
		return n;
	len = (size_t)(prefix[0] << 8 | prefix[1]);
	assert_int_equal(recv(fd, r, len, MSG_WAITALL), len);
	return (ssize_t)len;
}

int read_id(int fd)
{
	static _Thread_local uint8_t r[65536];

	return read_frame(fd, r) >= 12 ? r[0] << 8 | r[1] : -1;
}
