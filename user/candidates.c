// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "candidates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "master_info.h"

#define JSON_PREFIX	"json.info_"
#define PROTOBUF_PREFIX "info_"

/* A number in decimal, as ZooKeeper puts it behind a sequence node's name. */
static bool parse_number(const char *text, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || text[digits] != '\0')
		return false;
	errno = 0;
	*ret = strtoull(text, NULL, 10);
	return errno == 0;
}

/* false: the child stands for nothing. */
static bool parse_name(const char *name, struct candidate *ret)
{
	size_t len = strlen(JSON_PREFIX);

	ret->json = strncmp(name, JSON_PREFIX, len) == 0;
	if (!ret->json) {
		len = strlen(PROTOBUF_PREFIX);
		if (strncmp(name, PROTOBUF_PREFIX, len) != 0)
			return false;
	}
	return parse_number(name + len, &ret->number);
}

static int by_rank(const void *a, const void *b)
{
	const struct candidate *x = *(struct candidate *const *)a;
	const struct candidate *y = *(struct candidate *const *)b;

	if (x->json != y->json)
		return x->json ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int by_number(const void *a, const void *b)
{
	const struct candidate *x = *(struct candidate *const *)a;
	const struct candidate *y = *(struct candidate *const *)b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return by_rank(a, b);
}

static void candidate_free(struct candidate *one)
{
	free(one->name);
	free(one->master);
	free(one->why);
	free(one);
}

void candidates_clear(struct candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		candidate_free(c->list[i]);
	free(c->list);
	*c = (struct candidates){0};
}

static struct candidate *candidate_new(const char *name)
{
	struct candidate *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->name = strdup(name);
	if (!one->name) {
		free(one);
		return NULL;
	}
	parse_name(name, one);
	return one;
}

/* New candidates for all children that are some, sorted, no more than are looked at. */
static int make_list(struct candidates *c, const char *const *children, size_t count)
{
	struct candidate parsed;
	size_t cap = 0;

	for (size_t i = 0; i < count; i++) {
		if (!parse_name(children[i], &parsed))
			continue;
		if (array_reserve(&c->list, &cap, c->count + 1, sizeof(*c->list)) < 0)
			return -ENOMEM;
		c->list[c->count] = candidate_new(children[i]);
		if (!c->list[c->count])
			return -ENOMEM;
		c->count++;
	}
	if (c->count > 0)
		qsort(c->list, c->count, sizeof(*c->list), by_rank);
	while (c->count > CANDIDATES_MAX)
		candidate_free(c->list[--c->count]);
	return 0;
}

int candidates_set(struct candidates *c, const char *const *children, size_t count)
{
	struct candidates made = {0};

	if (make_list(&made, children, count) < 0) {
		candidates_clear(&made);
		return -ENOMEM;
	}
	/* Both lists are short. Those that are known already change places with their double. */
	for (size_t i = 0; i < made.count; i++) {
		for (size_t j = 0; j < c->count; j++) {
			struct candidate *known = c->list[j];

			if (strcmp(made.list[i]->name, known->name) == 0) {
				c->list[j] = made.list[i];
				made.list[i] = known;
				break;
			}
		}
	}
	candidates_clear(c);
	*c = made;
	return 0;
}

static void forget(struct candidate *one)
{
	free(one->master);
	free(one->why);
	one->master = one->why = NULL;
}

int candidate_decode(struct candidate *one, const char *data, size_t len)
{
	const char *why;
	int r;

	forget(one);
	if (one->json)
		r = master_info_from_json(data, len, &one->master, &why);
	else
		r = master_info_from_protobuf(data, len, &one->master, &why);
	return r == -EBADMSG ? candidate_refuse(one, why) : r;
}

int candidate_refuse(struct candidate *one, const char *why)
{
	forget(one);
	one->why = strdup(why);
	return one->why ? 0 : -ENOMEM;
}

static bool has(const char *const *list, size_t count, const char *master)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(list[i], master) == 0)
			return true;
	return false;
}

size_t candidates_masters(const struct candidates *c, const char **ret, bool *ret_leader)
{
	struct candidate *sorted[CANDIDATES_MAX];
	size_t count = 0;

	*ret_leader = c->count > 0 && c->list[0]->master;
	if (c->count == 0)
		return 0;
	if (*ret_leader)
		ret[count++] = c->list[0]->master;
	memcpy(sorted, c->list, c->count * sizeof(struct candidate *));
	qsort(sorted, c->count, sizeof(struct candidate *), by_number);
	for (size_t i = 0; i < c->count; i++)
		if (sorted[i]->master && !has(ret, count, sorted[i]->master))
			ret[count++] = sorted[i]->master;
	return count;
}

const struct candidate *candidates_bad(const struct candidates *c, size_t *ret_count)
{
	const struct candidate *first = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < c->count; i++) {
		if (c->list[i]->master)
			continue;
		if (!first)
			first = c->list[i];
		++*ret_count;
	}
	return first;
}
