// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* zk_url.c, and host_port.c as far as test_config.c does not know it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"
#include "zk_url.h"

static const struct {
	const char *url, *servers, *credentials, *path;
} good[] = {
	{"zk://a:1/mesos", "a:1", NULL, "/mesos"},
	{"zk://a/mesos", "a:2181", NULL, "/mesos"},
	{"zk://10.0.0.1:2181,10.0.0.2,10.0.0.3:65535/mesos",
	 "10.0.0.1:2181,10.0.0.2:2181,10.0.0.3:65535", NULL, "/mesos"},
	{"zk://a:1,a:2,b:1/m", "a:1,a:2,b:1", NULL, "/m"},
	{"zk://zoo-1.example.com:02181/a/b/c", "zoo-1.example.com:2181", NULL, "/a/b/c"},
	{"zk://[::1]/mesos", "[::1]:2181", NULL, "/mesos"},
	{"zk://[2001:DB8::0:1]:99,b/mesos", "[2001:db8::1]:99,b:2181", NULL, "/mesos"},
	{"zk://[::ffff:10.0.0.1]/mesos", "10.0.0.1:2181", NULL, "/mesos"},
	{"zk://a/mesos/", "a:2181", NULL, "/mesos"},
	{"zk://a/mesos///", "a:2181", NULL, "/mesos"},
	{"zk://user:pw@a/mesos", "a:2181", "user:pw", "/mesos"},
	/* as Mesos reads it: the last @, the first colon, nothing decoded */
	{"zk://user:p@w:x@a:1,b/mesos", "a:1,b:2181", "user:p@w:x", "/mesos"},
	{"zk://user:%40 \xc3\xa4@a/mesos", "a:2181", "user:%40 \xc3\xa4", "/mesos"},
	{"zk://user:@a/mesos", "a:2181", "user:", "/mesos"},
	{"zk://a/user:pw@b/mesos", "a:2181", NULL, "/user:pw@b/mesos"},
	{"zk://a/.mesos/..x/m..", "a:2181", NULL, "/.mesos/..x/m.."},
	{"zk://a/mesos?x#y%20", "a:2181", NULL, "/mesos?x#y%20"},
};

#define NO_PATH	 "no path behind the servers"
#define BAD_PART "the path has a part that is empty, \".\" or \"..\""

static const struct {
	const char *url, *error;
} bad[] = {
	{"", "not a ZooKeeper URL"},
	{"a:1", "not a ZooKeeper URL"},
	{"http://a:1/mesos", "not a ZooKeeper URL"},
	{"ZK://a:1/mesos", "not a ZooKeeper URL"},
	{" zk://a:1/mesos", "not a ZooKeeper URL"},
	{"zk:/a:1/mesos", "not a ZooKeeper URL"},
	{"zk://", NO_PATH},
	{"zk://a:1", NO_PATH},
	{"zk://a:1/", NO_PATH},
	{"zk://a:1//", NO_PATH},
	{"zk:///mesos", "no server"},
	{"zk://u:p@/mesos", "no server"},
	{"zk://,/mesos", "server 1: no host"},
	{"zk://a,,b/mesos", "server 2: no host"},
	{"zk://a,/mesos", "server 2: no host"},
	{"zk://:1/mesos", "server 1: no host"},
	{"zk://[]/mesos", "server 1: no host"},
	{"zk://a:/mesos", "server 1: not a port"},
	{"zk://a:0/mesos", "server 1: not a port"},
	{"zk://b,a:65536/mesos", "server 2: not a port"},
	{"zk://a:99999999999999999999999/mesos", "server 1: not a port"},
	{"zk://a:+1/mesos", "server 1: not a port"},
	{"zk://a:1x/mesos", "server 1: not a port"},
	{"zk://a: 1/mesos", "server 1: not a port"},
	{"zk://::1/mesos", "server 1: not HOST:PORT"},
	{"zk://[::1/mesos", "server 1: not HOST:PORT"},
	{"zk://[::1]x/mesos", "server 1: not HOST:PORT"},
	{"zk://[::g]/mesos", "server 1: not a host name or IP address"},
	{"zk://[fe80::1%eth0]/mesos", "server 1: not a host name or IP address"},
	{"zk://a b/mesos", "server 1: not a host name or IP address"},
	{"zk://a, b/mesos", "server 2: not a host name or IP address"},
	{"zk://a/b,c/..", BAD_PART},
	{"zk://a//mesos", BAD_PART},
	{"zk://a/mesos//x", BAD_PART},
	{"zk://a/./mesos", BAD_PART},
	{"zk://a/mesos/../x", BAD_PART},
	{"zk://a/mesos\n", "a control character in it"},
	{"zk://a/me\tsos", "a control character in it"},
	{"zk://u:p\x7f@a/mesos", "a control character in it"},
	{"zk://a,b:2181,a:2181/mesos", "server 3: given twice"},
	{"zk://Zoo,zoo/mesos", "server 2: given twice"},
	{"zk://[::1],[0::1]/mesos", "server 2: given twice"},
	{"zk://geheim@a/mesos", "not USER:PASSWORD before the @"},
	{"zk://:geheim@a/mesos", "not USER:PASSWORD before the @"},
	{"zk://@a/mesos", "not USER:PASSWORD before the @"},
	{"zk://user:ge/heim@a/mesos", "server 1: not a port"},
	{"file://", "not an absolute path behind file://"},
	{"file:///", "not an absolute path behind file://"},
	{"file://etc/zk", "not an absolute path behind file://"},
};

static void check_url(const struct zk_url *url, size_t i)
{
	assert_string_equal(url->text, good[i].servers);
	assert_string_equal(url->path, good[i].path);
	if (good[i].credentials)
		assert_string_equal(url->credentials, good[i].credentials);
	else
		assert_null(url->credentials);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct zk_url url;
		char *error = NULL;

		if (zk_url_load(good[i].url, &url, &error) < 0)
			fail_msg("%s: %s", good[i].url, error);
		check_url(&url, i);
		zk_url_done(&url);
		assert_null(url.credentials);
		assert_int_equal(zk_url_check(good[i].url, &error), 0);
		assert_null(error);
	}
}

static void test_servers(void **state)
{
	struct zk_url url;
	char *error;

	(void)state;
	assert_int_equal(zk_url_load("zk://[::1]:5,b/m", &url, &error), 0);
	assert_int_equal(url.count, 2);
	assert_string_equal(url.servers[0].host, "::1");
	assert_int_equal(url.servers[0].port, 5);
	assert_string_equal(url.servers[1].host, "b");
	assert_int_equal(url.servers[1].port, 2181);
	zk_url_done(&url);
}

static void expect_error(const char *text, const char *expected)
{
	struct zk_url url = {.count = 77};
	char *error = NULL;
	int r = zk_url_load(text, &url, &error);

	if (r != -EINVAL)
		fail_msg("\"%s\": %d", text, r);
	if (strcmp(error, expected) != 0)
		fail_msg("\"%s\": \"%s\", not \"%s\"", text, error, expected);
	assert_null(strstr(error, "heim"));
	assert_int_equal(url.count, 77);
	free(error);
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *error = NULL;

		expect_error(bad[i].url, bad[i].error);
		assert_int_equal(zk_url_check(bad[i].url, &error), -EINVAL);
		assert_string_equal(error, bad[i].error);
		free(error);
	}
}

/* A host of 253 octets is one, a longer one is not. */
static void test_long_host(void **state)
{
	char url[400], host[300];
	struct zk_url parsed;
	char *error = NULL;

	(void)state;
	memset(host, 'a', sizeof(host));
	snprintf(url, sizeof(url), "zk://%.253s/m", host);
	assert_int_equal(zk_url_load(url, &parsed, &error), 0);
	zk_url_done(&parsed);
	snprintf(url, sizeof(url), "zk://%.254s/m", host);
	expect_error(url, "server 1: the host is too long");
}

/* --- files ------------------------------------------------------------------------ */

static char file[64], file_url[80];

static int make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(file, "/tmp/xdns-zk-url-XXXXXX");
	fd = mkstemp(file);
	if (fd < 0)
		return -1;
	close(fd);
	snprintf(file_url, sizeof(file_url), "file://%s", file);
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	unlink(file);
	rmdir(file);
	return 0;
}

static void write_file(const char *text, size_t len)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void expect_file_error(const char *text, size_t len, const char *why)
{
	char expected[200];

	write_file(text, len);
	snprintf(expected, sizeof(expected), "%s: %s", file, why);
	expect_error(file_url, expected);
}

static void test_file(void **state)
{
	static const char *const ends[] = {"", "\n", "\r\n", "\n\n", " \t\n"};
	char text[100], *error = NULL;
	struct zk_url url;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(text, sizeof(text), "zk://u:p@a,b:1/mesos%s", ends[i]);
		write_file(text, strlen(text));
		assert_int_equal(zk_url_load(file_url, &url, &error), 0);
		assert_string_equal(url.text, "a:2181,b:1");
		assert_string_equal(url.credentials, "u:p");
		assert_string_equal(url.path, "/mesos");
		zk_url_done(&url);
	}
}

static void test_bad_file(void **state)
{
	char large[5000];

	(void)state;
	expect_file_error("", 0, "not a ZooKeeper URL");
	expect_file_error("zk://a/m\nzk://b/m\n", 18, "a control character in it");
	expect_file_error("file:///etc/zk", 14, "not a ZooKeeper URL");
	expect_file_error("zk://geheim@a/m", 15, "not USER:PASSWORD before the @");
	expect_file_error("zk://a/m\0x", 10, strerror(EBADMSG));
	memset(large, 'a', sizeof(large));
	memcpy(large, "zk://a/", 7);
	expect_file_error(large, sizeof(large), strerror(EFBIG));
	expect_error("file:///nowhere/at/all", "/nowhere/at/all: No such file or directory");
}

static void test_directory(void **state)
{
	char expected[100], *error = NULL;

	(void)state;
	unlink(file);
	assert_int_equal(mkdir(file, 0700), 0);
	snprintf(expected, sizeof(expected), "%s: Is a directory", file);
	expect_error(file_url, expected);
	/* The form is all right, and nothing is opened to see that. */
	assert_int_equal(zk_url_check(file_url, &error), 0);
	assert_int_equal(zk_url_check("file:///nowhere/at/all", &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long_host),
		cmocka_unit_test_setup_teardown(test_file, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_bad_file, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_directory, make_file, remove_file),
	};

	return cmocka_run_group_tests_name("zk_url", tests, NULL, NULL);
}
