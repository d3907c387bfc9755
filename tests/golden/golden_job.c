// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "golden_job.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "state.h"
#include "util.h"

/* In place of log.c: conflicts are no news here. */
void log_write(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void log_about(enum log_level level, const char *field, const char *value, const char *fmt, ...)
{
	(void)level;
	(void)field;
	(void)value;
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

struct cluster *job_cluster(json_t *job, json_t *result)
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

struct config *job_config(json_t *job, json_t *result)
{
	char *text = json_dumps(json_object_get(job, "config"), 0), *error = NULL;
	struct config *cfg = NULL;

	if (config_parse("golden.json", text, strlen(text), &cfg, &error))
		json_object_set_new(result, "error", json_string(error));
	free(error);
	free(text);
	return cfg;
}

void job_listener(const struct config *cfg, struct address *ret)
{
	*ret = (struct address){.family = (uint8_t)cfg->listener.ss_family};
	if (ret->family == AF_INET)
		memcpy(ret->bytes, &((const struct sockaddr_in *)&cfg->listener)->sin_addr, 4);
	else
		memcpy(ret->bytes, &((const struct sockaddr_in6 *)&cfg->listener)->sin6_addr, 16);
}

int job_loop(json_t *(*do_job)(json_t *job))
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
