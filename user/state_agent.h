/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One element of slaves[] and of recovered_slaves[], and the fields it shares with others. */
#ifndef XDNS_STATE_AGENT_H
#define XDNS_STATE_AGENT_H

#include "cluster.h"
#include "json_read.h"
#include "pid.h"

/*
 * text is a whole JSON object that json_cut has checked; pool is room. The agent has no addresses
 * yet. -EINVAL: a wrong type, or no usable pid. -ENOMEM.
 */
int state_agent_read(struct json_pool *pool, const uint8_t *text, size_t len, struct agent *ret);

/* The id of an agent that is waited for, to be freed. -EINVAL: it has none. */
int state_recovered_read(struct json_pool *pool, const uint8_t *text, size_t len, char **ret);

/* The decoded text of a string field; *ret is replaced (freed) unless the value is null. */
int state_field_text(struct json_pool *pool, struct json_read *j, char **ret);

/* Pids are taken as they are spelt, escapes and all: Mesos-DNS does not decode them. */
int state_field_pid(struct json_read *j, struct pid *ret);

#endif
