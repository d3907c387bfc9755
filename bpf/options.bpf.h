/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* EDNS options that are answered. Queries that have none never get here. */
#ifndef XDNS_OPTIONS_BPF_H
#define XDNS_OPTIONS_BPF_H

#include "cookie.h"
#include "env.bpf.h"

#define XDNS_NSEC 1000000000ULL

/*
 * The wall clock, seconds. Since the daemon last looked it has been running like the other one, but
 * for steps; bpf_ktime_get_tai_ns() is younger than the kernels we run on.
 */
static __always_inline __u32 wall_clock(const struct xdns_state *st)
{
	return (bpf_ktime_get_boot_ns() + *(const volatile __u64 *)&st->wall) / XDNS_NSEC;
}

static __always_inline enum xdns_counter read_options(const struct xdp_md *ctx,
						      struct xdns_scratch *s)
{
	const __u8 *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	p += s->pkt.dns_off & 0x7f;
	p += xdns_question_options_at(&s->question) & 0x1ff;
	return xdns_question_options(p, end, s->question.options, &s->question);
}

/* COOKIE is made ready, the rest is userspace's or ignored. Not inlined: most have none. */
__attribute__((noinline)) int take_options(struct xdp_md *ctx, struct xdns_scratch *s)
{
	struct xdns_state *st = zone_state();
	const struct xdns_cookies *secrets;
	enum xdns_counter why;
	__u32 i;

	if (!s || !st)
		return XDNS_pass_not_serving;
	why = read_options(ctx, s);
	if (why != XDNS_CONTINUE)
		return why;
	if (s->question.asked & XDNS_ASKED_NSID && st->nsid)
		return XDNS_pass_edns_option;
	i = xdns_read_once(st->cookies);
	secrets = bpf_map_lookup_elem(&cookies, &i);
	if (!secrets || !secrets->secrets || !(s->question.asked & XDNS_ASKED_COOKIE)) {
		s->question.asked = 0;
		return XDNS_CONTINUE;
	}
	if (xdns_flow_load((void *)(long)ctx->data, (void *)(long)ctx->data_end, &s->pkt, &s->flow))
		return XDNS_pass_length;
	s->who.hi = s->flow.src_hi;
	s->who.lo = s->flow.src_lo;
	s->who.is_ip6 = s->pkt.is_ip6;
	xdns_cookie_answer(secrets, &s->who, wall_clock(st), &s->question);
	s->question.asked = XDNS_ASKED_COOKIE;
	s->question.opt_len = XDNS_OPT_COOKIE_LEN;
	return XDNS_CONTINUE;
}

#endif
