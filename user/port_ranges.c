// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "port_ranges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

#define PORT_MAX 65535

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Decimal with an optional sign; the whole of [p, end). Large values are as good as each other. */
static bool parse_number(const char *p, const char *end, long *ret)
{
	bool negative = false;
	long v = 0;

	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end)
		return false;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		if (v <= PORT_MAX)
			v = v * 10 + (*p - '0');
	}
	*ret = negative ? -v : v;
	return true;
}

/* The first two parts between dashes; further ones do not matter. */
static bool parse_range(const char *p, const char *end, long *ret_first, long *ret_last)
{
	const char *dash = memchr(p, '-', (size_t)(end - p)), *second;

	if (!dash || !parse_number(p, dash, ret_first))
		return false;
	second = memchr(dash + 1, '-', (size_t)(end - dash - 1));
	return parse_number(dash + 1, second ? second : end, ret_last);
}

int port_ranges_add(struct port_range_list *list, int64_t first, int64_t last, uint64_t *skipped)
{
	int rc;

	if (first > last)
		return 0;
	if (first < 0 || last > PORT_MAX)
		++*skipped;
	if (first < 0)
		first = 0;
	if (last > PORT_MAX)
		last = PORT_MAX;
	if (first > last)
		return 0;
	rc = array_reserve(&list->list, &list->cap, list->count + 1, sizeof(*list->list));
	if (rc < 0)
		return rc;
	list->list[list->count++] =
		(struct port_range){.first = (uint16_t)first, .last = (uint16_t)last};
	return 0;
}

static int add_entry(const char *p, const char *end, struct port_range_list *list,
		     uint64_t *skipped)
{
	long first, last;

	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	if (!parse_range(p, end, &first, &last)) {
		++*skipped;
		return 0;
	}
	return port_ranges_add(list, first, last, skipped);
}

int port_ranges_parse(const char *text, struct port_range_list *list, uint64_t *skipped)
{
	const char *p = strchr(text, '['), *end;

	if (!p) {
		*skipped += *text != 0;
		return 0;
	}
	p++;
	end = p + strcspn(p, "[]");
	if (p == end)
		return 0;
	for (;;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		int rc = add_entry(p, comma ? comma : end, list, skipped);

		if (rc < 0 || !comma)
			return rc;
		p = comma + 1;
	}
}

static int compare(const void *a, const void *b)
{
	const struct port_range *x = a, *y = b;

	return x->first != y->first ? x->first - y->first : x->last - y->last;
}

void port_ranges_join(struct port_range_list *list)
{
	size_t n = 0;

	if (list->count < 2)
		return;
	qsort(list->list, list->count, sizeof(*list->list), compare);
	for (size_t i = 1; i < list->count; i++) {
		struct port_range *last = &list->list[n], *next = &list->list[i];

		if (next->first > last->last + 1)
			list->list[++n] = *next;
		else if (next->last > last->last)
			last->last = next->last;
	}
	list->count = n + 1;
}
