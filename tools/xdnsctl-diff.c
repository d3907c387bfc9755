// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the maps hold against the zone that the daemon has, as its /v1/axfr says. */
#include "xdnsctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dname_text.h"
#include "rr_text.h"
#include "util.h"

#define TRIES	 10 /* to see both at one serial */
#define PAUSE_US 200000

/* Records as texts: "name TYPE data". */
struct side {
	char **list;
	size_t count, room;
};

static void done(struct side *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i]);
	free(s->list);
	*s = (struct side){0};
}

static int add(struct side *s, const char *name, const char *type, const char *data)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 1024;
		char **bigger = realloc(s->list, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		s->list = bigger;
		s->room = room;
	}
	if (asprintf(&s->list[s->count], "%s %s %s", name, type, data) < 0)
		return -ENOMEM;
	s->count++;
	return 0;
}

static int take(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	char name[DNAME_TEXT_MAX], data[RR_TEXT_MAX];

	return add(ctx, dname_to_text(owner, name), rr_type_text(rr->type),
		   rr_data_text(rr, rr->type == DNS_TYPE_SRV ? rr->srv.target : NULL, data));
}

static void again(void *ctx)
{
	done(ctx);
}

static int take_sets(struct side *s, json_t *records, const char *key, const char *type)
{
	json_t *sets = json_object_get(records, key), *set, *data;
	const char *name;
	size_t i;
	int r = 0;

	json_object_foreach(sets, name, set)
		json_array_foreach(set, i, data)
			if (!r)
				r = add(s, name, type, json_string_value(data));
	return r;
}

static int take_zone(struct side *s, json_t *zone)
{
	json_t *records = json_object_get(zone, "Records");
	int r = take_sets(s, records, "As", "A");

	if (!r)
		r = take_sets(s, records, "AAAAs", "AAAA");
	return r ? r : take_sets(s, records, "SRVs", "SRV");
}

static int in_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Leaves in each what the other has not; both sorted. */
static void subtract(struct side *a, struct side *b)
{
	size_t i = 0, j = 0, left_a = 0, left_b = 0;

	qsort(a->list, a->count, sizeof(*a->list), in_order);
	qsort(b->list, b->count, sizeof(*b->list), in_order);
	while (i < a->count || j < b->count) {
		int r = i == a->count ? 1 : j == b->count ? -1 : strcmp(a->list[i], b->list[j]);

		if (!r) {
			free(a->list[i++]);
			free(b->list[j++]);
		} else if (r < 0) {
			a->list[left_a++] = a->list[i++];
		} else {
			b->list[left_b++] = b->list[j++];
		}
	}
	a->count = left_a;
	b->count = left_b;
}

/* Both of one serial. CTL_OK, or what was said. */
static int read_both(const struct ctl *c, struct side *maps, struct side *zone,
		     struct kernel_peeked *p)
{
	json_int_t serial = -1;

	for (int i = 0; i < TRIES; i++) {
		json_t *axfr = ctl_api_must(c, "/v1/axfr");
		int r;

		done(maps);
		done(zone);
		if (!axfr)
			return CTL_ERROR;
		serial = json_integer_value(json_object_get(axfr, "Serial"));
		r = take_zone(zone, axfr);
		json_decref(axfr);
		if (r)
			return ctl_fail("%s", strerror(-r));
		r = ctl_read_zone(c, take, again, maps, p);
		if (r)
			return ctl_fail_pins(c, r);
		if (!p->torn && p->state.serial == serial)
			return CTL_OK;
		usleep(PAUSE_US);
	}
	return ctl_fail("the zone changes faster than both can be read (serials %lld and %u): try "
			"again",
			(long long)serial, p->state.serial);
}

static json_t *texts(const struct side *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(list, json_string(s->list[i]));
	return list;
}

static void print(const struct ctl *c, const struct side *maps, const struct side *zone,
		  const struct kernel_peeked *p, uint64_t differences)
{
	json_t *j;

	if (c->json) {
		j = json_pack("{s:I, s:I, s:o, s:o, s:I}", "serial", (json_int_t)p->state.serial,
			      "records", (json_int_t)p->records, "onlyInMaps", texts(maps),
			      "onlyInZone", texts(zone), "broken", (json_int_t)p->broken);
		json_dumpf(j, stdout, JSON_INDENT(1));
		json_decref(j);
		puts("");
		return;
	}
	for (size_t i = 0; i < maps->count; i++)
		printf("only in the maps  %s\n", maps->list[i]);
	for (size_t i = 0; i < zone->count; i++)
		printf("only in the zone  %s\n", zone->list[i]);
	if (p->broken)
		printf("entries of names that lead nowhere, or where another one leads: %" PRIu64
		       "\n",
		       p->broken);
	if (differences)
		printf("%" PRIu64 " differences, serial %u\n", differences, p->state.serial);
	else
		printf("equal: %" PRIu64 " records, serial %u\n", p->records, p->state.serial);
}

int ctl_diff(const struct ctl *c, int argc, char **argv)
{
	struct side maps = {0}, zone = {0};
	struct kernel_peeked p;
	uint64_t differences;
	int r = read_both(c, &maps, &zone, &p);

	(void)argc;
	(void)argv;
	if (!r) {
		subtract(&maps, &zone);
		differences = maps.count + zone.count + p.broken;
		print(c, &maps, &zone, &p, differences);
		r = differences ? CTL_NOT : CTL_OK;
	}
	done(&maps);
	done(&zone);
	return r;
}
