/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Agents, frameworks and ids as the v1 operator API has them. Each text is a whole JSON value that
 * json_cut has checked; pool is room. -EINVAL: a wrong type, or nothing that could be used;
 * -ENOMEM.
 */
#ifndef XDNS_EVENT_READ_H
#define XDNS_EVENT_READ_H

#include "cluster.h"
#include "json_read.h"

/* {"value": "text"} into the pool; what is absent or null leaves *ret_at as it is. */
void event_read_value(struct json_pool *pool, struct json_read *j, size_t *ret_at);

/* {"agent_info": {"id": ...}, "pid": ...}: an agent without addresses yet. */
int event_read_agent(struct json_pool *pool, const uint8_t *text, size_t len, struct agent *ret);

/* {"framework_info": {"id": ..., "name": ...}}: a framework without address and tasks. */
int event_read_framework(struct json_pool *pool, const uint8_t *text, size_t len,
			 struct framework *ret);

/* {NAME: {"value": text}}, which may not be empty; to be freed. */
int event_read_id(struct json_pool *pool, const uint8_t *text, size_t len, const char *name,
		  char **ret);

/*
 * The value of a member of the object, as it stands in text: "task" of task_added. -EINVAL: there
 * is none, or it is null.
 */
int event_read_member(const uint8_t *text, size_t len, const char *name, const uint8_t **ret_text,
		      size_t *ret_len);

#endif
