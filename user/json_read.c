// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "json_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json_scan.h"
#include "json_text.h"

/* More digits than any number with a meaning here has. */
#define NUMBER_MAX 127

static uint8_t peek(struct json_read *r)
{
	while (r->p < r->end && *r->p <= ' ')
		r->p++;
	return r->rc || r->p == r->end ? 0 : *r->p;
}

static void fail(struct json_read *r, int rc)
{
	if (!r->rc)
		r->rc = rc;
	r->p = r->end;
}

/* Behind the closing quote of the string at p. */
static const uint8_t *string_end(struct json_read *r, const uint8_t *p)
{
	for (p = json_scan_plain(p + 1, r->end); p < r->end; p = json_scan_plain(p, r->end)) {
		if (*p == '"')
			return p + 1;
		p += *p == '\\' && r->end - p > 1 ? 2 : 1;
	}
	fail(r, -EINVAL);
	return r->end;
}

bool json_read_is_null(struct json_read *r)
{
	return peek(r) == 'n';
}

static void skip_scalar(struct json_read *r)
{
	while (r->p<r->end && * r->p> ' ' && *r->p != ',' && *r->p != '}' && *r->p != ']')
		r->p++;
}

void json_read_skip(struct json_read *r)
{
	size_t depth = 0;
	uint8_t b;

	do {
		b = peek(r);
		if (b == 0) {
			fail(r, -EINVAL);
			return;
		}
		if (b == '"') {
			r->p = string_end(r, r->p);
		} else if (b == '{' || b == '[') {
			depth++;
			r->p++;
		} else if (b == '}' || b == ']') {
			if (depth == 0) {
				fail(r, -EINVAL);
				return;
			}
			depth--;
			r->p++;
		} else if (b == ',' || b == ':') {
			r->p++;
		} else {
			skip_scalar(r);
		}
	} while (depth > 0);
}

static bool enter(struct json_read *r, uint8_t open)
{
	uint8_t b = peek(r);

	if (b == open) {
		r->p++;
		return true;
	}
	if (b == 'n')
		skip_scalar(r);
	else
		fail(r, -EINVAL);
	return false;
}

bool json_read_object(struct json_read *r)
{
	return enter(r, '{');
}

bool json_read_array(struct json_read *r)
{
	return enter(r, '[');
}

/* At the next member or element, or behind the closing bracket. */
static bool more(struct json_read *r, uint8_t close)
{
	uint8_t b = peek(r);

	if (b == ',') {
		r->p++;
		b = peek(r);
	}
	if (b == close) {
		r->p++;
		return false;
	}
	if (b == 0)
		fail(r, -EINVAL);
	return b != 0;
}

bool json_read_element(struct json_read *r)
{
	return more(r, ']');
}

bool json_read_member(struct json_read *r, struct json_key *ret_key)
{
	const uint8_t *begin, *end;

	if (!more(r, '}'))
		return false;
	if (*r->p != '"') {
		fail(r, -EINVAL);
		return false;
	}
	begin = r->p + 1;
	end = string_end(r, r->p);
	r->p = end;
	if (peek(r) != ':') {
		fail(r, -EINVAL);
		return false;
	}
	r->p++;
	ret_key->raw = begin;
	ret_key->len = (size_t)(end - 1 - begin);
	return true;
}

/* Lower case and without escapes: only the very same octets can be equal to it. */
static bool key_is_plain(const struct json_key *key)
{
	for (size_t i = 0; i < key->len; i++)
		if (key->raw[i] == '\\' || key->raw[i] >= 0x80 ||
		    (key->raw[i] >= 'A' && key->raw[i] <= 'Z'))
			return false;
	return true;
}

/* Most names differ in the first octet. */
static bool key_equals(const struct json_key *key, const char *name)
{
	return key->len && key->raw[0] == (uint8_t)name[0] && strlen(name) == key->len &&
	       !memcmp(key->raw, name, key->len);
}

int json_read_find(const struct json_key *key, const char *const *names, size_t count)
{
	bool plain = key_is_plain(key);

	for (size_t i = 0; i < count; i++)
		if (plain ? key_equals(key, names[i])
			  : json_key_is(key->raw, key->len, names[i], strlen(names[i])))
			return (int)i;
	return -1;
}

bool json_read_raw(struct json_read *r, const uint8_t **ret_raw, size_t *ret_len)
{
	uint8_t b = peek(r);
	const uint8_t *begin = r->p + 1;

	if (b == 'n') {
		skip_scalar(r);
		return false;
	}
	if (b != '"') {
		fail(r, -EINVAL);
		return false;
	}
	r->p = string_end(r, r->p);
	if (r->rc)
		return false;
	*ret_raw = begin;
	*ret_len = (size_t)(r->p - begin - 1);
	return true;
}

void json_read_string(struct json_read *r, struct json_pool *pool, size_t *ret_at)
{
	const uint8_t *raw;
	size_t len;

	if (!json_read_raw(r, &raw, &len))
		return;
	if (array_reserve(&pool->data, &pool->cap, pool->len + JSON_TEXT_MAX(len), 1) < 0) {
		fail(r, -ENOMEM);
		return;
	}
	*ret_at = pool->len;
	pool->len += json_text_decode(raw, len, pool->data + pool->len) + 1;
}

void json_read_check_string(struct json_read *r)
{
	const uint8_t *raw;
	size_t len;

	json_read_raw(r, &raw, &len);
}

/* The text of a number; false for null, and with an error for anything else. */
static bool number_text(struct json_read *r, char text[NUMBER_MAX + 1])
{
	uint8_t b = peek(r);
	const uint8_t *begin = r->p;
	size_t len;

	if (b == 'n') {
		skip_scalar(r);
		return false;
	}
	skip_scalar(r);
	len = (size_t)(r->p - begin);
	if ((b != '-' && (b < '0' || b > '9')) || len > NUMBER_MAX) {
		fail(r, -EINVAL);
		return false;
	}
	memcpy(text, begin, len);
	text[len] = 0;
	return true;
}

void json_read_integer(struct json_read *r, int64_t *ret)
{
	char text[NUMBER_MAX + 1], *end;
	long long v;

	if (!number_text(r, text))
		return;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (*end || errno)
		fail(r, -EINVAL);
	else
		*ret = v;
}

/* The daemon never leaves the "C" locale, so the point is a point. */
void json_read_double(struct json_read *r, double *ret)
{
	char text[NUMBER_MAX + 1], *end;
	double v;

	if (!number_text(r, text))
		return;
	v = strtod(text, &end);
	if (*end || !isfinite(v))
		fail(r, -EINVAL);
	else
		*ret = v;
}
