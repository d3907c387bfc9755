// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Small questions over HTTP. */
#include "xdnsctl-doctor.h"

#include <errno.h>
#include <string.h>

#include "util.h"

#define ANSWER_MAX (64U << 10)

struct body {
	size_t len;
	char data[ANSWER_MAX];
};

static int take(void *ctx, const void *data, size_t len)
{
	struct body *b = ctx;

	if (len > sizeof(b->data) - b->len)
		return -EFBIG;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return 0;
}

json_t *doctor_ask(struct http *http, struct http_request *req, struct http_result *ret)
{
	_cleanup_free_ struct body *b = calloc(1, sizeof(*b));

	memset(ret, 0, sizeof(*ret));
	if (!b)
		return NULL;
	req->deadline_ns = now_ns() + DOCTOR_PATIENCE * NSEC_PER_SEC;
	req->body = take;
	req->ctx = b;
	if (http_perform(http, req, ret))
		return NULL;
	return json_loadb(b->data, b->len, 0, NULL);
}
