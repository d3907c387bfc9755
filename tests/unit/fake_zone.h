/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A zone that only remembers what was added to it, as lines of text; in place
 * of zone.c in the one test that includes this.
 */
#ifndef XDNS_TESTS_FAKE_ZONE_H
#define XDNS_TESTS_FAKE_ZONE_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "dname_text.h"
#include "dns.h"
#include "zone.h"

struct zone {
	char **lines; /* "OWNER TYPE DATA", one for each contribution */
	size_t count, room;
	size_t calls;	   /* of zone_add() and zone_remove() */
	size_t fail_after; /* calls that succeed before the one that fails with -ENOMEM; 0: all do
			    */
	int remove_errors; /* removals of what was never added */
};

static void fake_zone_format(char *buf, size_t len, const uint8_t *owner, const struct rr *rr)
{
	char name[DNAME_TEXT_MAX], data[DNAME_TEXT_MAX];

	dname_to_text(owner, name);
	switch (rr->type) {
	case DNS_TYPE_A:
		inet_ntop(AF_INET, rr->a, data, sizeof(data));
		snprintf(buf, len, "%s A %s", name, data);
		break;
	case DNS_TYPE_AAAA:
		inet_ntop(AF_INET6, rr->aaaa, data, sizeof(data));
		snprintf(buf, len, "%s AAAA %s", name, data);
		break;
	case DNS_TYPE_SRV:
		snprintf(buf, len, "%s SRV %u %u %s", name, rr->srv.weight, rr->srv.port,
			 dname_to_text(rr->srv.target, data));
		break;
	default:
		snprintf(buf, len, "%s PTR %s", name, dname_to_text(rr->ptr, data));
		break;
	}
}

static int fake_zone_may_fail(struct zone *z)
{
	z->calls++;
	return z->fail_after && z->calls == z->fail_after + 1 ? -ENOMEM : 0;
}

int zone_add(struct zone *z, const uint8_t *owner, const struct rr *rr)
{
	char line[3 * DNAME_TEXT_MAX];

	if (fake_zone_may_fail(z) ||
	    array_reserve(&z->lines, &z->room, z->count + 1, sizeof(*z->lines)))
		return -ENOMEM;
	fake_zone_format(line, sizeof(line), owner, rr);
	z->lines[z->count++] = strdup(line);
	return 0;
}

int zone_remove(struct zone *z, const uint8_t *owner, const struct rr *rr)
{
	char line[3 * DNAME_TEXT_MAX];

	if (fake_zone_may_fail(z))
		return -ENOMEM;
	fake_zone_format(line, sizeof(line), owner, rr);
	for (size_t i = 0; i < z->count; i++) {
		if (!strcmp(z->lines[i], line)) {
			free(z->lines[i]);
			z->lines[i] = z->lines[--z->count];
			return 0;
		}
	}
	z->remove_errors++;
	return -ENOENT;
}

static int fake_zone_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void fake_zone_sort(struct zone *z)
{
	if (z->count)
		qsort(z->lines, z->count, sizeof(*z->lines), fake_zone_compare);
}

/* How often the line is there. */
static inline size_t fake_zone_has(const struct zone *z, const char *line)
{
	size_t n = 0;

	for (size_t i = 0; i < z->count; i++)
		n += !strcmp(z->lines[i], line);
	return n;
}

static void fake_zone_done(struct zone *z)
{
	for (size_t i = 0; i < z->count; i++)
		free(z->lines[i]);
	free(z->lines);
	*z = (struct zone){0};
}

#endif
