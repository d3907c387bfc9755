// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "util.h"

#define THREADS 4
#define LINES	200

/* stderr goes into a file while a test writes. */
struct capture {
	FILE *file;
	int saved;
};

static void capture_start(struct capture *c)
{
	c->file = tmpfile();
	assert_non_null(c->file);
	c->saved = dup(STDERR_FILENO);
	assert_int_equal(fcntl(fileno(c->file), F_SETFL, O_APPEND), 0);
	dup2(fileno(c->file), STDERR_FILENO);
}

static void capture_end(struct capture *c)
{
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	rewind(c->file);
}

/* The line after its time, which has the form of RFC 3339 in UTC. */
static const char *after_stamp(const char *line)
{
	static const char form[] = "0000-00-00T00:00:00.000Z ";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == '0')
			assert_in_range(line[i], '0', '9');
		else
			assert_int_equal(line[i], form[i]);
	}
	return line + sizeof(form) - 1;
}

static void check_line(const char *text, const char *want)
{
	struct capture c;
	char line[8192];

	capture_start(&c);
	log_error("%s", text);
	capture_end(&c);
	assert_non_null(fgets(line, sizeof(line), c.file));
	assert_string_equal(after_stamp(line), want);
	assert_null(fgets(line, sizeof(line), c.file));
	fclose(c.file);
}

static void test_escapes(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"plain", "error: plain\n"},
		{"", "error: \n"},
		{"a\nb", "error: a\\nb\n"},
		{"a\r\t\x1b[31m\x7f", "error: a\\x0d\\x09\\x1b[31m\\x7f\n"},
		{"Köln €😀", "error: Köln €😀\n"},
		{"a\\.b", "error: a\\.b\n"},
		{"\xff\xfe", "error: \\xff\\xfe\n"},
		{"\xc3", "error: \\xc3\n"},
		{"\xe2\x82", "error: \\xe2\\x82\n"},
		{"\xe2\x82x", "error: \\xe2\\x82x\n"},
		/* C1 control, line separator, overlong, surrogate, above U+10FFFF */
		{"\xc2\x85", "error: \\xc2\\x85\n"},
		{"\xe2\x80\xa8", "error: \\xe2\\x80\\xa8\n"},
		{"\xc0\xaf", "error: \\xc0\\xaf\n"},
		{"\xe0\x80\x8a", "error: \\xe0\\x80\\x8a\n"},
		{"\xed\xa0\x80", "error: \\xed\\xa0\\x80\n"},
		{"\xf4\x90\x80\x80", "error: \\xf4\\x90\\x80\\x80\n"},
		{"\xf0\x80\x80\x80", "error: \\xf0\\x80\\x80\\x80\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_line(rows[i].text, rows[i].want);
}

static void test_levels(void **state)
{
	static const struct {
		int verbosity;
		const char *words[5];
	} rows[] = {
		{-1, {"error", "warning", "notice"}},
		{0, {"error", "warning", "notice"}},
		{1, {"error", "warning", "notice", "info"}},
		{2, {"error", "warning", "notice", "info", "debug"}},
		{9, {"error", "warning", "notice", "info", "debug"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct capture c;
		char line[256], want[64];

		capture_start(&c);
		log_init(rows[i].verbosity);
		log_error("%d", 1);
		log_warn("%d", 1);
		log_notice("%d", 1);
		log_info("%d", 1);
		log_debug("%d", 1);
		capture_end(&c);
		for (size_t k = 0; k < 5 && rows[i].words[k]; k++) {
			assert_non_null(fgets(line, sizeof(line), c.file));
			snprintf(want, sizeof(want), "%s: 1\n", rows[i].words[k]);
			assert_string_equal(after_stamp(line), want);
		}
		assert_null(fgets(line, sizeof(line), c.file));
		fclose(c.file);
	}
	log_init(0);
}

/* At most what a pipe takes in one piece, and marked. */
static void test_long(void **state)
{
	char text[6000], line[8192];
	struct capture c;
	size_t len;

	(void)state;
	for (int fill = 0; fill < 2; fill++) {
		memset(text, fill ? '\1' : 'a', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		capture_start(&c);
		log_error("%s", text);
		capture_end(&c);
		assert_non_null(fgets(line, sizeof(line), c.file));
		len = strlen(line);
		assert_in_range(len, 4000, 4096);
		assert_string_equal(line + len - 4, "...\n");
		assert_null(fgets(line, sizeof(line), c.file));
		fclose(c.file);
	}
}

static void test_errno(void **state)
{
	int saved = dup(STDERR_FILENO);

	(void)state;
	close(STDERR_FILENO);
	errno = ENOENT;
	log_error("nobody reads this");
	assert_int_equal(errno, ENOENT);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void *write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_error("%c%0100d", *(const char *)arg, i);
	return NULL;
}

/* Lines of several threads do not mix. */
static void test_threads(void **state)
{
	static const char names[] = "abcd";
	pthread_t threads[THREADS];
	int next[THREADS] = {0};
	struct capture c;
	char line[256];

	(void)state;
	capture_start(&c);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines,
						(void *)(uintptr_t)&names[i]),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	capture_end(&c);
	for (int i = 0; i < THREADS * LINES; i++) {
		char want[128];
		const char *text;
		int who;

		assert_non_null(fgets(line, sizeof(line), c.file));
		text = after_stamp(line);
		who = text[7] - 'a';
		assert_in_range(who, 0, THREADS - 1);
		snprintf(want, sizeof(want), "error: %c%0100d\n", names[who], next[who]++);
		assert_string_equal(text, want);
	}
	assert_null(fgets(line, sizeof(line), c.file));
	fclose(c.file);
}

/* ---- the journal ---- */

/* A socket where the journal's is, seen by this process only; -1: that is not allowed here. */
static int fake_journal(void)
{
	static const struct sockaddr_un at = {.sun_family = AF_UNIX,
					      .sun_path = "/run/systemd/journal/socket"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) || mkdir("/run/systemd", 0755) ||
	    mkdir("/run/systemd/journal", 0755) ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		return -1;
	return fd;
}

static void say_it_is_the_journal(void)
{
	struct stat st;
	char text[64];

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
}

/* The next entry, in the journal's form: a field a line, the last one ended, too. */
static const char *entry(int fd)
{
	static char text[8192];
	ssize_t n = recv(fd, text + 1, sizeof(text) - 2, 0);

	text[0] = '\n';
	text[n < 0 ? 1 : n + 1] = 0;
	return text;
}

static bool has(const char *entry, const char *field)
{
	char line[256];

	snprintf(line, sizeof(line), "\n%s\n", field);
	return strstr(entry, line);
}

/* 0: as it must be; else what is not. In a process of its own. */
static int in_journal(int fd)
{
	const char *e;

	say_it_is_the_journal();
	log_init(1);
	log_warn("zone: %s", "a b");
	e = entry(fd);
	if (!has(e, "PRIORITY=4") || !has(e, "MESSAGE=zone: a b"))
		return 1;
	if (!has(e, "MESOS_XDNS_PART=zone") || strstr(e, "CODE_FILE"))
		return 2;
	log_about(LOG_LEVEL_INFO, "INTERFACE", "eth0", "xdp: eth0 native");
	e = entry(fd);
	if (!has(e, "PRIORITY=6") || !has(e, "MESOS_XDNS_INTERFACE=eth0"))
		return 3;
	log_error("Not a part: x\nMESOS_XDNS_PART=forged");
	e = entry(fd);
	if (!has(e, "PRIORITY=3") || !has(e, "MESSAGE=Not a part: x\\nMESOS_XDNS_PART=forged") ||
	    strstr(e, "\nMESOS_XDNS_PART="))
		return 4;
	log_debug("zone: not at this verbosity");
	if (strlen(entry(fd)) != 1)
		return 5;
	setenv("JOURNAL_STREAM", "1:2", 1); /* of another stderr */
	log_init(1);
	log_error("zone: to stderr");
	return strlen(entry(fd)) != 1 ? 6 : 0;
}

static void test_journal(void **state)
{
	struct capture c;
	char line[256] = "";
	int status;
	pid_t pid;

	(void)state;
	capture_start(&c);
	pid = fork();
	if (pid == 0) {
		int fd = fake_journal();

		_exit(fd < 0 ? 77 : in_journal(fd));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	capture_end(&c);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		fclose(c.file);
		print_message("SKIPPED: no mount namespace can be had\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_non_null(fgets(line, sizeof(line), c.file)); /* the last one, and nothing else */
	assert_string_equal(after_stamp(line), "error: zone: to stderr\n");
	assert_null(fgets(line, sizeof(line), c.file));
	fclose(c.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes), cmocka_unit_test(test_levels),
		cmocka_unit_test(test_long),	cmocka_unit_test(test_errno),
		cmocka_unit_test(test_threads), cmocka_unit_test(test_journal),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
