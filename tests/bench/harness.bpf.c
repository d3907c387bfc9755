// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The harness of bench_packets: BPF_PROG_TEST_RUN hands a program its own output back, so each
 * round begins with the query put in anew. The program under test is called as a tail call;
 * what the harness itself costs is measured with an empty one and taken off.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "harness.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HARNESS_PROGRAMS);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct harness_task);
} task SEC(".maps");

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	return ctx ? XDP_TX : XDP_ABORTED;
}

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return ctx ? XDP_PASS : XDP_ABORTED;
}

/* The least that any answering program does: who sent it gets it back. IPv4 without VLAN tags. */
SEC("xdp")
int reflect(struct xdp_md *ctx)
{
	__u8 *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 dst, ip;
	__u16 tail, port;

	if (p + 42 > end || xdns_get16(p + 12) != xdns_be16(0x0800) || p[14] != 0x45 ||
	    p[23] != 17 || xdns_get16(p + 36) != xdns_be16(53))
		return XDP_PASS;
	dst = xdns_get32(p);
	tail = xdns_get16(p + 4);
	xdns_put32(p, xdns_get32(p + 6));
	xdns_put16(p + 4, xdns_get16(p + 10));
	xdns_put32(p + 6, dst);
	xdns_put16(p + 10, tail);
	ip = xdns_get32(p + 26);
	xdns_put32(p + 26, xdns_get32(p + 30));
	xdns_put32(p + 30, ip);
	port = xdns_get16(p + 34);
	xdns_put16(p + 34, xdns_get16(p + 36));
	xdns_put16(p + 36, port);
	return XDP_TX;
}

static __always_inline __u32 next_random(struct harness_task *t)
{
	__u32 x = t->seed;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	t->seed = x;
	return x;
}

/* Eight hexadecimal digits, most significant first, as one word. */
static __always_inline __u64 hex_digits(__u32 number)
{
	__u64 x = number, letters;

	x = (x | x << 16) & 0x0000ffff0000ffffULL;
	x = (x | x << 8) & 0x00ff00ff00ff00ffULL;
	x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fULL;
	letters = (x + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
	return __builtin_bswap64(x + 0x3030303030303030ULL + letters * 39);
}

/*
 * Undoes what the program did to the frame's place and length. One call in any case, changed or
 * not: the program under test is not to pay for it.
 */
static __always_inline int restore(struct xdp_md *ctx, struct harness_task *t, __u32 len)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	long have = end - data;

	xdns_opaque(have);
	*(volatile __u64 *)&t->now = (__u64)data; /* a number when it is read back */
	if (!t->start)
		t->start = xdns_read_once(t->now);
	if (xdns_read_once(t->now) != t->start)
		return bpf_xdp_adjust_head(ctx, (int)(t->start - xdns_read_once(t->now)));
	return bpf_xdp_adjust_tail(ctx, (int)len - (int)have);
}

SEC("xdp")
int harness(struct xdp_md *ctx)
{
	__u32 zero = 0, number, len, at;
	struct harness_task *t = bpf_map_lookup_elem(&task, &zero);
	void *data, *end;

	if (!t)
		return XDP_ABORTED;
	len = xdns_read_once(t->len);
	if (len < 64 || len > HARNESS_FRAME_MAX)
		return XDP_ABORTED;
	if (restore(ctx, t, len) || bpf_xdp_store_bytes(ctx, 0, t->frame, len))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	number = next_random(t);
	at = xdns_read_once(t->id_at) & 0xff;
	if (data + at + 2 > end)
		return XDP_ABORTED;
	xdns_put16(data + at, number >> 8);
	at = xdns_read_once(t->digits_at) & 0xff;
	if (at) {
		if (data + at + HARNESS_DIGITS > end)
			return XDP_ABORTED;
		number = ((__u64)number * t->names) >> 32;
		xdns_put64(data + at, hex_digits(number));
	}
	/* locked operations empty the store buffer: else the program waits for our young stores */
	__sync_fetch_and_add(&t->program, 0);
	__sync_fetch_and_add(&t->program, 0);
	bpf_tail_call(ctx, &programs, xdns_read_once(t->program));
	return XDP_ABORTED;
}
