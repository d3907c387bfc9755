// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state_task.h"

#include <string.h>

#include "port_ranges.h"
#include "task_reader.h"
#include "util.h"

static void read_resources(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"ports"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			json_read_string(j, &r->pool, &r->port_text);
		else
			json_read_skip(j);
	}
}

static void read_task(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"id",	"name",	     "slave_id", "state",
					    "statuses", "resources", "discovery"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			json_read_string(j, &r->pool, &r->id);
			break;
		case 1:
			json_read_string(j, &r->pool, &r->name);
			break;
		case 2:
			json_read_string(j, &r->pool, &r->agent_id);
			break;
		case 3:
			json_read_string(j, &r->pool, &r->state);
			break;
		case 4:
			status_choice_read(&r->statuses, j, &r->pool);
			break;
		case 5:
			read_resources(r, j);
			break;
		case 6:
			task_reader_discovery(r, j);
			break;
		default:
			json_read_skip(j);
		}
	}
}

int task_read(struct task_reader *r, const uint8_t *text, size_t len, uint64_t *skipped_ports,
	      struct task **ret)
{
	struct json_read j = json_read_init(text, len);
	int rc;

	task_reader_reset(r);
	read_task(r, &j);
	if (j.rc)
		return j.rc;
	if (strcmp(task_reader_text(r, r->state), STATUS_RUNNING)) {
		*ret = NULL;
		return 0;
	}
	rc = port_ranges_parse(task_reader_text(r, r->port_text), &r->ranges, skipped_ports);
	return rc < 0 ? rc : task_reader_finish(r, TASK_RUNNING, skipped_ports, ret);
}
