// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One server to a port: who is refused, what the refusal says, and who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "holder.h"
#include "listeners.h"
#include "own_network.h"
#include "util.h"

#define WORKERS 4
#define CLIENTS 100

/* A port nobody has, for all of a test's addresses. */
static uint16_t free_port(void)
{
	static uint16_t next = 20000;

	return next++;
}

static struct config config_for(const char *host, uint16_t port)
{
	struct config cfg = {.port = port};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
	struct sockaddr_in a4 = {.sin_family = AF_INET};

	cfg.listener_any = strcmp(host, "0.0.0.0") == 0;
	if (inet_pton(AF_INET6, host, &a6.sin6_addr) == 1)
		memcpy(&cfg.listener, &a6, sizeof(a6));
	else if (inet_pton(AF_INET, host, &a4.sin_addr) == 1)
		memcpy(&cfg.listener, &a4, sizeof(a4));
	return cfg;
}

/* What another process may have: like a daemon, or one socket of any kind. */
struct held {
	const char *host;
	uint16_t port;
	bool daemon, tcp, reuse; /* reuse: SO_REUSEADDR, as resolvers on 127.0.0.53 set it */
};

static bool take(void *ctx)
{
	static const int one = 1;
	const struct held *h = ctx;
	struct config cfg = config_for(h->host, h->port);
	struct listeners l[WORKERS];
	char *error;
	uint16_t port;
	int fd;

	if (h->daemon)
		return listeners_open(&cfg, WORKERS, l, &port, &error) == 0;
	((struct sockaddr_in *)&cfg.listener)->sin_port = htons(h->port); /* or sin6_port */
	fd = socket(cfg.listener.ss_family, h->tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (h->reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd >= 0 && bind(fd, (void *)&cfg.listener, sizeof(struct sockaddr_in6)) == 0 &&
	       (!h->tcp || listen(fd, 1) == 0);
}

/* Somebody has `held`, we want HOST; `shown` is where the message says they are. */
struct refusal {
	struct held held;
	const char *host, *proto, *shown, *hint;
	pid_t pid;
	pthread_t thread;
	int r;
	char *error;
};

static void *refused_main(void *arg)
{
	struct refusal *f = arg;
	struct config cfg = config_for(f->host, f->held.port);
	struct listeners l[WORKERS];
	uint16_t port;

	f->r = listeners_open(&cfg, WORKERS, l, &port, &f->error);
	return NULL;
}

static void check_refused(const struct refusal *f)
{
	bool v6 = strchr(f->host, ':');
	char want[300];

	if (f->r != -EADDRINUSE)
		fail_msg("%s, wanted %s: %d", f->held.host, f->host, f->r);
	snprintf(want, sizeof(want),
		 "listening on %s%s%s:%u (%s): port %u of %s is in use by PID %d (" HOLDER_NAME
		 ")%s",
		 v6 ? "[" : "", f->host, v6 ? "]" : "", f->held.port, f->proto, f->held.port,
		 f->shown, f->pid, f->hint ? f->hint : "");
	assert_string_equal(f->error, want);
}

/* Afterwards it is ours, at once. */
static void check_free(const struct refusal *f)
{
	struct config cfg = config_for(f->host, f->held.port);
	struct listeners l[WORKERS];
	char *error = NULL;
	uint16_t port;

	if (listeners_open(&cfg, WORKERS, l, &port, &error) < 0)
		fail_msg("%s", error);
	listeners_close(l, WORKERS);
}

#define ASKED(h, p, s) .host = (h), .proto = (p), .shown = (s)

static void test_refused(void **state)
{
	static const char hint[] = "; \"listener\" can name another address to serve beside it";
	struct refusal row[] = {
		{.held = {.host = "0.0.0.0", .daemon = true}, ASKED("0.0.0.0", "UDP", "0.0.0.0")},
		{.held = {.host = "127.0.0.1", .daemon = true},
		 ASKED("127.0.0.1", "UDP", "127.0.0.1")},
		{.held = {.host = "127.0.0.1", .daemon = true},
		 ASKED("0.0.0.0", "UDP", "127.0.0.1"),
		 .hint = hint},
		{.held = {.host = "127.0.0.1"}, ASKED("127.0.0.1", "UDP", "127.0.0.1")},
		{.held = {.host = "127.0.0.1", .tcp = true},
		 ASKED("127.0.0.1", "TCP", "127.0.0.1")},
		{.held = {.host = "127.0.0.53", .reuse = true},
		 ASKED("0.0.0.0", "UDP", "127.0.0.53"),
		 .hint = hint},
		{.held = {.host = "::"}, ASKED("127.0.0.1", "UDP", "::")},
		{.held = {.host = "::"}, ASKED("::1", "UDP", "::")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		row[i].held.port = free_port();
		row[i].pid = holder_start(take, &row[i].held);
		assert_true(row[i].pid > 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) /* each waits two seconds */
		pthread_create(&row[i].thread, NULL, refused_main, &row[i]);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		pthread_join(row[i].thread, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		check_refused(&row[i]);
		free(row[i].error);
		holder_end(row[i].pid);
		check_free(&row[i]);
	}
}

/* Another address is another matter. */
static void test_beside(void **state)
{
	const struct held stub = {.host = "127.0.0.53", .port = free_port(), .reuse = true};
	pid_t pid = holder_start(take, (void *)&stub);
	struct config cfg = config_for("127.0.0.1", stub.port);
	struct listeners l[WORKERS];
	char *error = NULL;
	uint16_t port;

	(void)state;
	assert_true(pid > 0);
	if (listeners_open(&cfg, WORKERS, l, &port, &error) < 0)
		fail_msg("%s", error);
	assert_int_equal(port, stub.port);
	listeners_close(l, WORKERS);
	holder_end(pid);

	cfg = config_for("192.0.2.1", 0);
	assert_int_equal(listeners_open(&cfg, 1, l, &port, &error), -EADDRNOTAVAIL);
	assert_string_equal(error, "listening on 192.0.2.1:0 (UDP): address not available");
	free(error);
}

static int connected(const char *host, uint16_t port, int type)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, host, &a.sin_addr), 1);
	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

/* What a killed daemon leaves are ends of connections, which are in nobody's way. */
static void test_restart_after_kill(void **state)
{
	const struct held daemon = {.host = "0.0.0.0", .port = free_port(), .daemon = true};
	struct config cfg = config_for(daemon.host, daemon.port);
	struct listeners l[WORKERS];
	char *error = NULL;
	uint16_t port;

	(void)state;
	for (int i = 0; i < 20; i++) {
		pid_t pid = holder_start(take, (void *)&daemon);
		int fd[4];

		assert_true(pid > 0);
		for (size_t k = 0; k < ARRAY_SIZE(fd); k++) {
			fd[k] = connected("127.0.0.1", daemon.port, SOCK_STREAM);
			assert_int_equal(send(fd[k], "x", 1, MSG_NOSIGNAL), 1);
			if (k % 2)
				close(fd[k]);
		}
		holder_end(pid);
		if (listeners_open(&cfg, WORKERS, l, &port, &error) < 0)
			fail_msg("%s", error);
		listeners_close(l, WORKERS);
		close(fd[0]);
		close(fd[2]);
	}
}

static void *release_main(void *arg)
{
	usleep(100000);
	close(*(int *)arg);
	return NULL;
}

/* One that is just going is waited for. A machine that stands still for two seconds gets another
 * try. */
static void test_waits_for_a_leaving_one(void **state)
{
	bool opened = false;

	(void)state;
	for (int i = 0; i < 5 && !opened; i++) {
		struct config cfg = config_for("127.0.0.1", free_port());
		struct sockaddr_in *a = (struct sockaddr_in *)&cfg.listener;
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		struct listeners l[WORKERS];
		char *error = NULL;
		pthread_t thread;
		uint16_t port;

		a->sin_port = htons(cfg.port);
		assert_int_equal(bind(fd, (void *)a, sizeof(*a)), 0);
		a->sin_port = 0;
		pthread_create(&thread, NULL, release_main, &fd);
		opened = listeners_open(&cfg, WORKERS, l, &port, &error) == 0;
		pthread_join(thread, NULL);
		if (opened)
			listeners_close(l, WORKERS);
		free(error);
	}
	assert_true(opened);
}

/* Clients are spread over all workers' sockets, the first's included. */
static void test_spread(void **state)
{
	struct config cfg = config_for("0.0.0.0", 0);
	struct listeners l[WORKERS];
	int udp[CLIENTS], tcp[CLIENTS];
	char *error = NULL;
	uint16_t port;

	(void)state;
	if (listeners_open(&cfg, WORKERS, l, &port, &error) < 0)
		fail_msg("%s", error);
	for (int i = 0; i < CLIENTS; i++) {
		udp[i] = connected("127.0.0.1", port, SOCK_DGRAM);
		assert_int_equal(send(udp[i], "x", 1, 0), 1);
		tcp[i] = connected("127.0.0.1", port, SOCK_STREAM);
	}
	for (int w = 0; w < WORKERS; w++) {
		struct pollfd p[] = {{.fd = l[w].udp[0], .events = POLLIN},
				     {.fd = l[w].tcp[0], .events = POLLIN}};

		poll(p, 2, 0);
		if (!p[0].revents || !p[1].revents)
			fail_msg("worker %d: UDP %d, TCP %d", w, p[0].revents, p[1].revents);
	}
	for (int i = 0; i < CLIENTS; i++) {
		close(udp[i]);
		close(tcp[i]);
	}
	listeners_close(l, WORKERS);
}

/* Any number of daemons that start at once: one gets the port. */
static bool race(void *ctx)
{
	const struct held *h = ctx;
	struct config cfg = config_for(h->host, h->port);
	struct listeners l[WORKERS];
	char *error;
	uint16_t port;

	return listeners_open(&cfg, WORKERS, l, &port, &error) == 0;
}

static void test_race(void **state)
{
	const struct held port = {.host = "0.0.0.0", .port = free_port()};
	pid_t pid[6];
	int ready[6], won = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		pid[i] = holder_fork(race, (void *)&port, &ready[i]);
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = holder_wait(pid[i], ready[i]);
		won += pid[i] > 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		if (pid[i] > 0)
			holder_end(pid[i]);
	assert_int_equal(won, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_restart_after_kill),
		cmocka_unit_test(test_waits_for_a_leaving_one),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_race),
	};

	if (!own_network()) {
		puts("ok 1 - test_listeners # SKIP no network of its own (unshare)\n1..1");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
