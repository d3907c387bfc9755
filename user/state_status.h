/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* statuses[] of a task: the addresses in the one that counts. */
#ifndef XDNS_STATE_STATUS_H
#define XDNS_STATE_STATUS_H

#include "address.h"
#include "json_read.h"

#define STATUS_RUNNING "TASK_RUNNING"

enum status_source { STATUS_NETINFO, STATUS_DOCKER, STATUS_MESOS, STATUS_SOURCES };

struct address_list {
	struct address *list;
	size_t count, cap;
};

/* What one entry of statuses[] says. */
struct status {
	size_t state; /* offset into the pool */
	double timestamp;
	struct address_list addresses[STATUS_SOURCES];
};

/* All 0 to begin with; its room is used again for every task. */
struct status_choice {
	bool v1;	       /* labels are {"labels": [...]}, as in the v1 API */
	struct status both[2]; /* the chosen one and the one being read */
	unsigned chosen;
};

/* No status, no addresses. */
void status_choice_reset(struct status_choice *c);

/*
 * Reads a list of statuses and chooses the running one with the greatest timestamp above -1, of
 * equals the first. The pool is as it was afterwards; its offset 0 must be "". Errors are in j.
 */
void status_choice_read(struct status_choice *c, struct json_read *j, struct json_pool *pool);

/* The same for one more status after status_choice_reset(). Is it the chosen one now? */
bool status_choice_read_one(struct status_choice *c, struct json_read *j, struct json_pool *pool);

const struct status *status_choice_get(const struct status_choice *c);

/* Frees what c holds. */
void status_choice_done(struct status_choice *c);

#endif
