// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Who holds a port or a lock: processes of our own that do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "holder.h"
#include "own_network.h"
#include "owner.h"
#include "util.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

static union address at(const char *host, uint16_t port)
{
	union address a = {0};

	if (inet_pton(AF_INET, host, &a.in.sin_addr) == 1) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
	} else {
		assert_int_equal(inet_pton(AF_INET6, host, &a.in6.sin6_addr), 1);
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
	}
	return a;
}

/* A socket at HOST; *port 0 becomes the one that was found. -1: this machine has no such address.
 */
static int bound(bool tcp, const char *host, uint16_t *port)
{
	union address a = at(host, *port);
	socklen_t len = sizeof(a);
	int fd = socket(a.any.sa_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, &a.any, sizeof(a)) < 0 || (tcp && listen(fd, 1) < 0) ||
	    getsockname(fd, &a.any, &len) < 0) {
		cleanup_close(&fd);
		return -1;
	}
	*port = ntohs(a.in.sin_port); /* at the same place in both */
	return fd;
}

/* Who is in the way of whom, whether the port is the same. */
static const struct {
	const char *holder, *asked;
	bool found;
} rows[] = {
	{"127.0.0.1", "127.0.0.1", true},
	{"127.0.0.1", "127.0.0.2", false},
	{"127.0.0.53", "0.0.0.0", true},
	{"0.0.0.0", "127.0.0.1", true},
	{"127.0.0.1", "::1", false},
	{"127.0.0.1", "::", false},
	{"::1", "::1", true},
	{"::1", "::", true},
	{"::", "::1", true},
	{"::1", "127.0.0.1", false},
	{"::", "127.0.0.1", true},
	{"::ffff:127.0.0.1", "127.0.0.1", true},
	{"::ffff:127.0.0.1", "127.0.0.2", false},
};

static void check_row(const char *holder, const char *asked, bool tcp, bool found)
{
	uint16_t port = 0;
	int fd = bound(tcp, holder, &port);
	union address a = at(asked, port), held = at(holder, port);
	struct owner o;

	if (fd < 0) {
		print_message("WITHOUT %s: this machine has no such address\n", holder);
		return;
	}
	if (owner_of_port(tcp, &a.any, &o) != (found ? 0 : -ENOENT))
		fail_msg("%s, asked for %s, tcp %d", holder, asked, tcp);
	if (found) {
		assert_int_equal(o.pid, getpid());
		assert_string_equal(o.name, "test_owner");
		assert_memory_equal(&o.socket, &held, sizeof(o.socket));
	}
	assert_int_equal(owner_of_port(!tcp, &a.any, &o), -ENOENT);
	close(fd);
	assert_int_equal(owner_of_port(tcp, &a.any, &o), -ENOENT);
}

static void test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int tcp = 0; tcp < 2; tcp++)
			check_row(rows[i].holder, rows[i].asked, tcp, rows[i].found);
}

static bool take_port(void *ctx)
{
	return bound(false, "127.0.0.1", ctx) >= 0;
}

static void test_other_process(void **state)
{
	uint16_t port = 0;
	int fd = bound(false, "127.0.0.1", &port);
	union address a = at("127.0.0.1", port);
	char text[OWNER_TEXT_MAX], want[OWNER_TEXT_MAX];
	struct owner o;
	pid_t pid;

	(void)state;
	close(fd); /* free, and known on both sides */
	pid = holder_start(take_port, &port);
	assert_true(pid > 0);
	assert_int_equal(owner_of_port(false, &a.any, &o), 0);
	assert_int_equal(o.pid, pid);
	snprintf(want, sizeof(want), "PID %d (" HOLDER_NAME ")", pid);
	assert_string_equal(owner_text(&o, text, sizeof(text)), want);
	holder_end(pid);
	assert_int_equal(owner_of_port(false, &a.any, &o), -ENOENT);
}

static bool take_lock(void *ctx)
{
	int fd = open(ctx, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void test_lock(void **state)
{
	char dir[] = "/tmp/xdns-test-owner-XXXXXX";
	struct owner o;
	pid_t pid;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(owner_of_lock(fd, &o), -ENOENT);
	pid = holder_start(take_lock, dir);
	assert_true(pid > 0);
	assert_int_equal(owner_of_lock(fd, &o), 0);
	assert_int_equal(o.pid, pid);
	assert_string_equal(o.name, HOLDER_NAME);
	holder_end(pid);
	assert_int_equal(owner_of_lock(fd, &o), -ENOENT);
	close(fd);
	assert_int_equal(owner_of_lock(fd, &o), -EBADF);
	rmdir(dir);
}

static void test_text(void **state)
{
	struct owner o = {0};
	char text[OWNER_TEXT_MAX];

	(void)state;
	assert_string_equal(owner_text(&o, text, sizeof(text)),
			    "a process that cannot be seen from here");
	o.pid = 7;
	assert_string_equal(owner_text(&o, text, sizeof(text)), "PID 7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_other_process),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_text),
	};

	if (!own_network())
		print_message("WITHOUT a network of its own: other processes may disturb\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
