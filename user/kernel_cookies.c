// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the program makes server cookies of: the secrets, the time, and the NSID's being there. */
#include "kernel_internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "mesos-xdns.skel.h"
#include "util.h"

static int put(const struct generation *g, uint32_t i, const struct xdns_cookies *c)
{
	return bpf_map_update_elem(bpf_map__fd(g->skel->maps.cookies), &i, c, BPF_ANY) ? -errno : 0;
}

/* Steps of the clock are followed when we look; in between both clocks run alike. */
static void set_wall(const struct generation *g)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	__atomic_store_n(&g->state->wall, now.tv_sec * NSEC_PER_SEC + now.tv_nsec - boot_now_ns(),
			 __ATOMIC_RELAXED);
}

void kernel_follow_wall_clock(struct kernel *k)
{
	if (k->gen.skel)
		set_wall(&k->gen);
}

int cookies_start(const struct kernel *k, const struct generation *g)
{
	int r = put(g, 0, &k->cfg->cookies);

	g->state->nsid = k->cfg->nsid_len > 0;
	set_wall(g);
	return r ? r : put(g, 1, &k->cfg->cookies);
}

/*
 * A frame never sees half a secret: the element that none looks at is written, then it is the one;
 * the other follows when no program run can have it any more.
 */
void cookies_change(struct kernel *k)
{
	const struct generation *g = &k->gen;
	uint32_t was = g->state->cookies, next = !was;
	struct xdns_cookies now;
	int r;

	__atomic_store_n(&g->state->nsid, k->cfg->nsid_len > 0, __ATOMIC_RELAXED);
	if (!bpf_map_lookup_elem(bpf_map__fd(g->skel->maps.cookies), &was, &now) &&
	    !memcmp(&now, &k->cfg->cookies, sizeof(now)))
		return;
	r = put(g, next, &k->cfg->cookies);
	if (!r) {
		__atomic_store_n(&g->state->cookies, next, __ATOMIC_RELEASE);
		kernel_wait_for_runs(k);
		r = put(g, was, &k->cfg->cookies);
	}
	if (r)
		log_error("xdp: the cookies' secrets could not be changed: %s", strerror(-r));
}

int kernel_pinned_cookies(const struct kernel *k, struct xdns_cookies *ret)
{
	for (int fresh = 0; fresh < 2; fresh++) {
		_cleanup_close_ int fd = pins_get(k->cfg->bpf_dir, "cookies", fresh);
		struct bpf_map_info info = {0};
		uint32_t len = sizeof(info), zero = 0;

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ||
		    info.type != BPF_MAP_TYPE_ARRAY || info.value_size != sizeof(*ret))
			continue;
		if (!bpf_map_lookup_elem(fd, &zero, ret) && ret->secrets &&
		    ret->secrets <= XDNS_COOKIE_SECRETS)
			return 0;
	}
	return -ENOENT;
}
