// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "node_store.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PIECE_MIN (64UL << 10)
#define PIECE_MAX (2UL << 20) /* a huge page */

struct node_piece {
	struct node_piece *next;
	size_t size;
};

static size_t class_of(size_t size)
{
	return (size + NODE_STORE_STEP - 1) / NODE_STORE_STEP;
}

/* Small zones have small pieces. */
static int add_piece(struct node_store *s)
{
	size_t size = s->pieces ? 2 * s->pieces->size : PIECE_MIN;
	struct node_piece *p;

	if (size > PIECE_MAX)
		size = PIECE_MAX;
	p = aligned_alloc(size, size);
	if (!p)
		return -1;
	if (size == PIECE_MAX)
		madvise(p, size, MADV_HUGEPAGE);
	*p = (struct node_piece){.next = s->pieces, .size = size};
	s->pieces = p;
	s->used = sizeof(*p);
	return 0;
}

void *node_store_take(struct node_store *s, size_t size)
{
	size_t class = class_of(size), whole = class * NODE_STORE_STEP;
	struct node_free *n = s->free[class];

	if (n) {
		ASAN_UNPOISON_MEMORY_REGION(n, whole);
		s->free[class] = n->next;
		return memset(n, 0, whole);
	}
	if ((!s->pieces || s->pieces->size - s->used < whole) && add_piece(s))
		return NULL;
	s->used += whole;
	return memset((uint8_t *)s->pieces + s->used - whole, 0, whole);
}

/* ASan is told, so that it finds readers that come too late. */
void node_store_give(struct node_store *s, void *node, size_t size)
{
	struct node_free *n = node, **list = &s->free[class_of(size)];

	n->next = *list;
	*list = n;
	ASAN_POISON_MEMORY_REGION(n, class_of(size) * NODE_STORE_STEP);
}

void node_store_done(struct node_store *s)
{
	struct node_piece *next;

	for (struct node_piece *p = s->pieces; p; p = next) {
		next = p->next;
		ASAN_UNPOISON_MEMORY_REGION(p, p->size);
		free(p);
	}
	*s = (struct node_store){0};
}
