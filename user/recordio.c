// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recordio.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void recordio_init(struct recordio *r, const struct recordio_ops *ops, void *ctx, uint64_t max)
{
	*r = (struct recordio){.ops = ops, .ctx = ctx, .max = max};
}

__attribute__((format(printf, 3, 4))) static void fail(struct recordio *r, int rc, const char *fmt,
						       ...)
{
	va_list args;

	r->rc = rc;
	va_start(args, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, args);
	va_end(args);
}

static void fail_byte(struct recordio *r, uint8_t b)
{
	char what[16];

	if (b > ' ' && b < 0x7f)
		snprintf(what, sizeof(what), "'%c'", b);
	else
		snprintf(what, sizeof(what), "octet 0x%02x", b);
	fail(r, -EBADMSG, "has %s where %s, at byte %" PRIu64, what,
	     r->digits ? "a record's length should go on or end" : "a record's length should begin",
	     r->offset);
}

static void add_digit(struct recordio *r, unsigned digit)
{
	if (digit == 0 && r->digits == 0) {
		fail(r, -EBADMSG, "has a record's length that begins with 0, at byte %" PRIu64,
		     r->offset);
		return;
	}
	/* no overflow: once above max it is refused */
	if (digit > r->max || r->length > (r->max - digit) / 10) {
		fail(r, -EFBIG, "has a record of more than %" PRIu64 " bytes, at byte %" PRIu64,
		     r->max, r->offset);
		return;
	}
	r->length = r->length * 10 + digit;
	r->digits++;
}

static void length_byte(struct recordio *r, uint8_t b)
{
	if (b >= '0' && b <= '9') {
		add_digit(r, b - (unsigned)'0');
	} else if (b == '\n' && r->digits > 0) {
		r->left = r->length;
		r->length = 0;
		r->digits = 0;
		r->rc = r->ops->begin(r->ctx, r->left);
	} else {
		fail_byte(r, b);
	}
}

static void body_bytes(struct recordio *r, const uint8_t *p, size_t len)
{
	r->rc = r->ops->data(r->ctx, p, len);
	r->left -= len;
	if (r->rc || r->left > 0)
		return;
	r->records++;
	r->rc = r->ops->end(r->ctx);
}

int recordio_feed(struct recordio *r, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;

	while (p < end && !r->rc) {
		size_t n = 1;

		if (r->left > 0) {
			n = (uint64_t)(end - p) < r->left ? (size_t)(end - p) : (size_t)r->left;
			body_bytes(r, p, n);
		} else {
			length_byte(r, *p);
		}
		p += n;
		r->offset += n;
	}
	return r->rc;
}

int recordio_finish(struct recordio *r)
{
	if (r->rc)
		return r->rc;
	if (r->left > 0)
		fail(r, -EBADMSG,
		     "ended within a record, %" PRIu64 " bytes short, at byte %" PRIu64, r->left,
		     r->offset);
	else if (r->digits > 0)
		fail(r, -EBADMSG, "ended within a record's length, at byte %" PRIu64, r->offset);
	return r->rc;
}

const char *recordio_error(const struct recordio *r)
{
	return r->error;
}
