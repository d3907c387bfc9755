// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "kernel_sizes.h"

#include <unistd.h>

#include "front_index.h"

#define TAILS_MIN 512
#define NAMES_MIN 4096 /* names there is room for in the smallest generation */
/* Room for a set of any size: what a generation is built for must fit into it. */
#define SET_OF(per) ((UINT16_MAX + 1U) / (per))
/* Of what there is, room for so much more: most zones change and stay about as large. */
#define ROOM_FIRST  32 /* one 32nd */
#define ROOM_GROWN  4
#define A_LITTLE    64
#define LEAST	    2	 /* element 0 is reserved */
#define STEPS	    4096 /* from nothing to what there is, and from there to room to grow in */
#define HASH_ENTRY  (48 + sizeof(uint64_t) + sizeof(struct xdns_name)) /* struct htab_elem */
#define HASH_BUCKET 16

/* A range to choose from. */
struct range {
	uint64_t tight[POOL_CLASSES], roomy[POOL_CLASSES];
};

static const uint32_t least[POOL_CLASSES] = {
	[POOL_RECORDS] = NAMES_MIN,
	[POOL_TARGETS] = NAMES_MIN,
	[POOL_A_SETS] = SET_OF(XDNS_A_PER_SET),
	[POOL_AAAA_SETS] = SET_OF(XDNS_AAAA_PER_SET),
	[POOL_SRV_SETS] = SET_OF(XDNS_SRV_PER_SET),
	[POOL_NAME_TAILS] = TAILS_MIN,
};

static void range_of(const struct pool *pool, const struct sizes_wanted *wanted, struct range *ret)
{
	uint64_t pending = wanted->pending;

	for (int kind = 0; kind < POOL_CLASSES; kind++) {
		uint64_t want = pool->array[kind].used;

		/* in the middle of a change: what it needs of records is known, of the rest not,
		 * and a switch costs more than memory */
		if (kind == POOL_RECORDS)
			want += pending;
		else if (pending)
			want *= 4;
		ret->tight[kind] = want + A_LITTLE;
		/* changes take new elements before old ones come free */
		ret->roomy[kind] =
			want + want / (wanted->grown ? ROOM_GROWN : ROOM_FIRST) + least[kind];
	}
}

static void at_step(const struct range *range, uint32_t step, uint32_t capacity[POOL_CLASSES])
{
	for (int kind = 0; kind < POOL_CLASSES; kind++) {
		uint64_t tight = range->tight[kind], n;

		if (step <= STEPS)
			n = tight * step / STEPS;
		else
			n = tight + (range->roomy[kind] - tight) * (step - STEPS) / STEPS;
		if (n < LEAST)
			n = LEAST;
		capacity[kind] = n > UINT32_MAX / 2 ? UINT32_MAX / 2 : n;
	}
}

/* An array: whole pages, and one in front of them. */
static uint64_t array_memory(uint64_t octets)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	return (octets + page - 1) / page * page + page;
}

uint64_t sizes_memory(const uint32_t capacity[POOL_CLASSES])
{
	uint64_t names = capacity[POOL_RECORDS], buckets = 1, sum = 0;

	for (int kind = 0; kind < POOL_CLASSES; kind++)
		sum += array_memory((uint64_t)capacity[kind] * pool_element_size(kind));
	sum += array_memory((uint64_t)front_array(front_buckets(names)) *
			    sizeof(struct xdns_front));
	while (buckets < names)
		buckets *= 2;
	return sum + names * HASH_ENTRY + buckets * HASH_BUCKET;
}

void sizes_choose(const struct pool *pool, const struct sizes_wanted *wanted, struct sizes *ret)
{
	uint32_t fits = 0, too_much = 2 * STEPS;
	struct range range;

	range_of(pool, wanted, &range);
	at_step(&range, 2 * STEPS, ret->capacity);
	ret->limited = sizes_memory(ret->capacity) > wanted->memory;
	if (!ret->limited)
		return;
	while (too_much - fits > 1) {
		uint32_t step = fits + (too_much - fits) / 2;

		at_step(&range, step, ret->capacity);
		if (sizes_memory(ret->capacity) > wanted->memory)
			too_much = step;
		else
			fits = step;
	}
	at_step(&range, fits, ret->capacity);
}

uint64_t sizes_needed(const struct pool *pool)
{
	uint32_t capacity[POOL_CLASSES];

	for (int kind = 0; kind < POOL_CLASSES; kind++)
		capacity[kind] = pool->array[kind].used;
	return sizes_memory(capacity);
}

uint64_t sizes_used(const struct pool *pool)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < POOL_CLASSES; kind++)
		sum += (uint64_t)pool->array[kind].used * pool_element_size(kind);
	return sum;
}
