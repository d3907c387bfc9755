/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Cuts values out of a JSON document (RFC 8259) that arrives in pieces. The
 * whole document is checked, also what is skipped; only values that are taken are ever
 * buffered, and those only if they straddle two pieces.
 *
 * Strings may hold octets that are not UTF-8: the reader of the value decides about them.
 */
#ifndef XDNS_JSON_CUT_H
#define XDNS_JSON_CUT_H

#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 512

enum json_kind {
	JSON_KIND_OBJECT,
	JSON_KIND_ARRAY,
	JSON_KIND_STRING,
	JSON_KIND_NUMBER,
	JSON_KIND_BOOL,
	JSON_KIND_NULL,
};

enum json_cut_action {
	JSON_CUT_SKIP,
	JSON_CUT_ENTER, /* ask for each member or element; the same as SKIP for a scalar */
	JSON_CUT_TAKE,	/* give the whole value */
};

/* The raw text of a key, without the quotes; compare it with json_key_is(). */
struct json_key {
	const uint8_t *raw;
	size_t len;
};

struct json_cut_ops {
	/*
	 * What to do with the document (key->len 0) or with a value in an
	 * entered container (key->len 0 in an array). An action, or -errno to give up.
	 */
	int (*begin)(void *ctx, const struct json_key *key, enum json_kind kind);
	/* A taken value from its first to its last octet. 0 or -errno. */
	int (*value)(void *ctx, const uint8_t *text, size_t len);
	/* An entered container has ended. 0 or -errno. */
	int (*end)(void *ctx);
};

struct json_cut_limits {
	uint64_t document; /* octets of the document */
	size_t element;	   /* octets of one taken value */
};

struct json_cut;

int json_cut_new(const struct json_cut_ops *ops, void *ctx, const struct json_cut_limits *limits,
		 struct json_cut **ret);

/*
 * The next piece. -EBADMSG: not JSON; -EFBIG: a limit; else what an op returned. An
 * error is final: it is returned again for whatever follows.
 */
int json_cut_feed(struct json_cut *c, const void *data, size_t len);

/* The document has ended. -EBADMSG if it is not complete. */
int json_cut_finish(struct json_cut *c);

/*
 * Why feed or finish failed, to follow "the document ": "truncated after 17 bytes". ""
 * if an op gave up. Lives as long as c.
 */
const char *json_cut_error(const struct json_cut *c);

/* Octets seen so far. */
uint64_t json_cut_offset(const struct json_cut *c);

struct json_cut *json_cut_free(struct json_cut *c);

#endif
