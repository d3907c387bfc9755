// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A TCP client's stream to the server, cut at any places: each whole message is answered as if it
 * had come alone, what is answered here and what resolvers answer each in the order of the
 * queries, until the framing is lost; then the connection ends in good order.
 *
 * Input: two octets that say how it is cut, one that says how, then the stream.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "reply.h"
#include "tcp_priv.h"
#include "util.h"
#include "zones.h"

#define INPUT_MAX  3000
#define HELD_MAX   TCP_FORWARDS_MAX
#define TURNS_MAX  100000 /* of the loop; far more than any input needs */
#define BIT_MARKED 0x40	  /* of the header's fourth octet, Z: only the resolver's answers */

/* The third octet. */
#define HOW_QUIET	 0x01 /* the other zone */
#define HOW_NO_FORWARDER 0x02 /* every query is refused by it */

/* Messages with their length before them, in memory of their own. */
struct stream {
	FILE *f;
	char *data;
	size_t len;
};

/* In place of the forwarder: holds queries until the client's end answers them. */
struct forward {
	uint8_t *query;
	size_t len;
	forward_done done;
	void *ctx;
};

struct forwarder {
	bool refuses;
	struct forward *held[HELD_MAX];
	unsigned count;
};

static struct {
	uv_loop_t loop;
	struct worker_env env;
	struct server_stats stats;
	struct forwarder forwarder;
	struct tcp *tcp;
} server;

int forwarder_query(struct forwarder *f, const struct forward_ask *ask, forward_done done,
		    void *ctx, struct forward **ret)
{
	struct forward *fw;

	MUST(ask->resolvers->count > 0 && ask->tcp && f->count < HELD_MAX);
	if (f->refuses)
		return -ENOBUFS;
	fw = calloc(1, sizeof(*fw));
	MUST(fw);
	*fw = (struct forward){malloc(ask->len), ask->len, done, ctx};
	MUST(fw->query);
	memcpy(fw->query, ask->query, ask->len);
	f->held[f->count++] = fw;
	*ret = fw;
	return 0;
}

void forward_cancel(struct forward *fw)
{
	(void)fw;
	MUST(!"a client that waits for its answers is cancelled");
}

static void open_stream(struct stream *s)
{
	s->f = open_memstream(&s->data, &s->len);
	MUST(s->f);
}

static void put_message(struct stream *s, const uint8_t *message, size_t len)
{
	putc((int)(len >> 8), s->f);
	putc((int)(len & 0xff), s->f);
	fwrite(message, 1, len, s->f);
}

/* A resolver's answer: the query, marked. */
static void make_reply(uint8_t *message)
{
	message[2] |= DNS_FLAG_QR >> 8;
	message[3] |= BIT_MARKED;
}

static void answer_oldest(struct forwarder *f)
{
	struct forward *fw = f->held[0];

	memmove(f->held, f->held + 1, --f->count * sizeof(f->held[0]));
	make_reply(fw->query);
	fw->done(fw->ctx, fw->query, fw->len);
	free(fw->query);
	free(fw);
}

/* What a message is to be answered with goes to one of the two streams. */
static void expect(const uint8_t *message, size_t len, struct stream *here, struct stream *there)
{
	static uint8_t out[DNS_TCP_MAX];
	const struct worker_env *env = &server.env;
	const struct reply_client client = {.tcp = true};
	struct reply_result result;
	uint8_t *query;
	void *memory = fuzz_copy(message, len, &query);

	switch (reply_query(env->cfg, env->zone, &client, query, len, out, sizeof(out), &result)) {
	case REPLY_SEND:
		put_message(here, out, result.len);
		break;
	case REPLY_FORWARD:
		len = hop_query(query, len);
		if (server.forwarder.refuses) {
			put_message(here, out,
				    reply_empty(query, len, DNS_RCODE_SERVFAIL, false, out,
						sizeof(out)));
			break;
		}
		make_reply(query);
		if (!env->cfg->set_truncate_bit)
			query[2] &= (uint8_t) ~(DNS_FLAG_TC >> 8);
		put_message(there, query, len);
		break;
	case REPLY_TRANSFER: /* there are no secondaries */
		MUST(env->cfg->secondaries_count > 0);
		break;
	case REPLY_DROP:
		break;
	}
	free(memory);
}

static void expect_all(const uint8_t *in, size_t left, struct stream *here, struct stream *there)
{
	while (left >= TCP_PREFIX) {
		size_t len = (size_t)in[0] << 8 | in[1];

		if (!len || len > left - TCP_PREFIX)
			return;
		expect(in + TCP_PREFIX, len, here, there);
		in += TCP_PREFIX + len;
		left -= TCP_PREFIX + len;
	}
}

/* The client. */
struct client {
	int fd;
	struct stream got;
};

/* Has the connection something to do before it needs more of its client or of a resolver? */
static bool is_busy(void)
{
	const struct tcp_conn *c = cds_list_first_entry(&server.tcp->conns, struct tcp_conn, node);
	int waiting = 0;

	MUST(!ioctl(c->fd, FIONREAD, &waiting));
	return c->out || (c->events & UV_READABLE && waiting);
}

/* Turns the loop and reads, until the server waits; `to_end`: until it has closed. */
static void turn(struct client *c, bool to_end)
{
	static uint8_t buffer[65536];

	for (unsigned turns = 0; turns < TURNS_MAX; turns++) {
		ssize_t n;

		uv_run(&server.loop, UV_RUN_NOWAIT);
		n = recv(c->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (n > 0)
			fwrite(buffer, 1, (size_t)n, c->got.f);
		if (n > 0)
			continue;
		if (cds_list_empty(&server.tcp->conns))
			return;
		if (is_busy())
			continue;
		if (server.forwarder.count)
			answer_oldest(&server.forwarder);
		else if (!to_end)
			return;
	}
	MUST(!"the server comes to an end");
}

static int send_piece(void *ctx, const void *data, size_t len)
{
	struct client *c = ctx;

	MUST(send(c->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len);
	turn(c, false);
	return 0;
}

/* Takes the message at *at off one of the streams, which must begin with it. */
static void take(struct stream *from, size_t *at, const char *message, size_t len)
{
	MUST(from->len - *at >= len && !memcmp(from->data + *at, message, len));
	*at += len;
}

static void judge(struct stream *got, struct stream *here, struct stream *there)
{
	size_t at = 0, at_here = 0, at_there = 0, len;

	for (; at < got->len; at += len) {
		const char *message = got->data + at;

		MUST(got->len - at >= TCP_PREFIX + DNS_HEADER_LEN);
		len = TCP_PREFIX + ((size_t)(uint8_t)message[0] << 8 | (uint8_t)message[1]);
		MUST(len <= got->len - at && len >= TCP_PREFIX + DNS_HEADER_LEN);
		if (message[TCP_PREFIX + 3] & BIT_MARKED)
			take(there, &at_there, message, len);
		else
			take(here, &at_here, message, len);
	}
	MUST(at_here == here->len && at_there == there->len);
}

static void open_server(struct bench *b)
{
	if (!server.tcp) {
		fuzz_keep(true);
		MUST(!uv_loop_init(&server.loop));
		server.env.loop = &server.loop;
		server.env.forwarder = &server.forwarder;
		server.env.stats = &server.stats;
		MUST(!tcp_new(&server.env, NULL, 0, &server.tcp));
		fuzz_keep(false);
	}
	b->cfg->cookies.secrets = 0; /* the connection's cookies are by the clock */
	server.env.cfg = b->cfg;
	server.env.zone = b->zone;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const union sock_addr nobody = {.any.sa_family = AF_INET};
	struct fuzz_input in = {data, size};
	unsigned cut = fuzz_octet(&in) << 8 | fuzz_octet(&in);
	uint8_t how = fuzz_octet(&in);
	struct stream here, there;
	struct client c;
	int fd[2];

	if (in.left > INPUT_MAX)
		return 0;
	open_server(fuzz_zone(how & HOW_QUIET ? ZONE_QUIET : ZONE_MAIN));
	server.forwarder.refuses = how & HOW_NO_FORWARDER;
	open_stream(&here);
	open_stream(&there);
	open_stream(&c.got);
	MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd));
	c.fd = fd[0];
	MUST(!tcp_conn_new(server.tcp, fd[1], 0, &nobody));
	fuzz_cut(cut, in.at, in.left, send_piece, &c);
	shutdown(c.fd, SHUT_WR);
	turn(&c, true);
	close(c.fd);
	expect_all(in.at, in.left, &here, &there);
	fclose(here.f);
	fclose(there.f);
	fclose(c.got.f);
	judge(&c.got, &here, &there);
	free(here.data);
	free(there.data);
	free(c.got.data);
	return 0;
}
