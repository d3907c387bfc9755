/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The way of all that is not quick: VLAN tags, EDNS options, long names, large sets, collisions,
 * and whatever is odd: here it gets its reason. Parse -> look up -> write the answer aside -> make
 * room.
 */
#ifndef XDNS_GENERAL_BPF_H
#define XDNS_GENERAL_BPF_H

#include "limit.bpf.h"
#include "long.bpf.h"
#include "look_up.bpf.h"
#include "options.bpf.h"

/*
 * Where the message is, in s->pkt, or why the frame is none of ours. The functions that
 * are not inlined here are global ones: the verifier checks each by itself, and its stack is gone
 * when the next one is called.
 */
__attribute__((noinline)) int locate(struct xdp_md *ctx, struct xdns_scratch *s)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct xdns_state *st = zone_state();
	enum xdns_counter what;
	struct xdns_pkt pkt;

	if (!s || !st)
		return XDNS_pass_not_serving;
	what = xdns_pkt_parse(data, end, config()->port, st, &pkt);
	if (what == XDNS_CONTINUE)
		s->pkt = pkt;
	return what;
}

/* Types the kernel has the data for; ANY, transfers, NS, PTR and the rest are userspace's. */
static __always_inline int known_type(__u16 type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_SRV ||
	       type == DNS_TYPE_SOA;
}

/* data_end is the first buffer's: what has a second one is no query that we answer. */
static __always_inline int is_in_parts(struct xdp_md *ctx)
{
	return xdns_extras & XDNS_EXTRA_FRAGS &&
	       bpf_xdp_get_buff_len(ctx) != (__u64)(ctx->data_end - ctx->data);
}

/* Why a frame that is for us is not looked into, or XDNS_CONTINUE. */
static __always_inline enum xdns_counter admit(struct xdp_md *ctx, const struct xdns_state *st,
					       struct xdns_scratch *s, int extras)
{
	__u32 serving;

	if (extras && xdns_extras & XDNS_EXTRA_CLIENTS) {
		enum xdns_counter what = admit_client(ctx, s);

		if (what != XDNS_CONTINUE)
			return what;
	}
	serving = xdns_read_once(st->serving);
	if (serving != XDNS_SERVING_YES)
		return serving == XDNS_SERVING_EXPIRED ? XDNS_pass_expired : XDNS_pass_not_serving;
	return extras && is_in_parts(ctx) ? XDNS_pass_buffers : XDNS_CONTINUE;
}

/* The question, in s->question; as xdns_question_parse(). */
__attribute__((noinline)) int read_question(struct xdp_md *ctx, struct xdns_scratch *s)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return s ? xdns_question_parse(data + (s->pkt.dns_off & 0x7f), end, s->pkt.dns_len,
				       &s->question)
		 : XDNS_pass_length;
}

/* What the question comes to: an answer, and s->record if there is one, or why it is userspace's.
 */
static __always_inline enum xdns_counter judge(struct xdp_md *ctx, struct xdns_scratch *s,
					       int extras)
{
	enum xdns_counter what = read_question(ctx, s);

	if (what == XDNS_OPTIONS)
		what = take_options(ctx, s);
	if (what != XDNS_CONTINUE)
		return what;
	if (extras && xdns_extras & XDNS_EXTRA_LIMIT)
		s->is_read = 1;
	if (!known_type(s->question.type))
		return XDNS_pass_qtype;
	return look_up(s);
}

/* A frame that is for us. extras: a constant, is there more to do than to answer? */
static __always_inline enum xdns_counter answer(struct xdp_md *ctx, const struct xdns_state *st,
						struct xdns_scratch *s, int extras)
{
	int limited = extras && xdns_extras & XDNS_EXTRA_LIMIT;
	enum xdns_counter what, sent;
	__u32 limit;

	if (limited)
		s->is_read = 0;
	what = admit(ctx, st, s, extras);
	if (what == XDNS_CONTINUE)
		what = judge(ctx, s, extras);
	if (what > XDNS_ANSWER_LAST && (!limited || what >= XDNS_DROP_FIRST))
		return what;
	if (xdns_flow_load((void *)(long)ctx->data, (void *)(long)ctx->data_end, &s->pkt, &s->flow))
		return XDNS_pass_length;
	if (limited) {
		sent = limit_response(ctx, s, what);
		if (sent != XDNS_CONTINUE)
			return sent;
		if (what > XDNS_ANSWER_LAST)
			return what;
	}
	limit = s->question.limit;
	if (limit > st->max_udp)
		limit = st->max_udp;
	return answer_long(ctx, s, limit, what);
}

/* The counter a frame comes to. begun: the quick way had it, and s->verdict is this frame's. */
__attribute__((noinline)) int general(struct xdp_md *ctx, __u32 begun)
{
	struct xdns_state *st = zone_state();
	struct xdns_scratch *s;
	enum xdns_counter what;
	__u32 zero = 0;

	s = bpf_map_lookup_elem(&scratch, &zero);
	if (!st || !s)
		return XDNS_pass_not_serving;
	what = locate(ctx, s);
	if (what != XDNS_CONTINUE)
		return what;
	if (!begun)
		s->verdict = VERDICT_NONE;
	return xdns_extras ? answer(ctx, st, s, 1) : answer(ctx, st, s, 0);
}

#endif
