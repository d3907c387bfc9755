// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Looks at frames where tcpdump cannot. While xdnsctl looks, this program stands in the links in
 * the place of the daemon's, runs it by a tail call out of a function of its own, which
 * comes back here, and gives its verdict on. Otherwise it is nowhere, and the daemon's program
 * has not one instruction more for it. (Tracing programs, fentry and fexit, would cost each
 * frame two trampolines, and need a kernel that permits them.)
 *
 * A frame is handled by one CPU without interruption, so what stands in that CPU's `places`
 * before and after is of this frame, and so is the one counter that moved.
 */
#include "xdnsctl-tap-abi.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct place {
	struct xdns_counters before;
	__u64 number; /* frames handed over */
	__u32 left;   /* frames to pass over until the next one that is looked at */
	__u32 unused;
	struct tap_frame came, sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct place);
} places SEC(".maps");

/* The daemon's program's own. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} daemons SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ring SEC(".maps");

const volatile struct tap_rules rules = {};
struct tap_control control = {.every = 1};

/* The daemon's program: its return ends this function only. */
static __attribute__((noinline)) int answer(struct xdp_md *ctx)
{
	volatile int verdict = XDP_PASS; /* else the compiler would know what comes back */

	bpf_tail_call(ctx, &daemons, 0);
	return verdict;
}

/* One frame of `every`, in random steps: a regular step may meet a regular client. */
static __always_inline int is_turn(struct place *p)
{
	__u32 every = xdns_read_once(control.every);

	if (p->left && p->left < 2 * every) { /* it may have become less meanwhile */
		p->left--;
		return 0;
	}
	if (every > 1)
		p->left = bpf_get_prandom_u32() % (2 * every - 1);
	return 1;
}

static __always_inline void take(struct xdp_md *ctx, struct tap_frame *f)
{
	__u64 len = bpf_xdp_get_buff_len(ctx), kept = rules.kept;

	if (kept > len)
		kept = len;
	xdns_opaque(kept);
	f->time = bpf_ktime_get_boot_ns();
	f->interface = ctx->ingress_ifindex;
	f->cpu = bpf_get_smp_processor_id();
	f->len = len;
	f->sent_len = 0;
	f->sent = 0;
	if (kept - 1 >= TAP_KEPT_MAX || bpf_xdp_load_bytes(ctx, 0, f->data, kept))
		kept = 0;
	f->kept = kept;
}

static __always_inline void hand_over(const struct tap_frame *f)
{
	__u64 kept = xdns_read_once(f->kept);

	if (kept > TAP_KEPT_MAX)
		return;
	/* who reads looks by itself now and then: waking it would cost each frame something */
	if (bpf_ringbuf_output(&ring, (void *)f, TAP_FRAME_HEAD + kept, BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&control.lost, 1);
}

/* Where UDP's header stands, and at least `more` octets of what follows; 0: nowhere. */
static __always_inline __u32 udp_at(const struct tap_frame *f, __u32 more)
{
	__u32 at = tap_udp_at(f->data);

	return at && f->kept >= at + UDP_HEADER_LEN + more ? at & 0x7f : 0;
}

/* Does it ask for the name that is wanted? What is behind the frame's end is of frames before. */
static __always_inline int asks_for_name(const struct tap_frame *f)
{
	__u32 at = udp_at(f, DNS_HEADER_LEN + 1);

	if (!at)
		return 0;
	at += UDP_HEADER_LEN + DNS_HEADER_LEN;
	for (__u32 i = 0; i < XDNS_HASH_WORDS; i++) {
		if (!rules.mask[i])
			break;
		if ((xdns_fold(xdns_get64(f->data + at + i * 8)) & rules.mask[i]) != rules.name[i])
			return 0;
	}
	return 1;
}

/* Which counter has moved. */
static __always_inline __u32 outcome(const struct place *p, const struct xdns_counters *now)
{
	for (__u32 i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (((const __u64 *)now)[i] != ((const __u64 *)&p->before)[i])
			return i;
	return XDNS_COUNTERS_COUNT;
}

/* As it came and as it leaves. */
static __always_inline int capture(struct xdp_md *ctx, struct place *p, struct xdns_counters *now)
{
	__u32 what;
	int verdict;

	take(ctx, &p->came);
	if (rules.mask[0] && !asks_for_name(&p->came))
		return answer(ctx);
	p->before = *now;
	verdict = answer(ctx);
	what = outcome(p, now);
	if (what >= XDNS_COUNTERS_COUNT || !rules.wanted[what])
		return verdict;
	p->came.number = p->sent.number = (__u64)p->came.cpu << 40 | ++p->number;
	p->came.outcome = p->sent.outcome = what;
	p->came.verdict = p->sent.verdict = verdict;
	if (verdict == XDP_TX)
		p->came.sent_len = bpf_xdp_get_buff_len(ctx);
	hand_over(&p->came);
	if (verdict != XDP_TX || !rules.answers)
		return verdict;
	take(ctx, &p->sent);
	p->sent.sent = 1;
	hand_over(&p->sent);
	return verdict;
}

/* As it leaves, if it is from or to our port: the question stands in the answer, too. */
static __always_inline int sample(struct xdp_md *ctx, struct place *p)
{
	int verdict = answer(ctx);
	struct tap_frame *f = &p->came;
	__u32 at;

	take(ctx, f);
	at = udp_at(f, 0);
	if (!at || xdns_get16(f->data + at + (verdict == XDP_TX ? 0 : 2)) != rules.port)
		return verdict;
	f->number = (__u64)f->cpu << 40 | ++p->number;
	f->outcome = XDNS_COUNTERS_COUNT;
	f->verdict = verdict;
	f->sent = verdict == XDP_TX;
	hand_over(f);
	return verdict;
}

/* The name is the daemon's program's: a daemon that starts takes over links with that only. */
SEC("xdp")
int mesos_xdns(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct place *p = bpf_map_lookup_elem(&places, &zero);
	struct xdns_counters *now = bpf_map_lookup_elem(&counters, &zero);

	if (!p || !now || !is_turn(p))
		return answer(ctx);
	__sync_fetch_and_add(&control.looked, 1);
	return rules.sample ? sample(ctx, p) : capture(ctx, p, now);
}
