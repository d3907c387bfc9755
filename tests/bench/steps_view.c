// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The program's surroundings: how the kernel lays out what it loads from, and its maps. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "steps_internal.h"
#include "util.h"

#define COPY_MAX ((size_t)16 << 20) /* octets of an array that cannot be mapped */

/* Octets from the start; members of unnamed members count. -1: there is none. */
static int64_t find_member(const struct btf *btf, const struct btf_type *t, const char *name)
{
	for (uint32_t i = 0; t && btf_is_composite(t) && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *is = btf__name_by_offset(btf, m->name_off);
		int64_t at = btf_member_bit_offset(t, i) / 8, within;

		if (!strcmp(is, name))
			return at;
		within = *is ? -1 : find_member(btf, btf__type_by_id(btf, m->type), name);
		if (within >= 0)
			return at + within;
	}
	return -1;
}

static int64_t member_offset(const struct btf *btf, const char *type, const char *name)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id < 0 ? -1 : find_member(btf, btf__type_by_id(btf, id), name);
}

static int64_t struct_size(const struct btf *btf, const char *type)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id < 0 ? -1 : btf__resolve_size(btf, id);
}

static bool is_frame_known(const struct btf *btf)
{
#define IS_AT(member)                                                                              \
	(member_offset(btf, "xdp_buff", #member) == offsetof(struct steps_frame, member))
	return IS_AT(data) && IS_AT(data_end) && IS_AT(data_meta) && IS_AT(data_hard_start);
#undef IS_AT
}

static int view_types(struct steps *s)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int64_t values, copies, key, head, tail;
	bool known;

	if (!btf)
		return steps_stop(s, "the kernel has no BTF of itself");
	values = member_offset(btf, "bpf_array", "value");
	copies = member_offset(btf, "bpf_array", "pptrs");
	key = member_offset(btf, "htab_elem", "key");
	head = struct_size(btf, "xdp_frame");
	tail = struct_size(btf, "skb_shared_info");
	known = is_frame_known(btf);
	btf__free(btf);
	if (!known || values < 0 || copies < 0 || key < 0 || head < 0 || tail < 0)
		return steps_stop(s, "this kernel's frames or maps are laid out in another way");
	s->kernel.array_values = values;
	s->kernel.array_copies = copies;
	s->kernel.element_key = key;
	s->kernel.frame_head = head;
	s->kernel.frame_tail = (tail + 63) / 64 * 64; /* SKB_DATA_ALIGN(), lines of 64 octets */
	return 0;
}

static int view_symbols(struct steps *s)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char symbol[256];
	uint64_t at;

	if (!f)
		return steps_stop(s, "/proc/kallsyms: %s", strerror(errno));
	while (fscanf(f, "%" SCNx64 " %*c %255s%*[^\n]", &at, symbol) == 2)
		if (!strcmp(symbol, "__bpf_call_base"))
			s->kernel.call_base = at;
		else
			steps_helper_symbol(&s->kernel, symbol, at);
	fclose(f);
	if (!s->kernel.call_base)
		return steps_stop(s, "/proc/kallsyms shows no addresses (kernel.kptr_restrict)");
	return 0;
}

int steps_view_kernel(struct steps *s)
{
	int r = view_types(s);

	return r ? r : view_symbols(s);
}

static void add_region(struct steps *s, void *at, size_t size, bool writable)
{
	s->regions[s->region_count++] = (struct steps_region){at, size, writable};
}

static size_t element_size(const struct steps_map *m)
{
	return ((size_t)m->info.value_size + 7) / 8 * 8;
}

/* The first CPU's share of an element that each CPU has its own of: what is written stays here. */
static int copy_values(struct steps_map *m, uint32_t cpus)
{
	size_t size = element_size(m);
	_cleanup_free_ uint8_t *element = calloc(cpus, size);

	m->values = calloc(m->info.max_entries, size);
	if (!element || !m->values)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->info.max_entries; i++) {
		if (bpf_map_lookup_elem(m->fd, &i, element))
			return -errno;
		memcpy(m->values + i * size, element, m->info.value_size);
	}
	return 0;
}

static int map_values(struct steps_map *m)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (element_size(m) * m->info.max_entries + page - 1) / page * page;
	int protection = m->info.map_flags & BPF_F_RDONLY_PROG ? PROT_READ : PROT_READ | PROT_WRITE;
	void *p = mmap(NULL, size, protection, MAP_SHARED, m->fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	m->values = p;
	m->mapped = size;
	return 0;
}

static int view_array(struct steps *s, struct steps_map *m)
{
	size_t size = element_size(m) * m->info.max_entries;
	int r = m->info.map_flags & BPF_F_MMAPABLE ? map_values(m)
		: size > COPY_MAX		   ? -EFBIG
						   : copy_values(m, 1);

	if (r)
		return r;
	m->pointer = (uint64_t)(uintptr_t)m->values - s->kernel.array_values;
	/* what is but a copy must not be written: nobody would see it */
	add_region(s, m->values, size, m->mapped && !(m->info.map_flags & BPF_F_RDONLY_PROG));
	return 0;
}

static int view_percpu_array(struct steps *s, struct steps_map *m)
{
	size_t size = element_size(m) * m->info.max_entries;
	int cpus = libbpf_num_possible_cpus(), r;

	if (cpus < 0 || size > COPY_MAX)
		return cpus < 0 ? cpus : -EFBIG;
	r = copy_values(m, cpus);
	m->copies = calloc(m->info.max_entries, sizeof(*m->copies));
	if (r || !m->copies)
		return r ? r : -ENOMEM;
	for (uint32_t i = 0; i < m->info.max_entries; i++)
		m->copies[i] = (uint64_t)(uintptr_t)m->values + i * element_size(m);
	m->pointer = (uint64_t)(uintptr_t)m->copies - s->kernel.array_copies;
	add_region(s, m->values, size, true);
	add_region(s, m->copies, m->info.max_entries * sizeof(*m->copies), false);
	return 0;
}

/* An element is fetched when the program looks for it: steps_call(). */
static int view_hash(struct steps *s, struct steps_map *m)
{
	m->values = calloc(1, element_size(m));
	if (!m->values)
		return -ENOMEM;
	m->pointer = (uint64_t)(uintptr_t)m;
	add_region(s, m->values, m->info.value_size, false);
	return 0;
}

/* Another type is no failure as long as the program does not get there. */
static int view_map(struct steps *s, struct steps_map *m)
{
	switch (m->info.type) {
	case BPF_MAP_TYPE_ARRAY:
		return view_array(s, m);
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return view_percpu_array(s, m);
	case BPF_MAP_TYPE_HASH:
		return view_hash(s, m);
	default:
		return 0;
	}
}

int steps_view_maps(struct steps *s, const uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct steps_map *m = &s->maps[i];
		uint32_t len = sizeof(m->info);
		int r;

		m->fd = bpf_map_get_fd_by_id(ids[i]);
		if (m->fd < 0)
			return steps_stop(s, "a map of the program: %s", strerror(errno));
		s->map_count++;
		if (bpf_obj_get_info_by_fd(m->fd, &m->info, &len))
			return steps_stop(s, "a map of the program: %s", strerror(errno));
		r = view_map(s, m);
		if (r)
			return steps_stop(s, "the map %s: %s", m->info.name, strerror(-r));
	}
	return 0;
}

void steps_close_maps(struct steps *s)
{
	for (uint32_t i = 0; i < s->map_count; i++) {
		struct steps_map *m = &s->maps[i];

		if (m->mapped)
			munmap(m->values, m->mapped);
		else
			free(m->values);
		free(m->copies);
		close(m->fd);
	}
}

const struct steps_map *steps_map_by_id(const struct steps *s, uint32_t id)
{
	for (uint32_t i = 0; i < s->map_count; i++)
		if (s->maps[i].info.id == id)
			return &s->maps[i];
	return NULL;
}

const struct steps_map *steps_map_by_pointer(const struct steps *s, uint64_t pointer)
{
	for (uint32_t i = 0; i < s->map_count; i++)
		if (s->maps[i].pointer == pointer)
			return &s->maps[i];
	return NULL;
}

void steps_frame_moved(struct steps *s)
{
	s->regions[STEPS_REGION_FRAME] =
		(struct steps_region){s->frame.data, s->frame.data_end - s->frame.data, true};
}

uint8_t *steps_memory(const struct steps *s, uint64_t at, size_t size, bool write)
{
	for (size_t i = 0; i < s->region_count; i++) {
		const struct steps_region *region = &s->regions[i];
		uint64_t from = at - (uint64_t)(uintptr_t)region->at;

		if (from < region->size && size <= region->size - from)
			return write && !region->writable ? NULL : region->at + from;
	}
	return NULL;
}
