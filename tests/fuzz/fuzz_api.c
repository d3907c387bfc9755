// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * HTTP requests: every path has an answer, what is called JSON is, and a redirection stays here.
 *
 * Input: lines: path, method, Accept header; what is left out is a GET without one.
 */
#include <string.h>

#include <jansson.h>

#include "fuzz.h"
#include "world.h"

#define LINE_MAX_ 4096

/* Two tasks on one agent, one of them found by its ports; a name that an owner's rule leaves out.
 */
static const char state[] =
	"{\"id\":\"M\",\"leader\":\"master@10.0.0.1:5050\","
	"\"slaves\":[{\"id\":\"S\",\"pid\":\"slave(1)@10.0.1.1:5051\"}],"
	"\"frameworks\":[{\"id\":\"F\",\"name\":\"marathon\",\"pid\":\"s@10.0.2.1:7000\",\"tasks\":"
	"["
	"{\"id\":\"web.1\",\"name\":\"web\",\"slave_id\":\"S\",\"state\":\"TASK_RUNNING\","
	"\"resources\":{\"ports\":\"[31000-31001]\"}},"
	"{\"id\":\"db.1\",\"name\":\"db\",\"slave_id\":\"S\",\"state\":\"TASK_RUNNING\","
	"\"discovery\":{\"name\":\"store\",\"ports\":{\"ports\":[{\"number\":80,\"name\":\"http\","
	"\"protocol\":\"tcp\"}]}}}]},"
	"{\"id\":\"G\",\"name\":\"leader\",\"pid\":\"s@10.0.2.2:7000\"}]}";

static struct world *world(void)
{
	static struct world w;
	struct cluster *cluster = NULL;
	char *error = NULL;

	if (w.cfg)
		return &w;
	MUST(!world_read(0, (const uint8_t *)state, strlen(state), &cluster, &error));
	fuzz_keep(true);
	world_open(cluster, &w);
	fuzz_keep(false);
	cluster_free(cluster);
	return &w;
}

/* The next line, as a text; to be freed. */
static char *line(struct fuzz_input *in)
{
	const uint8_t *lf = memchr(in->at, '\n', in->left);
	size_t len = lf ? (size_t)(lf - in->at) : in->left;
	char *text = strndup((const char *)in->at, len);

	MUST(text);
	in->at += len + (lf != NULL);
	in->left -= len + (lf != NULL);
	return text;
}

static void judge(const struct http_request *q, const struct http_response *a)
{
	MUST(a->status >= 200 && a->status <= 503);
	if (a->status == 301) {
		/* "//host" would be another server */
		MUST(a->location[0] == '/' && a->location[1] != '/' && !a->body);
		MUST(strcmp(a->location, q->path));
		return;
	}
	MUST(a->body && a->type && !a->location);
	if (a->status == 200 && !strcmp(a->type, "application/json")) {
		json_t *body = json_loadb(a->body, a->len, JSON_DECODE_ANY, NULL);

		MUST(body);
		json_decref(body);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct http_response a = {0};
	char *path, *method, *accept;

	if (!size || size > LINE_MAX_)
		return 0;
	path = line(&in);
	method = line(&in);
	accept = line(&in);
	struct http_request q = {.path = path,
				 .method = *method ? method : "GET",
				 .accept = *accept ? accept : NULL};
	api_handle(&world()->api, &q, &a);
	judge(&q, &a);
	free(a.body);
	free(a.location);
	free(path);
	free(method);
	free(accept);
	return 0;
}
