// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "iam.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "iam_token.h"
#include "json_load.h"
#include "util.h"

#define ANSWER_MAX    (64U << 10)
#define VALID_SECONDS 3600

struct answer {
	char data[ANSWER_MAX];
	size_t len;
};

static void cleanup_json(json_t **j)
{
	json_decref(*j);
}

static int on_answer(void *ctx, const void *data, size_t len)
{
	struct answer *a = ctx;

	if (len > sizeof(a->data) - a->len)
		return -EFBIG;
	memcpy(a->data + a->len, data, len);
	a->len += len;
	return 0;
}

static int fail(char **ret_error, const struct config *cfg, const char *what)
{
	if (asprintf(ret_error, "IAM login at %s: %s", cfg->iam.login_endpoint, what) < 0) {
		*ret_error = NULL;
		return -ENOMEM;
	}
	return -EIO;
}

static int login_body(const struct config_iam *iam, char **ret)
{
	_cleanup_(cleanup_json) json_t *doc = NULL;
	_cleanup_free_ char *token = NULL;
	int rc = iam_token(iam, (int64_t)time(NULL) + VALID_SECONDS, &token);

	if (rc < 0)
		return rc;
	doc = json_pack("{s:s, s:s}", "uid", iam->uid, "token", token);
	if (!doc)
		return -EINVAL;
	*ret = json_dumps(doc, JSON_COMPACT);
	return *ret ? 0 : -ENOMEM;
}

/* -EINVAL: the answer is not {"token": "..."} or the token cannot stand in a header. */
static int read_token(const struct answer *a, char **ret)
{
	json_error_t error;
	_cleanup_(cleanup_json) json_t *doc = json_load(a->data, a->len, 0, &error);
	const char *token = json_string_value(json_object_get(doc, "token"));
	char *line;

	if (!token || !*token)
		return -EINVAL;
	for (const char *p = token; *p; p++)
		if (*p < ' ' || *p > '~')
			return -EINVAL;
	if (asprintf(&line, "Authorization: token=%s", token) < 0)
		return -ENOMEM;
	*ret = line;
	return 0;
}

int iam_login(struct http *http, const struct config *cfg, uint64_t deadline_ns, char **ret,
	      char **ret_error)
{
	_cleanup_free_ struct answer *answer = calloc(1, sizeof(*answer));
	_cleanup_free_ char *body = NULL;
	struct http_request req = {.url = cfg->iam.login_endpoint,
				   .deadline_ns = deadline_ns,
				   .body = on_answer,
				   .ctx = answer};
	struct http_result result;
	int rc;

	*ret_error = NULL;
	if (!answer)
		return -ENOMEM;
	rc = login_body(&cfg->iam, &body);
	if (rc < 0)
		return rc == -EINVAL ? fail(ret_error, cfg, "the private key cannot sign (RS256)")
				     : rc;
	req.post = body;
	rc = http_perform(http, &req, &result);
	if (rc == -EIO)
		return fail(ret_error, cfg,
			    *result.error ? result.error : "the answer is too large");
	if (rc < 0)
		return rc;
	rc = read_token(answer, ret);
	return rc == -EINVAL ? fail(ret_error, cfg, "the answer holds no usable token") : rc;
}
