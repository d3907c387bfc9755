// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Our side of the golden test of the HTTP API. Without arguments it becomes golden_http.py, which
 * judges; that starts this program again as "--driver", which answers requests as the daemon
 * would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <urcu.h>

#include "api.h"
#include "golden_job.h"
#include "model.h"
#include "record_list.h"
#include "util.h"
#include "zone_config.h"

#define SERIAL 1234567890

static void look(void *ctx, struct api_world *ret)
{
	*ret = *(const struct api_world *)ctx;
}

static json_t *ask(struct api *api, const json_t *request)
{
	const char *method = json_string_value(json_object_get(request, "method"));
	struct http_request q = {
		.method = method ? method : "GET",
		.path = json_string_value(json_object_get(request, "path")),
		.accept = json_string_value(json_object_get(request, "accept")),
	};
	struct http_response a = {0};
	json_t *answer;

	api_handle(api, &q, &a);
	answer = json_pack("{s:i,s:s#,s:s}", "status", (int)a.status, "body", a.body ? a.body : "",
			   (int)a.len, "location", a.location ? a.location : "");
	if (answer && a.type)
		json_object_set_new(answer, "type", json_string(a.type));
	free(a.body);
	free(a.location);
	return answer ? answer : json_string("no UTF-8");
}

static int publish(struct api_world *w, struct cluster *cluster, struct record_list *given)
{
	struct address listener;
	struct model_publish p = {.was = w->cfg, .is = w->cfg, .input_changed = true};
	struct model_difference difference;
	struct records_skipped skipped = {0};
	struct zone_changes changes;
	int r;

	job_listener(w->cfg, &listener);
	p.input.masters = (const char *const *)w->cfg->masters;
	p.input.masters_count = w->cfg->masters_count;
	p.input.listeners = &listener;
	p.input.listeners_count = 1;
	r = model_snapshot(w->model, cluster, now_ns(), &difference);
	if (!r)
		r = model_publish(w->model, w->zone, &p, given, &skipped);
	return r ? r : zone_commit(w->zone, SERIAL, &changes);
}

static void answer_all(const struct config *cfg, struct cluster *cluster, json_t *job,
		       json_t *result)
{
	struct api_world w = {.cfg = cfg};
	struct record_list given;
	struct xdns_config config;
	json_t *answers = json_array(), *request;
	size_t i;

	record_list_init(&given);
	if (!zone_config_make(cfg, &config) && !zone_new(&config, &w.zone) &&
	    !model_new(&w.model) && !publish(&w, cluster, &given)) {
		struct api api = {.zone = w.zone,
				  .enumeration = cfg->enumeration_on,
				  .look = look,
				  .ctx = &w,
				  .token = API_TOKEN_NONE};

		json_array_foreach(json_object_get(job, "requests"), i, request)
			json_array_append_new(answers, ask(&api, request));
	}
	json_object_set_new(result, "answers", answers);
	record_list_done(&given);
	model_free(w.model);
	zone_free(w.zone);
}

static json_t *do_job(json_t *job)
{
	json_t *result = json_object();
	struct config *cfg = job_config(job, result);
	struct cluster *cluster = cfg ? job_cluster(job, result) : NULL;

	if (cluster)
		answer_all(cfg, cluster, job, result);
	cluster_free(cluster);
	config_free(cfg);
	return result;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--driver"))
		return job_loop(do_job);
	execlp("python3", "python3", "tests/golden/golden_http.py", argv[0], NULL);
	perror("python3");
	return 1;
}
