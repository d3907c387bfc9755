// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Our side of the golden test. Without arguments it becomes golden.py, which
 * judges; that starts this program again as "--driver", which does for each recording what
 * the daemon would do and says what came out: a job a line in, a result a line out, both JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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
#include "log.h"
#include "records.h"
#include "reply.h"
#include "state.h"
#include "util.h"
#include "zone.h"
#include "zone_config.h"

#define SERIAL 1234567890

/* In place of log.c: conflicts are no news here. */
void log_write(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

/* What the harness that recorded Mesos-DNS had in its hosts file. */
static int resolve(void *ctx, const char *host, struct address **ret_list, size_t *ret_count)
{
	const json_t *addresses = json_object_get(ctx, host), *text;
	struct address *list;
	size_t i;

	if (!addresses)
		return -ENOENT;
	list = calloc(json_array_size(addresses), sizeof(*list));
	if (!list)
		return -ENOMEM;
	json_array_foreach(addresses, i, text) {
		if (address_parse(json_string_value(text), &list[i])) {
			free(list);
			return -EINVAL;
		}
	}
	*ret_list = list;
	*ret_count = json_array_size(addresses);
	return 0;
}

static int feed_file(struct state *state, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[5000];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		int r = state_feed(state, buf, (size_t)n);

		if (r)
			return r;
	}
	return n < 0 ? -errno : 0;
}

static struct cluster *load_cluster(json_t *job, json_t *result)
{
	struct state_resolver resolver = {resolve, json_object_get(job, "hosts")};
	struct cluster *cluster = NULL;
	struct state *state;
	int r;

	if (state_new(1 << 30, &resolver, &state))
		return NULL;
	r = feed_file(state, json_string_value(json_object_get(job, "document")));
	if (!r)
		r = state_end(state);
	if (!r)
		r = state_finish(state, &cluster);
	if (r)
		json_object_set_new(result, "error", json_string(state_error(state)));
	state_free(state);
	return cluster;
}

static struct config *load_config(json_t *job, json_t *result)
{
	char *text = json_dumps(json_object_get(job, "config"), 0), *error = NULL;
	struct config *cfg = NULL;

	if (config_parse("golden.json", text, strlen(text), &cfg, &error))
		json_object_set_new(result, "error", json_string(error));
	free(error);
	free(text);
	return cfg;
}

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
	verdict = reply_query(cfg, zone, tcp, query, (strlen(job) - 1) / 2, out, room, &result);
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

static void listener_address(const struct config *cfg, struct address *ret)
{
	*ret = (struct address){.family = (uint8_t)cfg->listener.ss_family};
	if (ret->family == AF_INET)
		memcpy(ret->bytes, &((const struct sockaddr_in *)&cfg->listener)->sin_addr, 4);
	else
		memcpy(ret->bytes, &((const struct sockaddr_in6 *)&cfg->listener)->sin6_addr, 16);
}

static json_t *do_job(json_t *job)
{
	json_t *result = json_object();
	struct config *cfg = load_config(job, result);
	struct cluster *cluster = cfg ? load_cluster(job, result) : NULL;
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

		listener_address(cfg, &listener);
		report(zone, cfg, &in, job, result);
	}
	zone_free(zone);
	cluster_free(cluster);
	config_free(cfg);
	return result;
}

static int driver(void)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		json_t *job = json_loads(line, 0, NULL), *result;
		char *text;

		if (!job)
			return 1;
		result = do_job(job);
		text = json_dumps(result, JSON_COMPACT);
		puts(text);
		fflush(stdout);
		free(text);
		json_decref(result);
		json_decref(job);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--driver"))
		return driver();
	execlp("python3", "python3", "tests/golden/golden.py", argv[0], NULL);
	perror("python3");
	return 1;
}
