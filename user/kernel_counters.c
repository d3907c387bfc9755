// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the program has counted. Each generation has a map of its own, which begins with what the
 * one before it had, be that ours or a daemon's that is gone.
 */
#include "kernel_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesos-xdns.skel.h"
#include "util.h"

/* *ret: a struct for each CPU, all zero */
static int alloc_per_cpu(struct xdns_counters **ret)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	*ret = calloc(cpus, sizeof(**ret));
	return *ret ? cpus : -ENOMEM;
}

/* Adds a map's. */
static int add_map(int fd, uint64_t sums[XDNS_COUNTERS_COUNT])
{
	_cleanup_free_ struct xdns_counters *all = NULL;
	int cpus = alloc_per_cpu(&all);
	uint32_t zero = 0;

	if (cpus < 0)
		return cpus;
	if (bpf_map_lookup_elem(fd, &zero, all))
		return -errno;
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		for (int cpu = 0; cpu < cpus; cpu++)
			sums[i] += ((const uint64_t *)&all[cpu])[i];
	return 0;
}

static int map_fd(const struct generation *g)
{
	return bpf_map__fd(g->skel->maps.counters);
}

static bool is_counters(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	       info.value_size == sizeof(struct xdns_counters);
}

void counters_open(struct kernel *k, bool moved)
{
	counters_close(k);
	for (int fresh = moved; fresh >= 0 && k->counters_before < 0; fresh--) {
		k->counters_before = pins_get(k->cfg->bpf_dir, "counters", fresh);
		if (k->counters_before >= 0 && !is_counters(k->counters_before))
			counters_close(k);
	}
}

static int before(const struct kernel *k)
{
	return k->gen.skel ? map_fd(&k->gen) : k->counters_before;
}

int counters_carry(const struct kernel *k, const struct generation *fresh,
		   uint64_t ret[XDNS_COUNTERS_COUNT])
{
	_cleanup_free_ struct xdns_counters *all = NULL;
	int cpus = alloc_per_cpu(&all), r = cpus < 0 ? cpus : 0;
	uint64_t sums[XDNS_COUNTERS_COUNT] = {0};
	uint32_t zero = 0;

	memset(ret, 0, sizeof(sums));
	if (r || before(k) < 0)
		return r;
	memcpy(sums, k->counted, sizeof(sums));
	r = add_map(before(k), sums);
	if (r)
		return r;
	memcpy(&all[0], sums, sizeof(all[0])); /* which CPU's they are does not matter */
	if (bpf_map_update_elem(map_fd(fresh), &zero, all, BPF_ANY))
		return -errno;
	memcpy(ret, sums, sizeof(sums));
	return 0;
}

void counters_carried(struct kernel *k, const uint64_t carried[XDNS_COUNTERS_COUNT])
{
	if (before(k) < 0)
		return;
	add_map(before(k), k->counted);
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		k->counted[i] -= carried[i];
	counters_close(k);
}

void counters_close(struct kernel *k)
{
	if (k->counters_before >= 0)
		close(k->counters_before);
	k->counters_before = -1;
}

int kernel_counters(const struct kernel *k, uint64_t ret[XDNS_COUNTERS_COUNT])
{
	if (!k->gen.skel)
		return -ENODATA;
	memcpy(ret, k->counted, sizeof(k->counted));
	return add_map(map_fd(&k->gen), ret);
}
