// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fetch.c, http.c, iam.c and source.c against the masters of masters.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch.h"
#include "script.h"
#include "source.h"
#include "util.h"

#define FIXTURE "tests/unit/masters.py"

static struct {
	struct script script;
	unsigned a, b, tls, mtls;
	char dir[128];
} masters;

#define tell(...) script_tell(&masters.script, __VA_ARGS__)

static int start_masters(void **state)
{
	(void)state;
	if (script_start(&masters.script, FIXTURE))
		return -1;
	return sscanf(masters.script.line, "a=%u b=%u tls=%u mtls=%u dir=%127s", &masters.a,
		      &masters.b, &masters.tls, &masters.mtls, masters.dir) == 5
		       ? 0
		       : -1;
}

static int stop_masters(void **state)
{
	(void)state;
	script_stop(&masters.script);
	return 0;
}

struct setup {
	struct config cfg;
	char names[3][64];
	char *list[3];
	char files[3][160];
};

static char empty[] = "";

static void setup_init(struct setup *s)
{
	memset(s, 0, sizeof(*s));
	s->cfg.ca_cert_file = s->cfg.cert_file = s->cfg.key_file = empty;
	s->cfg.mesos_principal = s->cfg.mesos_secret = empty;
	s->cfg.masters = s->list;
	s->cfg.refresh_seconds = 3600;
	s->cfg.state_timeout_seconds = 20;
	s->cfg.state_max_bytes = 1 << 20;
}

static void add_master(struct setup *s, const char *host, unsigned port)
{
	size_t i = s->cfg.masters_count++;

	snprintf(s->names[i], sizeof(s->names[i]), "%s:%u", host, port);
	s->list[i] = s->names[i];
}

static char *file(struct setup *s, unsigned i, const char *name)
{
	snprintf(s->files[i], sizeof(s->files[i]), "%s/%s", masters.dir, name);
	return s->files[i];
}

/* "" for success, else the error; to be freed. Who answered goes to master. */
static char *fetch(const struct setup *s, char master[288], size_t *ret_agents)
{
	struct fetch_result result = {0};
	struct fetcher *f = NULL;
	char *error = NULL;
	int rc;

	assert_int_equal(fetcher_new(&s->cfg, &f), 0);
	rc = fetcher_fetch(f, &result, &error);
	fetcher_free(f);
	if (master)
		strcpy(master, result.master);
	if (rc == 0) {
		assert_null(error);
		assert_int_equal(result.cluster->frameworks[0].tasks_count, 1);
		*ret_agents = result.cluster->agents_count;
		cluster_free(result.cluster);
		return strdup("");
	}
	assert_int_equal(rc, -EIO);
	assert_non_null(error);
	assert_null(strchr(error, '\n'));
	return error;
}

static void expect(const struct setup *s, const char *error)
{
	_cleanup_free_ char *got = NULL;
	size_t agents = 0;

	got = fetch(s, NULL, &agents);
	if (*error ? !strstr(got, error) : *got != 0)
		fail_msg("got \"%s\", not \"%s\"", got, error);
	if (!*error)
		assert_int_equal(agents, 1);
}

static void expect_one(const char *behaviour, const char *error)
{
	struct setup s;

	setup_init(&s);
	add_master(&s, "127.0.0.1", masters.a);
	tell("%s", behaviour);
	expect(&s, error);
}

static void test_request(void **state)
{
	const char *log;

	(void)state;
	tell("log");
	expect_one("ok", "");
	log = tell("log");
	assert_int_equal(script_count(log, "a GET /master/state "), 1);
	assert_non_null(strstr(log, "user-agent=mesos-xdns/"));
	assert_non_null(strstr(log, "accept-encoding=gzip"));
	assert_non_null(strstr(log, "content-type=application/json"));
	assert_null(strstr(log, "authorization"));
	assert_null(strstr(log, "|"));
}

static void test_bodies(void **state)
{
	(void)state;
	expect_one("gzip", "");
	expect_one("gzip 20", "state document is truncated after");
	expect_one("chunked", "");
	expect_one("short", "transfer closed with 10 bytes remaining");
	expect_one("padded 1000000", "");
	expect_one("padded 1048576", "state document is larger than 1048576 bytes");
	expect_one("body []", "state document is not an object");
	expect_one("body {}", "state document names no leader");
	expect_one("body {\"leader\":", "state document is truncated after 10 bytes");
	expect_one("body nonsense", "state document is not an object");
	expect_one("body {nonsense",
		   "state document has 'n' where a key or } should be, at byte 1");
}

static void test_status(void **state)
{
	static const char *const refused[] = {"301", "400", "401", "403", "500", "503"};
	char behaviour[32], error[32];

	(void)state;
	expect_one("status 201", "");
	expect_one("status 204", "state document is empty");
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		snprintf(behaviour, sizeof(behaviour), "status %s", refused[i]);
		snprintf(error, sizeof(error), ": HTTP status %s", refused[i]);
		expect_one(behaviour, error);
	}
}

static void test_old_master(void **state)
{
	const char *log;

	(void)state;
	expect_one("old", "");
	tell("log");
	expect_one("status 404", "HTTP status 404");
	log = tell("log");
	assert_int_equal(script_count(log, "a GET /master/state "), 1);
	assert_int_equal(script_count(log, "a GET /state.json "), 1);
}

static void test_redirects(void **state)
{
	static const int codes[] = {301, 302, 303, 307, 308};
	char behaviour[64];
	const char *log;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		snprintf(behaviour, sizeof(behaviour), "redirect %d http://{b}/master/state",
			 codes[i]);
		tell("log");
		expect_one(behaviour, "");
		log = tell("log");
		/* the leader is who answered: no second fetch */
		assert_int_equal(script_count(log, " GET "), 2);
		assert_non_null(strstr(log, "referer=http://127.0.0.1:"));
	}
	expect_one("redirect 307 //{b}/master/state", "");
	tell("log");
	expect_one("redirect 302 http://{a}/master/state", "stopped after 10 redirects");
	assert_int_equal(script_count(tell("log"), "a GET"), 10);
	expect_one("redirect 302 file:///etc/hostname", "Protocol \"file\"");
}

static void test_basic(void **state)
{
	struct setup s;
	const char *log;

	(void)state;
	setup_init(&s);
	add_master(&s, "127.0.0.1", masters.a);
	s.cfg.mesos_auth = MESOS_AUTH_BASIC;
	s.cfg.mesos_principal = (char[]){"me"};
	s.cfg.mesos_secret = (char[]){"hunter2"};
	tell("log");
	tell("ok");
	expect(&s, "");
	log = tell("log");
	assert_non_null(strstr(log, "authorization=Basic bWU6aHVudGVyMg=="));
	tell("redirect 307 http://{b}/master/state");
	expect(&s, "");
	log = tell("log");
	assert_int_equal(script_count(log, " GET "), 2);
	assert_int_equal(script_count(log, "authorization="), 1);
	assert_null(strstr(strstr(log, "b GET"), "authorization="));
}

/* To a NUL-terminated text, to be freed. */
static char *read_file(const char *path)
{
	char *text = calloc(1, 8192);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(text, 1, 8191, f) > 0);
	fclose(f);
	return text;
}

static void test_iam(void **state)
{
	_cleanup_free_ char *key = NULL;
	char endpoint[96];
	struct setup s;
	const char *log;

	(void)state;
	setup_init(&s);
	add_master(&s, "127.0.0.1", masters.a);
	key = read_file(file(&s, 0, "iam.key"));
	snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u/acs/login", masters.a);
	s.cfg.mesos_auth = MESOS_AUTH_IAM;
	s.cfg.iam = (struct config_iam){
		.uid = (char[]){"svc"}, .private_key = key, .login_endpoint = endpoint};
	tell("log");
	tell("ok");
	expect(&s, "");
	log = tell("log");
	assert_non_null(strstr(log, "a POST /acs/login jwt-good"));
	assert_non_null(strstr(log, "authorization=token=T123"));
	tell("login 401 {}");
	expect(&s, "/acs/login: HTTP status 401");
	tell("login 200 {}");
	expect(&s, "holds no usable token");
	tell("login 200 {\"token\":\"a\\nb\"}");
	expect(&s, "holds no usable token");
	s.cfg.iam.private_key = (char[]){"notpem"};
	expect(&s, "the private key cannot sign");
}

static void test_leader(void **state)
{
	char behaviour[64], master[288], want[64];
	_cleanup_free_ char *error = NULL;
	struct setup s;
	size_t agents;

	(void)state;
	setup_init(&s);
	add_master(&s, "127.0.0.1", masters.a);
	tell("log");
	tell("ok b");
	error = fetch(&s, master, &agents);
	assert_string_equal(error, "");
	snprintf(want, sizeof(want), "127.0.0.2:%u", masters.b);
	assert_string_equal(master, want); /* its own port, not that of the first */
	assert_int_equal(script_count(tell("log"), " GET "), 2);
	tell("leader 127.0.0.1:7");
	expect(&s, ""); /* the same host: not followed */
	snprintf(behaviour, sizeof(behaviour), "leader 127.0.0.1:%u", masters.a);
	tell("%s", behaviour);
	s.cfg.masters_count = 0;
	add_master(&s, "localhost", masters.a);
	tell("log");
	expect(&s, ""); /* another spelling: asked again, once */
	assert_int_equal(script_count(tell("log"), " GET "), 2);
	tell("leader 127.0.0.1:1");
	expect(&s, "says the leader is 127.0.0.1:1: Failed to connect");
	tell("leader nohost");
	expect(&s, "names a leader that is not NAME@HOST:PORT");
}

static void test_masters_in_turn(void **state)
{
	struct setup s;
	const char *log;

	(void)state;
	setup_init(&s);
	add_master(&s, "127.0.0.1", 1);
	add_master(&s, "127.0.0.1", masters.a);
	add_master(&s, "127.0.0.2", masters.b);
	tell("log");
	tell("ok");
	expect(&s, "");
	log = tell("log");
	assert_int_equal(script_count(log, "a GET"), 1);
	assert_int_equal(script_count(log, "b GET"), 0);
	tell("body {}");
	expect(&s, "");
	assert_int_equal(script_count(tell("log"), "b GET"), 1);
	s.cfg.masters_count = 2;
	expect(&s, "127.0.0.1:1: Failed to connect");
	expect(&s, "; 127.0.0.1:");
	s.cfg.masters_count = 0;
	expect(&s, "no masters are known");
}

static void test_time_limit(void **state)
{
	struct setup s;

	(void)state;
	setup_init(&s);
	add_master(&s, "127.0.0.1", masters.a);
	s.cfg.state_timeout_seconds = 1;
	tell("drip");
	expect(&s, "no complete answer in time");
	tell("silent");
	expect(&s, "no complete answer in time, 0 bytes received");
}

static void expect_tls(unsigned port, const char *ca, bool client, const char *error)
{
	struct setup s;

	setup_init(&s);
	add_master(&s, "127.0.0.1", port);
	s.cfg.mesos_https = true;
	if (ca)
		s.cfg.ca_cert_file = file(&s, 0, ca);
	if (client) {
		s.cfg.cert_file = file(&s, 1, "client.pem");
		s.cfg.key_file = file(&s, 2, "client.key");
	}
	expect(&s, error);
}

static void test_https(void **state)
{
	(void)state;
	tell("ok");
	expect_tls(masters.tls, NULL, false, "");
	expect_tls(masters.tls, "ca.pem", false, "");
	expect_tls(masters.tls, "otherca.pem", false, "certificate");
	expect_tls(masters.tls, "missing.pem", false, "missing.pem");
	expect_tls(masters.mtls, "ca.pem", true, "");
	/* an alert or a reset, whichever comes first */
	expect_tls(masters.mtls, "ca.pem", false, "127.0.0.1:");
	expect_tls(masters.a, "ca.pem", false, "SSL");
}

static void test_no_proxy(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	expect_one("ok", "");
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

/* What a source told, waited for by the test. */
struct told {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned updates, failures;
	char error[512];
};

static void on_update(void *ctx, struct cluster *cluster, const struct source_stats *stats)
{
	struct told *t = ctx;

	assert_true(stats->bytes > 0 && stats->fetch_ns > 0 && stats->master);
	cluster_free(cluster);
	pthread_mutex_lock(&t->lock);
	t->updates++;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

static void on_failed(void *ctx, const char *error)
{
	struct told *t = ctx;

	pthread_mutex_lock(&t->lock);
	t->failures++;
	snprintf(t->error, sizeof(t->error), "%s", error ? error : "given up");
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

static const struct source_ops source_ops = {on_update, on_failed};

static void wait_for(struct told *t, const unsigned *counter, unsigned at_least)
{
	pthread_mutex_lock(&t->lock);
	while (*counter < at_least)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void test_source(void **state)
{
	struct told told = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	struct source *source = NULL;
	struct setup s;

	(void)state;
	setup_init(&s);
	add_master(&s, "127.0.0.1", masters.a);
	tell("status 500");
	assert_int_equal(source_start(&s.cfg, &source_ops, &told, &source), 0);
	source_fetch(source, NULL);
	wait_for(&told, &told.failures, 1);
	assert_non_null(strstr(told.error, "HTTP status 500"));
	tell("ok");
	for (unsigned i = 1; i <= 3; i++) {
		source_fetch(source, NULL);
		wait_for(&told, &told.updates, i);
	}
	tell("status 503");
	source_fetch(source, NULL);
	wait_for(&told, &told.failures, 2);
	assert_non_null(strstr(told.error, "503"));
	source_stop(source);
	assert_int_equal(told.updates, 3); /* one for each that was asked for */
}

/* A master that hangs is given up when others are named. */
static void test_source_masters(void **state)
{
	struct told told = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	struct source *source = NULL;
	char other[64];
	const char *const list[] = {other};
	struct setup s;

	(void)state;
	setup_init(&s);
	s.cfg.state_timeout_seconds = 3600; /* longer than the test's alarm */
	add_master(&s, "127.0.0.1", masters.a);
	tell("silent");
	tell("log");
	assert_int_equal(source_start(&s.cfg, &source_ops, &told, &source), 0);
	source_fetch(source, NULL);
	while (!strstr(tell("log"), "a GET"))
		usleep(10000);
	tell("ok b");
	snprintf(other, sizeof(other), "127.0.0.2:%u", masters.b);
	assert_int_equal(source_set_masters(source, list, 1), 0);
	wait_for(&told, &told.failures, 1);
	assert_string_equal(told.error, "given up");
	source_fetch(source, NULL);
	wait_for(&told, &told.updates, 1);
	source_stop(source);
}

static void test_source_stop(void **state)
{
	static const char *const behaviours[] = {"silent", "drip"};
	struct told told = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	struct source *source;
	struct setup s;

	(void)state;
	setup_init(&s);
	s.cfg.state_timeout_seconds = 3600; /* longer than the test's alarm */
	add_master(&s, "127.0.0.1", masters.a);
	for (size_t i = 0; i < ARRAY_SIZE(behaviours); i++) {
		tell("%s", behaviours[i]);
		tell("log");
		assert_int_equal(source_start(&s.cfg, &source_ops, &told, &source), 0);
		source_fetch(source, NULL);
		while (!strstr(tell("log"), "a GET"))
			usleep(10000);
		source_stop(source);
	}
	assert_int_equal(told.updates, 0);
	assert_int_equal(told.failures, ARRAY_SIZE(behaviours)); /* given up */
	source_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),	    cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_status),	    cmocka_unit_test(test_old_master),
		cmocka_unit_test(test_redirects),   cmocka_unit_test(test_basic),
		cmocka_unit_test(test_iam),	    cmocka_unit_test(test_leader),
		cmocka_unit_test(test_https),	    cmocka_unit_test(test_masters_in_turn),
		cmocka_unit_test(test_time_limit),  cmocka_unit_test(test_no_proxy),
		cmocka_unit_test(test_source),	    cmocka_unit_test(test_source_masters),
		cmocka_unit_test(test_source_stop),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, start_masters, stop_masters);
}
