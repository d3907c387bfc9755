/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The masters of stream_master.py, and a stream that writes down all that it is told. */
#ifndef XDNS_TEST_STREAM_LISTENER_H
#define XDNS_TEST_STREAM_LISTENER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event_dump.h"
#include "script.h"
#include "stream.h"
#include "util.h"

#define FIXTURE	  "tests/unit/stream_master.py"
#define PATIENCE  120 /* seconds a test waits for what must come */
#define FOREVER	  (3600 * NSEC_PER_SEC)
#define MSEC(n)	  ((n)*NSEC_PER_MSEC)
#define A	  masters.ports[0]
#define B	  masters.ports[1]
#define TLS	  masters.ports[2]
#define NAME_SIZE 64

static struct {
	struct script script;
	unsigned ports[3];
	char dir[128];
} masters;

#define tell(...) script_tell(&masters.script, __VA_ARGS__)

static inline int start_masters(void **state)
{
	(void)state;
	if (script_start(&masters.script, FIXTURE))
		return -1;
	return sscanf(masters.script.line, "a=%u b=%u tls=%u dir=%127s", &A, &B, &TLS,
		      masters.dir) == 4
		       ? 0
		       : -1;
}

static inline int stop_masters(void **state)
{
	(void)state;
	script_stop(&masters.script);
	return 0;
}

/* A stream and all that it has told, a line each. */
struct listener {
	struct config cfg;
	struct stream_times times;
	struct stream *stream;
	char files[2][160];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char text[1 << 20];
	size_t len, seen; /* seen: up to where the test has looked */
};

static char empty[] = "";

__attribute__((format(printf, 2, 3))) static inline void write_down(struct listener *l,
								    const char *fmt, ...)
{
	va_list args;
	int n;

	pthread_mutex_lock(&l->lock);
	va_start(args, fmt);
	n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(l->text) - l->len)
		abort();
	l->len += (size_t)n;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

static inline void on_event(void *ctx, struct event *e)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	event_dump_to(f, e);
	fclose(f);
	write_down(ctx, "%s", text);
	free(text);
	event_free(e);
}

static inline void on_state(void *ctx, enum stream_state state, const char *text)
{
	static const char *const names[] = {"HEARD", "LOST", "UNSUPPORTED"};

	if (strchr(text, '\n'))
		abort();
	write_down(ctx, "%s %s\n", names[state], text);
}

static inline void on_alive(void *ctx)
{
	write_down(ctx, "alive\n");
}

static const struct stream_ops ops = {on_event, on_state, on_alive};

/* Quick to come back, slow to lose patience; tests change what they need. */
static inline struct listener *listener_new(void)
{
	struct listener *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	assert_non_null(l);
	l->cfg.ca_cert_file = l->cfg.cert_file = l->cfg.key_file = empty;
	l->cfg.mesos_principal = l->cfg.mesos_secret = empty;
	l->cfg.state_timeout_seconds = 20;
	l->cfg.state_max_bytes = 1 << 20;
	l->times = (struct stream_times){.connect = FOREVER,
					 .heartbeat = FOREVER,
					 .backoff_min = MSEC(20),
					 .backoff_max = MSEC(100),
					 .unsupported = FOREVER};
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	tell("a ok");
	tell("b ok");
	tell("tls ok");
	tell("log");
	return l;
}

static inline void follow(struct listener *l, unsigned first, unsigned second)
{
	char names[2][NAME_SIZE];
	const char *list[] = {names[0], names[1]};

	snprintf(names[0], NAME_SIZE, "127.0.0.%u:%u", first == B ? 2 : 1, first);
	snprintf(names[1], NAME_SIZE, "127.0.0.%u:%u", second == B ? 2 : 1, second);
	assert_int_equal(stream_follow(l->stream, list, second ? 2 : 1), 0);
}

static inline void start(struct listener *l)
{
	assert_int_equal(stream_start_with(&l->cfg, &l->times, &ops, l, &l->stream), 0);
}

static inline void listener_done(struct listener *l)
{
	stream_stop(l->stream);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Waits until something has been told behind what was waited for before. */
static inline void wait_text(struct listener *l, const char *what)
{
	struct timespec ts;
	char *found;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += PATIENCE;
	pthread_mutex_lock(&l->lock);
	while (!(found = strstr(l->text + l->seen, what)) && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&l->changed, &l->lock, &ts);
	if (found)
		l->seen = (size_t)(found - l->text) + strlen(what);
	pthread_mutex_unlock(&l->lock);
	if (!found)
		fail_msg("\"%s\" has not come behind\n%.*s\nbut\n%s", what, (int)l->seen, l->text,
			 l->text + l->seen);
}

/* How often has it been told so far? */
static inline unsigned told(struct listener *l, const char *what)
{
	unsigned n;

	pthread_mutex_lock(&l->lock);
	n = script_count(l->text, what);
	pthread_mutex_unlock(&l->lock);
	return n;
}

#endif
