// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads the zone out of maps that a daemon has left behind. It may have been killed at any moment,
 * and the maps may hold anything: each number and length is looked at before it is used, and a
 * name with one that leads nowhere is left out as a whole.
 */
#include "kernel_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "dname_text.h"
#include "util.h"

#define BATCH	     4096 /* index entries of one system call */
#define PROGRAMS_MAX 256

struct found {
	struct xdns_state state;
	int fd[XDNS_ZONE_MAPS_COUNT];
	uint32_t entries[XDNS_ZONE_MAPS_COUNT];
	uint8_t *base[XDNS_ZONE_MAPS_COUNT]; /* mapped, all but `names` */
	size_t size[XDNS_ZONE_MAPS_COUNT];
	uint8_t *seen; /* a bit for each record */
	bool moved;    /* some pin is still on its way */
	kernel_rr_fn fn;
	void *ctx;
	struct kernel_restored *ret;
};

static const char *const map_names[] = {
#define X(name) #name,
	XDNS_ZONE_MAPS(X)
#undef X
};

static const uint32_t value_sizes[] = {
	[XDNS_MAP_names] = sizeof(struct xdns_name),
	[XDNS_MAP_records] = sizeof(struct xdns_record),
	[XDNS_MAP_a_sets] = sizeof(struct xdns_a_set),
	[XDNS_MAP_aaaa_sets] = sizeof(struct xdns_aaaa_set),
	[XDNS_MAP_srv_sets] = sizeof(struct xdns_srv_set),
	[XDNS_MAP_name_tails] = sizeof(struct xdns_name_tail),
	[XDNS_MAP_targets] = sizeof(struct xdns_ref),
};

static void found_done(struct found *f)
{
	for (int i = 0; i < XDNS_ZONE_MAPS_COUNT; i++) {
		if (f->base[i])
			munmap(f->base[i], f->size[i]);
		if (f->fd[i] >= 0)
			close(f->fd[i]);
	}
	free(f->seen);
	f->seen = NULL;
}

static int map_info(int fd, struct bpf_map_info *ret)
{
	uint32_t len = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	return bpf_obj_get_info_by_fd(fd, ret, &len) ? -errno : 0;
}

/* Of any layout: the version is the first number in all of them. */
static int read_state(const char *dir, bool fresh, struct xdns_state *ret)
{
	_cleanup_close_ int fd = pins_get(dir, "state", fresh);
	_cleanup_free_ void *value = NULL;
	struct bpf_map_info info;
	uint32_t zero = 0;
	int r;

	if (fd < 0)
		return fd;
	r = map_info(fd, &info);
	if (r)
		return r;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size < sizeof(uint32_t))
		return -ESTALE;
	value = malloc(info.value_size);
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, value))
		return -errno;
	if (*(uint32_t *)value != XDNS_ABI_VERSION || info.value_size != sizeof(*ret))
		return -ESTALE;
	memcpy(ret, value, sizeof(*ret));
	return 0;
}

/* The pin of this map that belongs to the state: in its place, or on its way there. */
static int open_map(struct found *f, const char *dir, enum xdns_zone_map map)
{
	struct bpf_map_info info;

	for (int fresh = 0; fresh < 2; fresh++) {
		int fd = pins_get(dir, map_names[map], fresh);

		if (fd < 0)
			continue;
		if (!map_info(fd, &info) && info.id == f->state.map_id[map] &&
		    info.value_size == value_sizes[map]) {
			f->fd[map] = fd;
			f->entries[map] = info.max_entries;
			f->moved |= fresh;
			return 0;
		}
		close(fd);
	}
	return -ESTALE;
}

static int map_memory(struct found *f, enum xdns_zone_map map)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (size_t)f->entries[map] * value_sizes[map];
	void *p;

	f->size[map] = (size + page - 1) / page * page;
	p = mmap(NULL, f->size[map], PROT_READ, MAP_SHARED, f->fd[map], 0);
	if (p == MAP_FAILED)
		return -errno;
	f->base[map] = p;
	return 0;
}

static int open_found(struct found *f, const char *dir, bool fresh)
{
	int r;

	*f = (struct found){.moved = fresh};
	memset(f->fd, -1, sizeof(f->fd));
	r = read_state(dir, fresh, &f->state);
	for (int map = 0; map < XDNS_ZONE_MAPS_COUNT && !r; map++)
		r = open_map(f, dir, map);
	if (r)
		found_done(f);
	return r;
}

static bool is_attached(const struct found *f, const char *dir)
{
	uint32_t ids[PROGRAMS_MAX];
	size_t n = attachments_programs(dir, ids, PROGRAMS_MAX);

	for (size_t i = 0; i < n; i++)
		if (ids[i] == f->state.program)
			return true;
	return false;
}

/*
 * A daemon killed while it replaced one generation by another leaves pins of both. The one that is
 * attached counts; its pins are put in their places, if the folder is ours (settle).
 */
static int find(struct found *f, const char *dir, bool settle)
{
	int r = open_found(f, dir, true);

	if (!r && is_attached(f, dir)) {
		if (settle)
			pins_settle_all(dir);
		return 0;
	}
	if (!r)
		found_done(f);
	r = open_found(f, dir, false);
	if (!r && settle && f->moved && is_attached(f, dir))
		pins_settle_all(dir);
	return r;
}

static const void *element(const struct found *f, enum xdns_zone_map map, uint32_t i)
{
	return i && i < f->entries[map] ? f->base[map] + (size_t)i * value_sizes[map] : NULL;
}

/* A run of elements that hold n of something, `per` to an element. */
static const void *run(const struct found *f, enum xdns_zone_map map, uint32_t first, uint32_t n,
		       uint32_t per)
{
	uint32_t elements = (n + per - 1) / per;

	if (!first || first >= f->entries[map] || elements > f->entries[map] - first)
		return NULL;
	return element(f, map, first);
}

/* Labels that end where the name ends, in lower case. */
static bool well_formed(const uint8_t *wire, size_t len)
{
	size_t at = 0;

	while (at < len && wire[at]) {
		size_t label = wire[at];

		if (label > DNS_LABEL_MAX || at + label + 1 >= len)
			return false;
		for (size_t i = at + 1; i <= at + label; i++)
			if (wire[i] >= 'A' && wire[i] <= 'Z')
				return false;
		at += label + 1;
	}
	return at + 1 == len;
}

static bool read_name(const struct found *f, uint32_t record, uint8_t wire[DNS_NAME_MAX + 1])
{
	const struct xdns_record *r = element(f, XDNS_MAP_records, record);
	const struct xdns_name_tail *tail;
	size_t len = r ? r->name_len : 0;

	if (!len)
		return false;
	memset(wire, 0, DNS_NAME_MAX + 1);
	memcpy(wire, r->name, len < XDNS_NAME_INLINE ? len : XDNS_NAME_INLINE);
	if (len > XDNS_NAME_INLINE) {
		tail = element(f, XDNS_MAP_name_tails, r->name_tail);
		if (!tail)
			return false;
		memcpy(wire + XDNS_NAME_INLINE, tail->name, len - XDNS_NAME_INLINE);
	}
	return well_formed(wire, len);
}

static bool in_domain(const struct found *f, const uint8_t *wire)
{
	size_t len = dname_wire_len(wire), domain = f->state.domain_len;

	for (const uint8_t *label = wire; len >= domain; label += *label + 1) {
		len = dname_wire_len(label);
		if (len == domain)
			return !memcmp(label, f->state.domain, domain);
		if (!*label)
			break;
	}
	return false;
}

static int hand_over(const struct found *f, const uint8_t *owner, struct rr *rr)
{
	if (!owner)
		return 0; /* only looked at */
	f->ret->records++;
	return f->fn(f->ctx, owner, rr);
}

static int give_addresses(const struct found *f, const struct xdns_record *r, const uint8_t *owner)
{
	const uint8_t *a = r->n_a > XDNS_A_INLINE
				   ? run(f, XDNS_MAP_a_sets, r->a_set, r->n_a, XDNS_A_PER_SET)
				   : NULL;
	const uint8_t *aaaa = r->n_aaaa > XDNS_AAAA_INLINE ? run(f, XDNS_MAP_aaaa_sets, r->aaaa_set,
								 r->n_aaaa, XDNS_AAAA_PER_SET)
							   : r->aaaa[0];
	bool whole = (a || r->n_a <= XDNS_A_INLINE) && aaaa;
	int err = whole ? 0 : -EBADMSG;

	for (uint32_t i = 0; i < r->n_a && !err; i++) {
		struct rr rr = {.type = DNS_TYPE_A};

		memcpy(rr.a, a ? a + 4 * i : xdns_inline_a(r, i), 4);
		err = hand_over(f, owner, &rr);
	}
	for (uint32_t i = 0; i < r->n_aaaa && !err; i++) {
		struct rr rr = {.type = DNS_TYPE_AAAA};

		memcpy(rr.aaaa, aaaa + 16 * i, 16);
		err = hand_over(f, owner, &rr);
	}
	return err;
}

/* Of one record; -EBADMSG: something in it leads nowhere. owner NULL: looks, and hands over
 * nothing. */
static int give(const struct found *f, const struct xdns_record *r, const uint8_t *owner)
{
	const struct xdns_srv *srv =
		r->n_srv > XDNS_SRV_INLINE
			? run(f, XDNS_MAP_srv_sets, r->srv_set, r->n_srv, XDNS_SRV_PER_SET)
			: r->srv;
	int err = srv && !(r->flags & XDNS_RECORD_REVERSE) ? give_addresses(f, r, owner) : -EBADMSG;

	for (uint32_t i = 0; i < r->n_srv && !err; i++) {
		const struct xdns_ref *ref = element(f, XDNS_MAP_targets, srv[i].target);
		uint8_t target[DNS_NAME_MAX + 1];
		struct rr rr = {
			.type = DNS_TYPE_SRV,
			.srv = {.port = srv[i].port, .weight = srv[i].weight, .target = target}};

		if (!ref || !read_name(f, ref->record, target))
			return -EBADMSG;
		err = hand_over(f, owner, &rr);
	}
	return err;
}

static int give_name(const struct found *f, uint32_t record)
{
	const struct xdns_record *r = element(f, XDNS_MAP_records, record);
	uint8_t owner[DNS_NAME_MAX + 1], bit = 1 << record % 8;

	if (!r || f->seen[record / 8] & bit || !read_name(f, record, owner) ||
	    !in_domain(f, owner) || give(f, r, NULL)) {
		f->ret->broken++;
		return 0;
	}
	f->seen[record / 8] |= bit;
	f->ret->names++;
	return give(f, r, owner);
}

static int give_all(const struct found *f)
{
	_cleanup_free_ struct xdns_name *name = calloc(BATCH, sizeof(*name));
	_cleanup_free_ uint64_t *hash = calloc(BATCH, sizeof(*hash));
	uint32_t position, *at = NULL, n;
	bool last = false;
	int r = 0;

	if (!name || !hash)
		return -ENOMEM;
	while (!last && !r) {
		n = BATCH;
		if (bpf_map_lookup_batch(f->fd[XDNS_MAP_names], at, &position, hash, name, &n,
					 NULL)) {
			if (errno != ENOENT)
				return -errno;
			last = true;
		}
		at = &position;
		for (uint32_t i = 0; i < n && !r; i++)
			r = give_name(f, name[i].record);
	}
	return r;
}

/* Each name of the maps once. */
static int read_maps(struct found *f)
{
	int r = 0;

	for (int map = XDNS_MAP_names + 1; map < XDNS_ZONE_MAPS_COUNT && !r; map++)
		r = map_memory(f, map);
	if (r)
		return r;
	f->seen = calloc(f->entries[XDNS_MAP_records] / 8 + 1, 1);
	return f->seen ? give_all(f) : -ENOMEM;
}

int kernel_restore(struct kernel *k, kernel_rr_fn fn, void *ctx, struct kernel_restored *ret)
{
	uint8_t domain[DNAME_WIRE_MAX + 1];
	struct kernel_restored got = {0};
	int len = dname_from_text(k->cfg->domain, strlen(k->cfg->domain), domain), r;
	struct found f;

	r = find(&f, k->cfg->bpf_dir, true);
	if (r)
		return r;
	if (len > 0)
		dname_lower(domain, len);
	f.fn = fn;
	f.ctx = ctx;
	f.ret = &got;
	if (len < 0 || f.state.domain_len != (uint32_t)len || memcmp(f.state.domain, domain, len))
		r = -EXDEV;
	else if (f.state.serving == XDNS_SERVING_NO)
		r = -ENODATA;
	else
		r = read_maps(&f);
	got.serial = f.state.serial;
	got.heard = f.state.heard;
	got.expired = f.state.serving == XDNS_SERVING_EXPIRED ||
		      clock_expired(got.heard, k->cfg->soa_expire);
	got.complete = f.state.names_complete && !got.broken;
	memcpy(got.master_id, f.state.master_id, sizeof(got.master_id));
	got.master_id[sizeof(got.master_id) - 1] = '\0';
	found_done(&f);
	if (r)
		return r;
	k->heard = got.heard;
	counters_open(k, f.moved);
	*ret = got;
	return 0;
}

/* The program's read-only data, if it is of the state's zone: its layout has no number of its own.
 */
static int read_config(const struct found *f, const char *dir, struct xdns_config *ret)
{
	for (int fresh = f->moved; fresh >= 0; fresh--) {
		_cleanup_close_ int fd = pins_get(dir, "config", fresh);
		_cleanup_free_ void *value = NULL;
		struct bpf_map_info info;
		uint32_t zero = 0;

		if (fd < 0 || map_info(fd, &info) || info.value_size < sizeof(*ret))
			continue;
		value = malloc(info.value_size);
		if (!value)
			return -ENOMEM;
		if (bpf_map_lookup_elem(fd, &zero, value))
			return -errno;
		memcpy(ret, value, sizeof(*ret));
		if (ret->domain_len == f->state.domain_len &&
		    !memcmp(ret->domain, f->state.domain, sizeof(ret->domain)))
			return 0;
	}
	return -ESTALE;
}

int kernel_peek(const char *dir, kernel_rr_fn fn, void *ctx, struct kernel_peeked *ret)
{
	struct kernel_restored got = {0};
	struct xdns_state after;
	struct kernel_peeked p;
	struct found f;
	int r;

	r = find(&f, dir, false);
	if (r)
		return r;
	f.fn = fn;
	f.ctx = ctx;
	f.ret = &got;
	p.state = f.state;
	r = f.state.domain_len <= DNS_NAME_MAX ? read_config(&f, dir, &p.config) : -ESTALE;
	if (!r && fn)
		r = read_maps(&f);
	if (!r)
		r = read_state(dir, f.moved, &after);
	if (r == -ENOENT && f.moved) /* it has got to its place meanwhile */
		r = read_state(dir, false, &after);
	found_done(&f);
	if (r)
		return r;
	p.names = got.names;
	p.records = got.records;
	p.broken = got.broken;
	p.torn = f.state.changes & 1 || after.changes != f.state.changes ||
		 after.program != f.state.program;
	*ret = p;
	return 0;
}
