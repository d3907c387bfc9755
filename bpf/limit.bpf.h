/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who may ask, and how often: the lists of clients and response-rate limiting. */
#ifndef XDNS_LIMIT_BPF_H
#define XDNS_LIMIT_BPF_H

#include "limit.h"
#include "long.bpf.h"

/* What the lists say of the frame's source; without an entry, which there always is, nobody. */
static __always_inline __u32 client_flags(const struct xdns_client_net *net)
{
	__u32 zero = 0, *flags = 0;
	void *trie = bpf_map_lookup_elem(&clients, &zero);

	if (trie)
		flags = bpf_map_lookup_elem(trie, net);
	return flags ? *flags : XDNS_CLIENT_REFUSED;
}

/* drop_denied, pass_refused, or XDNS_CONTINUE and s->client. */
__attribute__((noinline)) int admit_client(struct xdp_md *ctx, struct xdns_scratch *s)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct xdns_client_net net = {.bits = 128};
	const __u8 *l3;

	if (!s)
		return XDNS_pass_refused;
	l3 = data + (s->pkt.l3_off & 0x1f);
	if ((const void *)(l3 + IP4_HEADER_LEN) > end)
		return XDNS_pass_length;
	if (!s->pkt.is_ip6) {
		xdns_put16(net.address + 10, 0xffff);
		xdns_put32(net.address + 12, ((const struct ip4_header *)l3)->src);
	} else {
		if ((const void *)(l3 + IP6_HEADER_LEN) > end)
			return XDNS_pass_length;
		for (__u32 i = 0; i < 16; i += 4)
			xdns_put32(net.address + i, xdns_get32(l3 + 8 + i));
	}
	s->client = client_flags(&net);
	if (s->client & XDNS_CLIENT_DENIED)
		return XDNS_drop_denied;
	return s->client & XDNS_CLIENT_REFUSED ? XDNS_pass_refused : XDNS_CONTINUE;
}

/* The question again and TC; no record, so it is no longer than the query. */
__attribute__((noinline)) int answer_slip(struct xdp_md *ctx, struct xdns_scratch *s)
{
	enum xdns_counter sent;

	if (!s)
		return XDNS_drop_limited;
	/* a cookie would be longer than what asked for it */
	s->question.asked = 0;
	if (s->question.opt_len)
		s->question.opt_len = DNS_OPT_LEN;
	xdns_answer_init(&s->answer, &s->question, DNS_UDP_EDNS_MAX);
	xdns_put_opt(&s->question, &s->answer, s->body, XDNS_BODY_CAP);
	sent = send_answer(ctx, s, 1);
	return sent == XDNS_CONTINUE ? XDNS_answer_limited : sent;
}

/* XDNS_CONTINUE: the answer may be sent; else it is dropped, or TC was sent in its place. */
__attribute__((noinline)) int limit_answer(struct xdp_md *ctx, struct xdns_scratch *s)
{
	struct xdns_state *st = zone_state();
	__u64 *cell, net;
	__u32 i;

	if (!s || !st)
		return XDNS_drop_limited;
	if (xdns_extras & XDNS_EXTRA_CLIENTS && s->client & XDNS_CLIENT_EXEMPT)
		return XDNS_CONTINUE;
	if (s->question.cookie_valid) /* whose address is not forged needs no limit */
		return XDNS_CONTINUE;
	if (s->pkt.is_ip6)
		net = xdns_limit_net6(s->flow.src_hi);
	else
		net = xdns_limit_net4((__u32)s->flow.src_lo);
	i = xdns_limit_cell(&st->limit, net);
	cell = bpf_map_lookup_elem(&limits, &i);
	if (!cell)
		return XDNS_CONTINUE;
	switch (xdns_limit_take(cell, &st->limit, bpf_ktime_get_ns(), bpf_get_prandom_u32())) {
	case XDNS_LIMIT_ANSWER:
		return XDNS_CONTINUE;
	case XDNS_LIMIT_SLIP:
		return answer_slip(ctx, s);
	default:
		return XDNS_drop_limited;
	}
}

#endif
