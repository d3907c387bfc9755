/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A list of texts that owns them: host names and ports of masters, mostly. */
#ifndef XDNS_TEXT_LIST_H
#define XDNS_TEXT_LIST_H

#include <stddef.h>

struct text_list {
	char **list; /* NULL: none was ever given */
	size_t count;
};

/* -ENOMEM. */
int text_list_copy(const char *const *list, size_t count, struct text_list *ret);

/* Empties it. */
void text_list_done(struct text_list *s);

#endif
