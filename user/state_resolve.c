// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state_resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "util.h"

struct entry {
	const char *host; /* the cluster's; NULL: free slot */
	struct address *list;
	size_t count;
};

struct cache {
	const struct state_resolver *resolver;
	struct entry *entries;
	size_t mask;
};

static int cache_init(struct cache *cache, const struct cluster *c,
		      const struct state_resolver *resolver)
{
	size_t size = 8;

	while (size < 2 * (c->agents_count + c->frameworks_count + 1))
		size *= 2;
	cache->resolver = resolver;
	cache->mask = size - 1;
	cache->entries = calloc(size, sizeof(*cache->entries));
	return cache->entries ? 0 : -ENOMEM;
}

static void cache_done(struct cache *cache)
{
	for (size_t i = 0; cache->entries && i <= cache->mask; i++)
		free(cache->entries[i].list);
	free(cache->entries);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct address));
}

/* Resolvers rotate their answers; sorted, the same set compares equal the next time. */
static int ask(struct cache *cache, struct entry *e)
{
	int rc = -ENOENT;

	if (cache->resolver->resolve)
		rc = cache->resolver->resolve(cache->resolver->ctx, e->host, &e->list, &e->count);
	if (rc < 0) {
		e->list = NULL;
		e->count = 0;
		return rc == -ECANCELED || rc == -ENOMEM ? rc : 0;
	}
	if (e->count > 1)
		qsort(e->list, e->count, sizeof(*e->list), compare);
	return 0;
}

static int cache_get(struct cache *cache, const char *host, struct entry **ret)
{
	size_t i = hash_bytes(0, host, strlen(host)) & cache->mask;

	while (cache->entries[i].host && strcmp(cache->entries[i].host, host))
		i = (i + 1) & cache->mask;
	*ret = &cache->entries[i];
	if (cache->entries[i].host)
		return 0;
	cache->entries[i].host = host;
	return ask(cache, &cache->entries[i]);
}

static int host_addresses(struct cache *cache, const char *host, struct address **ret_list,
			  size_t *ret_count)
{
	const struct address *list;
	struct address one, *copy;
	struct entry *e;
	size_t count = 0;
	int rc;

	if (address_parse(host, &one) == 0) {
		list = &one;
		count = 1;
	} else if (*host) {
		rc = cache_get(cache, host, &e);
		if (rc < 0)
			return rc;
		list = e->list;
		count = e->count;
	}
	if (count == 0)
		return 0;
	copy = malloc(count * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, list, count * sizeof(*copy));
	*ret_list = copy;
	*ret_count = count;
	return 0;
}

static int resolve_leader(struct cache *cache, struct cluster *c)
{
	_cleanup_free_ struct address *list = NULL;
	size_t count = 0;
	int rc = host_addresses(cache, c->leader_host, &list, &count);

	if (rc == 0 && count > 0)
		c->leader_address = list[0];
	return rc;
}

int state_resolve_hosts(struct cluster *c, const struct state_resolver *resolver)
{
	_cleanup_(cache_done) struct cache cache = {0};
	int rc = cache_init(&cache, c, resolver);

	if (rc == 0)
		rc = resolve_leader(&cache, c);
	for (size_t i = 0; rc == 0 && i < c->frameworks_count; i++)
		rc = host_addresses(&cache, c->frameworks[i].host, &c->frameworks[i].addresses,
				    &c->frameworks[i].addresses_count);
	for (size_t i = 0; rc == 0 && i < c->agents_count; i++)
		rc = host_addresses(&cache, c->agents[i].host, &c->agents[i].addresses,
				    &c->agents[i].addresses_count);
	return rc;
}
