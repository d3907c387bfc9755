/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A zone that nobody refreshes ends (RFC 1035 3.3.13, expire), whether or not the daemon is still
 * there to end it: a timer looks at state.heard when it may be too long ago. The timer lives as
 * long as the map `clock` is pinned or open, so it outlives the daemon. Queries know nothing of
 * it but state.serving, which they read anyway.
 */
#ifndef XDNS_CLOCK_BPF_H
#define XDNS_CLOCK_BPF_H

#ifndef XDNS_NO_CLOCK

#include "env.bpf.h"

#define XDNS_CLOCK_BOOTTIME 7 /* goes on while the machine sleeps; linux/time.h */
#define XDNS_NSEC_PER_SEC   1000000000ULL
#define XDNS_CLOCK_SOON	    1000000ULL /* ns, when it is time */
#define XDNS_CLOCK_MAX	    (3600 * XDNS_NSEC_PER_SEC)

struct xdns_clock {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_clock);
} clock SEC(".maps");

/* How long until the zone is too old, in ns; 0: it is. */
static __always_inline __u64 time_left(const struct xdns_state *st)
{
	__u64 end = *(const volatile __u64 *)&st->heard +
		    xdns_read_once(st->expire) * XDNS_NSEC_PER_SEC;
	__u64 now = bpf_ktime_get_boot_ns();

	if (!xdns_read_once(st->expire))
		return XDNS_CLOCK_MAX;
	if (end <= now)
		return 0;
	return end - now < XDNS_CLOCK_MAX ? end - now : XDNS_CLOCK_MAX;
}

/*
 * Expires the zone, or sleeps until it may have to. The daemon stores `heard` and then looks at
 * `serving`; here it is the other way round, so one of the two sees what the other did.
 */
static int on_clock(void *map, __u32 *key, struct xdns_clock *c)
{
	struct xdns_state *st = zone_state();
	__u64 left;

	(void)map;
	(void)key;
	if (!st)
		return 0;
	left = time_left(st);
	if (!left) {
		__sync_val_compare_and_swap(&st->serving, XDNS_SERVING_YES, XDNS_SERVING_EXPIRED);
		left = time_left(st);
		if (!left)
			return 0;
		__sync_val_compare_and_swap(&st->serving, XDNS_SERVING_EXPIRED, XDNS_SERVING_YES);
	}
	bpf_timer_start(&c->timer, left + XDNS_CLOCK_SOON, 0);
	return 0;
}

/* Run by the daemon for a new generation, after an expiry, and when `expire` changes. */
SEC("syscall")
int xdns_arm(void *ctx)
{
	struct xdns_state *st = zone_state();
	struct xdns_clock *c;
	__u32 zero = 0;

	(void)ctx;
	c = bpf_map_lookup_elem(&clock, &zero);
	if (!c || !st)
		return 1;
	/* fails when it has been done, and then need not be */
	bpf_timer_init(&c->timer, &clock, XDNS_CLOCK_BOOTTIME);
	if (bpf_timer_set_callback(&c->timer, on_clock))
		return 2;
	return bpf_timer_start(&c->timer, time_left(st) + XDNS_CLOCK_SOON, 0) ? 3 : 0;
}

#endif
#endif
