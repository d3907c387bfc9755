/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Cuts a stream into records as its octets arrive: decimal length, LF, that many octets, and again.
 * Nothing is buffered.
 * Source: Mesos, docs/scheduler-http-api.md, "RecordIO response format".
 */
#ifndef XDNS_RECORDIO_H
#define XDNS_RECORDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recordio_ops {
	/* A record of len octets (never 0) begins. 0 or -errno to give up. */
	int (*begin)(void *ctx, uint64_t len);
	/* Its next octets, never none. 0 or -errno. */
	int (*data)(void *ctx, const void *data, size_t len);
	/* It is complete. Called as soon as its last octet is there. 0 or -errno. */
	int (*end)(void *ctx);
};

struct recordio {
	const struct recordio_ops *ops;
	void *ctx;
	uint64_t max;	 /* octets of one record */
	uint64_t offset; /* octets of the stream so far */
	uint64_t records;
	uint64_t length; /* as far as its digits have come */
	uint64_t left; /* octets of the record that are still to come; 0: a length is being read */
	unsigned digits;
	int rc;
	char error[128];
};

/* ops outlive r. */
void recordio_init(struct recordio *r, const struct recordio_ops *ops, void *ctx, uint64_t max);

/*
 * The next octets. -EBADMSG: not a length; -EFBIG: a record of more than max; else what an op
 * returned. An error is final.
 */
int recordio_feed(struct recordio *r, const void *data, size_t len);

/* Octets of a record or of its length have come, and not all. */
static inline bool recordio_within(const struct recordio *r)
{
	return r->left > 0 || r->digits > 0;
}

/* The stream has ended. -EBADMSG if it ended within a record or a length. */
int recordio_finish(struct recordio *r);

/* Why feed or finish failed, to follow "the stream ": "ended ..."; "" if an op gave up. */
const char *recordio_error(const struct recordio *r);

#endif
