/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Walks one JSON value that json_cut has taken, without building a tree. Types are strict as
 * in Go's encoding/json: null is accepted everywhere and changes nothing, any other
 * wrong type is an error. Errors are sticky: after one, everything says "no more".
 *
 *	if (json_read_object(r))
 *		while (json_read_member(r, &key))
 *			switch (json_read_find(&key, names, count)) ...
 */
#ifndef XDNS_JSON_READ_H
#define XDNS_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json_cut.h"

struct json_read {
	const uint8_t *p, *end;
	int rc; /* 0, -EINVAL for a wrong type, -ENOMEM */
};

/* Text that is collected, octets with a NUL behind; offsets stay good when it moves. */
struct json_pool {
	char *data;
	size_t len, cap;
};

static inline struct json_read json_read_init(const uint8_t *text, size_t len)
{
	return (struct json_read){.p = text, .end = text + len};
}

/* false for null (which is consumed) and, with an error, for anything but an object. */
bool json_read_object(struct json_read *r);
bool json_read_array(struct json_read *r);

/* The next member's key; its value must be consumed. false behind the last one. */
bool json_read_member(struct json_read *r, struct json_key *ret_key);
/* An element follows and must be consumed. false behind the last one. */
bool json_read_element(struct json_read *r);

/* Index of the key among names (lower case), -1 if it is none of them. */
int json_read_find(const struct json_key *key, const char *const *names, size_t count);

/* Consumes any value. */
void json_read_skip(struct json_read *r);
bool json_read_is_null(struct json_read *r);

/*
 * The raw text of a string, between the quotes. false: null, or not a string
 * (an error).
 */
bool json_read_raw(struct json_read *r, const uint8_t **ret_raw, size_t *ret_len);

/* A string into the pool, decoded; *ret_at is its offset. Null leaves *ret_at as it is. */
void json_read_string(struct json_read *r, struct json_pool *pool, size_t *ret_at);

/* An integer without fraction and exponent, or null. */
void json_read_integer(struct json_read *r, int64_t *ret);
void json_read_double(struct json_read *r, double *ret);

/* A string or null of no interest. */
void json_read_check_string(struct json_read *r);

#endif
