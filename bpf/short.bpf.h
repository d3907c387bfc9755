/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Answers of a length known beforehand: the sets that stand in the record itself, and negatives.
 * They are written straight into the frame, which grows at the front: head room is there even
 * where tail room is not, the kernel has nothing to clear, and of what precedes the answer
 * only the question has to be moved. What does not go that way is left to long.bpf.h.
 */
#ifndef XDNS_SHORT_BPF_H
#define XDNS_SHORT_BPF_H

#include "frame.bpf.h"

#define SHORT_SOA    96	 /* octets of an SOA that is written here */
#define SHORT_GROWTH 192 /* octets of head room that are asked for at the most */

/* Octets of the answer's records; 0: not a short one. */
static __always_inline __u32 short_len(const struct xdns_record *r, enum xdns_counter what)
{
	__u32 len;

	switch (what) {
	case XDNS_answer_a:
		return r && r->n_a <= XDNS_A_INLINE ? r->n_a * XDNS_RR_A_LEN : 0;
	case XDNS_answer_aaaa:
		return r && r->n_aaaa <= XDNS_AAAA_INLINE ? XDNS_RR_AAAA_LEN : 0;
	case XDNS_answer_nodata:
	case XDNS_answer_nxdomain:
		len = config()->soa_negative.len;
		return len >= 8 && len <= SHORT_SOA ? len : 0;
	default:
		return 0;
	}
}

/* The functions below write at p, none of it from end on; -1 if there is no room after all. */

static __always_inline int short_a(const struct xdns_record *r, const struct xdns_question *q,
				   __u8 *p, const void *end, struct reply *reply)
{
	__u32 n = r->n_a, i = xdns_rotation(q->id, n), ttl = config()->ttl;
	__u64 addresses = 0;

	for (__u32 k = 0; k < XDNS_A_INLINE; k++, p += XDNS_RR_A_LEN) {
		__u32 address = xdns_get32(r->a[i & (XDNS_A_INLINE - 1)]);

		if (k >= n)
			break;
		if ((const void *)(p + XDNS_RR_A_LEN) > end)
			return -1;
		xdns_put_rr_rest(p, XDNS_OWNER_QNAME, DNS_TYPE_A, ttl, 4, address);
		addresses += address;
		i = xdns_wrap(i + 1, n);
	}
	reply->an = n;
	reply->body_sum = addresses + n * xdns_rr_sum(XDNS_OWNER_QNAME, DNS_TYPE_A, ttl, 4);
	return 0;
}

static __always_inline int short_aaaa(const struct xdns_record *r, __u8 *p, const void *end,
				      struct reply *reply)
{
	__u64 first = xdns_get64(r->aaaa[0]), second = xdns_get64(r->aaaa[0] + 8);
	__u32 ttl = config()->ttl;

	if ((const void *)(p + XDNS_RR_AAAA_LEN) > end)
		return -1;
	xdns_put_rr(p, XDNS_OWNER_QNAME, DNS_TYPE_AAAA, ttl, 16);
	xdns_put64(p + XDNS_RR_FIXED_LEN, first);
	xdns_put64(p + XDNS_RR_FIXED_LEN + 8, second);
	reply->an = 1;
	reply->body_sum = xdns_sum_add(
		xdns_sum_add(xdns_rr_sum(XDNS_OWNER_QNAME, DNS_TYPE_AAAA, ttl, 16), first), second);
	return 0;
}

/* Word by word, the last one overlapping; then what differs from response to response. */
static __always_inline int short_soa(const struct xdns_question *q, __u32 serial, __u8 *p,
				     const void *end, struct reply *reply)
{
	const struct xdns_apex_rr *rr = &config()->soa_negative;
	__u16 apex = xdns_apex_pointer(config(), q);
	__u32 len = rr->len, at = 0;

	if (len < 8 || len > SHORT_SOA || (const void *)(p + len) > end)
		return -1;
	for (__u32 i = 0; i < SHORT_SOA / 8; i++, at += 8) {
		if (at + 8 > len)
			break;
		xdns_put64(p + at, xdns_get64(rr->bytes + at));
	}
	if (at < len)
		xdns_put64(p + len - 8, xdns_get64(rr->bytes + len - 8));
	for (__u32 i = 0; i < 3; i++) {
		if (i < rr->pointers && rr->pointer_at[i] + 2U <= len)
			xdns_put16(p + rr->pointer_at[i], apex);
	}
	serial = xdns_be32(serial);
	if (rr->serial_at + 4U <= len)
		xdns_put32(p + rr->serial_at, serial);
	reply->ns = 1;
	reply->body_sum = rr->sum + (__u64)apex * (rr->pointers - rr->pointers_odd) +
			  (__u64)xdns_sum_odd(apex) * rr->pointers_odd +
			  xdns_sum_at(rr->serial_at, serial);
	return 0;
}

static __always_inline int short_opt(const struct xdns_question *q, __u8 *p, const void *end,
				     __u32 at, struct reply *reply)
{
	__u64 word = xdns_opt_word(q);

	if ((const void *)(p + DNS_OPT_LEN) > end)
		return -1;
	xdns_put_opt_at(p, word);
	word = xdns_sum_add(0, word);
	reply->ar++;
	if (q->asked) {
		if ((const void *)(p + XDNS_OPT_COOKIE_LEN) > end)
			return -1;
		word += xdns_put_cookie_at(p, q);
	}
	reply->body_sum += xdns_sum_at(at, word);
	return 0;
}

static __always_inline int short_body(const struct xdns_record *r, const struct xdns_question *q,
				      __u32 serial, enum xdns_counter what, __u8 *p,
				      const void *end, struct reply *reply)
{
	switch (what) {
	case XDNS_answer_a:
		return r ? short_a(r, q, p, end, reply) : -1;
	case XDNS_answer_aaaa:
		return r ? short_aaaa(r, p, end, reply) : -1;
	default:
		reply->rcode = what == XDNS_answer_nxdomain ? DNS_RCODE_NXDOMAIN : 0;
		return short_soa(q, serial, p, end, reply);
	}
}

/*
 * Puts the question where it belongs now, p, and its sum into the reply. The name's last word may
 * be written into what follows it, which is written later.
 */
static __always_inline int put_question(__u8 *p, const void *end, const struct xdns_question *q,
					struct reply *reply)
{
	__u32 len = xdns_read_once(q->name.len), rest = xdns_question_rest(q), i;
	__u64 sum = 0, w;

	XDNS_UNROLL
	for (i = 0; i < XDNS_HASH_WORDS; i++) {
		if (i * 8 >= len)
			break;
		if ((const void *)(p + i * 8 + 8) > end)
			return -1;
		w = q->name.word[i];
		xdns_put64(p + i * 8, w);
		sum = xdns_sum_add(sum, w);
	}
	len = xdns_read_once(q->name.len) & 0xff; /* anew: the loop taught the verifier too much */
	p += len;
	if ((const void *)(p + 4) > end)
		return -1;
	xdns_put32(p, rest);
	reply->sum = sum + xdns_sum_at(len, rest);
	return 0;
}

enum grown { NOT_GROWN, GROWN, GROWN_BADLY };

/*
 * Makes room for the body behind the question, at the frame's front. NOT_GROWN: the frame is
 * untouched. limit: octets of the message. A body has at least eight octets.
 */
static __always_inline enum grown grow_front(struct xdp_md *ctx, const struct xdns_scratch *s,
					     struct reply *reply, __u32 limit)
{
	__u32 message = DNS_HEADER_LEN + s->question.len + reply->body_len;
	long have = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	int by;

	xdns_opaque(have);
	by = (int)((s->pkt.dns_off & 0x7f) + message) - (int)have;
	if (message > limit || by < 8 || by > SHORT_GROWTH)
		return NOT_GROWN;
	if (bpf_xdp_adjust_head(ctx, -by))
		return NOT_GROWN;
	return put_question((void *)(long)ctx->data + question_offset(&s->pkt),
			    (void *)(long)ctx->data_end, &s->question, reply)
		       ? GROWN_BADLY
		       : GROWN;
}

/*
 * Answers if the answer is short and there is room: `what`, or drop_write. XDNS_CONTINUE: it is
 * not, and the frame is untouched.
 */
static __always_inline enum xdns_counter answer_short(struct xdp_md *ctx, struct xdns_scratch *s,
						      const struct xdns_record *r, __u32 serial,
						      __u32 limit, enum xdns_counter what)
{
	const struct xdns_question *q = &s->question;
	__u32 len = short_len(r, what);
	struct reply reply = {.body_len = len + q->opt_len};
	enum grown grown = len ? grow_front(ctx, s, &reply, limit) : NOT_GROWN;
	void *end;
	__u8 *p;

	if (grown != GROWN)
		return grown == NOT_GROWN ? XDNS_CONTINUE : XDNS_drop_write;
	p = (void *)(long)ctx->data + body_offset(&s->pkt, q);
	end = (void *)(long)ctx->data_end;
	if (short_body(r, q, serial, what, p, end, &reply))
		return XDNS_drop_write;
	if (q->opt_len && short_opt(q, p + len, end, len, &reply))
		return XDNS_drop_write;
	return write_headers(ctx, s, &reply) ? XDNS_drop_write : what;
}

#endif
