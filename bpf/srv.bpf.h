/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * SRV sets of one or two records whose targets have their names and addresses in their own
 * records, which is what most services are: written straight into the frame as in short.bpf.h.
 * Other sets, and those that do not fit, are left to long.bpf.h.
 */
#ifndef XDNS_SRV_BPF_H
#define XDNS_SRV_BPF_H

#include "short.bpf.h"

#define SHORT_SRV 2

/* What is gathered before the frame is touched. */
struct srv_answer {
	const struct xdns_srv *srv[SHORT_SRV];
	const struct xdns_record *target[SHORT_SRV];
	__u32 n;	 /* records */
	__u32 addresses; /* how many of the targets have their addresses added */
	__u32 len;	 /* octets of all */
};

static __always_inline int fits_short(const struct xdns_record *t)
{
	return t->name_len >= 8 && t->name_len <= XDNS_NAME_INLINE && t->n_a <= XDNS_A_INLINE &&
	       t->n_aaaa <= XDNS_AAAA_INLINE;
}

/* 0: a short answer. Its order is that of answer.h: rotated by the message ID. */
static __always_inline int gather_srv(const struct xdns_record *r, const struct xdns_question *q,
				      struct srv_answer *a)
{
	const struct xdns_record *t;
	__u32 i;

	a->n = r->n_srv;
	a->len = 0;
	if (a->n == 0 || a->n > SHORT_SRV)
		return -1;
	i = xdns_rotation(q->id, a->n);
	/* of a single record both places are filled: the verifier does not follow how many are */
	for (__u32 k = 0; k < SHORT_SRV; k++) {
		a->srv[k] = xdns_record_srv(0, r, i);
		if (!a->srv[k])
			return -1;
		t = xdns_env_target(0, a->srv[k]->target);
		if (!t || !fits_short(t))
			return -1;
		a->target[k] = t;
		if (k < a->n)
			a->len += XDNS_RR_SRV_FIXED + t->name_len;
		i = xdns_wrap(i + 1, a->n);
	}
	a->addresses = a->n == 2 && a->srv[0]->target == a->srv[1]->target ? 1 : a->n;
	for (__u32 k = 0; k < SHORT_SRV; k++) {
		if (k >= a->addresses)
			break;
		a->len +=
			a->target[k]->n_a * XDNS_RR_A_LEN + a->target[k]->n_aaaa * XDNS_RR_AAAA_LEN;
	}
	return 0;
}

/* Adds the sum of a part that starts `at` octets into the body. */
static __always_inline void add_part(struct reply *reply, __u32 at, __u64 sum)
{
	reply->body_sum += xdns_sum_at(at, sum);
}

/* One SRV record at p, `at` octets into the body; the name's last word overlaps the one before. */
static __always_inline int put_srv(const struct xdns_srv *srv, const struct xdns_record *t, __u8 *p,
				   const void *end, __u32 at, struct reply *reply)
{
	__u32 ttl = config()->ttl, len = xdns_read_once(t->name_len), i;
	__u32 weight = (__u32)xdns_be16(srv->weight) << 16, port = xdns_be16(srv->port);
	__u64 sum, w;

	if ((const void *)(p + XDNS_RR_SRV_FIXED) > end)
		return -1;
	xdns_put_rr(p, XDNS_OWNER_QNAME, DNS_TYPE_SRV, ttl, 6 + len);
	xdns_put32(p + 12, weight); /* priority 0 */
	xdns_put16(p + 16, port);
	sum = xdns_rr_sum(XDNS_OWNER_QNAME, DNS_TYPE_SRV, ttl, 6 + len) + weight + port;
	p += XDNS_RR_SRV_FIXED;
	XDNS_UNROLL
	for (i = 0; i < XDNS_NAME_INLINE / 8; i++) {
		if (i * 8 + 8 > len)
			break;
		if ((const void *)(p + i * 8 + 8) > end)
			return -1;
		w = xdns_get64(t->name + i * 8);
		xdns_put64(p + i * 8, w);
		sum = xdns_sum_add(sum, w);
	}
	len = xdns_read_once(t->name_len); /* anew: the verifier forgets the way through the loop */
	if (len & 7) {
		sum = xdns_sum_add(sum, xdns_get64(t->name + (len & (XDNS_NAME_INLINE - 8))));
		i = (len - 8) & (XDNS_NAME_INLINE - 1);
		p += i;
		if ((const void *)(p + 8) > end)
			return -1;
		xdns_put64(p, xdns_get64(t->name + i));
	}
	add_part(reply, at, sum);
	return 0;
}

/* A target's addresses; the owner points to the target's name in the SRV record. */
static __always_inline int put_addresses(const struct xdns_record *t, __u16 owner, __u8 *p,
					 const void *end, __u32 at, struct reply *reply)
{
	__u64 sum = 0, first = xdns_get64(t->aaaa[0]), second = xdns_get64(t->aaaa[0] + 8);
	__u32 ttl = config()->ttl, n = t->n_a, address;

	for (__u32 i = 0; i < XDNS_A_INLINE; i++, p += XDNS_RR_A_LEN) {
		if (i >= n)
			break;
		if ((const void *)(p + XDNS_RR_A_LEN) > end)
			return -1;
		address = xdns_get32(t->a[i]);
		xdns_put_rr_rest(p, owner, DNS_TYPE_A, ttl, 4, address);
		sum += xdns_rr_sum(owner, DNS_TYPE_A, ttl, 4) + address;
	}
	reply->ar += n;
	if (t->n_aaaa) {
		if ((const void *)(p + XDNS_RR_AAAA_LEN) > end)
			return -1;
		xdns_put_rr(p, owner, DNS_TYPE_AAAA, ttl, 16);
		xdns_put64(p + XDNS_RR_FIXED_LEN, first);
		xdns_put64(p + XDNS_RR_FIXED_LEN + 8, second);
		sum = xdns_sum_add(sum + xdns_rr_sum(owner, DNS_TYPE_AAAA, ttl, 16), first);
		sum = xdns_sum_add(sum, second);
		reply->ar++;
	}
	add_part(reply, at, sum);
	return 0;
}

/* Places in the body are read back from memory: the verifier is to forget how they came about. */
static __always_inline int srv_body(struct xdns_scratch *s, const struct srv_answer *a, void *body,
				    const void *end, struct reply *reply)
{
	__u32 at = 0, owner[SHORT_SRV] = {0};

	for (__u32 k = 0; k < SHORT_SRV; k++) {
		if (k >= a->n)
			break;
		if (put_srv(a->srv[k], a->target[k], body + at, end, at, reply))
			return -1;
		owner[k] = DNS_HEADER_LEN + s->question.len + at + XDNS_RR_SRV_FIXED;
		at += XDNS_RR_SRV_FIXED + a->target[k]->name_len;
		s->answer.pos = at;
		at = xdns_read_once(s->answer.pos) & 0x1ff;
	}
	reply->an = a->n;
	for (__u32 k = 0; k < SHORT_SRV; k++) {
		if (k >= a->addresses)
			break;
		if (put_addresses(a->target[k], DNS_POINTER | owner[k], body + at, end, at, reply))
			return -1;
		at += a->target[k]->n_a * XDNS_RR_A_LEN + a->target[k]->n_aaaa * XDNS_RR_AAAA_LEN;
		s->answer.pos = at;
		at = xdns_read_once(s->answer.pos) & 0x1ff;
	}
	return s->question.opt_len ? short_opt(&s->question, body + at, end, at, reply) : 0;
}

/*
 * answer_srv, drop_write, or XDNS_CONTINUE and the frame is untouched. A global function: the
 * verifier checks it by itself.
 */
__attribute__((noinline)) int answer_short_srv(struct xdp_md *ctx, struct xdns_scratch *s,
					       __u32 limit)
{
	const struct xdns_record *r;
	struct reply reply = {};
	struct srv_answer a;
	enum grown grown;
	void *body;

	if (!s)
		return XDNS_CONTINUE;
	r = bpf_map_lookup_elem(&records, &s->record);
	if (!r || gather_srv(r, &s->question, &a))
		return XDNS_CONTINUE;
	reply.body_len = a.len + s->question.opt_len;
	grown = grow_front(ctx, s, &reply, limit);
	if (grown != GROWN)
		return grown == NOT_GROWN ? XDNS_CONTINUE : XDNS_drop_write;
	body = (void *)(long)ctx->data + body_offset(&s->pkt, &s->question);
	if (srv_body(s, &a, body, (void *)(long)ctx->data_end, &reply))
		return XDNS_drop_write;
	return write_headers(ctx, s, &reply) ? XDNS_drop_write : XDNS_answer_srv;
}

#endif
