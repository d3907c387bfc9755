// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loading a program with maps of the zone's size, and filling them. */
#include "kernel_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mesos-xdns.skel.h"
#include "util.h"

#define FIXED_PAGES  8	 /* state, read-only data, and what is kept about each map */
#define CPU_EXTRA    256 /* octets for each CPU: a spare entry of `names`, its locks */
#define ARM_TRIES    10
#define ARM_PAUSE_US 1000

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

/* Octets of the maps that are of one size whatever the zone's, and what is kept about each map. */
static uint64_t fixed_memory(const struct mesos_xdns *skel)
{
	uint64_t page = sysconf(_SC_PAGESIZE), each_cpu = CPU_EXTRA;
	int cpus = libbpf_num_possible_cpus();

	each_cpu += bpf_map__value_size(skel->maps.counters);
	each_cpu += bpf_map__value_size(skel->maps.scratch);
	return FIXED_PAGES * page + (cpus > 0 ? cpus : 1) * each_cpu;
}

static int set_entries(struct mesos_xdns *skel, const struct sizes *sizes)
{
	uint32_t names = sizes->capacity[POOL_RECORDS];
	int r = bpf_map__set_max_entries(skel->maps.front, front_array(front_buckets(names)));

	for (int kind = 0; kind < POOL_CLASSES && !r; kind++)
		r = bpf_map__set_max_entries(class_map(skel, kind), sizes->capacity[kind]);
	/* each entry leads to a record of its own, so `records`, which grows, is full first */
	return r ? r : bpf_map__set_max_entries(skel->maps.names, names);
}

static void set_sizes(struct generation *g, struct zone *zone,
		      const struct generation_wanted *generation)
{
	struct sizes_wanted wanted = {
		.memory = g->memory, .pending = zone_pending(zone), .grown = generation->grown};

	g->fixed = fixed_memory(g->skel) + generation_limits_memory(generation);
	if (wanted.memory != SIZES_ANY)
		wanted.memory -= g->fixed < wanted.memory ? g->fixed : wanted.memory;
	g->used = sizes_used(zone_pool(zone));
	sizes_choose(zone_pool(zone), &wanted, &g->sizes);
	g->skel->rodata->xdns_front_buckets = front_buckets(g->sizes.capacity[POOL_RECORDS]);
	g->skel->rodata->xdns_homes = zone_pool(zone)->homes;
}

bool generation_holds(const struct generation *g, uint32_t record)
{
	return record < g->sizes.capacity[POOL_RECORDS];
}

bool generation_outgrown(const struct generation *g, const struct pool *pool)
{
	if (!g->sizes.limited || sizes_used(pool) < g->used + g->used / 4)
		return false;
	for (int kind = 0; kind < POOL_CLASSES; kind++)
		if (pool->array[kind].used > g->sizes.capacity[kind])
			return true;
	return false;
}

/*
 * The maps alone: what fills them need not wait for the verifier. The program gets descriptors of
 * its own for them, since libbpf closes those of an object that it fails to load.
 */
static int create_maps(struct generation *g, const struct generation_wanted *wanted)
{
	struct mesos_xdns *first = mesos_xdns__open();
	struct bpf_map *map, *from = NULL;
	struct bpf_program *program;
	int r;

	if (!first)
		return -errno;
	g->filled = first;
	bpf_object__for_each_program(program, first->obj) bpf_program__set_autoload(program, false);
	r = set_entries(first, &g->sizes);
	if (!r)
		r = generation_prepare_cells(first->maps.limits, wanted);
	if (!r)
		r = mesos_xdns__load(first);
	bpf_object__for_each_map(map, g->skel->obj)
	{
		if (r)
			break;
		from = bpf_object__next_map(first->obj, from);
		if (!bpf_map__is_internal(map)) /* constants are the program's own */
			r = bpf_map__reuse_fd(map, bpf_map__fd(from));
	}
	return r;
}

/* Everything but the program. */
static int open_maps(struct zone *zone, const struct generation_wanted *wanted,
		     struct generation *g, char **ret_error)
{
	int r;

	g->skel = mesos_xdns__open();
	if (!g->skel)
		return fail(ret_error, -errno, "opening the XDP program");
	memcpy(&g->skel->rodata->xdns_cfg, zone_config(zone), sizeof(struct xdns_config));
	g->extras = generation_extras(wanted);
	g->skel->rodata->xdns_extras = g->extras;
	/* without the flag drivers refuse the program where a frame may need several buffers */
	if (wanted->frags)
		bpf_program__set_flags(g->skel->progs.mesos_xdns, BPF_F_XDP_HAS_FRAGS);
	set_sizes(g, zone, wanted);
	r = create_maps(g, wanted);
	if (r)
		return fail(ret_error, r, "creating BPF maps (needs CAP_BPF)");
	g->names_fd = bpf_map__fd(g->filled->maps.names);
	r = wanted->clients ? generation_set_clients(g, wanted->clients) : 0;
	return r ? fail(ret_error, r, "filling the map `clients`") : 0;
}

/*
 * The verifier takes a while, on a thread of its own, which helps to fill the map `names` with what
 * is left of that by then.
 */
struct loading {
	struct mesos_xdns *skel;
	struct filling *filling;
	pthread_t thread;
	bool started;
	int r;
};

static void *load_program(void *arg)
{
	struct loading *l = arg;

	l->r = mesos_xdns__load(l->skel);
	return NULL;
}

static void *loading_run(void *arg)
{
	struct loading *l = arg;

	load_program(l);
	if (!l->r)
		filling_work(l->filling);
	return NULL;
}

static void loading_start(struct loading *l, struct mesos_xdns *skel, struct filling *filling)
{
	*l = (struct loading){.skel = skel, .filling = filling};
	l->started = !pthread_create(&l->thread, NULL, loading_run, l);
}

static int loading_end(struct loading *l, char **ret_error)
{
	if (l->started)
		pthread_join(l->thread, NULL);
	else
		load_program(l);
	if (!l->r)
		return 0;
	return fail(ret_error, l->r,
		    l->r == -EPERM || l->r == -EACCES ? "loading the XDP program (needs CAP_BPF, "
							"CAP_PERFMON and CAP_NET_ADMIN)"
						      : "loading the XDP program");
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

static uint32_t map_id(const struct bpf_map *map)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len) ? 0 : info.id;
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* For a daemon that may find these maps: what they are. */
static void describe(struct generation *g, const struct zone *zone)
{
	const struct xdns_config *zc = zone_config(zone);
	struct xdns_state *s = g->state;

	s->abi_version = XDNS_ABI_VERSION;
#define X(name) s->map_id[XDNS_MAP_##name] = map_id(g->filled->maps.name);
	XDNS_ZONE_MAPS(X)
#undef X
	s->domain_len = zc->domain_len;
	memcpy(s->domain, zc->domain, sizeof(s->domain));
}

static int map_arrays(struct generation *g, const struct zone *zone, char **ret_error)
{
	g->state = map_array(g->filled->maps.state, &g->state_size);
	if (!g->state)
		return fail(ret_error, -errno, "mapping the map `state`");
	describe(g, zone);
	g->front.buckets = front_buckets(g->sizes.capacity[POOL_RECORDS]);
	g->front.bucket = map_array(g->filled->maps.front, &g->front_size);
	return g->front.bucket ? 0 : fail(ret_error, -errno, "mapping the map `front`");
}

/* The zone's records are in the maps from here on. */
static int attach_maps(struct zone *zone, struct generation *g, char **ret_error)
{
	int fd[POOL_CLASSES], r = map_arrays(g, zone, ret_error);

	if (r)
		return r;
	for (int kind = 0; kind < POOL_CLASSES; kind++)
		fd[kind] = bpf_map__fd(class_map(g->filled, kind));
	r = pool_attach(zone_pool(zone), fd, g->sizes.capacity, g->sizes.limited);
	return r ? fail(ret_error, r, "mapping the maps of the records") : 0;
}

/* The zone into the maps, records first, and the program into the kernel. */
static int load_and_fill(struct zone *zone, struct generation *g, char **ret_error)
{
	static const char what[] = "filling the map `names`";
	_cleanup_free_ char *refusal = NULL;
	struct filling *filling;
	struct loading loading;
	int r = filling_new(zone, g, &filling), filled = 0, loaded;

	if (r)
		return fail(ret_error, r, what);
	loading_start(&loading, g->skel, filling);
	r = attach_maps(zone, g, ret_error);
	filling_begin(filling, !r);
	if (!r)
		filled = filling_work(filling);
	loaded = loading_end(&loading, &refusal);
	if (!filled)
		filled = filling_result(filling);
	filling_free(filling);
	if (r)
		return r;
	if (filled)
		return fail(ret_error, filled, what);
	if (loaded)
		*ret_error = TAKE_PTR(refusal);
	return loaded;
}

/*
 * A generation that holds the zone as it is served now. From here on the zone's pool stands in
 * this generation's maps; an older one keeps its own copy until it is freed.
 */
int generation_build(struct zone *zone, const struct generation_wanted *wanted,
		     struct generation *ret, char **ret_error)
{
	struct generation g = {.memory = wanted->memory};
	int r = open_maps(zone, wanted, &g, ret_error);

	if (!r)
		r = load_and_fill(zone, &g, ret_error);
	if (r) {
		generation_free(&g);
		return r;
	}
	g.names_fd = bpf_map__fd(g.skel->maps.names);
	mesos_xdns__destroy(TAKE_PTR(g.filled));
	g.state->program = program_id(generation_program(&g));
	*ret = g;
	return 0;
}

void generation_free(struct generation *g)
{
	if (g->state)
		munmap(g->state, g->state_size);
	if (g->front.bucket)
		munmap(g->front.bucket, g->front_size);
	mesos_xdns__destroy(g->filled);
	mesos_xdns__destroy(g->skel);
	memset(g, 0, sizeof(*g));
}

int generation_program(const struct generation *g)
{
	return bpf_program__fd(g->skel->progs.mesos_xdns);
}

/*
 * Not what libbpf calls it: a map that is taken over is called as the kernel calls it, which is
 * nothing if the first program that libbpf ever tried found no memory: to it kernel and maps have
 * no names from then on.
 */
static const char *pin_name(const struct generation *g, const struct bpf_map *map)
{
#define X(name)                                                                                    \
	if (map == g->skel->maps.name)                                                             \
		return #name;
	PINNED_MAPS(X)
#undef X
	return PINNED_CONSTANTS;
}

int generation_pin(const struct generation *g, const char *dir)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, g->skel->obj)
	{
		if (!r)
			r = pins_put_fresh(bpf_map__fd(map), dir, pin_name(g, map));
	}
	return r;
}

int generation_settle(const struct generation *g, const char *dir)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, g->skel->obj)
	{
		if (!r)
			r = pins_settle(dir, pin_name(g, map));
	}
	return r;
}

/*
 * A timer is made of memory that the kernel takes without waiting for anybody, so it may not be
 * there at the first try.
 */
int generation_arm(const struct generation *g)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	for (int i = 0; i < ARM_TRIES; i++) {
		if (bpf_prog_test_run_opts(bpf_program__fd(g->skel->progs.xdns_arm), &opts))
			return -errno;
		if (!opts.retval)
			return 0;
		usleep(ARM_PAUSE_US);
	}
	return -EIO;
}
