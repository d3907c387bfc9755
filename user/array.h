/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lists that grow. */
#ifndef XDNS_ARRAY_H
#define XDNS_ARRAY_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* Makes room for `want` elements of `size` octets in *list (a pointer to a pointer). */
static inline int array_reserve(void *list, size_t *cap, size_t want, size_t size)
{
	size_t room = *cap < 8 ? 8 : *cap;
	void *p;

	if (want <= *cap)
		return 0;
	while (room < want)
		room += room / 2;
	if (room > SIZE_MAX / size)
		return -ENOMEM;
	p = realloc(*(void **)list, room * size);
	if (!p)
		return -ENOMEM;
	*(void **)list = p;
	*cap = room;
	return 0;
}

#endif
