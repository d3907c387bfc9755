// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The two programs of xdns-load. load_send is run by BPF_PROG_TEST_RUN with
 * BPF_F_TEST_XDP_LIVE_FRAMES: it writes a query into an empty frame and sends it
 * out of the interface. load_count is attached to that interface, counts
 * the answers and drops them.
 *
 * A query costs about as much here as a bare reflect costs its server: no division, no
 * clock (it is read every CLOCK_EVERY frames), one copy.
 */
#include "compat.h"
#include "csum.h"
#include "xdns-load.h"

#define CLOCK_EVERY 64
#define BURST	    64		 /* the most that is made up for at once after a pause */
#define GIVE_UP	    100000000ULL /* ns without any answer: what is in the window is lost */
#define SECOND	    1000000000ULL

#define ETH_LEN	 14
#define IP4_LEN	 20
#define IP6_LEN	 40
#define UDP_LEN	 8
#define FLAG_QR	 0x80 /* in the DNS header's third octet */
#define FLAG_TC	 0x02
#define PORT_LOW 1024

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* size and number are set before loading */
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct load_query) + LOAD_MESSAGE_CAP);
} queries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct load_answers);
} answers SEC(".maps");

const volatile struct load_config cfg = {};
struct load_run run = {};

/* Written by the counting side, which may be another CPU. */
struct {
	__u64 unused[8];
	__u64 answered; /* kept only if there is a window */
	__u64 unused_too[7];
} back = {};

/* When the query with that ID was sent; a power of two buckets by latency. */
__u64 sent_at[LOAD_IDS] = {};
__u64 latency[LOAD_BUCKETS] = {};

/* The rate's share up to now, as a number of queries. */
static __always_inline void pace(__u64 elapsed)
{
	__u64 due = elapsed / 1000 * cfg.rate / 1000000 + 1 - run.skipped;

	if (due > run.sent + BURST) {
		run.skipped += due - (run.sent + BURST);
		due = run.sent + BURST;
	}
	run.allowed = due;
}

static __always_inline int window_full(void)
{
	return cfg.window &&
	       (__s64)(run.sent - run.lost - xdns_read_once(back.answered)) >= (__s64)cfg.window;
}

/* Without an answer for so long, none will come: count the window as lost and go on. */
static __always_inline void watch_window(__u64 now)
{
	__u64 answered = xdns_read_once(back.answered);

	if (answered != run.progress || !run.progress_at) {
		run.progress = answered;
		run.progress_at = now;
	} else if (now - run.progress_at > GIVE_UP) {
		run.lost = run.sent - answered;
		run.progress_at = now;
	}
}

/* Reads the clock. Is there something to send? */
static __always_inline int due(void)
{
	__u64 now = bpf_ktime_get_ns();

	if (!run.first)
		run.first = now;
	run.last = now;
	if (now - run.first >= cfg.duration) {
		run.done = 1;
		return 0;
	}
	if (cfg.rate)
		pace(now - run.first);
	else
		run.allowed = run.sent + CLOCK_EVERY;
	if (cfg.window)
		watch_window(now);
	return run.sent < run.allowed && !window_full();
}

static __always_inline void copy_head(__u8 *to, const volatile __u8 *from, __u32 len)
{
	__u32 i = 0;

#pragma clang loop unroll(full)
	for (; i + 8 <= len; i += 8)
		xdns_put64(to + i, *(const volatile __u64 *)(from + i));
	if (len & 4) {
		xdns_put32(to + i, *(const volatile __u32 *)(from + i));
		i += 4;
	}
	if (len & 2)
		xdns_put16(to + i, *(const volatile __u16 *)(from + i));
}

/* Addresses and ports go round at different speeds, so that pairs repeat late. */
static __always_inline __u32 source_address(void)
{
	return cfg.source + (cfg.sources > 1 ? (__u32)run.sent % cfg.sources : 0);
}

static __always_inline __u16 source_port(void)
{
	return PORT_LOW + ((__u32)run.sent * 2654435761u >> 17);
}

/* head_len is a constant: 42 or 62. */
static __always_inline int write_head(struct xdp_md *ctx, __u32 head_len, __u32 query_sum,
				      __u32 len)
{
	__u8 *frame = (__u8 *)(long)ctx->data, *ip = frame + ETH_LEN,
	     *udp = frame + head_len - UDP_LEN;
	__u16 udp_len = xdns_be16(UDP_LEN + len), port = xdns_be16(source_port());
	__u16 id = run.sent;
	__u32 address = xdns_be32(source_address());
	__u64 sum = (__u64)cfg.udp_sum + query_sum + 2 * (__u64)udp_len + port + id;

	if (frame + head_len + 12 > (__u8 *)(long)ctx->data_end)
		return -1;
	copy_head(frame, cfg.head, head_len);
	xdns_put16(frame + head_len, id);
	xdns_put16(udp, port);
	xdns_put16(udp + 4, udp_len);
	sum = xdns_sum_add(sum, address);
	sum = xdns_sum_finish(sum);
	xdns_put16(udp + 6, sum ? sum : 0xffff);
	if (head_len == ETH_LEN + IP6_LEN + UDP_LEN) {
		xdns_put16(ip + 4, udp_len);
		xdns_put32(ip + 8 + 12, address);
	} else {
		__u16 ip_len = xdns_be16(IP4_LEN + UDP_LEN + len);

		xdns_put16(ip + 2, ip_len);
		xdns_put32(ip + 12, address);
		sum = xdns_sum_add((__u64)cfg.ip_sum + ip_len, address);
		xdns_put16(ip + 10, xdns_sum_finish(sum));
	}
	if (cfg.latency)
		sent_at[id] = bpf_ktime_get_ns();
	return 0;
}

SEC("xdp")
int load_send(struct xdp_md *ctx)
{
	__u32 slot = run.next, len, head_len = ETH_LEN + UDP_LEN + (cfg.v6 ? IP6_LEN : IP4_LEN);
	const struct load_query *q;
	int grow;

	if (run.done || ((run.sent >= run.allowed || window_full()) && !due()))
		return XDP_DROP;
	q = bpf_map_lookup_elem(&queries, &slot);
	if (!q)
		return XDP_DROP;
	len = q->len;
	if (len < 12 || len > cfg.message_max)
		return XDP_DROP;
	/* The frame is as long as the longest one, if it is not the one sent before. */
	grow = (int)(head_len + len) - (int)(ctx->data_end - ctx->data);
	if (grow && bpf_xdp_adjust_tail(ctx, grow))
		return XDP_DROP;
	if (bpf_xdp_store_bytes(ctx, head_len, (void *)q->message, len))
		return XDP_DROP;
	if (cfg.v6 ? write_head(ctx, ETH_LEN + IP6_LEN + UDP_LEN, q->sum, len)
		   : write_head(ctx, ETH_LEN + IP4_LEN + UDP_LEN, q->sum, len))
		return XDP_DROP;
	run.sent++;
	slot++;
	run.next = slot < cfg.queries ? slot : 0;
	return bpf_redirect(cfg.ifindex, 0);
}

static __always_inline __u32 bucket(__u64 ns)
{
	__u32 power = 0;

	if (ns >> 32)
		return LOAD_BUCKETS - 1;
#pragma clang loop unroll(full)
	for (__u32 step = 16; step; step >>= 1)
		if (ns >> (power + step))
			power += step;
	return power < 4 ? ns & 15 : (power - 3) * 16 + ((ns >> (power - 4)) & 15);
}

static __always_inline void note_latency(__u16 id)
{
	__u64 then = sent_at[id];
	__u32 i;

	if (!then)
		return;
	sent_at[id] = 0;
	i = bucket(bpf_ktime_get_ns() - then);
	if (i < LOAD_BUCKETS)
		__sync_fetch_and_add(&latency[i], 1);
}

/* The message of a UDP datagram from the server's address and port, or NULL. */
static __always_inline const __u8 *from_server(const __u8 *frame, const __u8 *end, __u32 ip_len)
{
	const __u8 *ip = frame + ETH_LEN, *udp = ip + ip_len;
	int v6 = ip_len == IP6_LEN;

	if (udp + UDP_LEN + 12 > end)
		return 0;
	if (xdns_get16(frame + 12) != (v6 ? xdns_be16(0x86dd) : xdns_be16(0x0800)) ||
	    (v6 ? ip[6] : ip[9]) != 17 || xdns_get16(udp) != cfg.port)
		return 0;
	for (__u32 i = 0; i < (v6 ? 16 : 4); i += 4)
		if (xdns_get32(ip + (v6 ? 8 : 12) + i) != *(const volatile __u32 *)&cfg.server[i])
			return 0;
	return udp + UDP_LEN;
}

SEC("xdp.frags")
int load_count(struct xdp_md *ctx)
{
	const __u8 *frame = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	const __u8 *message =
		cfg.v6 ? from_server(frame, end, IP6_LEN) : from_server(frame, end, IP4_LEN);
	__u32 zero = 0;
	struct load_answers *a = bpf_map_lookup_elem(&answers, &zero);

	if (!a)
		return XDP_DROP;
	if (!message) {
		a->other++;
		return XDP_PASS;
	}
	a->octets += end - frame;
	if (message[2] & FLAG_QR)
		a->rcode[message[3] & 15]++;
	else
		a->reflected++;
	if (message[2] & FLAG_TC)
		a->truncated++;
	if ((message[2] & FLAG_QR) && !(message[3] & 15) && !xdns_get16(message + 6))
		a->empty++;
	if (cfg.latency)
		note_latency(xdns_get16(message));
	if (cfg.window)
		__sync_fetch_and_add(&back.answered, 1);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
