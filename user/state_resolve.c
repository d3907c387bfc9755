// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state_resolve.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "util.h"

/* Look-ups under way at once: they mostly wait, most of all when a name server is gone. */
#define WORKERS_MAX 16

struct name {
	const char *host; /* the cluster's; NULL: free slot */
	struct address *list;
	size_t count;
};

/* The different host names of a cluster: a table with open addressing, half of it free. */
struct names {
	const struct state_resolver *resolver;
	struct name *slots;
	size_t mask, count;
	struct name **todo; /* all that are taken */
	atomic_size_t next; /* of todo */
	atomic_int rc;	    /* why all must be given up, or 0 */
};

static int names_init(struct names *n, const struct cluster *c,
		      const struct state_resolver *resolver)
{
	size_t size = 8;

	while (size < 2 * (c->agents_count + c->frameworks_count + 1))
		size *= 2;
	n->resolver = resolver;
	n->mask = size - 1;
	n->slots = calloc(size, sizeof(*n->slots));
	n->todo = calloc(size / 2, sizeof(*n->todo));
	return n->slots && n->todo ? 0 : -ENOMEM;
}

static void names_done(struct names *n)
{
	for (size_t i = 0; n->slots && i <= n->mask; i++)
		free(n->slots[i].list);
	free(n->slots);
	free(n->todo);
}

/* The slot that holds host or is free for it. */
static struct name *find(const struct names *n, const char *host)
{
	size_t i = hash_bytes(0, host, strlen(host)) & n->mask;

	while (n->slots[i].host && strcmp(n->slots[i].host, host))
		i = (i + 1) & n->mask;
	return &n->slots[i];
}

static void add(struct names *n, const char *host)
{
	struct address a;
	struct name *name;

	if (!*host || address_parse(host, &a) == 0)
		return;
	name = find(n, host);
	if (name->host)
		return;
	name->host = host;
	n->todo[n->count++] = name;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct address));
}

/* Resolvers rotate their answers; sorted, the same set compares equal the next time. */
static int ask(const struct state_resolver *r, struct name *name)
{
	struct address *list = NULL;
	size_t count = 0;
	int rc = r->resolve ? r->resolve(r->ctx, name->host, &list, &count) : -ENOENT;

	if (rc == -ECANCELED || rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return 0;
	if (count > 1)
		qsort(list, count, sizeof(*list), compare);
	name->list = list;
	name->count = count;
	return 0;
}

static void *work(void *arg)
{
	struct names *n = arg;
	size_t i;
	int rc;

	while (atomic_load(&n->rc) == 0 && (i = atomic_fetch_add(&n->next, 1)) < n->count) {
		rc = ask(n->resolver, n->todo[i]);
		if (rc < 0)
			atomic_store(&n->rc, rc);
	}
	return NULL;
}

/* Asks for all names, on this thread and on others if they can be had. */
static int ask_all(struct names *n)
{
	pthread_t threads[WORKERS_MAX - 1];
	size_t started = 0;

	while (started < ARRAY_SIZE(threads) && started + 1 < n->count &&
	       pthread_create(&threads[started], NULL, work, n) == 0)
		started++;
	work(n);
	while (started > 0)
		pthread_join(threads[--started], NULL);
	return atomic_load(&n->rc);
}

static int host_addresses(const struct names *n, const char *host, struct address **ret_list,
			  size_t *ret_count)
{
	struct address one, *copy;
	struct name literal = {.list = &one, .count = 1}, *name = &literal;

	if (address_parse(host, &one) < 0)
		name = find(n, host);
	if (name->count == 0)
		return 0;
	copy = malloc(name->count * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, name->list, name->count * sizeof(*copy));
	*ret_list = copy;
	*ret_count = name->count;
	return 0;
}

static int resolve_leader(const struct names *n, struct cluster *c)
{
	_cleanup_free_ struct address *list = NULL;
	size_t count = 0;
	int rc = host_addresses(n, c->leader_host, &list, &count);

	if (rc == 0 && count > 0)
		c->leader_address = list[0];
	return rc;
}

static int assign(const struct names *n, struct cluster *c)
{
	int rc = resolve_leader(n, c);

	for (size_t i = 0; rc == 0 && i < c->frameworks_count; i++)
		rc = host_addresses(n, c->frameworks[i].host, &c->frameworks[i].addresses,
				    &c->frameworks[i].addresses_count);
	for (size_t i = 0; rc == 0 && i < c->agents_count; i++)
		rc = host_addresses(n, c->agents[i].host, &c->agents[i].addresses,
				    &c->agents[i].addresses_count);
	return rc;
}

int state_resolve_hosts(struct cluster *c, const struct state_resolver *resolver)
{
	_cleanup_(names_done) struct names n = {0};
	int rc = names_init(&n, c, resolver);

	if (rc < 0)
		return rc;
	add(&n, c->leader_host);
	for (size_t i = 0; i < c->frameworks_count; i++)
		add(&n, c->frameworks[i].host);
	for (size_t i = 0; i < c->agents_count; i++)
		add(&n, c->agents[i].host);
	rc = ask_all(&n);
	return rc < 0 ? rc : assign(&n, c);
}
