/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The answers of quick.bpf.h. The frame grows at its front: head room is there even where tail
 * room is not, and the kernel has nothing to clear. So the reply's headers are made from the
 * query's, which then stand behind them, and the question is put anew.
 */
#ifndef XDNS_QUICK_ANSWER_BPF_H
#define XDNS_QUICK_ANSWER_BPF_H

#include "limit.bpf.h"
#include "quick_body.bpf.h"

#define QUICK_GROWTH 192 /* octets of head room that are asked for at the most */

static __always_inline int quick_put_body(enum xdns_counter what, const struct xdns_record *r,
					  const struct quick *q, __u32 serial, __u8 *p,
					  const void *end, struct quick_answer *a)
{
	switch (what) {
	case XDNS_answer_a:
		return quick_put_a(r, q->header, p, end, a);
	case XDNS_answer_aaaa:
		return quick_put_aaaa(r, p, end, a);
	case XDNS_answer_srv:
		return quick_put_srvs(q, p, end, a);
	default:
		return quick_put_soa(q, serial, p, end, a);
	}
}

/* The name's words from the first to before the last, in pairs, as long as there is some of it. */
static __always_inline int quick_put_words(__u8 *p, const void *end, const __u64 *word, __u32 first,
					   __u32 last, __u32 len)
{
	XDNS_UNROLL
	for (__u32 i = first; i < last; i += 2) {
		xdns_opaque(len);
		if (i * 8 >= len)
			break;
		if ((const void *)(p + i * 8 + 16) > end)
			return -1;
		xdns_put64(p + i * 8, word[i]);
		xdns_put64(p + i * 8 + 8, word[i + 1]);
	}
	return 0;
}

/*
 * The question, which begins at p. More is written than the name has: the answer comes there, and
 * comes later. So most names are copied without a branch on their length.
 */
static __always_inline int quick_put_question(__u8 *p, const void *end, const struct quick *q,
					      const __u64 *word)
{
	__u32 len = q->len;

	if ((const void *)(p + 32) <= end) {
		XDNS_UNROLL
		for (__u32 i = 0; i < 4; i++)
			xdns_put64(p + i * 8, word[i]);
	} else if (quick_put_words(p, end, word, 0, 4, len)) {
		return -1;
	}
	if (len > 32 && quick_put_words(p, end, word, 4, QUICK_WORDS, len))
		return -1;
	p += len & 0x7f;
	if ((const void *)(p + 4) > end)
		return -1;
	xdns_put32(p, q->rest);
	return 0;
}

/*
 * The reply's headers, but for UDP's checksum, from the query's, which begin at `old`, behind
 * `data`: what is read has not been written over yet. Returns their part of that checksum.
 */
static __always_inline __u64 quick_headers(__u8 *data, const __u8 *old, int ip6,
					   const struct quick *q, const struct quick_answer *a)
{
	__u32 udp_len = UDP_HEADER_LEN + DNS_HEADER_LEN + q->len + 4 + a->len + q->opt_len;
	__u64 dst = xdns_get64(old), src = xdns_get64(old + 6), sum;
	__u32 len = xdns_be16(udp_len);
	struct xdns_flow flow;
	__u8 *udp;

	xdns_put64(data, src);
	xdns_put64(data + 6, (dst & 0x0000ffffffffffffULL) | src >> 48 << 48);
	old += ETH_HEADER_LEN;
	data += ETH_HEADER_LEN;
	flow.class = xdns_get32(old);
	if (ip6) {
		flow.src_hi = xdns_get64(old + 8);
		flow.src_lo = xdns_get64(old + 16);
		flow.dst_hi = xdns_get64(old + 24);
		flow.dst_lo = xdns_get64(old + 32);
		flow.ports = xdns_get32(old + IP6_HEADER_LEN);
		sum = xdns_ip6_reply(data, &flow, udp_len);
		udp = data + IP6_HEADER_LEN;
	} else {
		flow.src_lo = xdns_get64(old + 12);
		flow.ports = xdns_get32(old + IP4_HEADER_LEN);
		sum = xdns_ip4_reply(data, &flow, udp_len);
		udp = data + IP4_HEADER_LEN;
	}
	xdns_put64(udp, (flow.ports >> 16 | flow.ports << 16) | (__u64)len << 32);
	return sum + flow.ports + len +
	       xdns_reply_header(udp + UDP_HEADER_LEN, config(), q->header, a->rcode, a->an, a->ns,
				 a->ar + (q->opt_len ? 1 : 0));
}

/* Into the frame that has grown by `by` octets. */
static __always_inline int quick_write(struct xdp_md *ctx, int ip6, enum xdns_counter what,
				       const struct quick *q, const __u64 *word,
				       const struct xdns_record *r, __u32 serial, __u32 by,
				       struct quick_answer *a)
{
	const __u32 dns_off =
		ETH_HEADER_LEN + (ip6 ? IP6_HEADER_LEN : IP4_HEADER_LEN) + UDP_HEADER_LEN;
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *p = data + dns_off + DNS_HEADER_LEN, *old = data + (by & 0xff);
	__u64 sum;

	if ((void *)p > end || (void *)(old + dns_off + DNS_HEADER_LEN) > end)
		return -1;
	sum = quick_headers(data, old, ip6, q, a);
	if (quick_put_question(p, end, q, word))
		return -1;
	if (what == XDNS_answer_srv) { /* anew: the loop taught the verifier too much */
		data = (void *)(long)ctx->data;
		end = (void *)(long)ctx->data_end;
		p = data + dns_off + DNS_HEADER_LEN;
	}
	p += (q->len & 0x7f) + 4;
	if (quick_put_body(what, r, q, serial, p, end, a) ||
	    (q->opt_len && quick_put_opt(q, p, end, a)))
		return -1;
	sum += q->sum + xdns_sum_at(q->len, q->rest + a->sum);
	if (what == XDNS_answer_srv && data + dns_off > end)
		return -1;
	xdns_put16(data + dns_off - 2, xdns_udp_sum_finish(sum));
	return 0;
}

/*
 * Of a program that may count responses: one more? XDNS_ANSWER_LAST: yes; else what comes of the
 * question, which XDNS_CONTINUE leaves to the general way, for TC. That will know that it was
 * counted.
 */
static __always_inline enum xdns_counter quick_limited(struct xdns_scratch *s)
{
	if (!(xdns_extras & XDNS_EXTRA_LIMIT))
		return XDNS_ANSWER_LAST;
	switch (limit_ask(s, 0)) {
	case XDNS_LIMIT_ANSWER:
		return XDNS_ANSWER_LAST;
	case XDNS_LIMIT_SLIP:
		return XDNS_CONTINUE;
	default:
		return XDNS_drop_limited;
	}
}

/* `what`, or what became of it instead; XDNS_CONTINUE: the frame is untouched. */
static __always_inline enum xdns_counter quick_send(struct xdp_md *ctx, int ip6,
						    struct xdns_scratch *s, enum xdns_counter what,
						    const struct quick *q, const __u64 *word,
						    const struct xdns_record *r,
						    const struct xdns_state *st,
						    struct quick_answer *a)
{
	__u32 message = DNS_HEADER_LEN + q->len + 4 + a->len + q->opt_len;
	long have = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	enum xdns_counter limited;
	int by;

	xdns_opaque(have);
	by = ETH_HEADER_LEN + (ip6 ? IP6_HEADER_LEN : IP4_HEADER_LEN) + UDP_HEADER_LEN +
	     (int)message - (int)have;
	if (message > st->max_udp || by < 8 || by > QUICK_GROWTH)
		return XDNS_CONTINUE;
	if (s) {
		limited = quick_limited(s);
		if (limited != XDNS_ANSWER_LAST)
			return limited;
	}
	if (bpf_xdp_adjust_head(ctx, -by))
		return XDNS_CONTINUE;
	return quick_write(ctx, ip6, what, q, word, r, st->serial, by, a) ? XDNS_drop_write : what;
}

static __always_inline enum xdns_counter quick_negative(struct xdp_md *ctx, int ip6,
							struct xdns_scratch *s,
							enum xdns_counter what,
							const struct quick *q, const __u64 *word,
							const struct xdns_state *st)
{
	struct quick_answer a = {.len = config()->soa_negative.len, .ns = 1};

	if (a.len < 16 || a.len > QUICK_SOA)
		return XDNS_CONTINUE;
	a.rcode = what == XDNS_answer_nxdomain ? DNS_RCODE_NXDOMAIN : 0;
	return quick_send(ctx, ip6, s, what, q, word, 0, st, &a);
}

static __always_inline enum xdns_counter quick_srv(struct xdp_md *ctx, int ip6,
						   struct xdns_scratch *s,
						   const struct xdns_record *r,
						   const struct xdns_state *st)
{
	struct quick_answer a = {};

	if (!st || !s || !r || quick_gather(r, s->quick.header, &a))
		return XDNS_CONTINUE;
	return quick_send(ctx, ip6, 0, XDNS_answer_srv, &s->quick, s->word, 0, st, &a);
}

/* Global functions, which the verifier checks by themselves. s has the question; none is NULL. */
__attribute__((noinline)) int quick_srv4(struct xdp_md *ctx, struct xdns_scratch *s,
					 const struct xdns_record *r, const struct xdns_state *st)
{
	return quick_srv(ctx, 0, s, r, st);
}

__attribute__((noinline)) int quick_srv6(struct xdp_md *ctx, struct xdns_scratch *s,
					 const struct xdns_record *r, const struct xdns_state *st)
{
	return quick_srv(ctx, 1, s, r, st);
}

static __always_inline enum xdns_counter quick_call_srv(struct xdp_md *ctx, int ip6,
							struct xdns_scratch *s,
							const struct quick *q, const __u64 *word,
							const struct xdns_record *r,
							const struct xdns_state *st)
{
	enum xdns_counter limited;
	__u32 zero = 0;

	if (s) {
		limited = quick_limited(s);
		if (limited != XDNS_ANSWER_LAST)
			return limited;
	} else {
		s = bpf_map_lookup_elem(&scratch, &zero);
		if (!s)
			return XDNS_CONTINUE;
	}
	s->quick = *q;
	__builtin_memcpy(s->word, word, sizeof(s->word));
	return ip6 ? quick_srv6(ctx, s, r, st) : quick_srv4(ctx, s, r, st);
}

/* The kind of answer is a constant to all that comes behind, and so is a single address. */
static __always_inline enum xdns_counter quick_positive(struct xdp_md *ctx, int ip6,
							struct xdns_scratch *s,
							const struct quick *q, const __u64 *word,
							const struct xdns_record *r,
							const struct xdns_state *st)
{
	struct quick_answer a = {};

	if (q->rest == QUICK_REST(DNS_TYPE_A) && r->n_a) {
		a.an = 1;
		a.len = XDNS_RR_A_LEN;
		if (r->n_a == 1)
			return quick_send(ctx, ip6, s, XDNS_answer_a, q, word, r, st, &a);
		if (r->n_a > XDNS_A_INLINE)
			return XDNS_CONTINUE;
		a.an = r->n_a;
		a.len = a.an * XDNS_RR_A_LEN;
		return quick_send(ctx, ip6, s, XDNS_answer_a, q, word, r, st, &a);
	}
	if (q->rest == QUICK_REST(DNS_TYPE_AAAA) && r->n_aaaa) {
		if (r->n_aaaa > XDNS_AAAA_INLINE)
			return XDNS_CONTINUE;
		a.an = 1;
		a.len = XDNS_RR_AAAA_LEN;
		return quick_send(ctx, ip6, s, XDNS_answer_aaaa, q, word, r, st, &a);
	}
	if (q->rest == QUICK_REST(DNS_TYPE_SRV) && r->n_srv)
		return quick_call_srv(ctx, ip6, s, q, word, r, st);
	return quick_negative(ctx, ip6, s, XDNS_answer_nodata, q, word, st);
}

/* A DNS message of dns_len octets, by UDP, that is for us. */
static __always_inline enum xdns_counter quick(struct xdp_md *ctx, const void *data,
					       const void *end, const struct xdns_state *st,
					       struct xdns_scratch *s, int ip6, __u32 dns_len,
					       __u64 *word)
{
	const struct xdns_record *r;
	enum xdns_counter miss;
	struct quick q;

	data += ETH_HEADER_LEN + (ip6 ? IP6_HEADER_LEN : IP4_HEADER_LEN) + UDP_HEADER_LEN;
	if (quick_question(data, end, dns_len, &q, word))
		return XDNS_CONTINUE;
	xdns_in_memory(word);
	r = quick_look_up(st, s, &q, word, &miss);
	if (r)
		return quick_positive(ctx, ip6, s, &q, word, r, st);
	if (miss == XDNS_answer_nxdomain)
		return quick_negative(ctx, ip6, s, miss, &q, word, st);
	/* what is passed is counted on the general way */
	return s && xdns_extras & XDNS_EXTRA_LIMIT ? XDNS_CONTINUE : miss;
}

#endif
