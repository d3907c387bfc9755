// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loading a program with maps of the zone's size, and filling them. */
#include "kernel_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dname_text.h"
#include "mesos-xdns.skel.h"
#include "util.h"

#define TAILS_MIN 512
#define NAMES_MIN 4096 /* names there is room for in the smallest generation */
/* Room for a run of any size: what a generation is built for must fit into it. */
#define SETS_MIN   (1U << POOL_MAX_ORDER)
#define FILL_BATCH 2048U /* index entries of one system call */

static int fail(char **ret_error, int r, const char *what)
{
	if (asprintf(ret_error, "%s: %s", what, strerror(-r)) < 0)
		*ret_error = NULL;
	return r;
}

static struct bpf_map *class_map(const struct mesos_xdns *skel, enum pool_class kind)
{
	struct bpf_map *const map[POOL_CLASSES] = {
		[POOL_RECORDS] = skel->maps.records,	   [POOL_A_SETS] = skel->maps.a_sets,
		[POOL_AAAA_SETS] = skel->maps.aaaa_sets,   [POOL_SRV_SETS] = skel->maps.srv_sets,
		[POOL_NAME_TAILS] = skel->maps.name_tails, [POOL_TARGETS] = skel->maps.targets,
	};

	return map[kind];
}

/* More than what is in use: changes take new elements before old ones come free. */
static uint32_t room_for(uint64_t used, uint32_t least)
{
	uint64_t want = used + used / 4 + least;

	return want > UINT32_MAX / 2 ? UINT32_MAX / 2 : want;
}

static int set_sizes(struct mesos_xdns *skel, struct zone *zone, uint32_t capacity[POOL_CLASSES])
{
	uint32_t buckets;
	static const uint32_t least[POOL_CLASSES] = {
		[POOL_RECORDS] = NAMES_MIN, [POOL_TARGETS] = NAMES_MIN,
		[POOL_A_SETS] = SETS_MIN,   [POOL_AAAA_SETS] = SETS_MIN,
		[POOL_SRV_SETS] = SETS_MIN, [POOL_NAME_TAILS] = TAILS_MIN,
	};
	const struct pool *pool = zone_pool(zone);
	uint64_t pending = zone_pending(zone), want;
	int r = 0;

	for (int kind = 0; kind < POOL_CLASSES && !r; kind++) {
		want = pool->array[kind].used;
		/* in the middle of a change: what it needs of records is known, of the rest not,
		 * and a switch costs more than memory */
		if (kind == POOL_RECORDS)
			want += pending;
		else if (pending)
			want *= 4;
		capacity[kind] = room_for(want, least[kind]);
		r = bpf_map__set_max_entries(class_map(skel, kind), capacity[kind]);
	}
	if (r)
		return r;
	buckets = front_buckets(capacity[POOL_RECORDS]);
	skel->rodata->xdns_front_buckets = buckets;
	r = bpf_map__set_max_entries(skel->maps.front, front_array(buckets));
	/* each entry leads to a record of its own, so `records`, which grows, is full first */
	return r ? r : bpf_map__set_max_entries(skel->maps.names, capacity[POOL_RECORDS]);
}

static int load(struct zone *zone, struct generation *g, uint32_t capacity[POOL_CLASSES],
		char **ret_error)
{
	int r;

	g->skel = mesos_xdns__open();
	if (!g->skel)
		return fail(ret_error, -errno, "opening the XDP program");
	memcpy(&g->skel->rodata->xdns_cfg, zone_config(zone), sizeof(struct xdns_config));
#ifndef __x86_64__
	g->skel->rodata->xdns_load_fences = 1;
#endif
	r = set_sizes(g->skel, zone, capacity);
	if (r)
		return fail(ret_error, r, "sizing the maps");
	r = mesos_xdns__load(g->skel);
	if (r)
		return fail(ret_error, r,
			    r == -EPERM || r == -EACCES ? "loading the XDP program (needs CAP_BPF, "
							  "CAP_PERFMON and CAP_NET_ADMIN)"
							: "loading the XDP program");
	g->names_fd = bpf_map__fd(g->skel->maps.names);
	return 0;
}

/* The memory of an array map; *ret_size octets, whole pages. */
static void *map_array(const struct bpf_map *map, size_t *ret_size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (size_t)bpf_map__max_entries(map) * bpf_map__value_size(map);
	void *p;

	*ret_size = (size + page - 1) / page * page;
	p = mmap(NULL, *ret_size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	return p == MAP_FAILED ? NULL : p;
}

static int map_arrays(struct generation *g, char **ret_error)
{
	g->state = map_array(g->skel->maps.state, &g->state_size);
	if (!g->state)
		return fail(ret_error, -errno, "mapping the map `state`");
	g->state->abi_version = XDNS_ABI_VERSION;
	g->front.buckets = g->skel->rodata->xdns_front_buckets;
	g->front.bucket = map_array(g->skel->maps.front, &g->front_size);
	return g->front.bucket ? 0 : fail(ret_error, -errno, "mapping the map `front`");
}

void generation_name(const struct zone_name *name, struct xdns_name *ret)
{
	char text[DNAME_TEXT_MAX];
	size_t len = strlen(dname_to_text(name->wire, text));

	if (len > 1)
		len--; /* the final dot */
	if (len > sizeof(ret->text) - 1)
		len = sizeof(ret->text) - 1;
	ret->record = name->record;
	memcpy(ret->text, text, len);
	memset(ret->text + len, 0, sizeof(ret->text) - len);
}

struct fill {
	int fd, error;
	uint32_t count;
	uint64_t hash[FILL_BATCH];
	struct xdns_name name[FILL_BATCH];
};

static int fill_flush(struct fill *f)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t n = f->count;

	f->count = 0;
	if (!n)
		return 0;
	return bpf_map_update_batch(f->fd, f->hash, f->name, &n, &opts) ? -errno : 0;
}

static int fill_one(void *ctx, const struct zone_name *name)
{
	struct fill *f = ctx;

	f->hash[f->count] = name->hash;
	generation_name(name, &f->name[f->count]);
	return ++f->count == FILL_BATCH ? fill_flush(f) : 0;
}

static int fill_names(struct zone *zone, const struct generation *g, char **ret_error)
{
	_cleanup_free_ struct fill *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return fail(ret_error, -ENOMEM, "filling the map `names`");
	f->fd = g->names_fd;
	r = zone_for_each_name(zone, fill_one, f);
	if (!r)
		r = fill_flush(f);
	return r ? fail(ret_error, r, "filling the map `names`") : 0;
}

static int front_one(void *ctx, const struct zone_name *name)
{
	return front_put(ctx, name->hash, 0, name->record) ? 0 : -ENOSPC;
}

void generation_fill_front(struct zone *zone, struct generation *g)
{
	bool complete = !zone_for_each_name(zone, front_one, &g->front);

	__atomic_store_n(&g->state->front_complete, complete, __ATOMIC_RELEASE);
}

/*
 * A generation that holds the zone as it is served now. From here on the zone's pool stands in
 * this generation's maps; an older one keeps its own copy until it is freed.
 */
int generation_build(struct zone *zone, struct generation *ret, char **ret_error)
{
	uint32_t capacity[POOL_CLASSES];
	struct generation g = {0};
	int fd[POOL_CLASSES], r;

	r = load(zone, &g, capacity, ret_error);
	if (!r)
		r = map_arrays(&g, ret_error);
	if (!r) {
		for (int kind = 0; kind < POOL_CLASSES; kind++)
			fd[kind] = bpf_map__fd(class_map(g.skel, kind));
		r = pool_attach(zone_pool(zone), fd, capacity);
		if (r)
			fail(ret_error, r, "mapping the maps of the records");
	}
	if (!r)
		r = fill_names(zone, &g, ret_error);
	if (!r)
		generation_fill_front(zone, &g);
	if (r) {
		generation_free(&g);
		return r;
	}
	*ret = g;
	return 0;
}

void generation_free(struct generation *g)
{
	if (g->state)
		munmap(g->state, g->state_size);
	if (g->front.bucket)
		munmap(g->front.bucket, g->front_size);
	mesos_xdns__destroy(g->skel);
	memset(g, 0, sizeof(*g));
}

int generation_program(const struct generation *g)
{
	return bpf_program__fd(g->skel->progs.mesos_xdns);
}

int generation_pin(const struct generation *g, const char *dir)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, g->skel->obj)
	{
		const char *name = bpf_map__name(map);

		if (bpf_map__is_internal(map))
			name = "config";
		if (!r)
			r = pins_put(bpf_map__fd(map), dir, name);
	}
	return r;
}
