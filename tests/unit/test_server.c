// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The sockets of the fallback: transports, limits, forwarding, start and stop. */
#include "server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "util.h"

struct counts {
	uint64_t queries, answers;
};

static struct counts counted(const struct fixture *x, bool tcp)
{
	struct server_stats st = server_stats(x->s);
	const struct traffic *t = tcp ? &st.tcp : &st.udp;

	return (struct counts){traffic_queries(t), traffic_answers(t)};
}

/* ---- UDP ---- */

static void test_udp_answers_from_the_asked_address(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "127.0.0.5", "127.1.2.3", "::1"};
	struct fixture *x = start("0.0.0.0", 2, UP_ANSWER);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		/* A connected socket takes replies from that address only. */
		int fd = client(SOCK_DGRAM, hosts[i], server_port(x->s));

		if (fd < 0 && strchr(hosts[i], ':')) {
			print_message("WITHOUT %s: this machine has no IPv6\n", hosts[i]);
			continue;
		}
		send_query(fd, 0x1234, "echo");
		assert_int_equal(receive(fd, 22, 0), 0x1234);
		send_query(fd, 0x1235, "fwd");
		assert_int_equal(receive(fd, 22, 0), 0x1235);
		close(fd);
	}
	stop(x);
}

static void test_udp_bursts(void **state)
{
	enum { CLIENTS = 8, ROUNDS = 10, PER_ROUND = 50 } /* 50 fit a default SO_RCVBUF */;
	struct fixture *x = start("127.0.0.1", 2, UP_ANSWER);
	struct server_stats st;
	int fd[CLIENTS];

	(void)state;
	for (int c = 0; c < CLIENTS; c++)
		fd[c] = client_of(x, SOCK_DGRAM);
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < PER_ROUND; i++) {
			for (int c = 0; c < CLIENTS; c++)
				send_query(fd[c], (uint16_t)(c << 8 | i), "big");
		}
		for (int c = 0; c < CLIENTS; c++) {
			for (int i = 0; i < PER_ROUND; i++)
				assert_int_equal(receive(fd[c], BIG_UDP, 0), c << 8 | i);
		}
	}
	for (int c = 0; c < CLIENTS; c++)
		close(fd[c]);
	st = server_stats(x->s);
	assert_int_equal(traffic_queries(&st.udp), CLIENTS * ROUNDS * PER_ROUND);
	stop(x);
}

static void test_udp_silence_and_sizes(void **state)
{
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	int fd = client_of(x, SOCK_DGRAM);
	uint8_t q[6000] = {0};
	struct server_stats st;

	(void)state;
	send_query(fd, 1, "drop");
	send_all(fd, q, 1);
	build(q, 2, "echo");
	send_all(fd, q, 5000); /* more than a query may have */
	send_all(fd, q, 0);
	send_all(fd, q, 30);
	assert_int_equal(receive(fd, 30, 0), 2);
	send_all(fd, q, 4096);
	assert_int_equal(receive(fd, 1232, 0), 2);
	st = server_stats(x->s);
	assert_int_equal(traffic_queries(&st.udp), 6);
	assert_int_equal(traffic_dropped(&st.udp), 4);
	close(fd);
	stop(x);
}

static void test_udp_forward_failures(void **state)
{
	struct fixture *x = start("127.0.0.1", 1, UP_BIG);
	int fd = client_of(x, SOCK_DGRAM);
	uint8_t r[4096];

	(void)state;
	send_query(fd, 7, "forward"); /* larger than the client takes */
	assert_int_equal(recv(fd, r, sizeof(r), 0), 25);
	assert_int_equal(r[2] & 2, 2);
	x->up.mode = UP_SILENT;
	send_query(fd, 8, "forward");
	assert_int_equal(receive(fd, 25, 2), 8);
	x->up.mode = UP_TRUNCATED;
	send_query(fd, 9, "forward");
	assert_int_equal(recv(fd, r, sizeof(r), 0), 26);
	assert_int_equal(r[2] & 2, 2);
	close(fd);
	stop(x);
}

static void test_truncate_bit_off(void **state)
{
	struct fixture *x = start_with("127.0.0.1", 1, UP_TRUNCATED, false);
	int udp = client_of(x, SOCK_DGRAM), tcp = client_of(x, SOCK_STREAM);
	uint8_t r[65536];

	(void)state;
	send_query(udp, 9, "forward");
	assert_int_equal(recv(udp, r, sizeof(r), 0), 26);
	assert_int_equal(r[2] & 2, 0);
	send_frame(tcp, 9, "forward");
	assert_int_equal(read_frame(tcp, r), 26);
	assert_int_equal(r[2] & 2, 0);
	close(udp);
	close(tcp);
	stop(x);
}

/* ---- TCP ---- */

static void test_tcp_any_segmentation(void **state)
{
	struct fixture *x = start("0.0.0.0", 2, UP_ANSWER);
	int fd = client_of(x, SOCK_STREAM);
	uint8_t q[600];
	size_t len = 0;

	(void)state;
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &(int){1}, sizeof(int));
	for (uint16_t i = 0; i < 20; i++)
		len += frame(q + len, i, "echo");
	for (size_t step = 1; step < 30; step += 3) {
		for (size_t at = 0; at < len; at += step)
			send_all(fd, q + at, len - at < step ? len - at : step);
		for (int i = 0; i < 20; i++)
			assert_int_equal(read_id(fd), i);
	}
	close(fd);
	stop(x);
}

static void test_tcp_pipelined_then_half_closed(void **state)
{
	enum { N = 1000 };
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	int fd = client_of(x, SOCK_STREAM);
	static uint8_t q[N * 40];
	size_t len = 0;
	uint8_t end[4];

	(void)state;
	for (uint16_t i = 0; i < N; i++)
		len += frame(q + len, i, "echo");
	send_all(fd, q, len);
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < N; i++)
		assert_int_equal(read_id(fd), i);
	assert_int_equal(recv(fd, end, 1, 0), 0);
	close(fd);
	assert_int_equal(counted(x, true).answers, N);
	stop(x);
}

/* What we answer ourselves does not wait for a resolver, and nothing gets lost. */
static void test_tcp_forwards_do_not_block(void **state)
{
	enum { N = 100 };
	struct fixture *x = start("127.0.0.1", 1, UP_SILENT);
	int fd = client_of(x, SOCK_STREAM);
	bool seen[N + 1] = {false};

	(void)state;
	send_frame(fd, 1, "forward");
	send_frame(fd, 2, "echo");
	assert_int_equal(read_id(fd), 2);
	assert_int_equal(read_id(fd), 1); /* SERVFAIL after the time-out */

	x->up.mode = UP_ANSWER;
	for (uint16_t i = 1; i <= N; i++)
		send_frame(fd, i, "forward");
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < N; i++) {
		int id = read_id(fd);

		assert_in_range(id, 1, N);
		assert_false(seen[id]);
		seen[id] = true;
	}
	assert_int_equal(read_id(fd), -1);
	close(fd);
	stop(x);
}

/* More replies than all buffers hold: reading stops, and nothing is lost. */
static void test_tcp_back_pressure(void **state)
{
	enum { N = 400 };
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	int deaf = client_of(x, SOCK_STREAM), fd = client_of(x, SOCK_STREAM);
	static uint8_t r[65536];

	(void)state;
	for (uint16_t i = 0; i < N; i++) {
		send_frame(deaf, i, "big");
		send_frame(fd, i, "big");
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(read_frame(fd, r), BIG_TCP);
		assert_int_equal(r[0] << 8 | r[1], i);
		for (size_t k = 30; k < BIG_TCP; k++) {
			if (r[k] != (uint8_t)i)
				fail_msg("reply %d, octet %zu: 0x%02x", i, k, r[k]);
		}
	}
	assert_true(counted(x, true).queries < 2 * N);
	close(fd);
	close(deaf);
	stop(x);
}

static void test_tcp_length_zero_ends_it(void **state)
{
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	int fd = client_of(x, SOCK_STREAM);
	uint8_t q[200] = {0};
	size_t len = frame(q, 5, "echo");

	(void)state;
	send_all(fd, q, sizeof(q)); /* a query, a length of 0, more that nobody reads */
	assert_true(len < sizeof(q) - 2);
	assert_int_equal(read_id(fd), 5);
	assert_int_equal(recv(fd, q, 1, 0), 0);
	close(fd);
	stop(x);
}

/* Not even an octet now and then keeps a connection without a query open. */
static void test_tcp_first_query_deadline(void **state)
{
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	int fd = client_of(x, SOCK_STREAM);
	uint8_t octet = 0;
	ssize_t n = -1;

	(void)state;
	for (int i = 0; i < 100 && n < 0; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (i < 20)
			send(fd, i ? "\1" : "\0", 1, MSG_NOSIGNAL);
		if (poll(&p, 1, 200) > 0)
			n = recv(fd, &octet, 1, 0);
	}
	assert_int_equal(n, 0);
	close(fd);
	stop(x);
}

static void test_tcp_connections_per_client(void **state)
{
	enum { MAX = 128 };
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	int fd[MAX], more;
	uint8_t octet;

	(void)state;
	for (int i = 0; i < MAX; i++) {
		fd[i] = client_of(x, SOCK_STREAM);
		send_frame(fd[i], 1, "echo");
		assert_int_equal(read_id(fd[i]), 1);
	}
	more = client_of(x, SOCK_STREAM);
	assert_true(recv(more, &octet, 1, 0) <= 0);
	close(more);
	assert_int_equal(server_stats(x->s).tcp_refused, 1);
	assert_int_equal(server_stats(x->s).tcp_connections, MAX);

	shutdown(fd[0], SHUT_WR);
	assert_int_equal(recv(fd[0], &octet, 1, 0), 0);
	more = client_of(x, SOCK_STREAM);
	send_frame(more, 2, "echo");
	assert_int_equal(read_id(more), 2);
	close(more);
	for (int i = 0; i < MAX; i++)
		close(fd[i]);
	stop(x);
}

static void test_tcp_client_resets(void **state)
{
	struct fixture *x = start("127.0.0.1", 1, UP_SILENT);
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	int fd;

	(void)state;
	for (int i = 0; i < 50; i++) {
		fd = client_of(x, SOCK_STREAM);
		send_frame(fd, 1, "forward");
		send_frame(fd, 2, i % 2 ? "echo" : "big");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	fd = client_of(x, SOCK_STREAM);
	send_frame(fd, 3, "echo");
	assert_int_equal(read_id(fd), 3);
	close(fd);
	stop(x);
}

/* Without a descriptor to accept with, the client waits, and is served later. */
static void test_tcp_out_of_descriptors(void **state)
{
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	struct rlimit old, low;
	int fd;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	low.rlim_cur = (rlim_t)fd; /* nothing at or above the lowest free one */
	close(fd);
	low.rlim_cur++;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	fd = client_of(x, SOCK_STREAM);
	send_frame(fd, 4, "echo");
	usleep(100000);
	assert_int_equal(server_stats(x->s).tcp_connections, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(read_id(fd), 4);
	close(fd);
	stop(x);
}

/* ---- start and stop ---- */

/* A resolver that is this server would get its own question back for ever. */
static void test_own_address_is_never_asked(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	char *error = NULL;
	uint16_t port = 0;
	int fd;

	(void)state;
	assert_non_null(x);
	upstream_start(&x->up, UP_ANSWER, 0x77);
	fd = upstream_bind(SOCK_STREAM, 0, &port);
	assert_true(fd >= 0);
	close(fd);
	x->resolver = upstream_resolver(port);
	x->cfg.resolvers = (struct config_resolvers){.list = &x->resolver, .count = 1};
	x->cfg.timeout = 1;
	set_listener(&x->cfg, "0.0.0.0", port);
	assert_int_equal(server_open(&x->cfg, NULL, NULL, 1, &x->s, &error), 0);
	assert_int_equal(server_run(x->s), 0);
	fd = client_of(x, SOCK_DGRAM);
	send_query(fd, 3, "forward");
	assert_int_equal(receive(fd, 25, 2), 3);
	assert_int_equal(counted(x, false).queries, 1);
	assert_int_equal(server_stats(x->s).forward.tries, 0);
	close(fd);
	stop(x);
}

struct load {
	const struct fixture *x;
	pthread_t thread;
	unsigned bad;
};

static void *load_main(void *arg)
{
	struct load *l = arg;
	int udp = client(SOCK_DGRAM, "127.0.0.1", server_port(l->x->s));

	for (uint16_t i = 0; i < 30; i++) {
		int tcp = client(SOCK_STREAM, "127.0.0.1", server_port(l->x->s));

		send_query(udp, i, i % 3 ? "echo" : "forward");
		l->bad += receive(udp, 0, 0) != i;
		send_frame(tcp, i, "forward");
		send_frame(tcp, i, "echo");
		l->bad += read_id(tcp) != i;
		l->bad += read_id(tcp) != i;
		close(tcp);
	}
	close(udp);
	return NULL;
}

static void test_many_clients_many_workers(void **state)
{
	struct fixture *x = start("0.0.0.0", 4, UP_ANSWER);
	struct load load[6];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(load); i++) {
		load[i] = (struct load){.x = x};
		pthread_create(&load[i].thread, NULL, load_main, &load[i]);
	}
	for (int i = 0; i < 100; i++)
		server_stats(x->s);
	for (size_t i = 0; i < ARRAY_SIZE(load); i++) {
		pthread_join(load[i].thread, NULL);
		assert_int_equal(load[i].bad, 0);
	}
	assert_int_equal(counted(x, true).answers, 2 * 30 * ARRAY_SIZE(load));
	stop(x);
}

/* A reset while a resolver is asked: the query is done with, and its try cancelled. */
static void test_tcp_client_gone(void **state)
{
	static const struct linger reset = {.l_onoff = 1};
	struct fixture *x = start("127.0.0.1", 1, UP_SILENT);
	static struct forward_upstreams upstreams;
	int fd = client_of(x, SOCK_STREAM);
	struct server_stats st;

	(void)state;
	send_frame(fd, 1, "forward");
	while (server_stats(x->s).forward.tries < 1)
		usleep(1000);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	do {
		usleep(1000);
		st = server_stats(x->s);
	} while (!traffic_dropped(&st.tcp) && !traffic_answers(&st.tcp));
	assert_int_equal(st.tcp.dropped[DROPPED_gone], 1);
	assert_int_equal(traffic_answers(&st.tcp), 0);
	server_upstreams(x->s, &upstreams);
	assert_int_equal(upstreams.count, 1);
	assert_int_equal(upstreams.list[0].tries[FORWARD_cancelled], 1);
	stop(x);
}

static void test_stop_with_work_under_way(void **state)
{
	struct fixture *x = start("0.0.0.0", 2, UP_SILENT);
	int fd[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = client_of(x, i % 2 ? SOCK_DGRAM : SOCK_STREAM);
		if (i % 2)
			send_query(fd[i], 1, "forward");
		else
			send_frame(fd[i], 1, "forward");
	}
	while (server_stats(x->s).forward.queries < ARRAY_SIZE(fd))
		usleep(1000);
	stop(x);
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++)
		close(fd[i]);
	server_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp_answers_from_the_asked_address),
		cmocka_unit_test(test_udp_bursts),
		cmocka_unit_test(test_tcp_client_gone),
		cmocka_unit_test(test_udp_silence_and_sizes),
		cmocka_unit_test(test_udp_forward_failures),
		cmocka_unit_test(test_truncate_bit_off),
		cmocka_unit_test(test_tcp_any_segmentation),
		cmocka_unit_test(test_tcp_pipelined_then_half_closed),
		cmocka_unit_test(test_tcp_forwards_do_not_block),
		cmocka_unit_test(test_tcp_back_pressure),
		cmocka_unit_test(test_tcp_length_zero_ends_it),
		cmocka_unit_test(test_tcp_first_query_deadline),
		cmocka_unit_test(test_tcp_connections_per_client),
		cmocka_unit_test(test_tcp_client_resets),
		cmocka_unit_test(test_tcp_out_of_descriptors),
		cmocka_unit_test(test_own_address_is_never_asked),
		cmocka_unit_test(test_many_clients_many_workers),
		cmocka_unit_test(test_stop_with_work_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
