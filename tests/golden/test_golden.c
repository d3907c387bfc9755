// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Our side of the golden test. Without arguments it becomes golden.py, which
 * judges; that starts this program again as "--driver", which does for each recording what
 * the daemon would do and says what came out: a job a line in, a result a line out, both JSON.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <urcu.h>

#include "config.h"
#include "dname_text.h"
#include "dns.h"
#include "golden_job.h"
#include "records.h"
#include "reply.h"
#include "util.h"
#include "zone.h"
#include "zone_config.h"

#define SERIAL 1234567890

static void list_rr(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	char name[DNAME_TEXT_MAX], data[DNAME_TEXT_MAX], line[3 * DNAME_TEXT_MAX];

	dname_to_text(owner, name);
	switch (rr->type) {
	case DNS_TYPE_A:
		inet_ntop(AF_INET, rr->a, data, sizeof(data));
		snprintf(line, sizeof(line), "%s A %s", name, data);
		break;
	case DNS_TYPE_AAAA:
		inet_ntop(AF_INET6, rr->aaaa, data, sizeof(data));
		snprintf(line, sizeof(line), "%s AAAA %s", name, data);
		break;
	case DNS_TYPE_SRV:
		snprintf(line, sizeof(line), "%s SRV %s:%u", name,
			 dname_to_text(rr->srv.target, data), rr->srv.port);
		break;
	default:
		snprintf(line, sizeof(line), "%s PTR %s", name, dname_to_text(rr->ptr, data));
		break;
	}
	json_array_append_new(ctx, json_string(line));
}

static size_t unhex(const char *text, uint8_t *ret)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < len; i++) {
		unsigned int octet;

		sscanf(text + 2 * i, "%2x", &octet);
		ret[i] = (uint8_t)octet;
	}
	return len;
}

/* "u" or "t" for the transport and the query in hex; the answer in hex, "drop" or "forward". */
static json_t *ask(const struct config *cfg, const struct zone *zone, const char *job)
{
	bool tcp = job[0] == 't';
	size_t room = tcp ? DNS_TCP_MAX : DNS_UDP_EDNS_MAX;
	_cleanup_free_ uint8_t *query = malloc(strlen(job)), *out = malloc(room);
	_cleanup_free_ char *hex = malloc(2 * room + 1);
	struct reply_result result = {0};
	enum reply_verdict verdict;

	/* Exactly as large as the query, so that a sanitizer sees a read past it. */
	query = realloc(query, unhex(job + 1, query) ?: 1);
	verdict = reply_query(cfg, zone, &(struct reply_client){.tcp = tcp}, query,
			      (strlen(job) - 1) / 2, out, room, &result);
	if (verdict == REPLY_DROP)
		return json_string("drop");
	if (verdict == REPLY_FORWARD)
		return json_string(result.resolvers == &cfg->resolvers ? "forward"
								       : "forward zone");
	hex[0] = '\0';
	for (size_t i = 0; i < result.len; i++)
		sprintf(hex + 2 * i, "%02x", out[i]);
	return json_string(hex);
}

static void report(struct zone *zone, const struct config *cfg, const struct records_input *in,
		   json_t *job, json_t *result)
{
	json_t *lines = json_array(), *answers = json_array(), *query;
	struct records_skipped skipped = {0};
	struct zone_changes changes;
	struct zone_counts left;
	size_t i;

	if (records_update(zone, cfg, NULL, in, &skipped) || zone_commit(zone, SERIAL, &changes)) {
		json_object_set_new(result, "error", json_string("records_update"));
		return;
	}
	zone_for_each_rr(zone, list_rr, lines);
	json_array_foreach(json_object_get(job, "queries"), i, query)
		json_array_append_new(answers, ask(cfg, zone, json_string_value(query)));
	json_object_set_new(result, "zone", lines);
	json_object_set_new(result, "answers", answers);
	json_object_set_new(result, "skipped",
			    json_pack("{s:I,s:I,s:I,s:I,s:I}", "conflicts", skipped.conflicts,
				      "unreachable", skipped.unreachable, "unresolved",
				      skipped.unresolved, "elements",
				      in->cluster->skipped.tasks + in->cluster->skipped.frameworks +
					      in->cluster->skipped.agents,
				      "ports", in->cluster->skipped.ports));
	/* Whatever was added can be taken out again. */
	records_update(zone, cfg, in, NULL, &skipped);
	zone_commit(zone, SERIAL, &changes);
	left = zone_counts(zone);
	json_object_set_new(result, "left",
			    json_integer((json_int_t)(left.a + left.aaaa + left.srv + left.ptr +
						      skipped.conflicts + skipped.unreachable)));
}

static json_t *do_job(json_t *job)
{
	json_t *result = json_object();
	struct config *cfg = job_config(job, result);
	struct cluster *cluster = cfg ? job_cluster(job, result) : NULL;
	struct xdns_config config;
	struct zone *zone = NULL;
	struct address listener;

	if (cluster && !zone_config_make(cfg, &config) && !zone_new(&config, &zone)) {
		struct records_input in = {
			.cluster = cluster,
			.masters = (const char *const *)cfg->masters,
			.masters_count = cfg->masters_count,
			.listeners = &listener,
			.listeners_count = 1,
		};

		job_listener(cfg, &listener);
		report(zone, cfg, &in, job, result);
	}
	zone_free(zone);
	cluster_free(cluster);
	config_free(cfg);
	return result;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--driver"))
		return job_loop(do_job);
	execlp("python3", "python3", "tests/golden/golden.py", argv[0], NULL);
	perror("python3");
	return 1;
}
