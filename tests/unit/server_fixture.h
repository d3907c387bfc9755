/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The sockets of the fallback for tests: real ones, on loopback and ports the kernel picks, with
 * a responder of its own in the place of reply.c, so that the transport alone is judged. What it
 * does depends on the first letter of the name: e: echo; b: a big reply; f: forward; d: drop;
 * c: echo and an octet from the configuration (its ttl).
 */
#ifndef XDNS_TEST_SERVER_FIXTURE_H
#define XDNS_TEST_SERVER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "server.h"
#include "upstream.h"

#define BIG_UDP 1200
#define BIG_TCP 60000

struct fixture {
	struct config cfg;
	struct config_resolver resolver;
	struct upstream up;
	struct server *s;
};

void set_listener(struct config *cfg, const char *host, uint16_t port);

/* A server with one resolver, an upstream of MODE, and a time-out of 1 s. */
struct fixture *start_with(const char *host, unsigned workers, enum upstream_mode mode,
			   bool truncate_bit);
struct fixture *start(const char *host, unsigned workers, enum upstream_mode mode);
void stop(struct fixture *x);

/* A connected socket with generous time-outs; -1 if there is none to be had. */
int client(int type, const char *host, uint16_t port);
int client_of(const struct fixture *x, int type);

/* A query for NAME, one label; returns its length. frame() puts TCP's prefix before it. */
size_t build(uint8_t *q, uint16_t id, const char *name);
size_t frame(uint8_t *q, uint16_t id, const char *name);

void send_all(int fd, const void *data, size_t len);
void send_query(int fd, uint16_t id, const char *name);
void send_frame(int fd, uint16_t id, const char *name);

/* The ID of a datagram of LEN octets (0: any length) with RCODE; -1 if none came. */
int receive(int fd, size_t len, uint8_t rcode);

/* Reads one framed reply; returns its length, 0 at the end of the stream, -1 on an error. */
ssize_t read_frame(int fd, uint8_t *r);
int read_id(int fd);

#endif
