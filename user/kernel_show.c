// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the API and the metrics show of the kernel's half. */
#include "kernel_internal.h"

#include <errno.h>

bool kernel_serving(const struct kernel *k)
{
	return k->gen.skel && !k->broken && k->attached_count;
}

void kernel_for_each_interface(const struct kernel *k, kernel_interface_fn fn, void *ctx)
{
	for (size_t i = 0; i < k->attached_count; i++)
		fn(ctx, k->attached[i].name, k->attached[i].native);
}

void kernel_for_each_map(const struct kernel *k, kernel_map_fn fn, void *ctx)
{
	static const char *const names[POOL_CLASSES] = {
		[POOL_RECORDS] = "records",	  [POOL_A_SETS] = "a_sets",
		[POOL_AAAA_SETS] = "aaaa_sets",	  [POOL_SRV_SETS] = "srv_sets",
		[POOL_NAME_TAILS] = "name_tails", [POOL_TARGETS] = "targets",
	};
	const struct pool *p = zone_read_pool(k->zone);
	uint64_t exist = zone_counts(k->zone).names, places = k->gen.sizes.capacity[POOL_RECORDS];

	fn(ctx, "names", exist < places ? exist : places, places);
	fn(ctx, "front", k->gen.front.used,
	   (uint64_t)front_array(k->gen.front.buckets) * XDNS_FRONT_ENTRIES);

	for (int i = 0; i < POOL_CLASSES; i++) {
		uint32_t used = p->array[i].used, room = k->gen.sizes.capacity[i];

		fn(ctx, names[i], used < room ? used : room, room);
	}
}

int kernel_run_time(const struct kernel *k, uint64_t *ret_ns, uint64_t *ret_runs)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(generation_program(&k->gen), &info, &len))
		return -errno;
	*ret_ns = info.run_time_ns;
	*ret_runs = info.run_cnt;
	return 0;
}
