// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util.h"

/* Address space set aside for each array; not memory. Enough for 2^25 names. */
#define POOL_MAX_ELEMENTS (1U << 25)
#define ATTACH_PIECE	  (4UL << 20) /* octets, whole pages */
#define POOL_STEP_BYTES	  (1UL << 20) /* plain memory is made accessible in such steps */
#define NEAR_WORDS	  32U	      /* of `taken`, 64 records each: as far as is near a home */

size_t pool_element_size(enum pool_class kind)
{
	switch (kind) {
	case POOL_RECORDS:
		return sizeof(struct xdns_record);
	case POOL_A_SETS:
		return sizeof(struct xdns_a_set);
	case POOL_AAAA_SETS:
		return sizeof(struct xdns_aaaa_set);
	case POOL_SRV_SETS:
		return sizeof(struct xdns_srv_set);
	case POOL_NAME_TAILS:
		return sizeof(struct xdns_name_tail);
	default:
		return sizeof(struct xdns_ref);
	}
}

unsigned pool_order(uint32_t n)
{
	unsigned order = 0;

	while ((1U << order) < n)
		order++;
	return order;
}

static size_t reserved_bytes(enum pool_class kind)
{
	return (size_t)POOL_MAX_ELEMENTS * pool_element_size(kind);
}

int pool_init(struct pool *p)
{
	memset(p, 0, sizeof(*p));
	for (int kind = 0; kind < POOL_CLASSES; kind++) {
		struct pool_array *a = &p->array[kind];

		/* PROT_NONE costs address space only, whatever the overcommit policy */
		a->base = mmap(NULL, reserved_bytes(kind), PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (a->base == MAP_FAILED) {
			int r = -errno;

			a->base = NULL;
			pool_done(p);
			return r;
		}
		a->capacity = POOL_MAX_ELEMENTS;
		a->used = 1;
	}
	/* a zone's first records are written all at once; without huge pages it goes on, too */
	madvise(p->array[POOL_RECORDS].base, reserved_bytes(POOL_RECORDS), MADV_HUGEPAGE);
	return 0;
}

void pool_done(struct pool *p)
{
	for (int kind = 0; kind < POOL_CLASSES; kind++) {
		struct pool_array *a = &p->array[kind];

		if (a->base)
			munmap(a->base, reserved_bytes(kind));
		for (unsigned order = 0; order <= POOL_MAX_ORDER; order++)
			free(a->free[order].index);
	}
	free(p->taken);
	memset(p, 0, sizeof(*p));
}

/* Plain memory up to element `end`, exclusive, where there is none yet. */
static int pool_back(struct pool_array *a, enum pool_class kind, uint32_t end)
{
	size_t want = (size_t)end * pool_element_size(kind);

	if (want <= a->open)
		return 0;
	want = (want + POOL_STEP_BYTES - 1) / POOL_STEP_BYTES * POOL_STEP_BYTES;
	if (want > reserved_bytes(kind))
		want = reserved_bytes(kind);
	if (mprotect(a->base + a->open, want - a->open, PROT_READ | PROT_WRITE))
		return -errno;
	a->open = want;
	return 0;
}

/* From a larger free run: its upper halves go back, one for each order in between. */
static int pool_split(struct pool *p, enum pool_class kind, unsigned order, uint32_t *ret_index)
{
	struct pool_array *a = &p->array[kind];
	unsigned from = order;

	while (from <= POOL_MAX_ORDER && !a->free[from].count)
		from++;
	if (from > POOL_MAX_ORDER)
		return -ENOENT;
	*ret_index = a->free[from].index[--a->free[from].count];
	while (from-- > order)
		pool_free(p, kind, from, *ret_index + (1U << from));
	return 0;
}

int pool_alloc(struct pool *p, enum pool_class kind, unsigned order, uint32_t *ret_index)
{
	struct pool_array *a = &p->array[kind];
	int r;

	if (order > POOL_MAX_ORDER)
		return -ERANGE;
	if (!pool_split(p, kind, order, ret_index))
		return 0;
	if ((1U << order) > a->capacity - a->used)
		return -ENOSPC;
	r = pool_back(a, kind, a->used + (1U << order));
	if (r)
		return r;
	*ret_index = a->used;
	a->used += 1U << order;
	return 0;
}

bool pool_make_homes(struct pool *p, uint32_t records)
{
	struct pool_array *a = &p->array[POOL_RECORDS];
	uint32_t homes = a->used + records;

	if (a->used > 1 || records >= a->capacity - a->used || pool_back(a, POOL_RECORDS, homes))
		return false;
	p->taken = calloc(homes / 64 + 1, sizeof(*p->taken));
	if (!p->taken)
		return false;
	p->taken[0] = 1; /* element 0 is reserved */
	p->taken[homes / 64] |= -1ULL << homes % 64;
	p->homes = a->used = homes;
	return true;
}

bool pool_home_free(const struct pool *p, uint64_t hash)
{
	uint32_t home = xdns_home(hash, p->homes);

	return !(p->taken[home / 64] >> home % 64 & 1);
}

/* The first free one from here on, round the word; 64: none. */
static uint32_t next_free(uint64_t taken, uint32_t from)
{
	uint64_t free_ones = ~(taken >> from | taken << (64 - from) % 64);

	return free_ones ? (__builtin_ctzll(free_ones) + from) % 64 : 64;
}

bool pool_take_home(struct pool *p, uint64_t hash, uint32_t *ret_index)
{
	uint32_t home = xdns_home(hash, p->homes), words = p->homes / 64 + 1, at, bit;

	if (!p->homes)
		return false;
	for (uint32_t i = 0; i < NEAR_WORDS && i < words; i++) {
		at = (home / 64 + i) % words;
		bit = next_free(p->taken[at], home % 64);
		if (bit == 64)
			continue;
		p->taken[at] |= 1ULL << bit;
		*ret_index = at * 64 + bit;
		return true;
	}
	return false;
}

void pool_free(struct pool *p, enum pool_class kind, unsigned order, uint32_t index)
{
	struct pool_free_list *list = &p->array[kind].free[order];

	if (kind == POOL_RECORDS && index < p->homes) {
		p->taken[index / 64] &= ~(1ULL << index % 64);
		return;
	}
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		uint32_t *bigger = realloc(list->index, capacity * sizeof(*bigger));

		if (!bigger)
			return; /* the run stays unused until the process ends */
		list->index = bigger;
		list->capacity = capacity;
	}
	list->index[list->count++] = index;
}

static size_t whole_pages(size_t octets)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (octets + page - 1) / page * page;
}

/* Octets that hold something; element 0 alone does not. */
static size_t used_bytes(const struct pool_array *a, enum pool_class kind)
{
	size_t used = (size_t)a->used * pool_element_size(kind);

	return used < a->open ? used : a->open;
}

/*
 * One piece: the map gets the contents, then its mapping takes the array's place. Readers in
 * other threads see the old pages or the new ones, equal in content: a fault in
 * between waits for the memory map's lock.
 */
static int attach_piece(struct pool_array *a, int fd, size_t at, size_t len, size_t contents)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)at);
	int r;

	if (map == MAP_FAILED)
		return -errno;
	memcpy(map, a->base + at, contents);
	if (mremap(map, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, a->base + at) != MAP_FAILED)
		return 0;
	r = -errno;
	munmap(map, len);
	return r;
}

/*
 * What maps' mappings hold from `at` on, in use, comes into plain memory at the same addresses;
 * for readers in other threads as in attach_piece().
 */
static int make_plain(struct pool_array *a, size_t at, size_t used)
{
	size_t end = whole_pages(used) < a->mapped ? whole_pages(used) : a->mapped;
	void *plain;
	int r;

	if (end <= at)
		return 0;
	plain = mmap(NULL, end - at, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (plain == MAP_FAILED)
		return -errno;
	memcpy(plain, a->base + at, (used < end ? used : end) - at);
	if (mremap(plain, end - at, end - at, MREMAP_MAYMOVE | MREMAP_FIXED, a->base + at) !=
	    MAP_FAILED)
		return 0;
	r = -errno;
	munmap(plain, end - at);
	return r;
}

/* Nothing is in use from here on; what is left of a map's mapping would keep the map. */
static int close_behind(struct pool_array *a, size_t at)
{
	if (a->open <= at)
		return 0;
	if (mmap(a->base + at, a->open - at, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	a->open = at;
	return 0;
}

/* The map's mapping is to be of so many octets: what stands there from then on is made ready. */
static int make_way(struct pool_array *a, size_t len, size_t used)
{
	int r = make_plain(a, len, used);

	if (!r)
		r = close_behind(a, used > len ? whole_pages(used) : len);
	if (r)
		return r;
	a->mapped = len;
	return 0;
}

/* Piece by piece, so that a large array is never there twice as a whole. */
static int pool_attach_one(struct pool_array *a, enum pool_class kind, int fd, uint32_t capacity,
			   bool limited)
{
	size_t len = whole_pages((size_t)capacity * pool_element_size(kind)), piece, at, contents;
	size_t used = used_bytes(a, kind);
	int r;

	if ((capacity < a->used && !limited) || capacity > POOL_MAX_ELEMENTS)
		return -ENOSPC;
	/* should a step fail: nothing is handed out beyond what stands, pool_detach() mends it */
	a->capacity = a->used;
	r = make_way(a, len, used);
	for (at = 0; at < len && !r; at += piece) {
		piece = len - at < ATTACH_PIECE ? len - at : ATTACH_PIECE;
		contents = at >= used ? 0 : used - at < piece ? used - at : piece;
		r = attach_piece(a, fd, at, piece, contents);
		if (!r && a->open < at + piece)
			a->open = at + piece;
	}
	if (r)
		return r;
	a->capacity = limited ? POOL_MAX_ELEMENTS : capacity;
	return 0;
}

int pool_attach(struct pool *p, const int fd[POOL_CLASSES], const uint32_t capacity[POOL_CLASSES],
		bool limited)
{
	int r = 0;

	for (int kind = 0; kind < POOL_CLASSES && !r; kind++)
		r = pool_attach_one(&p->array[kind], kind, fd[kind], capacity[kind], limited);
	return r;
}

static int pool_detach_one(struct pool_array *a, enum pool_class kind)
{
	size_t used = used_bytes(a, kind);
	int r = make_plain(a, 0, used);

	if (!r && a->mapped)
		r = close_behind(a, whole_pages(used));
	if (r)
		return r;
	a->mapped = 0;
	a->capacity = POOL_MAX_ELEMENTS;
	return 0;
}

int pool_detach(struct pool *p)
{
	int r = 0;

	for (int kind = 0; kind < POOL_CLASSES && !r; kind++)
		r = pool_detach_one(&p->array[kind], kind);
	return r;
}
