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
			  (rr->serial_at & 1 ? xdns_sum_odd(serial) : serial);
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
	reply->body_sum += at & 1 ? xdns_sum_odd(word) : word;
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
 * Moves the question to where it belongs now, from `by` octets behind; at least eight, so that no
 * word is read after something was written over it. The last word overlaps the one before.
 */
static __always_inline int move_question(void *data, const void *end, __u32 at, __u32 by,
					 const struct xdns_question *q)
{
	__u32 len = xdns_read_once(q->len) & 0x1ff, i;
	__u8 *to = data + at, *from = to + by;

	XDNS_UNROLL
	for (i = 0; i < XDNS_HASH_WORDS; i++) {
		if (i * 8 + 8 > len)
			break;
		if ((const void *)(to + i * 8 + 8) > end || (const void *)(from + i * 8 + 8) > end)
			return -1;
		xdns_put64(to + i * 8, xdns_get64(from + i * 8));
	}
	len = xdns_read_once(q->len) & 0x1ff; /* anew: the loop has taught the verifier too much */
	if (!(len & 7))
		return 0;
	at += len - 8;
	to = data + at;
	from = to + by;
	if ((const void *)(to + 8) > end || (const void *)(from + 8) > end)
		return -1;
	xdns_put64(to, xdns_get64(from));
	return 0;
}

enum grown { NOT_GROWN, GROWN, GROWN_BADLY };

/*
 * Makes room for a body of so many octets behind the question, at the frame's front. NOT_GROWN:
 * the frame is untouched. limit: octets of the message.
 */
static __always_inline enum grown grow_front(struct xdp_md *ctx, const struct xdns_scratch *s,
					     __u32 body_len, __u32 limit)
{
	__u32 q_len = s->question.len & 0x1ff;
	long have = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	int by;

	xdns_opaque(have);
	by = (int)(body_offset(&s->pkt, &s->question) + body_len) - (int)have;
	if (DNS_HEADER_LEN + q_len + body_len > limit)
		return NOT_GROWN;
	if (by < 8 || by > SHORT_GROWTH || q_len < 8 || q_len > XDNS_HASH_WORDS * 8)
		return NOT_GROWN;
	if (bpf_xdp_adjust_head(ctx, -by))
		return NOT_GROWN;
	return move_question((void *)(long)ctx->data, (void *)(long)ctx->data_end,
			     question_offset(&s->pkt), by, &s->question)
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
	struct reply reply = {.body_len = len + (q->has_opt ? DNS_OPT_LEN : 0)};
	enum grown grown = len ? grow_front(ctx, s, reply.body_len, limit) : NOT_GROWN;
	void *end;
	__u8 *p;

	if (grown != GROWN)
		return grown == NOT_GROWN ? XDNS_CONTINUE : XDNS_drop_write;
	p = (void *)(long)ctx->data + body_offset(&s->pkt, q);
	end = (void *)(long)ctx->data_end;
	if (short_body(r, q, serial, what, p, end, &reply))
		return XDNS_drop_write;
	if (q->has_opt && short_opt(q, p + len, end, len, &reply))
		return XDNS_drop_write;
	if (q->len & 1) /* the body starts at an odd octet */
		reply.body_sum = xdns_sum_odd(reply.body_sum);
	return write_headers(ctx, s, &reply) ? XDNS_drop_write : what;
}

#endif
