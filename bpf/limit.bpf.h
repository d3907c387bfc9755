/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who may ask, and how often: the lists of clients and response-rate limiting. */
#ifndef XDNS_LIMIT_BPF_H
#define XDNS_LIMIT_BPF_H

#include "limit.h"
#include "long.bpf.h"
#include "look_up.bpf.h"

#define VERDICT_NONE 0xff /* nobody has asked the cells yet */

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

/* Nobody limits a client that is exempt, or whose address is not forged (RFC 7873 5.2.3, 7.2). */
static __always_inline int is_unlimited(const struct xdns_scratch *s)
{
	if (xdns_extras & XDNS_EXTRA_CLIENTS && s->client & XDNS_CLIENT_EXEMPT)
		return 1;
	return s->is_read && s->question.cookie_valid;
}

/* Its cells' word on a response to this client, or on a question of his for userspace. */
static __always_inline int ask_cells(const struct xdns_scratch *s, const struct xdns_limit *l,
				     int pass)
{
	__u64 *cell, *passed, net, now = bpf_ktime_get_ns();
	__u32 i;

	net = s->pkt.is_ip6 ? xdns_limit_net6(s->flow.src_hi)
			    : xdns_limit_net4((__u32)s->flow.src_lo);
	i = xdns_limit_cell(l, net);
	cell = bpf_map_lookup_elem(&limits, &i);
	if (!cell)
		return 1;
	if (!pass)
		return xdns_limit_take(cell, l, now);
	i += XDNS_LIMIT_CELLS;
	passed = bpf_map_lookup_elem(&limits, &i);
	return !passed || xdns_limit_pass(cell, passed, l, now);
}

/* The verdict on this packet's response, also s->verdict: asked once, whichever way it goes. */
__attribute__((noinline)) int limit_ask(struct xdns_scratch *s, __u32 pass)
{
	struct xdns_state *st = zone_state();

	if (!s || !st)
		return XDNS_LIMIT_DROP;
	if (s->verdict == VERDICT_NONE)
		s->verdict = is_unlimited(s) || ask_cells(s, &st->limit, pass)
				     ? XDNS_LIMIT_ANSWER
				     : xdns_limit_beyond(&st->limit, bpf_get_prandom_u32());
	return s->verdict;
}

/*
 * what: an answer, or why userspace is to answer. XDNS_CONTINUE: it may; else nobody does, or TC
 * was sent in its place, if the question was read.
 */
__attribute__((noinline)) int limit_response(struct xdp_md *ctx, struct xdns_scratch *s, __u32 what)
{
	int pass = what > XDNS_ANSWER_LAST;
	enum xdns_limit_verdict verdict;

	if (!s)
		return XDNS_drop_limited;
	verdict = limit_ask(s, pass);
	if (verdict == XDNS_LIMIT_ANSWER)
		return XDNS_CONTINUE;
	if (verdict == XDNS_LIMIT_SLIP && s->is_read && (!pass || is_whole_name(s)))
		return answer_slip(ctx, s);
	return pass ? XDNS_drop_limited_pass : XDNS_drop_limited;
}

#endif
