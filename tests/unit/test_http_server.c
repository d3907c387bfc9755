// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The HTTP server by itself, over loopback: streams, answers that nobody takes, the token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api_token.h"
#include "http_server.h"

#define LARGE (40 << 20)

/* A stream that says one letter for each wake, after the first. */
struct speaker {
	int to_say, said, closed;
};

static ssize_t speak(void *ctx, char *buf, size_t size)
{
	struct speaker *s = ctx;

	(void)size;
	if (__atomic_load_n(&s->to_say, __ATOMIC_SEQ_CST) < 0)
		return -1;
	if (s->said == __atomic_load_n(&s->to_say, __ATOMIC_SEQ_CST))
		return 0;
	buf[0] = (char)('a' + s->said++);
	return 1;
}

static void hang_up(void *ctx)
{
	__atomic_add_fetch(&((struct speaker *)ctx)->closed, 1, __ATOMIC_SEQ_CST);
}

static void handle(void *ctx, const struct http_request *q, struct http_response *ret)
{
	ret->status = 200;
	ret->type = "text/plain";
	if (!strcmp(q->path, "/stream")) {
		ret->stream = (struct http_stream){speak, hang_up, ctx};
	} else if (!strcmp(q->path, "/large")) {
		ret->body = calloc(1, LARGE);
		ret->len = LARGE;
	} else {
		const char *word = http_request_parameter(q, "word");

		ret->body = strdup(word ? word : "none");
		ret->len = strlen(ret->body);
	}
}

static struct http_server *start(struct speaker *s)
{
	struct http_server *server = NULL;
	char *error = NULL;

	assert_int_equal(http_server_start("127.0.0.1", 0, NULL, handle, s, &server, &error), 0);
	return server;
}

static int client(const struct http_server *s, const char *request)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(http_server_port(s)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int small = 4096;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	return fd;
}

/* Reads until the text is there, or the end (NULL). */
static void read_until(int fd, const char *text, char *buf, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		ssize_t n = read(fd, buf + len, size - 1 - len);

		assert_true(n >= 0);
		len += (size_t)n;
		buf[len] = '\0';
		if (!n || (text && strstr(buf, text)))
			break;
	}
	if (text && !strstr(buf, text))
		fail_msg("no '%s' in '%s'", text, buf);
}

static void say(struct http_server *server, struct speaker *s, int n)
{
	__atomic_store_n(&s->to_say, n, __ATOMIC_SEQ_CST);
	http_server_wake(server);
}

static void test_stream(void **state)
{
	struct speaker s = {0};
	struct http_server *server = start(&s);
	int fd = client(server, "GET /stream HTTP/1.0\r\n\r\n");
	char buf[1000];

	(void)state;
	read_until(fd, "\r\n\r\n", buf, sizeof(buf));
	assert_non_null(strstr(buf, "no-store"));
	for (int i = 1; i <= 20; i++) {
		char letter[2] = {(char)('a' + i - 1)};

		say(server, &s, i);
		read_until(fd, letter, buf, sizeof(buf));
	}
	say(server, &s, -1);
	read_until(fd, NULL, buf, sizeof(buf));
	close(fd);
	while (!__atomic_load_n(&s.closed, __ATOMIC_SEQ_CST)) /* a little after the client's end */
		usleep(1000);
	/* one that sleeps is let go when the server stops */
	s = (struct speaker){0};
	fd = client(server, "GET /stream HTTP/1.0\r\n\r\n");
	read_until(fd, "\r\n\r\n", buf, sizeof(buf));
	http_server_stop(server);
	assert_int_equal(s.closed, 1);
	close(fd);
}

static void test_requests(void **state)
{
	struct http_server *server = start(NULL);
	int fd = client(server, "GET /?word=one HTTP/1.1\r\nHost: x\r\n\r\n"
				"GET /?word=two HTTP/1.1\r\nHost: x\r\n\r\n"
				"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nabc");
	char buf[2000];

	(void)state;
	/* the body is not waited for, and ends the connection */
	read_until(fd, NULL, buf, sizeof(buf));
	assert_non_null(strstr(buf, "one"));
	assert_non_null(strstr(buf, "two"));
	assert_non_null(strstr(buf, "none"));
	close(fd);
	http_server_stop(server);
}

static void test_bodies(void **state)
{
	static const char request[] = "GET /large HTTP/1.0\r\n\r\n";
	struct http_server *server = start(NULL);
	int first = client(server, request), second, third;
	char buf[200];

	(void)state;
	read_until(first, "200 OK", buf, sizeof(buf));
	second = client(server, request);
	read_until(second, "503 Service Unavailable", buf, sizeof(buf));
	third = client(server, "GET / HTTP/1.0\r\n\r\n");
	read_until(third, "200 OK", buf, sizeof(buf));
	close(second);
	close(third);
	close(first);
	/* when nobody waits for the first any more, there is room again */
	for (int i = 0; i < 1000; i++) {
		second = client(server, request);
		read_until(second, "\r\n", buf, sizeof(buf));
		close(second);
		if (strstr(buf, "200 OK"))
			break;
		usleep(10000);
	}
	assert_non_null(strstr(buf, "200 OK"));
	http_server_stop(server);
}

static void refused(const char *listener, uint16_t port, const struct http_server_tls *tls,
		    int want, const char *why)
{
	struct http_server *server = NULL;
	char *error = NULL;

	assert_int_equal(http_server_start(listener, port, tls, handle, NULL, &server, &error),
			 want);
	assert_null(server);
	if (!strstr(error, why))
		fail_msg("no '%s' in '%s'", why, error);
	free(error);
}

static void test_no_start(void **state)
{
	struct http_server_tls none = {.cert = "no certificate", .key = "no key"};
	struct http_server *first = start(NULL);
	char taken[64];

	(void)state;
	snprintf(taken, sizeof(taken), "HTTP on 127.0.0.1 port %u: Address already in use",
		 http_server_port(first));
	refused("127.0.0.1", http_server_port(first), NULL, -EADDRINUSE, taken);
	refused("192.0.2.1", 0, NULL, -EADDRNOTAVAIL, "HTTP on 192.0.2.1 port 0: Cannot assign");
	refused("127.0.0.1", 0, &none, -EIO, "with this certificate and key");
	http_server_stop(first);
}

static void test_connections(void **state)
{
	struct http_server *server = start(NULL);
	int fd = client(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	char buf[1000];

	(void)state;
	read_until(fd, "none", buf, sizeof(buf));
	assert_int_equal(http_server_connections(server), 1);
	close(fd);
	while (http_server_connections(server)) /* a little after the client's end */
		usleep(1000);
	http_server_stop(server);
}

static void test_token(void **state)
{
	struct api_token t = API_TOKEN_NONE;
	struct config cfg = {.http_token = true};

	(void)state;
	assert_true(api_token_good(&t, NULL));
	SHA256((const uint8_t *)"0123456789abcdef", 16, cfg.http_token_sha256);
	api_token_set(&t, &cfg);
	assert_false(api_token_good(&t, NULL));
	assert_false(api_token_good(&t, ""));
	assert_false(api_token_good(&t, "Bearer"));
	assert_false(api_token_good(&t, "Bearer "));
	assert_false(api_token_good(&t, "0123456789abcdef"));
	assert_false(api_token_good(&t, "Bearer 0123456789abcde"));
	assert_false(api_token_good(&t, "Bearer 0123456789abcdef "));
	assert_false(api_token_good(&t, "Basic 0123456789abcdef"));
	assert_true(api_token_good(&t, "Bearer 0123456789abcdef"));
	assert_true(api_token_good(&t, "bearer  0123456789abcdef"));
	cfg.http_token = false;
	api_token_set(&t, &cfg);
	assert_true(api_token_good(&t, NULL));
}

/* Without memory for the digest nobody gets in by one that the stack still has. */
static void test_token_without_memory(void **state)
{
	struct api_token t = API_TOKEN_NONE;
	struct config cfg = {.http_token = true};

	(void)state;
	SHA256((const uint8_t *)"0123456789abcdef", 16, cfg.http_token_sha256);
	api_token_set(&t, &cfg);
	assert_true(api_token_good(&t, "Bearer 0123456789abcdef"));
	assert_int_equal(EVP_set_default_properties(NULL, "provider=none"), 1);
	assert_false(api_token_good(&t, "Bearer another"));
	assert_false(api_token_good(&t, "Bearer 0123456789abcdef"));
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	assert_true(api_token_good(&t, "Bearer 0123456789abcdef"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_no_start),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_token_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
