// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * NOTIFY (RFC 1996) to a secondary of the test's on loopback: when it is told again, and which
 * answers count.
 */
#include "transfer_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <urcu.h>

#include "secondaries.h"
#include "util.h"

#define GUARD_MS   (120 * 1000) /* a test that hangs fails */
#define MESSAGE	   512
#define NAME_AT	   DNS_HEADER_LEN
#define NAME_LEN   7 /* mesos. */
#define ANSWER_LEN (NAME_AT + NAME_LEN + 4)

struct scene {
	struct world world;
	uv_loop_t loop;
	uv_timer_t guard;
	struct secondaries *all;
	int fd; /* the secondary's */
	/* the last message, and who it is from */
	uint8_t message[MESSAGE];
	ssize_t len;
	struct sockaddr_in from;
};

static void on_guard(uv_timer_t *timer)
{
	(void)timer;
	fprintf(stderr, "it did not happen\n");
	abort();
}

static void scene_start(struct scene *c)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	char members[128];

	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(c->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(c->fd, (struct sockaddr *)&a, &len), 0);
	snprintf(members, sizeof(members),
		 "\"transfer\": [{\"address\": \"127.0.0.1\", \"port\": %u}]", ntohs(a.sin_port));
	world_start(&c->world, members);
	assert_int_equal(uv_loop_init(&c->loop), 0);
	uv_timer_init(&c->loop, &c->guard);
	uv_timer_start(&c->guard, on_guard, GUARD_MS, 0);
	assert_int_equal(secondaries_new(&c->loop, c->world.zone, &c->all), 0);
	assert_int_equal(secondaries_configure(c->all, c->world.cfg), 0);
}

static void scene_end(struct scene *c)
{
	secondaries_close(c->all);
	uv_close((uv_handle_t *)&c->guard, NULL);
	uv_run(&c->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&c->loop), 0);
	world_end(&c->world);
	close(c->fd);
}

static uint64_t counted(const struct scene *c, enum notify_event what)
{
	return secondaries_counts(c->all)[what];
}

/* Takes what has come; is there a message? */
static bool receive(struct scene *c)
{
	socklen_t len = sizeof(c->from);
	bool some = false;
	ssize_t n;

	while ((n = recvfrom(c->fd, c->message, sizeof(c->message), 0, (struct sockaddr *)&c->from,
			     &len)) >= 0) {
		c->len = n;
		some = true;
	}
	return some;
}

static void wait_for_message(struct scene *c)
{
	while (!receive(c))
		uv_run(&c->loop, UV_RUN_ONCE);
}

static void wait_for(struct scene *c, enum notify_event what, uint64_t times)
{
	while (counted(c, what) < times)
		uv_run(&c->loop, UV_RUN_ONCE);
}

/* The answer to the last message, with one octet exchanged (at ANSWER_LEN: none), cut at len. */
static void answer(struct scene *c, size_t at, uint8_t with, size_t len)
{
	uint8_t a[ANSWER_LEN + 1];

	memcpy(a, c->message, ANSWER_LEN);
	a[2] |= 0x80; /* QR */
	memset(a + 6, 0, 6);
	a[at] = with;
	assert_int_equal(sendto(c->fd, a, len, 0, (struct sockaddr *)&c->from, sizeof(c->from)),
			 len);
}

/* Silence: the same question once more, with another ID; an answer ends that. */
static void test_told_again(void **state)
{
	uint8_t first[MESSAGE];
	struct scene c;

	(void)state;
	scene_start(&c);
	wait_for_message(&c);
	assert_true(c.len > ANSWER_LEN);
	assert_int_equal(c.message[2] & 0xf8, 4 << 3); /* NOTIFY, a question */
	assert_memory_equal(c.message + NAME_AT, "\5mesos\0\0\6\0\1", NAME_LEN + 4);
	memcpy(first, c.message, sizeof(first));
	wait_for_message(&c);
	assert_memory_not_equal(c.message, first, 2);
	assert_memory_equal(c.message + 2, first + 2, (size_t)c.len - 2);
	while (!counted(&c, NOTIFY_acknowledged)) { /* it may have been told a third time */
		answer(&c, ANSWER_LEN, 0, ANSWER_LEN);
		do
			uv_run(&c.loop, UV_RUN_ONCE);
		while (!counted(&c, NOTIFY_acknowledged) && !receive(&c));
	}
	assert_true(counted(&c, NOTIFY_sent) >= 2);
	assert_int_equal(counted(&c, NOTIFY_acknowledged), 1);
	assert_int_equal(counted(&c, NOTIFY_unanswered), 0);
	/* a change is told at once */
	receive(&c);
	change_a(c.world.zone, true, "b.mesos", htonl(0x02020202));
	commit(c.world.zone, 101);
	secondaries_follow(c.all);
	wait_for_message(&c);
	assert_memory_equal(c.message + NAME_AT, first + NAME_AT, NAME_LEN + 4);
	scene_end(&c);
}

/* What is no answer to the last message is ignored, and it is still awaited. */
static void test_forged(void **state)
{
	static const struct {
		const char *what;
		size_t at, len;
		uint8_t flip; /* of the octet there */
	} forged[] = {
		{"another ID", 0, ANSWER_LEN, 0x01},	{"another ID", 1, ANSWER_LEN, 0x80},
		{"no answer", 2, ANSWER_LEN, 0x80},	{"another opcode", 2, ANSWER_LEN, 0x08},
		{"two questions", 5, ANSWER_LEN, 0x03}, {"256 of them", 4, ANSWER_LEN, 0x01},
		{"another name", 13, ANSWER_LEN, 0x01}, {"half a header", 11, 11, 0},
		{"half a name", 11, NAME_AT + 3, 0},
	};
	struct scene c;

	(void)state;
	scene_start(&c);
	wait_for_message(&c);
	for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
		uint8_t octet = c.message[forged[i].at];

		octet |= forged[i].at == 2 ? 0x80 : 0;
		octet = forged[i].at >= 6 && forged[i].at < 12 ? 0 : octet;
		answer(&c, forged[i].at, octet ^ forged[i].flip, forged[i].len);
		wait_for(&c, NOTIFY_ignored, i + 1);
		receive(&c); /* told again meanwhile: that is the last message then */
	}
	assert_int_equal(counted(&c, NOTIFY_ignored), ARRAY_SIZE(forged));
	assert_int_equal(counted(&c, NOTIFY_acknowledged) + counted(&c, NOTIFY_refused), 0);
	wait_for_message(&c); /* it goes on as if nothing had come */
	assert_true(counted(&c, NOTIFY_sent) >= 2);
	scene_end(&c);
}

/* An error is an answer, too: it is not told again. */
static void test_refused(void **state)
{
	struct scene c;

	(void)state;
	scene_start(&c);
	wait_for_message(&c);
	while (!counted(&c, NOTIFY_refused)) {
		answer(&c, 3, DNS_RCODE_REFUSED, ANSWER_LEN);
		do
			uv_run(&c.loop, UV_RUN_ONCE);
		while (!counted(&c, NOTIFY_refused) && !receive(&c));
	}
	assert_int_equal(counted(&c, NOTIFY_refused), 1);
	assert_int_equal(counted(&c, NOTIFY_acknowledged), 0);
	/* and one more answer is one to nothing */
	answer(&c, ANSWER_LEN, 0, ANSWER_LEN);
	wait_for(&c, NOTIFY_ignored, 1);
	assert_int_equal(counted(&c, NOTIFY_acknowledged), 0);
	scene_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_again),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
