// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Readers that need one version of the whole zone hold commits off for as long as they look at a
 * part of it. Commits go first: while one waits nobody else gets in, so a reader that comes again
 * and again delays the writer by one look at the most.
 */
#include "zone_internal.h"

#include <stdlib.h>

struct zone_gate *zone_gate_new(void)
{
	struct zone_gate *g = calloc(1, sizeof(*g));

	if (g) {
		pthread_mutex_init(&g->lock, NULL);
		pthread_cond_init(&g->opened, NULL);
	}
	return g;
}

void zone_gate_free(struct zone_gate *g)
{
	if (!g)
		return;
	pthread_cond_destroy(&g->opened);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

void zone_gate_close(struct zone_gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->wanted = true;
	while (g->holders)
		pthread_cond_wait(&g->opened, &g->lock);
	g->wanted = false;
	g->closed = true;
	pthread_mutex_unlock(&g->lock);
}

void zone_gate_open(struct zone_gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->closed = false;
	pthread_cond_broadcast(&g->opened);
	pthread_mutex_unlock(&g->lock);
}

void zone_hold(const struct zone *z)
{
	struct zone_gate *g = z->gate;

	pthread_mutex_lock(&g->lock);
	while (g->wanted || g->closed)
		pthread_cond_wait(&g->opened, &g->lock);
	g->holders++;
	pthread_mutex_unlock(&g->lock);
}

void zone_release(const struct zone *z)
{
	struct zone_gate *g = z->gate;

	pthread_mutex_lock(&g->lock);
	if (!--g->holders)
		pthread_cond_broadcast(&g->opened);
	pthread_mutex_unlock(&g->lock);
}
