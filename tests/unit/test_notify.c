// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The messages to systemd, received by a socket in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"
#include "util.h"

#define PATIENCE 15 /* s; only a failing test waits that long */

/* A socket under NAME ("@" for the abstract name space) that $NOTIFY_SOCKET points to. */
static int manager(const char *name)
{
	const struct timeval patience = {PATIENCE, 0};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && len < sizeof(a.sun_path));
	memcpy(a.sun_path, name, len);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&a,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void check_received(int fd, const char *want)
{
	char got[2048];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, want);
}

static uint64_t monotonic_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec) / 1000;
}

/* The time lies between before and after the call. */
static void check_reloading(int fd)
{
	static const char head[] = "RELOADING=1\nMONOTONIC_USEC=";
	uint64_t before = monotonic_usec(), at;
	char got[200];
	ssize_t n;
	int end = -1;

	notify_reloading();
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > (ssize_t)strlen(head));
	got[n] = '\0';
	assert_memory_equal(got, head, strlen(head));
	assert_int_equal(sscanf(got + strlen(head), "%" SCNu64 "%n", &at, &end), 1);
	assert_int_equal(got[(int)strlen(head) + end], '\0');
	assert_true(before <= at && at <= monotonic_usec());
}

static void check_messages(const char *name)
{
	char lines[] = "one\ntwo\tthree\r\nREADY=1";
	int fd = manager(name);

	notify_ready();
	check_received(fd, "READY=1");
	notify_status("serial %u, %s", 4711u, "3 names");
	check_received(fd, "STATUS=serial 4711, 3 names");
	notify_status("%s", lines);
	check_received(fd, "STATUS=one two three  READY=1");
	check_reloading(fd);
	notify_watchdog();
	check_received(fd, "WATCHDOG=1");
	notify_stopping();
	check_received(fd, "STOPPING=1");
	close(fd);
	/* The manager is gone: nothing to wait for, nothing to fail. */
	notify_ready();
	notify_status("still here");
}

static void test_abstract(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@xdns-test-notify-%d", getpid());
	check_messages(name);
}

static void test_path(void **state)
{
	char dir[] = "/tmp/xdns-test-notify-XXXXXX", name[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/notify", dir);
	check_messages(name);
	unlink(name);
	rmdir(dir);
}

/* A status of any length is one message. */
static void test_long_status(void **state)
{
	char name[64], text[4000], got[8000];
	ssize_t n;
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@xdns-test-notify-long-%d", getpid());
	fd = manager(name);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	notify_status("%s", text);
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_in_range(n, 100, sizeof(text));
	assert_memory_equal(got, "STATUS=xxx", 10);
	close(fd);
}

static void test_nobody_listens(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_ready();
	notify_status("%d", 1);
	notify_reloading();
	notify_stopping();
	notify_watchdog();
	setenv("NOTIFY_SOCKET", "", 1);
	notify_ready();
	setenv("NOTIFY_SOCKET", "neither a path nor abstract", 1);
	notify_ready();
}

static void test_watchdog_interval(void **state)
{
	char own[16], other[16];
	const struct {
		const char *usec, *pid;
		uint64_t want;
	} rows[] = {
		{NULL, NULL, 0},
		{"30000000", NULL, 15000},
		{"30000000", own, 15000},
		{"30000000", other, 0},
		{"3000", own, 1},
		{"1", own, 1},
		{"", own, 0},
		{"x", own, 0},
		{"0", own, 0},
	};

	(void)state;
	snprintf(own, sizeof(own), "%d", getpid());
	snprintf(other, sizeof(other), "%d", getppid());
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (rows[i].usec)
			setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (rows[i].pid)
			setenv("WATCHDOG_PID", rows[i].pid, 1);
		if (notify_watchdog_ms() != rows[i].want)
			fail_msg("row %zu: %" PRIu64, i, notify_watchdog_ms());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abstract),	  cmocka_unit_test(test_path),
		cmocka_unit_test(test_long_status),	  cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_watchdog_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
