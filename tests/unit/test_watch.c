// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The zone's changes as somebody who follows them is told: sets before and after, positions to go
 * on from, and what is said when the changes since then are not known any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "watch.h"
#include "zone_fixture.h"

#define FIRST_SERIAL 100

struct world {
	uv_loop_t loop;
	struct history *history;
	struct watch *watch;
	struct zone *zone;
	unsigned woken;
	uint32_t serial;
};

static void on_wake(void *ctx)
{
	((struct world *)ctx)->woken++;
}

static void start(struct world *w)
{
	*w = (struct world){.zone = new_zone(), .serial = FIRST_SERIAL};
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(history_new(&w->history), 0);
	assert_int_equal(watch_new(&w->loop, w->history, on_wake, w, &w->watch), 0);
	change_a(w->zone, true, "old.marathon.mesos", 0x01010101);
	commit(w->zone, w->serial);
	assert_int_equal(watch_begin(w->watch, w->zone), 0);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	uv_close(handle, NULL);
}

static void end(struct world *w)
{
	history_end(w->history);
	uv_walk(&w->loop, close_handle, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	watch_free(w->watch);
	history_free(w->history);
	zone_free(w->zone);
}

static struct watcher *follow(struct world *w, struct watch_request q)
{
	struct watcher *c;

	assert_int_equal(watcher_new(w->watch, &q, &c), 0);
	return c;
}

/* All there is to read now; to be freed. */
static char *news(struct watcher *c)
{
	char *text = NULL, piece[7];
	size_t len;
	FILE *out = open_memstream(&text, &len);
	ssize_t n;

	while ((n = watcher_read(c, piece, sizeof(piece))) > 0)
		fwrite(piece, 1, (size_t)n, out);
	assert_int_equal(n, 0);
	fclose(out);
	return text;
}

/* The events' data, a line each, "reset " before that of a reset. */
static char *told(struct watcher *c)
{
	char *text = news(c), *lines = NULL, *rest;
	size_t len;
	FILE *out = open_memstream(&lines, &len);

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strcmp(line, "event: reset"))
			fputs("reset ", out);
		if (!strncmp(line, "data: ", 6))
			fprintf(out, "%s\n", line + 6);
	}
	free(text);
	fclose(out);
	return lines;
}

static void expect(struct watcher *c, const char *wanted)
{
	char *got = told(c);

	assert_string_equal(got, wanted);
	free(got);
}

/* The last id of the stream so far; to be freed. */
static char *last_id(struct watcher *c)
{
	char *text = news(c), *id = NULL;

	for (char *at = strstr(text, "id: "); at; at = strstr(at, "id: ")) {
		at += 4;
		free(id);
		id = strndup(at, strcspn(at, "\n"));
	}
	free(text);
	assert_non_null(id);
	return id;
}

static void test_sets(void **state)
{
	struct watcher *c;
	struct world w;

	(void)state;
	start(&w);
	c = follow(&w, (struct watch_request){0});
	expect(c, "reset {\"serial\": 100, \"reason\": \"start\"}\n");
	change_a(w.zone, true, "web.marathon.mesos", 0x0100000a);
	change_srv(w.zone, true, "_web._tcp.marathon.mesos", 31001, "web-1.marathon.slave.mesos");
	commit(w.zone, 101);
	expect(c, "{\"serial\": 101, \"name\": \"web.marathon.mesos.\", \"type\": \"A\", "
		  "\"old\": [], \"new\": [\"10.0.0.1\"]}\n"
		  "{\"serial\": 101, \"name\": \"_web._tcp.marathon.mesos.\", \"type\": \"SRV\", "
		  "\"old\": [], \"new\": [\"web-1.marathon.slave.mesos.:31001\"]}\n");
	change_a(w.zone, true, "web.marathon.mesos", 0x0200000a);
	change_a(w.zone, false, "web.marathon.mesos", 0x0100000a);
	commit(w.zone, 102);
	expect(c, "{\"serial\": 102, \"name\": \"web.marathon.mesos.\", \"type\": \"A\", "
		  "\"old\": [\"10.0.0.1\"], \"new\": [\"10.0.0.2\"]}\n");
	change_srv(w.zone, false, "_web._tcp.marathon.mesos", 31001, "web-1.marathon.slave.mesos");
	commit(w.zone, 103);
	expect(c, "{\"serial\": 103, \"name\": \"_web._tcp.marathon.mesos.\", \"type\": \"SRV\", "
		  "\"old\": [\"web-1.marathon.slave.mesos.:31001\"], \"new\": []}\n");
	/* no difference that a client would see: a name that is only above others goes, and */
	/* one more task gives what another has given */
	change_a(w.zone, true, "web.marathon.mesos", 0x0200000a);
	commit(w.zone, 104);
	expect(c, "");
	watcher_free(c);
	end(&w);
}

static void test_large_sets(void **state)
{
	struct watcher *c;
	struct world w;
	char *text;

	(void)state;
	start(&w);
	c = follow(&w, (struct watch_request){.serial = "100"});
	for (uint32_t i = 0; i < 1000; i++) {
		change_a(w.zone, true, "many.marathon.mesos", i << 8 | 10);
		change_srv(w.zone, true, "_many._tcp.marathon.mesos", (uint16_t)i,
			   "a-target-that-has-a-long-name-and-a-tail.marathon.slave.mesos");
	}
	commit(w.zone, 101);
	text = told(c);
	assert_non_null(strstr(text, "\"10.231.3.0\""));
	assert_non_null(strstr(
		text, "\"a-target-that-has-a-long-name-and-a-tail.marathon.slave.mesos.:999\""));
	free(text);
	/* 65,536 addresses are more than is kept of one change */
	for (uint32_t i = 1000; i < 65536; i++)
		change_a(w.zone, true, "many.marathon.mesos", i << 8 | 10);
	commit(w.zone, 102);
	expect(c, "reset {\"serial\": 102, \"reason\": \"lost\"}\n");
	change_a(w.zone, true, "web.marathon.mesos", 0x0100000a);
	commit(w.zone, 103);
	expect(c, "{\"serial\": 103, \"name\": \"web.marathon.mesos.\", \"type\": \"A\", "
		  "\"old\": [], \"new\": [\"10.0.0.1\"]}\n");
	watcher_free(c);
	end(&w);
}

/* Commits of two changes each, serials from..to. */
static void change_many(struct world *w, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++) {
		char name[64];

		for (int k = 0; k < 2; k++) {
			snprintf(name, sizeof(name), "n%u-%d.marathon.mesos", i, k);
			change_a(w->zone, true, name, i);
		}
		commit(w->zone, i);
	}
}

static size_t lines(struct watcher *c)
{
	char *text = told(c);
	size_t n = 0;

	for (const char *p = text; *p; p++)
		n += *p == '\n';
	assert_null(strstr(text, "reset"));
	free(text);
	return n;
}

static void test_resume(void **state)
{
	struct watcher *c;
	struct world w;
	char piece[200], *id, *other;

	(void)state;
	start(&w);
	change_many(&w, 101, 110);
	c = follow(&w, (struct watch_request){.serial = "100"});
	assert_int_equal(lines(c), 20);
	watcher_free(c);
	c = follow(&w, (struct watch_request){.serial = "107"});
	assert_int_equal(lines(c), 6);
	watcher_free(c);
	c = follow(&w, (struct watch_request){.serial = "110"});
	assert_int_equal(lines(c), 0);
	watcher_free(c);
	/* in the midst of a commit: its first event is here, its second is missed */
	c = follow(&w, (struct watch_request){.serial = "109"});
	assert_int_equal(watcher_read(c, piece, sizeof(piece) - 1), sizeof(piece) - 1);
	piece[sizeof(piece) - 1] = '\0';
	assert_non_null(strstr(piece, "\n\n"));
	id = strndup(strstr(piece, "id: ") + 4, strcspn(strstr(piece, "id: ") + 4, "\n"));
	watcher_free(c);
	c = follow(&w, (struct watch_request){.last_id = id, .serial = "100"});
	assert_int_equal(lines(c), 1);
	watcher_free(c);
	free(id);
	/* the id of a reset leads on from there */
	c = follow(&w, (struct watch_request){0});
	id = last_id(c);
	watcher_free(c);
	change_many(&w, 111, 112);
	c = follow(&w, (struct watch_request){.last_id = id});
	assert_int_equal(lines(c), 4);
	watcher_free(c);
	/* an id of another daemon, and one from the future */
	other = strdup(id);
	other[0] = other[0] == '1' ? '2' : '1';
	c = follow(&w, (struct watch_request){.last_id = other});
	expect(c, "reset {\"serial\": 112, \"reason\": \"lost\"}\n");
	watcher_free(c);
	free(other);
	assert_true(asprintf(&other, "%s9", id) > 0);
	c = follow(&w, (struct watch_request){.last_id = other});
	expect(c, "reset {\"serial\": 112, \"reason\": \"lost\"}\n");
	watcher_free(c);
	free(other);
	free(id);
	end(&w);
}

static void expect_lost(struct world *w, struct watch_request q)
{
	struct watcher *c = follow(w, q);
	char text[100];

	snprintf(text, sizeof(text), "reset {\"serial\": %u, \"reason\": \"lost\"}\n",
		 zone_serial(w->zone));
	expect(c, text);
	watcher_free(c);
}

static void test_lost(void **state)
{
	struct watcher *c;
	struct world w;
	char *text;

	(void)state;
	start(&w);
	expect_lost(&w, (struct watch_request){.serial = "99"});
	expect_lost(&w, (struct watch_request){.serial = "101"});
	expect_lost(&w, (struct watch_request){.last_id = ""});
	expect_lost(&w, (struct watch_request){.last_id = "1"});
	expect_lost(&w, (struct watch_request){.last_id = "x-1"});
	c = follow(&w, (struct watch_request){.serial = "100"});
	/* the last are as many as are kept; one commit more, and its first is forgotten */
	change_many(&w, 101, 101 + HISTORY_CHANGES / 2);
	text = told(c);
	assert_ptr_equal(strstr(text, "reset"), text);
	free(text);
	watcher_free(c);
	expect_lost(&w, (struct watch_request){.serial = "100"});
	c = follow(&w, (struct watch_request){.serial = "101"});
	assert_int_equal(lines(c), HISTORY_CHANGES);
	watcher_free(c);
	end(&w);
}

static void test_filters(void **state)
{
	struct watch_request bad[] = {{.serial = "x"},		{.serial = ""},	 {.serial = "-1"},
				      {.serial = "4294967296"}, {.type = "TXT"}, {.type = ""}};
	uint8_t name[DNAME_WIRE_MAX + 1];
	struct watcher *c, *a, *aaaa;
	struct world w;
	char *id, *later;

	(void)state;
	start(&w);
	wire_of("n101-1.marathon.mesos", name);
	c = follow(&w, (struct watch_request){.serial = "100", .name = name});
	a = follow(&w, (struct watch_request){.serial = "100", .type = "a"});
	aaaa = follow(&w, (struct watch_request){.type = "AAAA"});
	id = last_id(aaaa);
	change_many(&w, 101, 103);
	assert_int_equal(lines(c), 1);
	assert_int_equal(lines(a), 6);
	assert_int_equal(lines(aaaa), 0);
	/* what is passed over counts as seen: the next beat tells the client so */
	while (w.woken < 2)
		uv_run(&w.loop, UV_RUN_ONCE);
	later = last_id(aaaa);
	assert_string_not_equal(id, later);
	free(id);
	free(later);
	watcher_free(c);
	watcher_free(a);
	watcher_free(aaaa);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(watcher_new(w.watch, &bad[i], &c), -EINVAL);
	end(&w);
}

static void test_limit(void **state)
{
	struct watcher *c[WATCH_CLIENTS], *more;
	struct watch_request q = {0};
	struct world w;

	(void)state;
	start(&w);
	for (int i = 0; i < WATCH_CLIENTS; i++)
		c[i] = follow(&w, q);
	assert_int_equal(watcher_new(w.watch, &q, &more), -EBUSY);
	watcher_free(c[0]);
	c[0] = follow(&w, q);
	for (int i = 0; i < WATCH_CLIENTS; i++)
		watcher_free(c[i]);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),	cmocka_unit_test(test_large_sets),
		cmocka_unit_test(test_resume),	cmocka_unit_test(test_lost),
		cmocka_unit_test(test_filters), cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
