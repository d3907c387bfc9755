// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "front_index.h"

static const struct xdns_front *xdns_env_front(const void *env, __u32 bucket)
{
	return (const struct xdns_front *)env + bucket;
}

#include "front.h"

uint32_t front_buckets(uint32_t names)
{
	/* load 5/9 */
	return (uint64_t)names * 9 / 40 + 1;
}

uint32_t front_array(uint32_t buckets)
{
	return buckets + XDNS_FRONT_PROBES - 1;
}

static uint64_t load(const uint64_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

/* The k-th place where readers look for this hash. */
static uint64_t *place(const struct front *f, uint64_t hash, uint32_t k)
{
	struct xdns_front *b =
		f->bucket + xdns_front_bucket(hash, f->buckets) + k / XDNS_FRONT_ENTRIES;

	return (uint64_t *)&b->entry[xdns_front_place(hash, k)];
}

#define PLACES (XDNS_FRONT_PROBES * XDNS_FRONT_ENTRIES)

/* Where this very entry stands; NULL: nowhere. */
static uint64_t *find(const struct front *f, uint64_t hash, uint64_t entry)
{
	for (uint32_t k = 0; k < PLACES; k++) {
		uint64_t *p = place(f, hash, k), there = load(p);

		if (there == entry)
			return p;
		if (!there)
			return NULL;
	}
	return NULL;
}

bool front_has(const struct front *f, uint64_t hash, uint32_t record)
{
	return find(f, hash, xdns_front_entry(hash, record)) != NULL;
}

bool front_denies(const struct front *f, uint64_t hash, uint32_t record)
{
	if (front_has(f, hash, record))
		return false;
	for (uint32_t k = 0; k < PLACES; k++)
		if (!load(place(f, hash, k)))
			return true;
	return false;
}

static uint64_t *find_free(const struct front *f, uint64_t hash)
{
	for (uint32_t k = 0; k < PLACES; k++) {
		uint64_t *p = place(f, hash, k), there = load(p);

		if (!there || there == XDNS_FRONT_GONE)
			return p;
	}
	return NULL;
}

bool front_put(struct front *f, uint64_t hash, uint32_t old, uint32_t record)
{
	uint64_t *p = NULL;

	if (record == XDNS_REF_COLLISION) { /* instead of one name's, or of both names' */
		if (old)
			front_remove(f, hash, old);
		p = find(f, hash, xdns_front_entry(hash, record));
	} else if (old) {
		p = find(f, hash, xdns_front_entry(hash, old));
	}
	if (!p) {
		p = find_free(f, hash);
		f->used += p != NULL;
	}
	if (!p)
		return false;
	if (load(p) == XDNS_FRONT_GONE)
		f->gone--;
	/* who sees the entry sees the record */
	__atomic_store_n(p, xdns_front_entry(hash, record), __ATOMIC_RELEASE);
	return true;
}

/*
 * A place between two entries must go on saying "look further". Before one that was never used,
 * nobody looks further, so it may be as if never used; and then those before it. In a bucket that
 * was once full there is none such: it stays full, which names that found no place rely on.
 */
void front_remove(struct front *f, uint64_t hash, uint32_t record)
{
	uint64_t *p = find(f, hash, xdns_front_entry(hash, record)), *entry;
	uintptr_t bytes = sizeof(struct xdns_front);
	uint32_t at;

	if (!p)
		return;
	entry = (uint64_t *)((uintptr_t)p / bytes * bytes);
	at = p - entry;
	__atomic_store_n(p, XDNS_FRONT_GONE, __ATOMIC_RELEASE);
	f->gone++;
	f->used--;
	if (load(&entry[(at + 1) % XDNS_FRONT_ENTRIES]))
		return;
	while (load(&entry[at]) == XDNS_FRONT_GONE) {
		__atomic_store_n(&entry[at], 0, __ATOMIC_RELEASE);
		f->gone--;
		at = (at + XDNS_FRONT_ENTRIES - 1) % XDNS_FRONT_ENTRIES;
	}
}

void front_clear(struct front *f)
{
	for (uint32_t b = 0; b < front_array(f->buckets); b++)
		for (uint32_t i = 0; i < XDNS_FRONT_ENTRIES; i++)
			__atomic_store_n(&f->bucket[b].entry[i], 0, __ATOMIC_RELAXED);
	f->gone = f->used = 0;
}

bool front_worn(const struct front *f)
{
	return f->gone > f->buckets * XDNS_FRONT_ENTRIES / 8 + 64;
}
