// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "kernel_internal.h"
#include "loaded.h"
#include "mesos-xdns.skel.h"
#include "util.h"

struct loaded {
	struct zone *zone;
	struct generation gen;
	uint32_t now;
	uint64_t clock_at; /* the map's wall clock was set then */
	bool clock_held;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

int loaded_new(struct zone *z, const struct limiter *limiter, struct loaded **ret, char **ret_error)
{
	struct clients all = {0};
	struct generation_wanted wanted = {
		.memory = SIZES_ANY, .limit = limiter, .limiter = limiter, .clients = &all};
	struct loaded *l = calloc(1, sizeof(*l));
	int r = l ? 0 : -ENOMEM;

	if (!r && limiter)
		r = clients_settle(&all);
	if (r) {
		free(l);
		return r;
	}
	libbpf_set_print(quiet);
	l->zone = z;
	r = generation_build(z, &wanted, &l->gen, ret_error);
	clients_clear(&all);
	if (r) {
		free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void loaded_free(struct loaded *l)
{
	if (!l)
		return;
	pool_detach(zone_pool(l->zone));
	generation_free(&l->gen);
	free(l);
}

struct xdns_state *loaded_state(struct loaded *l)
{
	return l->gen.state;
}

int loaded_set_clients(struct loaded *l, const struct clients *lists)
{
	return generation_set_clients(&l->gen, lists);
}

int loaded_set_cookies(struct loaded *l, const struct xdns_cookies *c)
{
	uint32_t i = l->gen.state->cookies;

	return bpf_map_update_elem(bpf_map__fd(l->gen.skel->maps.cookies), &i, c, BPF_ANY) ? -errno
											   : 0;
}

void loaded_set_now(struct loaded *l, uint32_t now)
{
	l->now = now;
}

bool loaded_clock_held(const struct loaded *l)
{
	return l->clock_held;
}

int loaded_set_record(struct loaded *l, uint64_t hash, uint32_t record)
{
	struct xdns_name name;

	if (bpf_map_lookup_elem(l->gen.names_fd, &hash, &name))
		return -errno;
	front_remove(&l->gen.front, hash, name.record);
	front_put(&l->gen.front, hash, 0, record);
	name.record = record;
	return bpf_map_update_elem(l->gen.names_fd, &hash, &name, BPF_EXIST) ? -errno : 0;
}

int loaded_leave_front(struct loaded *l, uint64_t hash)
{
	struct xdns_name name;

	if (bpf_map_lookup_elem(l->gen.names_fd, &hash, &name))
		return -errno;
	l->gen.state->front_complete = 0;
	front_remove(&l->gen.front, hash, name.record);
	return 0;
}

int loaded_counters(struct loaded *l, uint64_t ret[XDNS_COUNTERS_COUNT])
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct xdns_counters *all = calloc(cpus > 0 ? cpus : 1, sizeof(*all));
	uint32_t zero = 0;

	if (!all || cpus <= 0)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(l->gen.skel->maps.counters), &zero, all))
		return -errno;
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++) {
		ret[i] = 0;
		for (int cpu = 0; cpu < cpus; cpu++)
			ret[i] += ((const __u64 *)&all[cpu])[i];
	}
	return 0;
}

int loaded_run(struct loaded *l, const uint8_t *frame, size_t len, uint8_t *out, size_t cap,
	       struct native_result *ret)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .data_out = out,
		    .data_size_out = cap, .repeat = 1);

	l->clock_at = boot_now_ns();
	l->gen.state->wall = l->now * NSEC_PER_SEC - l->clock_at;
	if (bpf_prog_test_run_opts(generation_program(&l->gen), &opts))
		return -errno;
	l->clock_held = boot_now_ns() - l->clock_at < NSEC_PER_SEC;
	ret->counter = XDNS_COUNTERS_COUNT;
	ret->verdict = opts.retval == XDP_TX	 ? NATIVE_TX
		       : opts.retval == XDP_PASS ? NATIVE_PASS
						 : NATIVE_DROP;
	ret->len = opts.data_size_out;
	return 0;
}
