// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "event_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pid.h"
#include "state_agent.h"
#include "util.h"

void event_read_value(struct json_pool *pool, struct json_read *j, size_t *ret_at)
{
	static const char *const names[] = {"value"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			json_read_string(j, pool, ret_at);
		else
			json_read_skip(j);
	}
}

/* A value's text as a string of its own; *ret is replaced unless it is absent or null. */
static void read_value_copy(struct json_pool *pool, struct json_read *j, char **ret)
{
	size_t at = SIZE_MAX;
	char *copy;

	pool->len = 0;
	event_read_value(pool, j, &at);
	if (j->rc || at == SIZE_MAX)
		return;
	copy = strdup(pool->data + at);
	if (!copy) {
		j->rc = -ENOMEM;
		return;
	}
	free(*ret);
	*ret = copy;
}

int event_read_id(struct json_pool *pool, const uint8_t *text, size_t len, const char *name,
		  char **ret)
{
	struct json_read j = json_read_init(text, len);
	_cleanup_free_ char *id = NULL;
	struct json_key key;

	if (!json_read_object(&j))
		return -EINVAL;
	while (json_read_member(&j, &key)) {
		if (json_read_find(&key, &name, 1) == 0)
			read_value_copy(pool, &j, &id);
		else
			json_read_skip(&j);
	}
	if (j.rc)
		return j.rc;
	if (!id || !*id)
		return -EINVAL;
	*ret = TAKE_PTR(id);
	return 0;
}

int event_read_member(const uint8_t *text, size_t len, const char *name, const uint8_t **ret_text,
		      size_t *ret_len)
{
	struct json_read j = json_read_init(text, len);
	const uint8_t *found = NULL;
	struct json_key key;
	size_t found_len = 0;

	if (!json_read_object(&j))
		return -EINVAL;
	while (json_read_member(&j, &key)) {
		bool wanted = json_read_find(&key, &name, 1) == 0 && !json_read_is_null(&j);
		const uint8_t *begin = j.p;

		json_read_skip(&j);
		if (!wanted)
			continue;
		found = begin;
		found_len = (size_t)(j.p - begin);
	}
	if (j.rc)
		return j.rc;
	if (!found)
		return -EINVAL;
	*ret_text = found;
	*ret_len = found_len;
	return 0;
}

static void replace_pid(struct json_read *j, struct pid *old)
{
	struct pid pid;

	j->rc = state_field_pid(j, &pid);
	if (j->rc)
		return;
	free(old->host);
	*old = pid;
}

int event_read_agent(struct json_pool *pool, const uint8_t *text, size_t len, struct agent *ret)
{
	static const char *const names[] = {"agent_info", "pid"};
	struct json_read j = json_read_init(text, len);
	_cleanup_free_ char *id = NULL;
	const uint8_t *info;
	struct pid pid = {0};
	struct json_key key;
	size_t info_len;
	int rc;

	rc = event_read_member(text, len, names[0], &info, &info_len);
	if (rc == 0)
		rc = event_read_id(pool, info, info_len, "id", &id);
	if (rc < 0 || !json_read_object(&j))
		return rc < 0 ? rc : -EINVAL;
	while (json_read_member(&j, &key)) {
		if (json_read_find(&key, names, ARRAY_SIZE(names)) == 1)
			replace_pid(&j, &pid);
		else
			json_read_skip(&j);
	}
	if (j.rc || !pid.host) {
		free(pid.host);
		return j.rc ? j.rc : -EINVAL;
	}
	*ret = (struct agent){.id = TAKE_PTR(id), .host = pid.host, .port = pid.port};
	return 0;
}

static int read_info_name(struct json_pool *pool, const uint8_t *text, size_t len, char **ret)
{
	static const char *const names[] = {"name"};
	struct json_read j = json_read_init(text, len);
	struct json_key key;
	int rc = 0;

	if (!json_read_object(&j))
		return -EINVAL;
	while (rc == 0 && json_read_member(&j, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			rc = state_field_text(pool, &j, ret);
		else
			json_read_skip(&j);
	}
	return rc ? rc : j.rc;
}

int event_read_framework(struct json_pool *pool, const uint8_t *text, size_t len,
			 struct framework *ret)
{
	struct framework f = {0};
	const uint8_t *info;
	size_t info_len;
	int rc = event_read_member(text, len, "framework_info", &info, &info_len);

	if (rc == 0)
		rc = event_read_id(pool, info, info_len, "id", &f.id);
	if (rc == 0)
		rc = read_info_name(pool, info, info_len, &f.name);
	if (rc == 0 && !f.name)
		f.name = strdup("");
	if (rc == 0)
		f.host = strdup("");
	if (rc == 0 && (!f.name || !f.host))
		rc = -ENOMEM;
	if (rc < 0) {
		cluster_framework_done(&f);
		return rc;
	}
	*ret = f;
	return 0;
}
