// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "watch.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"
#include "history.h"
#include "json_write.h"
#include "rr_text.h"
#include "util.h"

#define TEXT_ENOUGH 4096 /* octets made in one go, and the rest of the event that passes them */

struct watch {
	uv_timer_t wake, beat;
	void (*wake_all)(void *ctx);
	void *ctx;
	struct history *history;
	unsigned beats;	  /* beats of the heart; atomic */
	unsigned clients; /* atomic */
};

struct watcher {
	struct watch *watch;
	uint64_t seen;	   /* number of the last change that was sent or passed over */
	const char *reset; /* why the client is to start afresh; NULL: it need not */
	unsigned beats;	   /* the watch's when something was said last */
	uint8_t name[DNAME_WIRE_MAX];
	size_t name_len; /* 0: all names */
	uint16_t type;	 /* 0: all types */
	char *text;	 /* made and not yet taken: octets at..len */
	size_t at, len;
};

static void on_wake(uv_timer_t *timer)
{
	struct watch *w = timer->data;

	w->wake_all(w->ctx);
}

static void on_changed(void *ctx)
{
	struct watch *w = ctx;

	if (__atomic_load_n(&w->clients, __ATOMIC_RELAXED) &&
	    !uv_is_active((uv_handle_t *)&w->wake))
		uv_timer_start(&w->wake, on_wake, WATCH_DELAY_MS, 0);
}

static void on_beat(uv_timer_t *timer)
{
	struct watch *w = timer->data;

	__atomic_add_fetch(&w->beats, 1, __ATOMIC_RELAXED);
	w->wake_all(w->ctx);
}

int watch_new(uv_loop_t *loop, struct history *history, void (*wake)(void *ctx), void *ctx,
	      struct watch **ret)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->history = history;
	w->wake_all = wake;
	w->ctx = ctx;
	uv_timer_init(loop, &w->wake);
	uv_timer_init(loop, &w->beat);
	w->wake.data = w->beat.data = w;
	*ret = w;
	return 0;
}

int watch_begin(struct watch *w, struct zone *z)
{
	if (!uv_is_active((uv_handle_t *)&w->beat))
		uv_timer_start(&w->beat, on_beat, WATCH_BEAT_MS, WATCH_BEAT_MS);
	history_tell(w->history, on_changed, w);
	return history_begin(w->history, z);
}

void watch_free(struct watch *w)
{
	free(w);
}

/* Decimal digits and nothing else. */
static int number(const char *text, char end, uint64_t max, uint64_t *ret)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &stop, 10);
	return errno || *stop != end || *ret > max ? -EINVAL : 0;
}

/* "EPOCH-NUMBER", as write_id() has it. false: of another daemon's life, or not from here at all.
 */
static bool read_id(struct watcher *c, const char *text)
{
	uint64_t epoch;

	return !number(text, '-', UINT32_MAX, &epoch) &&
	       epoch == history_epoch(c->watch->history) &&
	       !number(strchr(text, '-') + 1, '\0', UINT64_MAX, &c->seen);
}

static int set_position(struct watcher *c, const struct watch_request *q)
{
	uint64_t serial;

	if (q->last_id) {
		c->reset = read_id(c, q->last_id) ? NULL : "lost";
	} else if (q->serial) {
		if (number(q->serial, '\0', UINT32_MAX, &serial))
			return -EINVAL;
		c->reset =
			history_find(c->watch->history, (uint32_t)serial, &c->seen) ? "lost" : NULL;
	} else {
		c->reset = "start";
	}
	return 0;
}

static int set_filter(struct watcher *c, const struct watch_request *q)
{
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_SRV};

	if (q->name) {
		c->name_len = dname_wire_len(q->name);
		memcpy(c->name, q->name, c->name_len);
	}
	for (size_t i = 0; q->type && i < ARRAY_SIZE(types); i++)
		if (!strcasecmp(q->type, rr_type_text(types[i])))
			c->type = types[i];
	return q->type && !c->type ? -EINVAL : 0;
}

int watcher_new(struct watch *w, const struct watch_request *q, struct watcher **ret)
{
	struct watcher *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->watch = w;
	c->beats = __atomic_load_n(&w->beats, __ATOMIC_RELAXED);
	r = set_position(c, q);
	if (!r)
		r = set_filter(c, q);
	if (!r && __atomic_add_fetch(&w->clients, 1, __ATOMIC_RELAXED) > WATCH_CLIENTS) {
		__atomic_sub_fetch(&w->clients, 1, __ATOMIC_RELAXED);
		r = -EBUSY;
	}
	if (r) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void watcher_free(struct watcher *c)
{
	__atomic_sub_fetch(&c->watch->clients, 1, __ATOMIC_RELAXED);
	free(c->text);
	free(c);
}

/* The stream's text: https://html.spec.whatwg.org/multipage/server-sent-events.html */

static void write_id(const struct watcher *c, FILE *out)
{
	fprintf(out, "id: %" PRIu32 "-%" PRIu64 "\n", history_epoch(c->watch->history), c->seen);
}

static void write_reset(struct watcher *c, FILE *out)
{
	struct json_writer w = {.out = out, .one_line = true};
	uint32_t serial;

	c->seen = history_newest(c->watch->history, &serial);
	fputs("event: reset\n", out);
	write_id(c, out);
	fputs("data: ", out);
	json_open(&w, NULL, '{');
	json_put_number(&w, "serial", serial);
	json_put_text(&w, "reason", c->reset);
	json_close(&w);
	fputs("\n\n", out);
	c->reset = NULL;
}

static void put_rr(void *ctx, const struct rr *rr)
{
	char text[RR_TEXT_MAX];

	json_put_text(ctx, NULL, rr_data_text(rr, rr->srv.target, text));
}

static void write_change(const struct watcher *c, const struct change *change, FILE *out)
{
	struct json_writer w = {.out = out, .one_line = true};
	char name[DNAME_TEXT_MAX];

	fputs("event: change\n", out);
	write_id(c, out);
	fputs("data: ", out);
	json_open(&w, NULL, '{');
	json_put_number(&w, "serial", change->serial);
	json_put_text(&w, "name", dname_to_text(change->data, name));
	json_put_text(&w, "type", rr_type_text(change->type));
	json_open(&w, "old", '[');
	change_for_each_rr(change, false, put_rr, &w);
	json_close(&w);
	json_open(&w, "new", '[');
	change_for_each_rr(change, true, put_rr, &w);
	json_close(&w);
	json_close(&w);
	fputs("\n\n", out);
}

static bool wanted(const struct watcher *c, const struct change *change)
{
	return (!c->type || c->type == change->type) &&
	       (!c->name_len || (dname_wire_len(change->data) == c->name_len &&
				 !memcmp(change->data, c->name, c->name_len)));
}

/* The id goes along: a client that wants little of much is not behind for that. */
static void write_beat(struct watcher *c, FILE *out)
{
	fputs(": still here\n", out);
	write_id(c, out);
	fputc('\n', out);
}

static void write_news(struct watcher *c, FILE *out)
{
	unsigned beats = __atomic_load_n(&c->watch->beats, __ATOMIC_RELAXED);
	int r = 0;

	if (c->reset)
		write_reset(c, out);
	while (!r && ftell(out) < TEXT_ENOUGH) {
		struct change *change;

		r = history_next(c->watch->history, c->seen, &change);
		if (r == -ESTALE) {
			c->reset = "lost";
			write_reset(c, out);
		} else if (!r) {
			c->seen = change->number;
			if (wanted(c, change))
				write_change(c, change, out);
			change_put(change);
		}
	}
	if (beats != c->beats && !ftell(out))
		write_beat(c, out);
	if (ftell(out))
		c->beats = beats;
}

ssize_t watcher_read(struct watcher *c, char *buf, size_t size)
{
	if (c->at == c->len) {
		FILE *out;

		free(TAKE_PTR(c->text));
		c->at = c->len = 0;
		out = open_memstream(&c->text, &c->len);
		if (!out)
			return -ENOMEM;
		write_news(c, out);
		if (memstream_close(out, &c->text))
			return -ENOMEM;
	}
	if (size > c->len - c->at)
		size = c->len - c->at;
	memcpy(buf, c->text + c->at, size);
	c->at += size;
	return (ssize_t)size;
}
