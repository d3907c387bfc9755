// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "json_load.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/* Stands at the end of a block, so that the block is one for free(). */
struct link {
	struct link *prev, *next;
	void *block;
};

/* A text being read by this thread: everything that was allocated for it so far. */
struct reading {
	jmp_buf no_memory;
	struct link all;
};

static _Thread_local struct reading *reading;

static struct link *link_of(void *block)
{
	uintptr_t end = (uintptr_t)block + malloc_usable_size(block);

	return (struct link *)((end - sizeof(struct link)) & ~(alignof(struct link) - 1));
}

static void *take(size_t size)
{
	struct reading *r = reading;
	size_t room = sizeof(struct link) + alignof(struct link);
	void *block = size <= SIZE_MAX - room ? malloc(size + room) : NULL;
	struct link *l;

	if (!block && r)
		longjmp(r->no_memory, 1);
	if (!block || !r)
		return block;
	l = link_of(block);
	*l = (struct link){.prev = &r->all, .next = r->all.next, .block = block};
	l->next->prev = r->all.next = l;
	return block;
}

/* Nothing is freed while a text is read but what was allocated for it. */
static void give(void *block)
{
	if (block && reading) {
		struct link *l = link_of(block);

		l->prev->next = l->next;
		l->next->prev = l->prev;
	}
	free(block);
}

void json_load_init(void)
{
	json_set_alloc_funcs(take, give);
}

static void free_all(struct reading *r)
{
	struct link *l = r->all.next;

	while (l != &r->all) {
		struct link *next = l->next;

		free(l->block);
		l = next;
	}
}

json_t *json_load(const char *text, size_t len, size_t flags, json_error_t *error)
{
	struct reading r;
	json_t *root;

	r.all.prev = r.all.next = &r.all;
	if (setjmp(r.no_memory)) {
		reading = NULL;
		free_all(&r);
		*error = (json_error_t){.text = "no memory"};
		error->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_out_of_memory;
		return NULL;
	}
	reading = &r;
	root = json_loadb(text, len, flags, error);
	reading = NULL;
	return root;
}
