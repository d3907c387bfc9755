// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* linux/bpf.h describes a frame by 32-bit numbers, which the verifier turns into pointers. */
#define xdp_md native_xdp_md_of_linux
#include <linux/bpf.h>
#undef xdp_md

#include <stdlib.h>
#include <string.h>

#include "front_index.h"
#include "native.h"
#include "zone_mirror.h"
#include "zone_read.h"

struct xdp_md {
	uintptr_t data, data_end;
};

#define SEC(name)
#define __uint(name, val)  int(*name)[val]
#define __type(name, val)  __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name[]

static void *bpf_map_lookup_elem(const void *map, const void *key);
static uint64_t bpf_ktime_get_ns(void);
static uint32_t bpf_get_prandom_u32(void);
static uint64_t bpf_xdp_get_buff_len(const struct xdp_md *ctx);
static uint64_t bpf_ktime_get_boot_ns(void);
static long bpf_xdp_adjust_head(struct xdp_md *ctx, int delta);
static long bpf_xdp_adjust_tail(struct xdp_md *ctx, int delta);
static long bpf_xdp_load_bytes(struct xdp_md *ctx, uint32_t at, void *buf, uint32_t len);
static long bpf_xdp_store_bytes(struct xdp_md *ctx, uint32_t at, const void *buf, uint32_t len);

#define XDNS_NO_CLOCK /* there is no timer here */
#include "../../bpf/mesos-xdns.bpf.c"

#define FRAME_SKEW 2  /* a frame starts at 2 modulo 4 */
#define FRAME_MIN  14 /* the helpers keep an Ethernet header */

struct slot {
	uint64_t hash;
	struct xdns_name name;
	int used;
};

struct native {
	const struct pool *pool;
	struct xdns_config config;
	struct xdns_state state;
	struct xdns_counters counters;
	struct xdns_scratch scratch;
	struct xdns_cookies cookies[2];
	__u64 cells[XDNS_LIMIT_ALL];
	uint32_t extras;
	const struct clients *clients;
	struct slot *slots; /* open addressing */
	size_t mask;
	struct front front;
	/* the frame under way */
	uint8_t *memory;
	struct native_room room;
};

/* The maps are global to the program, so what stands behind them is, too. */
static struct native *running;

static struct slot *find_slot(const struct native *n, uint64_t hash)
{
	size_t i = hash & n->mask;

	while (n->slots[i].used && n->slots[i].hash != hash)
		i = (i + 1) & n->mask;
	return &n->slots[i];
}

static int take_name(void *ctx, const struct zone_name *name)
{
	struct native *n = ctx;
	struct slot *s = find_slot(n, name->hash);

	s->hash = name->hash;
	s->name.record = name->record;
	s->used = 1;
	front_put(&n->front, name->hash, 0, name->record);
	return 0;
}

struct native *native_new(struct zone *z)
{
	struct native *n = calloc(1, sizeof(*n));
	size_t slots = 1024;

	if (!n)
		return NULL;
	while (slots < 4 * zone_counts(z).names)
		slots *= 2;
	n->pool = zone_read_pool(z);
	n->config = *zone_config(z);
	n->mask = slots - 1;
	n->slots = calloc(slots, sizeof(*n->slots));
	n->front.buckets = front_buckets(zone_counts(z).names);
	n->front.bucket = aligned_alloc(64, front_array(n->front.buckets) * 64);
	if (n->front.bucket)
		front_clear(&n->front);
	n->state.front_complete = 1;
	n->state.names_complete = 1;
	if (!n->slots || !n->front.bucket || zone_for_each_name(z, take_name, n)) {
		native_free(n);
		return NULL;
	}
	n->state.abi_version = XDNS_ABI_VERSION;
	return n;
}

void native_free(struct native *n)
{
	if (!n)
		return;
	free(n->front.bucket);
	free(n->slots);
	free(n);
}

struct xdns_state *native_state(struct native *n)
{
	return &n->state;
}

struct xdns_cookies *native_cookies(struct native *n)
{
	return n->cookies;
}

void native_set_extras(struct native *n, uint32_t extras, const struct clients *list)
{
	n->extras = extras;
	n->clients = list;
}

uint64_t *native_cells(struct native *n)
{
	return (uint64_t *)n->cells;
}

int native_set_record(struct native *n, uint64_t hash, uint32_t record)
{
	struct slot *s = find_slot(n, hash);

	if (!s->used)
		return -1;
	front_remove(&n->front, hash, s->name.record);
	front_put(&n->front, hash, 0, record);
	s->name.record = record;
	return 0;
}

void native_leave_front(struct native *n, uint64_t hash)
{
	n->state.front_complete = 0;
	front_remove(&n->front, hash, find_slot(n, hash)->name.record);
}

/* An element that the pool never handed out is one no record may lead to. */
static void *element(enum pool_class class, uint32_t i)
{
	return i < running->pool->array[class].used ? pool_at(running->pool, class, i) : NULL;
}

/* The longest prefix that an address is in, as the kernel's trie finds it. */
static void *look_up_client(const struct xdns_client_net *key)
{
	struct client_net *found = NULL;

	for (size_t i = 0; i < running->clients->count; i++) {
		struct client_net *n = &running->clients->list[i];
		unsigned bits = 0;

		while (bits < n->net.bits &&
		       !((n->net.address[bits / 8] ^ key->address[bits / 8]) & 0x80 >> bits % 8))
			bits++;
		if (bits == n->net.bits && (!found || bits >= found->net.bits))
			found = n;
	}
	return found ? &found->flags : NULL;
}

static void *bpf_map_lookup_elem(const void *map, const void *key)
{
	static const struct {
		const void *map;
		enum pool_class class;
	} arrays[] = {
		{&records, POOL_RECORDS},	{&a_sets, POOL_A_SETS},
		{&aaaa_sets, POOL_AAAA_SETS},	{&srv_sets, POOL_SRV_SETS},
		{&name_tails, POOL_NAME_TAILS}, {&targets, POOL_TARGETS},
	};
	uint64_t hash;
	uint32_t i;

	if (map == &names) {
		memcpy(&hash, key, sizeof(hash));
		return find_slot(running, hash)->used ? &find_slot(running, hash)->name : NULL;
	}
	if (running->clients && map == running->clients)
		return look_up_client(key);
	memcpy(&i, key, sizeof(i));
	if (map == &limits)
		return i < XDNS_LIMIT_ALL ? &running->cells[i] : NULL;
	if (map == &clients)
		return (void *)running->clients;
	if (map == &front)
		return i < front_array(running->front.buckets) ? &running->front.bucket[i] : NULL;
	for (size_t k = 0; k < sizeof(arrays) / sizeof(arrays[0]); k++)
		if (map == arrays[k].map)
			return element(arrays[k].class, i);
	if (map == &cookies)
		return i < 2 ? &running->cookies[i] : NULL;
	if (i)
		return NULL;
	if (map == &state)
		return &running->state;
	return map == &counters ? (void *)&running->counters : (void *)&running->scratch;
}

static uint64_t bpf_ktime_get_boot_ns(void)
{
	return 0; /* state.wall alone is the time */
}

static uint64_t bpf_ktime_get_ns(void)
{
	return 1000000000;
}

/* Whether a response slips is up to state.limit.slip: 0 never, 1 always. */
static uint32_t bpf_get_prandom_u32(void)
{
	return UINT32_MAX;
}

/* Here a frame is always one buffer. */
static uint64_t bpf_xdp_get_buff_len(const struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

/* Moves the frame to memory of another size: `cut` octets off its front (negative: put there). */
static int move_frame(struct xdp_md *ctx, int cut, size_t len)
{
	size_t old = ctx->data_end - ctx->data, from = cut > 0 ? cut : 0, to = cut < 0 ? -cut : 0;
	size_t keep = old - from < len - to ? old - from : len - to;
	uint8_t *memory = malloc(FRAME_SKEW + len), *frame = memory + FRAME_SKEW;

	if (!memory)
		return -1;
	memset(frame, 0, len);
	memcpy(frame + to, (const uint8_t *)ctx->data + from, keep);
	free(running->memory);
	running->memory = memory;
	ctx->data = (uintptr_t)frame;
	ctx->data_end = ctx->data + len;
	return 0;
}

static long bpf_xdp_adjust_head(struct xdp_md *ctx, int delta)
{
	long len = (long)(ctx->data_end - ctx->data) - delta;

	if (len < FRAME_MIN || -delta > (long)running->room.head)
		return -1;
	return move_frame(ctx, delta, len);
}

static long bpf_xdp_adjust_tail(struct xdp_md *ctx, int delta)
{
	long len = (long)(ctx->data_end - ctx->data) + delta;

	if (len < FRAME_MIN || delta > (long)running->room.tail)
		return -1;
	return move_frame(ctx, 0, len);
}

static long bpf_xdp_load_bytes(struct xdp_md *ctx, uint32_t at, void *buf, uint32_t len)
{
	if ((size_t)at + len > ctx->data_end - ctx->data)
		return -1;
	memcpy(buf, (const uint8_t *)ctx->data + at, len);
	return 0;
}

static long bpf_xdp_store_bytes(struct xdp_md *ctx, uint32_t at, const void *buf, uint32_t len)
{
	if ((size_t)at + len > ctx->data_end - ctx->data)
		return -1;
	memcpy((uint8_t *)ctx->data + at, buf, len);
	return 0;
}

/* The one counter that was raised since before, by one. */
static enum xdns_counter raised(const struct xdns_counters *before,
				const struct xdns_counters *after)
{
	const __u64 *old = (const void *)before, *now = (const void *)after;
	enum xdns_counter found = XDNS_COUNTERS_COUNT;

	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++) {
		if (old[i] == now[i])
			continue;
		if (found != XDNS_COUNTERS_COUNT || now[i] != old[i] + 1)
			return XDNS_COUNTERS_COUNT;
		found = i;
	}
	return found;
}

/* The program if nothing ever went the quick way. */
static int general_alone(struct xdp_md *ctx)
{
	int what = general(ctx, 0);

	((__u64 *)&running->counters)[what]++;
	if (what <= XDNS_ANSWER_LAST)
		return XDP_TX;
	return what >= XDNS_DROP_FIRST ? XDP_DROP : XDP_PASS;
}

static struct native_result run(struct native *n, int (*program)(struct xdp_md *),
				const uint8_t *frame, size_t len, struct native_room room,
				uint8_t *out, size_t cap)
{
	struct native_result result = {NATIVE_DROP, XDNS_COUNTERS_COUNT, 0};
	struct xdns_counters before = n->counters;
	struct xdp_md ctx = {0};

	n->memory = malloc(FRAME_SKEW + len);
	if (!n->memory)
		return result;
	ctx.data = (uintptr_t)(n->memory + FRAME_SKEW);
	ctx.data_end = ctx.data + len;
	if (len)
		memcpy((uint8_t *)ctx.data, frame, len);
	n->room = room;
	running = n;
	xdns_cfg = n->config;
	xdns_extras = n->extras;
	xdns_front_buckets = n->front.buckets;
	xdns_homes = n->pool->homes;
	memset(&n->scratch, 0xa5, sizeof(n->scratch)); /* what an earlier frame left there */
	switch (program(&ctx)) {
	case XDP_PASS:
		result.verdict = NATIVE_PASS;
		break;
	case XDP_TX:
		result.verdict = NATIVE_TX;
		break;
	}
	result.counter = raised(&before, &n->counters);
	result.len = ctx.data_end - ctx.data;
	if (result.len <= cap)
		memcpy(out, (const uint8_t *)ctx.data, result.len);
	free(n->memory);
	return result;
}

struct native_result native_run(struct native *n, const uint8_t *frame, size_t len,
				struct native_room room, uint8_t *out, size_t cap)
{
	return run(n, mesos_xdns, frame, len, room, out, cap);
}

struct native_result native_run_general(struct native *n, const uint8_t *frame, size_t len,
					struct native_room room, uint8_t *out, size_t cap)
{
	return run(n, general_alone, frame, len, room, out, cap);
}
