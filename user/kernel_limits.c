// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The lists of clients and the cells of response-rate limiting in the program's maps. */
#include "kernel_internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "limiter.h"
#include "mesos-xdns.skel.h"
#include "util.h"

#define CELLS_SIZE (XDNS_LIMIT_ALL * sizeof(uint64_t))
#define NET_MEMORY 128 /* octets of a network in the trie, with the node above it */

#ifdef __x86_64__
#define LOAD_FENCES 0
#else
#define LOAD_FENCES XDNS_EXTRA_FENCES
#endif

uint32_t generation_extras(const struct generation_wanted *wanted)
{
	return (wanted->frags ? XDNS_EXTRA_FRAGS : 0) |
	       (wanted->clients && wanted->clients->count ? XDNS_EXTRA_CLIENTS : 0) |
	       (wanted->limit ? XDNS_EXTRA_LIMIT : 0) | LOAD_FENCES;
}

uint64_t generation_limits_memory(const struct generation_wanted *wanted)
{
	return (wanted->limit ? CELLS_SIZE : 0) +
	       (wanted->clients ? wanted->clients->count * NET_MEMORY : 0);
}

int generation_prepare_cells(struct bpf_map *map, const struct generation_wanted *wanted)
{
	if (!wanted->limit)
		return 0;
	if (wanted->limiter && wanted->limiter->cells_fd >= 0)
		return bpf_map__reuse_fd(map, wanted->limiter->cells_fd);
	return bpf_map__set_max_entries(map, XDNS_LIMIT_ALL);
}

int generation_set_clients(const struct generation *g, const struct clients *c)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	_cleanup_close_ int trie = -1;
	uint32_t zero = 0;

	if (!c->count)
		return 0;
	trie = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "client_nets", sizeof(struct xdns_client_net),
			      sizeof(uint32_t), c->count, &opts);
	if (trie < 0)
		return -errno;
	for (size_t i = 0; i < c->count; i++)
		if (bpf_map_update_elem(trie, &c->list[i].net, &c->list[i].flags, BPF_ANY))
			return -errno;
	if (bpf_map_update_elem(bpf_map__fd(g->skel->maps.clients), &zero, &trie, BPF_ANY))
		return -errno;
	return 0;
}

int kernel_create_cells(struct limiter *l)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "limits", sizeof(uint32_t),
						sizeof(uint64_t), XDNS_LIMIT_ALL, &opts);
	void *cells;
	int r;

	if (fd < 0)
		return -errno;
	cells = mmap(NULL, CELLS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (cells == MAP_FAILED)
		return -errno;
	r = limiter_set_cells(l, cells, fd);
	fd = -1;
	return r;
}
