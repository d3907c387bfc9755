/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which records each task gives: made from the zone's sources by the rules that make the zone
 * (task_records.h), so that the two cannot drift apart.
 */
#ifndef XDNS_CATALOGUE_H
#define XDNS_CATALOGUE_H

#include "record_list.h"
#include "zone_sources.h"

struct catalogue_task {
	const struct task *task;
	size_t framework;    /* in the view's cluster */
	size_t first, count; /* in records.items */
};

/* Stands as long as its sources. */
struct catalogue {
	struct catalogue_task *tasks; /* by framework */
	size_t tasks_count;
	struct record_list records; /* in the order they were made */
};

/*
 * owner: a lower-case wire name: only tasks that give a record of this name, with all their
 * records; NULL: all tasks. -ENOMEM. Any thread.
 */
int catalogue_make(const struct zone_sources *s, const uint8_t *owner, size_t owner_len,
		   struct catalogue *ret);
void catalogue_done(struct catalogue *c);

/*
 * Marks (`same`) the records that an earlier one equals: a zone has each once. -ENOMEM.
 */
int catalogue_mark_repeated(struct catalogue *c);

static inline const uint8_t *catalogue_owner(const struct catalogue *c, const struct record_item *i)
{
	return c->records.names + i->owner_at;
}

/* Of an SRV or PTR. */
static inline const uint8_t *catalogue_target(const struct catalogue *c,
					      const struct record_item *i)
{
	return c->records.names + i->target_at;
}

#endif
