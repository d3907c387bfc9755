// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* More connections, and more kept for them, than there is room for. */
#include "server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define CROWD	 1100 /* connections, more than a worker takes */
#define EACH	 100  /* of one address */
#define PATIENCE 20   /* s */

/* A connection of 127.0.1.N. */
static int client_from(const struct fixture *x, unsigned n)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = {PATIENCE, 0};

	from.sin_addr.s_addr = htonl(0x7f000100 + n);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(server_port(x->s));
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void assert_answered(int fd, uint16_t id)
{
	send_frame(fd, id, "echo");
	assert_int_equal(read_id(fd), id);
}

/* The worker may come to what was sent later than whoever sent it. */
static bool somebody_went(const struct fixture *x)
{
	for (unsigned ms = 0; ms < PATIENCE * 1000; ms += 10) {
		if (server_stats(x->s).tcp_evicted > 0)
			return true;
		usleep(10 * 1000);
	}
	return false;
}

static int raise_limit(void **state)
{
	struct rlimit lim;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	return lim.rlim_max < 4 * CROWD ? -1 : 0;
}

/* Those that say nothing go first; who has asked stays, and who comes is served. */
static void test_silent_ones_make_room(void **state)
{
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	static int fd[CROWD];
	unsigned n = 0;
	int asked = client_from(x, 1), late;

	(void)state;
	assert_answered(asked, 1);
	for (; n < CROWD; n++)
		fd[n] = client_from(x, 2 + n / EACH);
	late = client_from(x, 2 + CROWD / EACH);
	assert_answered(late, 2);
	assert_answered(asked, 3);
	assert_true(somebody_went(x));
	assert_int_equal(server_stats(x->s).tcp_refused, 0);
	while (n > 0)
		close(fd[--n]);
	close(asked);
	close(late);
	stop(x);
}

/* Of many that send half a message, and that is large, some are given up: nobody else is. */
static void test_what_is_kept_is_bounded(void **state)
{
	enum { MANY = 600, HALF = 60000 };
	struct fixture *x = start("127.0.0.1", 1, UP_ANSWER);
	static uint8_t half[HALF] = {0xff, 0xff};
	static int fd[MANY];
	int asked = client_from(x, 1);

	(void)state;
	assert_answered(asked, 1);
	for (unsigned n = 0; n < MANY; n++) {
		fd[n] = client_from(x, 2 + n / EACH);
		send(fd[n], half, sizeof(half), MSG_NOSIGNAL);
	}
	assert_true(somebody_went(x));
	assert_answered(asked, 2);
	for (unsigned n = 0; n < MANY; n++)
		close(fd[n]);
	close(asked);
	stop(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent_ones_make_room),
		cmocka_unit_test(test_what_is_kept_is_bounded),
	};

	return cmocka_run_group_tests(tests, raise_limit, NULL);
}
