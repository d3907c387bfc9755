// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "text_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int text_list_copy(const char *const *list, size_t count, struct text_list *ret)
{
	struct text_list s = {.list = calloc(count + 1, sizeof(*s.list))};

	while (s.list && s.count < count && (s.list[s.count] = strdup(list[s.count])))
		s.count++;
	if (!s.list || s.count < count) {
		text_list_done(&s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

void text_list_done(struct text_list *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i]);
	free(s->list);
	*s = (struct text_list){0};
}
