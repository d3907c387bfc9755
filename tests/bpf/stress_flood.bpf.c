// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Asks and checks inside the kernel, so that a reader comes to 10^9 answers in minutes: puts a
 * query into the frame, calls the program under test and looks at what it made of the frame. The
 * call is a tail call out of a function, which therefore returns here (5.10).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "dns.h"
#include "stress_flood.h"

#define RR_LEN	    16 /* an A record whose owner is a pointer */
#define RECORDS_MAX 40 /* more than any version has */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} program SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FLOOD_NAMES_MAX);
	__type(key, __u32);
	__type(value, struct flood_name);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flood);
} flood SEC(".maps");

/* XDP_ABORTED: there is no program. */
static __attribute__((noinline)) int call(struct xdp_md *ctx)
{
	volatile int none = XDP_ABORTED;

	bpf_tail_call(ctx, &program, 0);
	return none;
}

/* The frame as it was before the program, which may have moved its front or its end. */
static __always_inline int restore(struct xdp_md *ctx, struct flood *f, __u32 len)
{
	long have = (void *)(long)ctx->data_end - (void *)(long)ctx->data;

	*(volatile __u64 *)&f->now = (__u64)(void *)(long)ctx->data;
	if (!f->start)
		f->start = xdns_read_once(f->now);
	if (xdns_read_once(f->now) != f->start &&
	    bpf_xdp_adjust_head(ctx, (int)(f->start - xdns_read_once(f->now))))
		return -1;
	have = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	xdns_opaque(have);
	return bpf_xdp_adjust_tail(ctx, (int)len - (int)have);
}

/* One set, record by record; 0: all is well, else which counter. */
struct set {
	__u64 indices;
	__u32 count;
	__u32 version;
};

static __always_inline __u64 *take(struct flood *f, const struct flood_name *n, struct set *s,
				   __u32 word)
{
	__u32 version = word >> 6 & 0xffff, i = word & 63;

	if (word >> 22 != n->id)
		return &f->foreign;
	if ((s->count && s->version != version) || s->indices >> i & 1)
		return &f->torn;
	s->indices |= 1ULL << i;
	s->version = version;
	s->count++;
	return 0;
}

static __always_inline __u64 *end_of_set(struct flood *f, struct flood_name *n, const struct set *s,
					 int cut)
{
	__u32 size = stress_version_there(n->kind, n->id, s->version)
			     ? stress_a_size(n->kind, stress_pick(n->id, DNS_TYPE_A, s->version))
			     : 0;

	if (s->count > size || (!cut && s->count != size) || s->indices >> size)
		return &f->torn;
	if (n->seen && (__s16)((__u16)s->version - n->version) < 0)
		return &f->back;
	n->version = s->version;
	n->seen = 1;
	f->answers++;
	f->truncated += !!cut;
	return 0;
}

static __always_inline __u64 *negative(struct flood *f, const struct flood_name *n, __u8 rcode)
{
	if (rcode == DNS_RCODE_NXDOMAIN) {
		f->nxdomain++;
		return n->always ? &f->false_nxdomain : 0;
	}
	f->nodata++;
	if (rcode || n->kind == STRESS_NEVER)
		return &f->foreign;
	return n->has_a ? &f->torn : 0;
}

/* The counter of what is wrong with the answer; 0: nothing. */
static __always_inline __u64 *check(struct xdp_md *ctx, struct flood *f, struct flood_name *n,
				    __u16 id)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, *p;
	__u32 at = FLOOD_DNS + DNS_HEADER_LEN + (xdns_read_once(n->question_len) & 0x1ff), i;
	struct set s = {};
	__u32 records;
	__u16 flags;

	p = data + FLOOD_DNS;
	if (p + DNS_HEADER_LEN > end || xdns_get16(p) != id || !(p[2] & 0x80))
		return &f->malformed;
	flags = p[2] << 8 | p[3];
	records = p[6] << 8 | p[7];
	if (!records && !(flags & DNS_FLAG_TC))
		return negative(f, n, flags & DNS_RCODE_MASK);
	if (flags & DNS_RCODE_MASK)
		return &f->malformed;
	for (i = 0; i < RECORDS_MAX; i++) {
		__u64 *wrong;

		if (i >= records)
			break;
		p = data + at + i * RR_LEN;
		if (p + RR_LEN > end || xdns_get16(p + 10) != xdns_be16(4))
			return &f->malformed;
		wrong = take(f, n, &s, xdns_get32(p + 12));
		if (wrong)
			return wrong;
	}
	if (i < records)
		return &f->malformed;
	return end_of_set(f, n, &s, flags & DNS_FLAG_TC);
}

SEC("xdp")
int flood_run(struct xdp_md *ctx)
{
	__u32 zero = 0, which, len;
	struct flood *f = bpf_map_lookup_elem(&flood, &zero);
	struct flood_name *n;
	void *data, *end;
	__u64 *wrong;
	__u16 id;

	if (!f)
		return XDP_ABORTED;
	id = f->reads;
	which = ((__u64)stress_mix(f->reads, f->reads >> 32) * f->names) >> 32;
	f->reads++;
	n = bpf_map_lookup_elem(&names, &which);
	if (!n)
		return XDP_ABORTED;
	len = xdns_read_once(n->len);
	if (len < 64 || len > FLOOD_FRAME_MAX || restore(ctx, f, len) ||
	    bpf_xdp_store_bytes(ctx, 0, n->frame, len)) {
		f->broken++;
		return XDP_ABORTED;
	}
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + FLOOD_DNS + 2 > end)
		return XDP_ABORTED;
	xdns_put16(data + FLOOD_DNS, id);
	switch (call(ctx)) {
	case XDP_TX:
		wrong = check(ctx, f, n, id);
		if (wrong)
			++*wrong;
		break;
	case XDP_PASS:
		f->passes++;
		break;
	default:
		f->broken++;
	}
	return XDP_PASS;
}
