/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What follows the question in the answers of the quick way, written straight into the frame: of a
 * length known beforehand, from sets that stand in the record itself, and negatives.
 */
#ifndef XDNS_QUICK_BODY_BPF_H
#define XDNS_QUICK_BODY_BPF_H

#include "quick.bpf.h"

#define QUICK_SOA 96 /* octets of an SOA that is written here */

/* What the answer will be; all but `sum` is known before the frame is touched. */
struct quick_answer {
	__u32 len; /* octets of the body, the OPT's not counted */
	__u16 an, ns, ar;
	__u16 rcode;
	__u64 sum; /* the body's, as if it began at an even octet */
	/* of an SRV set: its records in their order, and their targets; of one alone both are it */
	__u64 srv, srv2; /* each a struct xdns_srv: the verifier would keep its ways apart */
	const struct xdns_record *target, *target2;
};

/* The functions below write a body at p, none of it from end on; -1: no room after all. */

static __always_inline int quick_put_a(const struct xdns_record *r, __u16 id, __u8 *p,
				       const void *end, struct quick_answer *a)
{
	__u32 n = a->an, i = n == 1 ? 0 : xdns_rotation(id, n), ttl = config()->ttl;
	__u64 addresses = 0;

	for (__u32 k = 0; k < XDNS_A_INLINE; k++, p += XDNS_RR_A_LEN) {
		__u32 address = xdns_get32(xdns_inline_a(r, i & (XDNS_A_INLINE - 1)));

		if (k >= n)
			break;
		if ((const void *)(p + XDNS_RR_A_LEN) > end)
			return -1;
		xdns_put_rr_rest(p, XDNS_OWNER_QNAME, DNS_TYPE_A, ttl, 4, address);
		addresses += address;
		i = xdns_wrap(i + 1, n);
	}
	a->sum = addresses + n * xdns_rr_sum(XDNS_OWNER_QNAME, DNS_TYPE_A, ttl, 4);
	return 0;
}

static __always_inline int quick_put_aaaa(const struct xdns_record *r, __u8 *p, const void *end,
					  struct quick_answer *a)
{
	__u64 first = xdns_get64(r->aaaa[0]), second = xdns_get64(r->aaaa[0] + 8);
	__u32 ttl = config()->ttl;

	if ((const void *)(p + XDNS_RR_AAAA_LEN) > end)
		return -1;
	xdns_put_rr(p, XDNS_OWNER_QNAME, DNS_TYPE_AAAA, ttl, 16);
	xdns_put64(p + XDNS_RR_FIXED_LEN, first);
	xdns_put64(p + XDNS_RR_FIXED_LEN + 8, second);
	a->sum = xdns_sum_add(
		xdns_sum_add(xdns_rr_sum(XDNS_OWNER_QNAME, DNS_TYPE_AAAA, ttl, 16), first), second);
	return 0;
}

/* Word by word, the last one overlapping; then what differs from response to response. */
static __always_inline int quick_put_soa(const struct quick *q, __u32 serial, __u8 *p,
					 const void *end, struct quick_answer *a)
{
	const struct xdns_apex_rr *rr = &config()->soa_negative;
	__u16 apex = xdns_apex_pointer(config(), q->len + 4);
	__u32 len = rr->len, at = 0;

	if (len < 8 || len > QUICK_SOA || (const void *)(p + len) > end)
		return -1;
	for (__u32 i = 0; i < QUICK_SOA / 8; i++, at += 8) {
		if (at + 8 > len)
			break;
		xdns_put64(p + at, xdns_get64(rr->bytes + at));
	}
	if (at < len)
		xdns_put64(p + len - 8, xdns_get64(rr->bytes + len - 8));
	/* all places are inside, which the verifier sees: these are constants to it */
	for (__u32 i = 0; i < 3; i++) {
		if (i >= rr->pointers)
			break;
		xdns_put16(p + rr->pointer_at[i], apex);
	}
	serial = xdns_be32(serial);
	xdns_put32(p + rr->serial_at, serial);
	a->sum = rr->sum + (__u64)apex * (rr->pointers - rr->pointers_odd) +
		 (__u64)xdns_sum_odd(apex) * rr->pointers_odd + xdns_sum_at(rr->serial_at, serial);
	return 0;
}

static __always_inline int quick_put_opt(const struct quick *q, __u8 *p, const void *end,
					 struct quick_answer *a)
{
	__u64 word = xdns_opt_word(q->dnssec_ok);

	p += a->len & 0x1ff;
	if ((const void *)(p + DNS_OPT_LEN) > end)
		return -1;
	xdns_put_opt_at(p, word);
	a->sum += xdns_sum_at(a->len, xdns_sum_add(0, word));
	return 0;
}

/* Does the target have its name in the record, one A and no AAAA? Those of other targets are long.
 */
static __always_inline int quick_target(const struct xdns_record *t)
{
	return t && t->name_len <= XDNS_NAME_INLINE && xdns_get32(&t->n_a) == 1;
}

/* Do both records lead to one target, whose address is added once? */
static __always_inline int quick_shared(const struct quick_answer *a)
{
	return a->srv >> 32 == a->srv2 >> 32;
}

/* 0: a set for this way, of one or two records. The order is that of answer.h, by the message ID.
 */
static __always_inline int quick_gather(const struct xdns_record *r, __u16 id,
					struct quick_answer *a)
{
	const struct xdns_srv_set *set;
	__u32 n = r->n_srv;

	if (n > 2)
		return -1;
	a->an = n;
	a->srv = a->srv2 = xdns_get64(&r->srv[0]);
	if (n == 2) {
		set = xdns_env_srv_set(0, r->srv_set);
		if (!set)
			return -1;
		n = xdns_rotation(id, 2) & 1;
		a->srv = xdns_get64(&set->srv[n]);
		a->srv2 = xdns_get64(&set->srv[n ^ 1]);
	}
	a->target = xdns_env_target(0, a->srv >> 32);
	a->target2 = xdns_env_target(0, a->srv2 >> 32);
	if (!quick_target(a->target) || !quick_target(a->target2))
		return -1;
	a->ar = quick_shared(a) ? 1 : 2; /* one record alone is shared too */
	a->len = XDNS_RR_SRV_FIXED + a->target->name_len + a->ar * XDNS_RR_A_LEN;
	if (a->an == 2)
		a->len += XDNS_RR_SRV_FIXED + a->target2->name_len;
	return 0;
}

/* A target's words from the first to before the last, zeros behind its name; their sum. */
static __always_inline __u64 quick_put_target_words(const struct xdns_record *t, __u8 *p,
						    __u32 first, __u32 last)
{
	__u64 sum = 0, w;

	XDNS_UNROLL
	for (__u32 i = first; i < last; i++) {
		w = xdns_get64(t->name + i * 8);
		xdns_put64(p + i * 8, w);
		sum = xdns_sum_add(sum, w);
	}
	return sum;
}

/*
 * A target's name. More is written than it has, and written over by what comes behind it, which has
 * 16 octets at least: if there is no room for 32, the name has no more than 16.
 */
static __always_inline int quick_put_target(const struct xdns_record *t, __u32 len, __u8 *p,
					    const void *end, __u64 *sum)
{
	if ((const void *)(p + 16) > end)
		return -1;
	if ((const void *)(p + 32) > end) {
		*sum += quick_put_target_words(t, p, 0, 2);
		return len > 16 ? -1 : 0;
	}
	*sum += quick_put_target_words(t, p, 0, 4);
	XDNS_UNROLL
	for (__u32 i = 4; i < QUICK_WORDS; i += 2) {
		xdns_opaque(len);
		if (i * 8 >= len)
			break;
		if ((const void *)(p + i * 8 + 16) > end)
			return -1;
		*sum += quick_put_target_words(t, p, i, i + 2);
	}
	return 0;
}

/* One SRV record `at` octets into the body. */
static __always_inline int quick_put_srv(__u64 srv, const struct xdns_record *t, __u8 *p,
					 const void *end, __u32 at, __u64 *sum)
{
	__u32 weight = (__u32)xdns_be16(srv >> 16) << 16, port = xdns_be16(srv);
	__u32 ttl = config()->ttl, len = xdns_read_once(t->name_len);
	__u64 part;

	p += at;
	if ((const void *)(p + XDNS_RR_SRV_FIXED) > end)
		return -1;
	xdns_put_rr(p, XDNS_OWNER_QNAME, DNS_TYPE_SRV, ttl, 6 + len);
	xdns_put32(p + 12, weight); /* priority 0 */
	xdns_put16(p + 16, port);
	part = xdns_rr_sum(XDNS_OWNER_QNAME, DNS_TYPE_SRV, ttl, 6 + len) + weight + port;
	if (quick_put_target(t, len, p + XDNS_RR_SRV_FIXED, end, &part))
		return -1;
	*sum += xdns_sum_at(at, part);
	return 0;
}

/* A target's address; the owner points to the target's name in the SRV record. */
static __always_inline int quick_put_address(const struct xdns_record *t, __u16 owner, __u8 *p,
					     const void *end, __u32 at, __u64 *sum)
{
	__u32 ttl = config()->ttl, address = xdns_get32(t->a[0]);

	p += at;
	if ((const void *)(p + XDNS_RR_A_LEN) > end)
		return -1;
	xdns_put_rr_rest(p, owner, DNS_TYPE_A, ttl, 4, address);
	*sum += xdns_sum_at(at, xdns_rr_sum(owner, DNS_TYPE_A, ttl, 4) + address);
	return 0;
}

/* A place in the body, of which the verifier forgets the lengths that led to it. */
static __always_inline __u32 quick_place(__u32 at, __u64 sum)
{
	xdns_forget(at, sum);
	return at & 0x1ff;
}

static __always_inline int quick_put_srvs(const struct quick *q, __u8 *p, const void *end,
					  struct quick_answer *a)
{
	__u32 owner = DNS_POINTER | (DNS_HEADER_LEN + q->len + 4 + XDNS_RR_SRV_FIXED);
	__u32 second = quick_place(XDNS_RR_SRV_FIXED + a->target->name_len, q->header);
	__u32 at = second;

	a->sum = 0;
	if (quick_put_srv(a->srv, a->target, p, end, 0, &a->sum))
		return -1;
	if (a->an == 2) {
		if (quick_put_srv(a->srv2, a->target2, p, end, at, &a->sum))
			return -1;
		at += XDNS_RR_SRV_FIXED + a->target2->name_len;
	}
	at = quick_place(at, a->sum);
	if (quick_put_address(a->target, owner, p, end, at, &a->sum))
		return -1;
	if (a->ar == 1)
		return 0;
	return quick_put_address(a->target2, owner + second, p, end, at + XDNS_RR_A_LEN, &a->sum);
}

#endif
