/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records and streams to the text of their events. */
#ifndef XDNS_TEST_EVENT_READING_H
#define XDNS_TEST_EVENT_READING_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event_decode.h"
#include "event_dump.h"
#include "recordio.h"

#define READING_MAX (64U << 20)

/* A stream being read: every event is written down and then handed to take, or freed. */
struct reading {
	FILE *f;
	char *text; /* after reading_done() */
	size_t len;
	struct event_decoder *decoder;
	struct recordio records;
	void (*take)(void *ctx, struct event *e);
	void *ctx;
	unsigned events;
};

/* two.example and two-* have two addresses, stop.example gives up; no other name exists. */
static inline int reading_resolve(void *ctx, const char *host, struct address **ret_list,
				  size_t *ret_count)
{
	struct address *list;

	(void)ctx;
	if (!strcmp(host, "stop.example"))
		return -ECANCELED;
	if (strcasecmp(host, "two.example") && strncmp(host, "two-", 4))
		return -ENOENT;
	list = calloc(2, sizeof(*list));
	if (!list || address_parse("fd99::2", &list[0]) < 0 ||
	    address_parse("10.99.0.2", &list[1]) < 0)
		abort();
	*ret_list = list;
	*ret_count = 2;
	return 0;
}

static inline int reading_begin(void *ctx, uint64_t len)
{
	struct reading *r = ctx;

	(void)len;
	return event_decoder_begin(r->decoder);
}

static inline int reading_data(void *ctx, const void *data, size_t len)
{
	struct reading *r = ctx;

	return event_decoder_feed(r->decoder, data, len);
}

static inline int reading_end(void *ctx)
{
	struct reading *r = ctx;
	struct event *e;
	int rc = event_decoder_end(r->decoder, &e);

	if (rc < 0)
		return rc;
	if (!e) {
		if (*event_decoder_dropped(r->decoder))
			fprintf(r->f, "dropped: %s\n", event_decoder_dropped(r->decoder));
		return 0;
	}
	r->events++;
	event_dump_to(r->f, e);
	if (r->take)
		r->take(r->ctx, e);
	else
		event_free(e);
	return 0;
}

static inline void reading_start(struct reading *r)
{
	static const struct recordio_ops ops = {reading_begin, reading_data, reading_end};
	static const struct state_resolver resolver = {reading_resolve, NULL};

	memset(r, 0, sizeof(*r));
	r->f = open_memstream(&r->text, &r->len);
	if (!r->f || event_decoder_new(READING_MAX, &resolver, &r->decoder) < 0)
		abort();
	recordio_init(&r->records, &ops, r, READING_MAX);
}

/* The next octets of the stream; an error is written down once. */
static inline int reading_feed(struct reading *r, const void *data, size_t len)
{
	int rc = recordio_feed(&r->records, data, len);
	const char *error = recordio_error(&r->records);

	if (rc == -ECANCELED)
		fprintf(r->f, "error: stopped\n");
	else if (rc < 0 && *error)
		fprintf(r->f, "error: stream %s\n", error);
	else if (rc < 0)
		fprintf(r->f, "error: %s\n", event_decoder_error(r->decoder));
	return rc;
}

/* One record by itself, in pieces of step octets. */
static inline int reading_record(struct reading *r, const char *text, size_t len, size_t step)
{
	int rc = reading_begin(r, len);

	for (size_t i = 0; i < len && rc == 0; i += step)
		rc = reading_data(r, text + i, len - i < step ? len - i : step);
	if (rc == 0)
		rc = reading_end(r);
	if (rc == -ECANCELED)
		fprintf(r->f, "error: stopped\n");
	else if (rc < 0)
		fprintf(r->f, "error: %s\n", event_decoder_error(r->decoder));
	return rc;
}

/* What has been written down, to be freed. */
static inline char *reading_done(struct reading *r)
{
	fclose(r->f);
	event_decoder_free(r->decoder);
	return r->text;
}

/* What one record says, read in pieces of step octets; to be freed. */
static inline char *read_record(const char *text, size_t len, size_t step)
{
	struct reading r;

	reading_start(&r);
	reading_record(&r, text, len, step);
	return reading_done(&r);
}

static inline char *read_text(const char *text)
{
	return read_record(text, strlen(text), strlen(text));
}

#endif
