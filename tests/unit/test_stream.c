// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* stream.c and stream_session.c against the masters of stream_master.py. */
#include "stream_listener.h"

#define ADDED(id)                                                                                  \
	"{\"type\":\"TASK_ADDED\",\"task_added\":{\"task\":{\"task_id\":{\"value\":\"" id          \
	"\"},\"framework_id\":{\"value\":\"F\"},\"state\":\"TASK_RUNNING\"}}}"

static void test_events(void **state)
{
	struct listener *l = listener_new();
	const char *log;
	char want[160];

	(void)state;
	start(l);
	follow(l, A, 0);
	wait_text(l, "snapshot\n");
	wait_text(l, "agent id=S-a host=10.0.0.1 port=5051 at=10.0.0.1\n");
	wait_text(l, "task id=t1 name=app agent=S-a\n");
	snprintf(want, sizeof(want),
		 "HEARD subscribed to 127.0.0.1:%u: 1 frameworks, 1 tasks, 1 agents\n", A);
	wait_text(l, want);
	/* each alone on the wire, nothing comes behind that could push it out */
	tell("send " ADDED("one"));
	wait_text(l, "task added framework=F  task id=one name= agent=\n");
	tell("send {\"type\":\"NEWS\"}");
	tell("send {\"type\":\"TASK_ADDED\",\"task_added\":7}");
	tell("send "
	     "{\"type\":\"AGENT_REMOVED\",\"agent_removed\":{\"agent_id\":{\"value\":\"S\"}}}");
	wait_text(l, "agent removed id=S\n");
	assert_int_equal(told(l, "LOST"), 0);
	assert_int_equal(told(l, "task added"), 1);
	log = tell("log");
	assert_non_null(strstr(log, "a POST /api/v1 {\"type\":\"SUBSCRIBE\"} "
				    "accept=application/json content-type=application/json"));
	assert_null(strstr(log, "|"));
	assert_null(strstr(log, "encoding"));
	assert_null(strstr(log, "authorization"));
	listener_done(l);
}

static void test_chunks(void **state)
{
	static const char *const sizes[] = {"1 0", "2 0", "7 0", "300 0", "100000 0"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct listener *l = listener_new();

		tell("a pieces %s", sizes[i]);
		start(l);
		follow(l, A, 0);
		wait_text(l, "HEARD");
		wait_text(l, "task id=x19 name=n19 agent=\n");
		assert_int_equal(told(l, "task added"), 20);
		listener_done(l);
	}
}

/* Longer than any limit for silence, but never silent. */
static void test_slow(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	l->times.connect = MSEC(1000);
	l->times.heartbeat = MSEC(300);
	tell("a pieces 50 0.08");
	start(l);
	follow(l, A, 0);
	wait_text(l, "HEARD");
	wait_text(l, "task id=x19 name=n19 agent=\n");
	listener_done(l);
}

/* An octet now and then is not enough: an event has as much time as a document. */
static void test_dripping(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	l->cfg.state_timeout_seconds = 1;
	tell("a first pieces 4 0.2 | ok");
	start(l);
	follow(l, A, 0);
	wait_text(l, "LOST");
	wait_text(l, ": an event has not come in whole within 1 s\n");
	wait_text(l, "HEARD"); /* the next time it behaves */
	tell("begin 5000");
	for (int i = 0; i < 200 && told(l, "LOST") < 2; i++) {
		tell("raw x");
		usleep(50000);
	}
	assert_int_equal(told(l, "LOST"), 2);
	listener_done(l);
}

/* Every way a stream may be silent: before the answer, before a record, after SUBSCRIBED. */
static void test_silence(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	l->times.connect = MSEC(1000);
	tell("a mute");
	start(l);
	follow(l, A, 0);
	wait_text(l, ": nothing heard for 1 s\n");
	tell("a headers");
	wait_text(l, ": nothing heard for 1 s\n");
	wait_text(l, ": nothing heard for 1 s\n");
	tell("a ok 0.1");
	wait_text(l, "HEARD");
	wait_text(l, ": nothing heard for 0.3 s\n");
	tell("a ok");
	wait_text(l, "HEARD");
	listener_done(l);
}

/* Heartbeats are life, though they make no events. */
static void test_alive(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	tell("a ok 3600 0.05");
	start(l);
	follow(l, A, 0);
	wait_text(l, "HEARD");
	for (unsigned i = 0; i < 3; i++)
		wait_text(l, "alive\n");
	listener_done(l);
}

static void test_ends(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	start(l);
	follow(l, A, 0);
	wait_text(l, "HEARD");
	tell("close");
	wait_text(l, ": the master ended the stream\n");
	wait_text(l, "HEARD");
	tell("abort");
	wait_text(l, "LOST 127.0.0.1:");
	wait_text(l, "HEARD");
	tell("raw 100");
	tell("close");
	wait_text(l, ": the stream ended within a record's length, at byte ");
	wait_text(l, "HEARD");
	tell("raw nonsense");
	wait_text(l, ": the stream has 'n' where a record's length should begin, at byte ");
	wait_text(l, "HEARD");
	tell("raw 99999999");
	wait_text(l, ": the stream has a record of more than 1048576 bytes, at byte ");
	wait_text(l, "HEARD");
	tell("send {\"type\":}");
	wait_text(l, ": event has '}' where a value should begin, at byte 8\n");
	wait_text(l, "HEARD");
	tell("send {\"type\":\"SUBSCRIBED\",\"subscribed\":{\"get_state\":[]}}");
	wait_text(l, ": event has a get_state that is no object\n");
	wait_text(l, "HEARD");
	listener_done(l);
}

static void test_beginnings(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	tell("a first cut close | cut abort | beats | whole | whole <html> | status 503 | "
	     "status 401 | redirect 307 //{a}/api/v1 | redirect 307 ftp:x | ok");
	start(l);
	follow(l, A, 0);
	wait_text(l, ": the stream ended within a record, 20 bytes short, at byte ");
	wait_text(l, "LOST 127.0.0.1:");
	wait_text(l, ": the stream does not begin with SUBSCRIBED\n");
	wait_text(l, ": the master ended the stream before SUBSCRIBED\n");
	wait_text(l, ": the stream has '<' where a record's length should begin, at byte 0\n");
	wait_text(l, ": HTTP status 503\n");
	wait_text(l, ": HTTP status 401\n");
	wait_text(l, "HEARD"); /* the redirect was to itself, and from there to nowhere */
	listener_done(l);
}

static void test_unsupported(void **state)
{
	static const int codes[] = {400, 403, 404, 405, 501};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct listener *l = listener_new();
		char want[128];

		tell("a status %d no such thing", codes[i]);
		start(l);
		follow(l, A, B); /* what one master does not have the others have not, either */
		snprintf(want, sizeof(want), "UNSUPPORTED 127.0.0.1:%u: HTTP status %d for /api/v1",
			 A, codes[i]);
		wait_text(l, want);
		follow(l, B, A); /* but another may be of another version */
		wait_text(l, "HEARD subscribed to 127.0.0.2:");
		assert_int_equal(told(l, "LOST"), 0);
		listener_done(l);
	}
}

/* After a while the same master is asked again: it may have been upgraded. */
static void test_unsupported_again(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	l->times.unsupported = MSEC(20);
	tell("a first status 404 | status 404 | ok");
	start(l);
	follow(l, A, 0);
	wait_text(l, "UNSUPPORTED");
	wait_text(l, "UNSUPPORTED");
	wait_text(l, "HEARD");
	listener_done(l);
}

static void test_redirects(void **state)
{
	static const char *const replies[] = {
		"redirect 307 //{b}/api/v1", "redirect 307 http://{b}/elsewhere with a body",
		"redirect 302 //{b}/api/v1", "redirect 308 https://{b}/api/v1"};
	const char *log;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		struct listener *l = listener_new();

		l->cfg.mesos_auth = MESOS_AUTH_BASIC;
		l->cfg.mesos_principal = (char[]){"me"};
		l->cfg.mesos_secret = (char[]){"hunter2"};
		tell("a %s", replies[i]);
		start(l);
		follow(l, A, 0);
		wait_text(l, "HEARD subscribed to 127.0.0.2:");
		log = tell("log");
		assert_int_equal(script_count(log, " POST /api/v1 {\"type\":\"SUBSCRIBE\"}"), 2);
		assert_int_equal(script_count(log, "authorization=Basic bWU6aHVudGVyMg=="), 2);
		assert_non_null(strstr(log, "| b POST"));
		listener_done(l);
	}
}

static void test_redirects_without_end(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	l->times.backoff_min = l->times.backoff_max = FOREVER;
	tell("a redirect 307 //{b}/api/v1");
	tell("b redirect 307 //{a}/api/v1");
	start(l);
	follow(l, A, 0);
	wait_text(l, ": redirected more than 4 times\n");
	assert_int_equal(script_count(tell("log"), "POST"), 5);
	listener_done(l);
}

/* To a NUL-terminated text, to be freed. */
static char *read_file(const char *path)
{
	char *text = calloc(1, 8192);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, 8191, f) > 0);
	fclose(f);
	return text;
}

static char *file(struct listener *l, unsigned i, const char *name)
{
	snprintf(l->files[i], sizeof(l->files[i]), "%s/%s", masters.dir, name);
	return l->files[i];
}

static void test_iam(void **state)
{
	struct listener *l = listener_new();
	_cleanup_free_ char *key = read_file(file(l, 0, "iam.key"));
	char endpoint[96];
	const char *log;

	(void)state;
	snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u/acs/login", A);
	l->cfg.mesos_auth = MESOS_AUTH_IAM;
	l->cfg.iam = (struct config_iam){
		.uid = (char[]){"svc"}, .private_key = key, .login_endpoint = endpoint};
	tell("a first status 401 | ok");
	start(l);
	follow(l, A, 0);
	wait_text(l, "LOST");
	wait_text(l, "HEARD");
	log = tell("log"); /* logs in anew each time: the token may be what was wrong */
	assert_int_equal(script_count(log, "a POST /acs/login jwt-good"), 2);
	assert_int_equal(script_count(log, "authorization=token=T123"), 2);
	listener_done(l);
}

static void test_tls(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	l->cfg.mesos_https = true;
	l->cfg.ca_cert_file = file(l, 0, "ca.pem");
	start(l);
	follow(l, TLS, 0);
	wait_text(l, "HEARD");
	tell("send " ADDED("one"));
	wait_text(l, "task id=one");
	listener_done(l);
	l = listener_new();
	l->cfg.mesos_https = true;
	l->cfg.ca_cert_file = file(l, 0, "otherca.pem");
	start(l);
	follow(l, TLS, 0);
	wait_text(l, "certificate");
	listener_done(l);
}

static void test_follow(void **state)
{
	struct listener *l = listener_new();
	const char *log;

	(void)state;
	start(l);
	assert_int_equal(stream_follow(l->stream, NULL, 0), 0);
	follow(l, A, 0);
	wait_text(l, "HEARD subscribed to 127.0.0.1:");
	follow(l, B, A);
	wait_text(l, "LOST another master leads\n");
	wait_text(l, "agent id=S-b");
	wait_text(l, "HEARD subscribed to 127.0.0.2:");
	/* no reason to leave */
	follow(l, B, 0);
	assert_int_equal(stream_follow(l->stream, NULL, 0), 0);
	follow(l, B, A);
	tell("send " ADDED("one"));
	wait_text(l, "task id=one");
	log = tell("log");
	assert_int_equal(script_count(log, "a POST"), 1);
	assert_int_equal(script_count(log, "b POST"), 1);
	listener_done(l);
}

/* Who is heard by way of a redirect is not left when it turns out to be the leader. */
static void test_follow_who_is_heard(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	tell("a redirect 307 //{b}/api/v1");
	start(l);
	follow(l, A, B);
	wait_text(l, "HEARD subscribed to 127.0.0.2:");
	follow(l, B, A);
	tell("send " ADDED("one"));
	wait_text(l, "task id=one");
	assert_int_equal(script_count(tell("log"), "b POST"), 1);
	listener_done(l);
}

/* One that is down, or without a leader, does not keep the next from being asked. */
static void test_masters_in_turn(void **state)
{
	struct listener *l = listener_new();
	char want[160];

	(void)state;
	tell("a status 503");
	start(l);
	follow(l, A, B);
	wait_text(l, "HEARD subscribed to 127.0.0.2:");
	assert_int_equal(told(l, "LOST"), 0);
	listener_done(l);
	l = listener_new();
	tell("a status 503");
	tell("b status 500");
	start(l);
	follow(l, A, B);
	snprintf(want, sizeof(want),
		 "LOST 127.0.0.1:%u: HTTP status 503; 127.0.0.2:%u: HTTP status 500\n", A, B);
	wait_text(l, want);
	wait_text(l, want);
	tell("b ok");
	wait_text(l, "HEARD subscribed to 127.0.0.2:");
	listener_done(l);
}

/* A new leader ends any wait. */
static void test_follow_wakes(void **state)
{
	struct listener *l = listener_new();

	(void)state;
	l->times.backoff_min = l->times.backoff_max = FOREVER;
	tell("a status 503");
	start(l);
	follow(l, A, 0);
	wait_text(l, "LOST");
	follow(l, B, 0);
	wait_text(l, "HEARD subscribed to 127.0.0.2:");
	tell("a mute");
	follow(l, A, 0);
	wait_text(l, "LOST another master leads\n");
	follow(l, B, 0); /* while the other one has not answered yet */
	wait_text(l, "HEARD subscribed to 127.0.0.2:");
	listener_done(l);
}

static void test_stop(void **state)
{
	static const char *const behaviours[] = {"ok", "mute", "headers", "status 503",
						 "status 404"};
	struct listener *l = listener_new();

	(void)state;
	listener_done(l); /* never started */
	l = listener_new();
	assert_int_equal(stream_start(&l->cfg, &ops, l, &l->stream), 0);
	listener_done(l); /* never followed anybody */
	for (size_t i = 0; i < ARRAY_SIZE(behaviours); i++) {
		l = listener_new();
		l->times.backoff_min = l->times.backoff_max = FOREVER;
		tell("a %s", behaviours[i]);
		start(l);
		follow(l, A, 0);
		while (!strstr(tell("log"), "POST"))
			usleep(1000);
		listener_done(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_dripping),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_alive),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_unsupported_again),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_redirects_without_end),
		cmocka_unit_test(test_iam),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_follow_who_is_heard),
		cmocka_unit_test(test_masters_in_turn),
		cmocka_unit_test(test_follow_wakes),
		cmocka_unit_test(test_stop),
	};

	alarm(900); /* no wait is for ever */
	return cmocka_run_group_tests(tests, start_masters, stop_masters);
}
