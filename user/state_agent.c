// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state_agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

int state_field_text(struct json_pool *pool, struct json_read *j, char **ret)
{
	size_t at = SIZE_MAX;
	char *copy;

	pool->len = 0;
	json_read_string(j, pool, &at);
	if (j->rc || at == SIZE_MAX)
		return j->rc;
	copy = strdup(pool->data + at);
	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

int state_field_pid(struct json_read *j, struct pid *ret)
{
	const uint8_t *raw;
	size_t len;

	if (!json_read_raw(j, &raw, &len))
		return j->rc ? j->rc : -EINVAL;
	return pid_parse((const char *)raw, len, ret);
}

static int replace_pid(struct pid *old, struct json_read *j)
{
	struct pid pid;
	int rc = state_field_pid(j, &pid);

	if (rc == 0) {
		free(old->host);
		*old = pid;
	}
	return rc;
}

static int read_agent(struct json_pool *pool, struct json_read *j, char **id, struct pid *pid)
{
	static const char *const names[] = {"id", "pid", "hostname"};
	struct json_key key;
	int rc = 0;

	if (!json_read_object(j))
		return -EINVAL;
	while (rc == 0 && json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			rc = state_field_text(pool, j, id);
			break;
		case 1:
			rc = replace_pid(pid, j);
			break;
		case 2:
			json_read_check_string(j);
			break;
		default:
			json_read_skip(j);
		}
	}
	if (rc == 0)
		rc = j->rc;
	return rc == 0 && !pid->host ? -EINVAL : rc;
}

int state_agent_read(struct json_pool *pool, const uint8_t *text, size_t len, struct agent *ret)
{
	struct json_read j = json_read_init(text, len);
	_cleanup_free_ char *id = NULL;
	struct pid pid = {0};
	int rc = read_agent(pool, &j, &id, &pid);

	if (rc == 0 && !id) {
		id = strdup("");
		rc = id ? 0 : -ENOMEM;
	}
	if (rc < 0) {
		free(pid.host);
		return rc;
	}
	*ret = (struct agent){.id = TAKE_PTR(id), .host = pid.host, .port = pid.port};
	return 0;
}

int state_recovered_read(struct json_pool *pool, const uint8_t *text, size_t len, char **ret)
{
	static const char *const names[] = {"id"};
	struct json_read j = json_read_init(text, len);
	_cleanup_free_ char *id = NULL;
	struct json_key key;
	int rc = 0;

	if (!json_read_object(&j))
		return -EINVAL;
	while (rc == 0 && json_read_member(&j, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			rc = state_field_text(pool, &j, &id);
		else
			json_read_skip(&j);
	}
	if (rc == 0)
		rc = id ? j.rc : -EINVAL;
	if (rc == 0)
		*ret = TAKE_PTR(id);
	return rc;
}
