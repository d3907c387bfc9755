// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a resolver answers to a forwarded query, over TCP: messages with their length before them,
 * cut at any places. The first that answers the query is taken, as another way of reading says,
 * and nothing else.
 *
 * Input: two octets that say how it is cut, then the stream.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "dns.h"
#include "forward_priv.h"
#include "fuzz.h"

#define INPUT_MAX 50000 /* fits a socket's buffer */

/* www.example.com A, with the message's length before it. */
static const uint8_t query[] = "\0\x21\xca\xfe\x01\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1";

#define QUERY_LEN (sizeof(query) - 1 - FORWARD_PREFIX)

struct peer {
	struct forward fw;
	int fd; /* the resolver's end */
	enum forward_event event;
	const uint8_t *msg;
	size_t len;
};

/* Octets arrive; the forwarder looks until it has seen them all, or has decided. */
static int arrive(void *ctx, const void *data, size_t len)
{
	struct peer *p = ctx;
	uint8_t octet;

	if (len && send(p->fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
	do
		p->event = forward_tcp_ready(&p->fw, &p->msg, &p->len);
	while (p->event == FORWARD_WAIT && recv(p->fw.fd, &octet, 1, MSG_PEEK) > 0);
	return p->event != FORWARD_WAIT;
}

/* RFC 1035 4.1.1: does this message answer the query, octet for octet? */
static bool answers(const uint8_t *msg, size_t len)
{
	const uint8_t *asked = query + FORWARD_PREFIX;
	unsigned rcode;

	if (len < DNS_HEADER_LEN || memcmp(msg, asked, 2) || (msg[2] & 0xf8) != 0x80)
		return false;
	rcode = msg[3] & 15;
	if (!msg[4] && !msg[5])
		return rcode == DNS_RCODE_FORMERR || rcode == DNS_RCODE_SERVFAIL ||
		       rcode == DNS_RCODE_NOTIMP || rcode == DNS_RCODE_REFUSED;
	return !msg[4] && msg[5] == 1 && len >= QUERY_LEN &&
	       !memcmp(msg + DNS_HEADER_LEN, asked + DNS_HEADER_LEN, QUERY_LEN - DNS_HEADER_LEN);
}

/*
 * The first message of the stream that does; NULL: none, whole. A message of no octets ends it, and
 * so do some that do not.
 */
static const uint8_t *find(const uint8_t *stream, size_t left, size_t *ret_len)
{
	for (int i = 0; left >= FORWARD_PREFIX && i < FORWARD_FORGERIES_MAX; i++) {
		size_t len = (size_t)stream[0] << 8 | stream[1];

		if (!len || len > left - FORWARD_PREFIX)
			return NULL;
		*ret_len = len;
		if (answers(stream + FORWARD_PREFIX, len))
			return stream + FORWARD_PREFIX;
		stream += FORWARD_PREFIX + len;
		left -= FORWARD_PREFIX + len;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct forward_upstream upstream;
	struct fuzz_input in = {data, size};
	unsigned how = fuzz_octet(&in) << 8 | fuzz_octet(&in);
	struct peer p = {.event = FORWARD_WAIT};
	const uint8_t *want;
	size_t len = 0;
	int fd[2];

	if (in.left > INPUT_MAX)
		return 0;
	MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd));
	p.fd = fd[0];
	p.fw = (struct forward){
		.fd = fd[1],
		.tcp = true,
		.upstream = &upstream,
		.query = (uint8_t *)query,
		.len = QUERY_LEN,
		.question_end = QUERY_LEN,
		.by_tcp = true,
		.written = FORWARD_PREFIX + QUERY_LEN,
	};
	fuzz_cut(how, in.at, in.left, arrive, &p);
	if (p.event == FORWARD_WAIT) {
		shutdown(p.fd, SHUT_WR);
		arrive(&p, NULL, 0);
	}
	want = find(in.at, in.left, &len);
	MUST(p.event == (want ? FORWARD_REPLY : FORWARD_FAILED));
	MUST(!want || (p.len == len && !memcmp(p.msg, want, len)));
	free(p.fw.in);
	close(fd[0]);
	close(fd[1]);
	return 0;
}
