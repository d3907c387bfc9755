// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The state of zone, program, interfaces and maps, out of the pins and what the kernel says of
 * them. */
#include "xdnsctl-status.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "dname_text.h"
#include "kernel_internal.h"
#include "util.h"

/* What one pass over the zone counts. */
struct filling {
	uint8_t owner[DNS_NAME_MAX + 1]; /* of the RRs that come now */
	uint32_t a, aaaa, srv;
	uint64_t used[XDNS_ZONE_MAPS_COUNT];
};

static uint64_t elements(uint32_t n, uint32_t room_inline, uint32_t per)
{
	return n > room_inline ? (n + per - 1) / per : 0;
}

static void name_ends(struct filling *f)
{
	f->used[XDNS_MAP_a_sets] += elements(f->a, XDNS_A_INLINE, XDNS_A_PER_SET);
	f->used[XDNS_MAP_aaaa_sets] += elements(f->aaaa, XDNS_AAAA_INLINE, XDNS_AAAA_PER_SET);
	f->used[XDNS_MAP_srv_sets] += elements(f->srv, XDNS_SRV_INLINE, XDNS_SRV_PER_SET);
	f->a = f->aaaa = f->srv = 0;
}

static int count_rr(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct filling *f = ctx;
	size_t len = dname_wire_len(owner);

	if (memcmp(f->owner, owner, len)) {
		name_ends(f);
		memcpy(f->owner, owner, len);
		f->used[XDNS_MAP_name_tails] += len > XDNS_NAME_INLINE;
	}
	f->a += rr->type == DNS_TYPE_A;
	f->aaaa += rr->type == DNS_TYPE_AAAA;
	f->srv += rr->type == DNS_TYPE_SRV;
	return 0;
}

static void count_again(void *ctx)
{
	memset(ctx, 0, sizeof(struct filling));
}

static void look_at_maps(struct status *s, struct filling *f)
{
	static const char *const names[] = {
#define X(name) #name,
		XDNS_ZONE_MAPS(X)
#undef X
	};

	name_ends(f);
	f->used[XDNS_MAP_names] = f->used[XDNS_MAP_records] = s->zone.names;
	for (int i = 0; i < XDNS_ZONE_MAPS_COUNT; i++) {
		_cleanup_close_ int fd = bpf_map_get_fd_by_id(s->zone.state.map_id[i]);
		struct bpf_map_info info = {0};
		uint32_t len = sizeof(info);

		s->map[i] = (struct status_map){.name = names[i]};
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		s->map[i].entries = info.max_entries;
		s->map[i].bytes = (uint64_t)info.max_entries * (info.key_size + info.value_size);
		if (info.type == BPF_MAP_TYPE_ARRAY)
			s->map[i].bytes = (uint64_t)info.max_entries * info.value_size;
		s->map[i].used = f->used[i];
		s->map[i].counted = i != XDNS_MAP_targets;
	}
}

/* Where a link of this program is; false: nowhere any more. */
static bool look_at_link(const struct interfaces *in, int fd, struct status_link *ret)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);
	const struct interface *i;

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.type != BPF_LINK_TYPE_XDP ||
	    !info.xdp.ifindex)
		return false;
	*ret = (struct status_link){.index = info.xdp.ifindex, .mode = "unknown"};
	i = attachments_interface(in, ret->index);
	if (!i || bpf_xdp_query(ret->index, 0, &opts))
		return true;
	if (opts.drv_prog_id == info.prog_id)
		ret->mode = "native";
	else if (opts.skb_prog_id == info.prog_id)
		ret->mode = "generic";
	else
		return true; /* another interface of this index, in another namespace */
	memcpy(ret->name, i->name, sizeof(ret->name));
	memcpy(ret->driver, i->driver, sizeof(ret->driver));
	ret->mtu = i->mtu;
	return true;
}

static void look_at_links(struct status *s)
{
	struct interfaces in = {0};
	DIR *d = opendir(s->ctl->bpf_dir);
	struct dirent *e;

	interfaces_scan(&in);
	while (d && s->links < STATUS_LINKS_MAX && (e = readdir(d))) {
		int fd;

		if (strncmp(e->d_name, LINK_PREFIX, strlen(LINK_PREFIX)))
			continue;
		fd = pins_get(s->ctl->bpf_dir, e->d_name, false);
		s->links += fd >= 0 && look_at_link(&in, fd, &s->link[s->links]);
		cleanup_close(&fd);
	}
	if (d)
		closedir(d);
	interfaces_done(&in);
}

static void look_at_program(struct status *s)
{
	_cleanup_close_ int fd = ctl_program(&s->zone.state);
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	s->program_there = true;
	s->run_ns = info.run_time_ns;
	s->run_count = info.run_cnt;
}

/* The lock is only looked at: to try it would be in the way of a daemon that starts. */
static void look_for_daemon(struct status *s)
{
	_cleanup_close_ int fd = open(s->ctl->bpf_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	s->running = fd >= 0 && !owner_of_lock(fd, &s->daemon);
}

/* Counters begin at 0 again when the daemon has replaced the maps. */
static int look_at_counters(struct status *s)
{
	uint64_t before[XDNS_COUNTERS_COUNT], start = now_ns();
	int r = ctl_read_counters(s->ctl, CTL_ALL_CPUS, before);

	if (r)
		return r;
	ctl_sleep(s->ctl->interval);
	r = ctl_read_counters(s->ctl, CTL_ALL_CPUS, s->counter);
	if (r)
		return r;
	s->interval = (double)(now_ns() - start) / (double)NSEC_PER_SEC;
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (s->counter[i] > before[i])
			s->rate[i] = (double)(s->counter[i] - before[i]) / s->interval;
	return 0;
}

const char *status_serving(const struct status *s)
{
	switch (s->zone.state.serving) {
	case XDNS_SERVING_YES:
		return "serving";
	case XDNS_SERVING_EXPIRED:
		return "expired";
	default:
		return "not serving";
	}
}

double status_expires_in(const struct status *s)
{
	return (double)s->zone.state.expire - (double)s->heard_ns / (double)NSEC_PER_SEC;
}

int ctl_status(const struct ctl *c, int argc, char **argv)
{
	struct filling *f = calloc(1, sizeof(*f));
	struct status *s = calloc(1, sizeof(*s));
	int r;

	(void)argc;
	(void)argv;
	if (!f || !s) {
		free(f);
		free(s);
		return ctl_fail("no memory");
	}
	s->ctl = c;
	/* first: what follows is then of the interval's end */
	r = look_at_counters(s);
	if (!r)
		r = ctl_read_zone(c, count_rr, count_again, f, &s->zone);
	if (!r) {
		s->heard_ns = boot_now_ns() - s->zone.state.heard;
		look_at_maps(s, f);
		look_at_links(s);
		look_at_program(s);
		look_for_daemon(s);
		if (c->json)
			status_print_json(s);
		else
			status_print(s);
	}
	free(f);
	r = r ? ctl_fail_pins(c, r)
	      : (s->zone.state.serving == XDNS_SERVING_YES ? CTL_OK : CTL_NOT);
	free(s);
	return r;
}
