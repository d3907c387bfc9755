// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "event_task.h"

#include <errno.h>
#include <string.h>

#include "event_read.h"
#include "task_reader.h"
#include "util.h"

enum task_phase event_task_phase(const char *state)
{
	static const char *const ended[] = {
		"TASK_FINISHED", "TASK_FAILED",	 "TASK_KILLED", "TASK_ERROR",
		"TASK_LOST",	 "TASK_DROPPED", "TASK_GONE",	"TASK_GONE_BY_OPERATOR"};

	if (!strcmp(state, STATUS_RUNNING))
		return TASK_RUNNING;
	for (size_t i = 0; i < ARRAY_SIZE(ended); i++)
		if (!strcmp(state, ended[i]))
			return TASK_ENDED;
	return TASK_WAITING;
}

/* Those that Mesos has; phase and state go together. */
static void set_phase(struct task *t, const char *state)
{
	static const char *const waiting[] = {"TASK_STAGING", "TASK_STARTING", "TASK_KILLING",
					      "TASK_UNREACHABLE", "TASK_UNKNOWN"};

	t->phase = event_task_phase(state);
	t->waits = "";
	for (size_t i = 0; i < ARRAY_SIZE(waiting) && t->phase == TASK_WAITING; i++)
		if (!strcmp(state, waiting[i]))
			t->waits = waiting[i];
}

/* One of ranges.range[]. */
static void read_range(struct task_reader *r, struct json_read *j, uint64_t *skipped)
{
	static const char *const names[] = {"begin", "end"};
	int64_t bounds[2] = {0, 0};
	struct json_key key;
	int i;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		i = json_read_find(&key, names, ARRAY_SIZE(names));
		if (i >= 0)
			json_read_integer(j, &bounds[i]);
		else
			json_read_skip(j);
	}
	if (!j->rc)
		j->rc = port_ranges_add(&r->ranges, bounds[0], bounds[1], skipped);
}

static void read_ranges(struct task_reader *r, struct json_read *j, uint64_t *skipped)
{
	static const char *const names[] = {"range"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		if (json_read_find(&key, names, 1) < 0) {
			json_read_skip(j);
			continue;
		}
		if (!json_read_array(j))
			continue;
		while (json_read_element(j))
			read_range(r, j, skipped);
	}
}

/* Is it "ports", and not revocable? Those are "ports_revocable" in the state document. */
static bool counts(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"name", "revocable"};
	size_t name = 0, mark = r->pool.len;
	bool revocable = false;
	struct json_key key;

	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			json_read_string(j, &r->pool, &name);
			break;
		case 1:
			revocable = !json_read_is_null(j);
			json_read_skip(j);
			break;
		default:
			json_read_skip(j);
		}
	}
	if (j->rc || revocable)
		return false;
	r->pool.len = mark;
	return !strcmp(task_reader_text(r, name), "ports");
}

/* One of resources[]. Its name may come behind its ranges, so it is looked for first. */
static void read_resource(struct task_reader *r, struct json_read *j, uint64_t *skipped)
{
	static const char *const names[] = {"ranges"};
	struct json_read second = *j;
	struct json_key key;

	if (!json_read_object(j) || !counts(r, j))
		return;
	json_read_object(&second);
	while (json_read_member(&second, &key)) {
		if (json_read_find(&key, names, 1) == 0)
			read_ranges(r, &second, skipped);
		else
			json_read_skip(&second);
	}
	if (second.rc)
		j->rc = second.rc;
}

static void read_resources(struct task_reader *r, struct json_read *j, uint64_t *skipped)
{
	r->ranges.count = 0;
	if (!json_read_array(j))
		return;
	while (json_read_element(j))
		read_resource(r, j, skipped);
	port_ranges_join(&r->ranges);
}

static void read_task(struct task_reader *r, struct json_read *j, uint64_t *skipped)
{
	static const char *const names[] = {"task_id",	    "name",	 "agent_id",
					    "slave_id",	    "state",	 "statuses",
					    "framework_id", "resources", "discovery"};
	struct json_key key;

	if (!json_read_object(j))
		return;
	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			event_read_value(&r->pool, j, &r->id);
			break;
		case 1:
			json_read_string(j, &r->pool, &r->name);
			break;
		case 2:
		case 3:
			event_read_value(&r->pool, j, &r->agent_id);
			break;
		case 4:
			json_read_string(j, &r->pool, &r->state);
			break;
		case 5:
			status_choice_read(&r->statuses, j, &r->pool);
			break;
		case 6:
			event_read_value(&r->pool, j, &r->framework_id);
			break;
		case 7:
			read_resources(r, j, skipped);
			break;
		case 8:
			task_reader_discovery(r, j);
			break;
		default:
			json_read_skip(j);
		}
	}
}

static void reset(struct task_reader *r)
{
	task_reader_reset(r);
	r->statuses.v1 = true;
}

int event_task_read(struct task_reader *r, const uint8_t *text, size_t len, uint64_t *skipped_ports,
		    struct task **ret, const char **ret_framework_id)
{
	struct json_read j = json_read_init(text, len);
	uint64_t skipped = 0;
	int rc;

	reset(r);
	read_task(r, &j, &skipped);
	if (j.rc || r->id == 0 || !*task_reader_text(r, r->id))
		return j.rc ? j.rc : -EINVAL;
	rc = task_reader_finish(r, TASK_WAITING, &skipped, ret);
	if (rc < 0)
		return rc;
	set_phase(*ret, task_reader_text(r, r->state));
	*skipped_ports += skipped;
	*ret_framework_id = task_reader_text(r, r->framework_id);
	return 0;
}

/* status of a task_updated: whose it is, and if it is a running one its addresses. */
static bool read_status(struct task_reader *r, struct json_read *j)
{
	static const char *const names[] = {"task_id", "agent_id", "slave_id", "state"};
	struct json_read again = *j;
	struct json_key key;
	bool running;

	if (!json_read_object(j))
		return false;
	while (json_read_member(j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			event_read_value(&r->pool, j, &r->id);
			break;
		case 1:
		case 2:
			event_read_value(&r->pool, j, &r->agent_id);
			break;
		case 3:
			json_read_string(j, &r->pool, &r->state);
			break;
		default:
			json_read_skip(j);
		}
	}
	status_choice_reset(&r->statuses);
	running = status_choice_read_one(&r->statuses, &again, &r->pool);
	if (again.rc && !j->rc)
		j->rc = again.rc;
	return running;
}

int event_update_read(struct task_reader *r, const uint8_t *text, size_t len, struct task **ret,
		      bool *ret_has_status, const char **ret_framework_id)
{
	static const char *const names[] = {"framework_id", "status", "state"};
	struct json_read j = json_read_init(text, len);
	uint64_t skipped = 0;
	struct json_key key;
	bool running = false;
	size_t state = 0;
	int rc;

	reset(r);
	if (!json_read_object(&j))
		return -EINVAL;
	while (json_read_member(&j, &key)) {
		switch (json_read_find(&key, names, ARRAY_SIZE(names))) {
		case 0:
			event_read_value(&r->pool, &j, &r->framework_id);
			break;
		case 1:
			running = read_status(r, &j);
			break;
		case 2:
			json_read_string(&j, &r->pool, &state);
			break;
		default:
			json_read_skip(&j);
		}
	}
	if (state) /* what the agent knows may be ahead of the status it sends */
		r->state = state;
	if (j.rc || r->id == 0 || !*task_reader_text(r, r->id) || r->state == 0)
		return j.rc ? j.rc : -EINVAL;
	rc = task_reader_finish(r, TASK_WAITING, &skipped, ret);
	if (rc < 0)
		return rc;
	set_phase(*ret, task_reader_text(r, r->state));
	*ret_has_status = running;
	*ret_framework_id = task_reader_text(r, r->framework_id);
	return 0;
}
