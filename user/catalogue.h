/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which records each task gives: made from the model by the rules that make the zone
 * (task_records.h), so that the two cannot drift apart. A copy, for any thread to read.
 */
#ifndef XDNS_CATALOGUE_H
#define XDNS_CATALOGUE_H

#include "config.h"
#include "model.h"
#include "record_list.h"

struct catalogue_task {
	size_t framework;		   /* index of its name in frameworks */
	size_t name, id, agent, discovery; /* in texts */
	size_t first, count;		   /* in records.items */
	enum ip_source source;		   /* of the addresses of its own; IP_SOURCE_COUNT: none */
	bool held;
};

struct catalogue {
	size_t *frameworks; /* names, in texts; all there are */
	size_t frameworks_count;
	struct catalogue_task *tasks;
	size_t tasks_count;
	struct record_list records; /* in the order they were made */
	char *texts;
	size_t texts_len, texts_room;
};

/*
 * owner: a lower-case wire name: only tasks that give a record of this name, with all their
 * records; NULL: all tasks. The model's thread. -ENOMEM.
 */
int catalogue_make(struct model *m, const struct config *cfg, const uint8_t *owner,
		   size_t owner_len, struct catalogue *ret);
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
