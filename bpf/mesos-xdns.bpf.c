// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP program: parse -> look up -> make room -> write the answer -> XDP_TX. Up to the point
 * where room is made the frame is only read, so whatever is odd about it ends in
 * XDP_PASS with the frame as it came.
 *
 * The same file compiles natively (tests/bpf/native.h) for tests and fuzzing.
 */
#include "clock.bpf.h"
#include "look_up.bpf.h"
#include "options.bpf.h"
#include "long.bpf.h"
#include "limit.bpf.h"
#include "short.bpf.h"
#include "srv.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Types the kernel has the data for; ANY, transfers, NS, PTR and the rest are userspace's. */
static __always_inline int known_type(__u16 type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_SRV ||
	       type == DNS_TYPE_SOA;
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
	/* data_end is the first buffer's: what has a second one is no query that we answer */
	if (extras && xdns_extras & XDNS_EXTRA_FRAGS &&
	    bpf_xdp_get_buff_len(ctx) != (__u64)(ctx->data_end - ctx->data))
		return XDNS_pass_buffers;
	return XDNS_CONTINUE;
}

/* What the question comes to: an answer, and its record if it has one, or why it is userspace's. */
static __always_inline enum xdns_counter judge(struct xdp_md *ctx, const struct xdns_state *st,
					       struct xdns_scratch *s, int extras,
					       const struct xdns_record **ret)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	enum xdns_counter what = xdns_question_parse(data + (s->pkt.dns_off & 0x7f), end,
						     s->pkt.dns_len, &s->question);

	if (what == XDNS_OPTIONS)
		what = take_options(ctx, s);
	if (what != XDNS_CONTINUE)
		return what;
	if (extras && xdns_extras & XDNS_EXTRA_LIMIT)
		s->is_read = 1;
	if (!known_type(s->question.type))
		return XDNS_pass_qtype;
	return look_up(s, st, ret);
}

/* A frame that is for us. extras: a constant, is there more to do than to answer? */
static __always_inline enum xdns_counter answer(struct xdp_md *ctx, const struct xdns_state *st,
						struct xdns_scratch *s, int extras)
{
	int limited = extras && xdns_extras & XDNS_EXTRA_LIMIT;
	const struct xdns_record *r = 0;
	enum xdns_counter what, sent;
	__u32 limit;

	if (limited)
		s->is_read = 0;
	what = admit(ctx, st, s, extras);
	if (what == XDNS_CONTINUE)
		what = judge(ctx, st, s, extras, &r);
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
	if (what == XDNS_answer_srv)
		sent = answer_short_srv(ctx, s, limit);
	else
		sent = answer_short(ctx, s, r, st->serial, limit, what);
	if (sent != XDNS_CONTINUE)
		return sent;
	return answer_long(ctx, s, r, limit, what);
}

static __always_inline enum xdns_counter handle(struct xdp_md *ctx, int extras)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct xdns_state *st = zone_state();
	struct xdns_scratch *s;
	enum xdns_counter what;
	struct xdns_pkt pkt;
	__u32 zero = 0;

	if (!st)
		return XDNS_pass_not_serving;
	what = xdns_pkt_parse(data, end, config()->port, st, &pkt);
	if (what != XDNS_CONTINUE)
		return what;
	s = bpf_map_lookup_elem(&scratch, &zero);
	if (!s)
		return XDNS_pass_not_serving;
	/* here the verifier forgets what is known of its offsets: one path for all of them */
	s->pkt = pkt;
	return answer(ctx, st, s, extras);
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
