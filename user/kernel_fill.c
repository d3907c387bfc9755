// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The indices of a generation that no frame has got to yet. */
#include "kernel_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dname_text.h"

#define BATCH 2048U /* entries of one system call */

/* Who works takes names by the batch; only the one who takes them writes to `front`. */
struct filling {
	struct zone *zone;
	struct generation *generation;
	pthread_mutex_t lock; /* for what follows; at first the builder's */
	uint32_t at;	      /* of the zone's names */
	bool done;
	int r;
};

struct batch {
	uint32_t count;
	uint64_t hash[BATCH];
	struct zone_name name[BATCH];
	struct xdns_name value[BATCH];
	struct filling *filling;
};

void generation_name(const struct zone_name *name, struct xdns_name *ret)
{
	char text[DNAME_TEXT_MAX];
	size_t len = strlen(dname_to_text(name->wire, text));

	if (len > 1)
		len--; /* the final dot */
	if (len > sizeof(ret->text) - 1)
		len = sizeof(ret->text) - 1;
	ret->record = name->record;
	memcpy(ret->text, text, len);
	memset(ret->text + len, 0, sizeof(ret->text) - len);
}

static int front_one(void *ctx, const struct zone_name *name)
{
	struct generation *g = ctx;

	if (generation_holds(g, name->record))
		front_put(&g->front, name->hash, 0, name->record);
	return 0;
}

void generation_fill_front(struct zone *zone, struct generation *g)
{
	zone_for_each_name(zone, front_one, g);
	__atomic_store_n(&g->state->front_complete, 1, __ATOMIC_RELEASE);
}

static void leave_out(struct generation *g)
{
	__atomic_store_n(&g->state->names_complete, 0, __ATOMIC_RELAXED);
}

/* Ends the walk when the batch is full. */
static int take_name(void *ctx, const struct zone_name *name)
{
	struct batch *b = ctx;
	struct generation *g = b->filling->generation;

	if (!generation_holds(g, name->record)) {
		leave_out(g);
		return 0;
	}
	front_put(&g->front, name->hash, 0, name->record);
	b->hash[b->count] = name->hash;
	b->name[b->count] = *name;
	return ++b->count == BATCH;
}

static void take_batch(struct filling *f, struct batch *b)
{
	b->count = 0;
	pthread_mutex_lock(&f->lock);
	if (!f->done)
		f->done = !zone_names_from(f->zone, &f->at, take_name, b);
	pthread_mutex_unlock(&f->lock);
}

static int put_batch(const struct filling *f, struct batch *b)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t n = b->count;

	for (uint32_t i = 0; i < n; i++)
		generation_name(&b->name[i], &b->value[i]);
	if (!bpf_map_update_batch(f->generation->names_fd, b->hash, b->value, &n, &opts))
		return 0;
	if (errno != E2BIG || !f->generation->sizes.limited)
		return -errno;
	leave_out(f->generation);
	return 0;
}

static void fail(struct filling *f, int r)
{
	pthread_mutex_lock(&f->lock);
	f->done = true;
	f->r = r;
	pthread_mutex_unlock(&f->lock);
}

int filling_new(struct zone *zone, struct generation *g, struct filling **ret)
{
	struct filling *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	*f = (struct filling){.zone = zone, .generation = g};
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_lock(&f->lock);
	*ret = f;
	return 0;
}

void filling_begin(struct filling *f, bool possible)
{
	struct xdns_state *s = f->generation->state;

	f->done = !possible;
	if (possible) {
		s->names_complete = !zone_incomplete(f->zone);
		s->front_complete = 1;
	}
	pthread_mutex_unlock(&f->lock);
}

int filling_work(struct filling *f)
{
	struct batch *b = malloc(sizeof(*b));
	int r = 0;

	if (!b)
		return -ENOMEM;
	b->filling = f;
	do {
		take_batch(f, b);
		if (b->count)
			r = put_batch(f, b);
	} while (b->count && !r);
	if (r)
		fail(f, r);
	free(b);
	return 0;
}

int filling_result(const struct filling *f)
{
	return f->r;
}

void filling_free(struct filling *f)
{
	pthread_mutex_destroy(&f->lock);
	free(f);
}
