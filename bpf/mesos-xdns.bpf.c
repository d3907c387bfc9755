// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP program. Nearly all frames go the quick way, the others the general one, which alone
 * knows all there is. On both a frame is only read up to the point where room is made for the
 * answer, so whatever is odd about it ends in XDP_PASS with the frame as it came.
 *
 * The same file compiles natively (tests/bpf/native.h) for tests and fuzzing.
 */
#include "clock.bpf.h"
#include "general.bpf.h"
#include "quick_answer.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Of a program that has more to do than to answer: what comes before a question is read.
 * XDNS_CONTINUE: read it.
 */
static __always_inline enum xdns_counter prepare(struct xdp_md *ctx, struct xdns_scratch *s,
						 int ip6)
{
	const __u8 *l3 = (void *)(long)ctx->data + ETH_HEADER_LEN;

	if ((void *)(l3 + (ip6 ? IP6_HEADER_LEN : IP4_HEADER_LEN)) > (void *)(long)ctx->data_end)
		return XDNS_pass_length;
	s->verdict = VERDICT_NONE;
	s->is_read = 0;
	s->pkt.l3_off = ETH_HEADER_LEN;
	s->pkt.is_ip6 = ip6;
	if (ip6)
		s->flow.src_hi = xdns_get64(l3 + 8);
	else
		s->flow.src_lo = xdns_get64(l3 + 12);
	return xdns_extras & XDNS_EXTRA_CLIENTS ? (enum xdns_counter)admit_client(ctx, s)
						: XDNS_CONTINUE;
}

/*
 * A frame without VLAN tags. ip6, extras: constants; is there more to do than to answer? *begun:
 * the general way, if it is to follow, need not ask again what has been asked.
 */
static __always_inline enum xdns_counter untagged(struct xdp_md *ctx, const void *data,
						  const void *end, const struct xdns_state *st,
						  int ip6, int extras, __u64 *word, __u32 *begun)
{
	struct xdns_scratch *s = 0;
	enum xdns_counter what;
	struct xdns_pkt pkt;
	__u32 zero = 0;

	what = xdns_pkt_parse_plain(data, end, ip6, config()->port, st, &pkt);
	if (what != XDNS_CONTINUE)
		return what;
	if (extras) {
		s = bpf_map_lookup_elem(&scratch, &zero);
		if (!s)
			return XDNS_pass_not_serving;
		*begun = 1;
		what = prepare(ctx, s, ip6);
		if (what != XDNS_CONTINUE || is_in_parts(ctx))
			return what >= XDNS_DROP_FIRST ? what : XDNS_CONTINUE;
	}
	if (xdns_read_once(st->serving) != XDNS_SERVING_YES)
		return XDNS_CONTINUE;
	return quick(ctx, data, end, st, s, ip6, pkt.dns_len, word);
}

static __always_inline enum xdns_counter handle(struct xdp_md *ctx, int extras)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct eth_header *eth = data;
	struct xdns_state *st = zone_state();
	enum xdns_counter what = XDNS_CONTINUE;
	__u64 word[QUICK_WORDS + 1];
	__u32 begun = 0;

	if (!st)
		return XDNS_pass_not_serving;
	if ((const void *)(eth + 1) > end)
		return XDNS_pass_not_ip;
	if (eth->type == xdns_be16(ETHERTYPE_IP4))
		what = untagged(ctx, data, end, st, 0, extras, word, &begun);
	else if (eth->type == xdns_be16(ETHERTYPE_IP6))
		what = untagged(ctx, data, end, st, 1, extras, word, &begun);
	return what == XDNS_CONTINUE ? (enum xdns_counter)general(ctx, begun) : what;
}

SEC("xdp")
int mesos_xdns(struct xdp_md *ctx)
{
	__u32 zero = 0, what = xdns_extras ? handle(ctx, 1) : handle(ctx, 0);
	struct xdns_counters *c = bpf_map_lookup_elem(&counters, &zero);

	xdns_opaque(what);
	if (c && what < XDNS_COUNTERS_COUNT)
		((__u64 *)c)[what]++;
	if (what <= XDNS_ANSWER_LAST)
		return XDP_TX;
	return what >= XDNS_DROP_FIRST ? XDP_DROP : XDP_PASS;
}
