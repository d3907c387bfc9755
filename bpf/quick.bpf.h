/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The shortest way, which nearly all questions go: in a frame without VLAN tags, a name of at most
 * 64 octets, no EDNS or an OPT without options. Where the name ends is not looked for but follows
 * from UDP's length: being a record's name, or well-formed to its end, proves it right. Headers
 * stand where the compiler knows (ip6 is a constant everywhere here), and the name
 * is all that is kept.
 *
 * s: the scratch area if the program has more to do than to answer (xdns_extras), else NULL, which
 * the compiler knows, too.
 *
 * XDNS_CONTINUE: the question goes the general way, which begins anew; the frame is untouched.
 * Both ways give the same octets and the same counters (tests/bpf/packet_judge.c asks both).
 */
#ifndef XDNS_QUICK_BPF_H
#define XDNS_QUICK_BPF_H

#include "look_up.bpf.h"

/* The rest of a question that this way may answer. */
#define QUICK_REST(type) (xdns_be16(type) | (__u32)xdns_be16(DNS_CLASS_IN) << 16)

/*
 * Reads a name of `words` words, a constant, into word[], zeros behind it, one word at least. The
 * last word is loaded so that it ends with the name; there is always a header in front.
 */
static __always_inline int quick_words(const __u8 *p, const __u8 *behind, const void *end,
				       __u32 words, struct quick *q, __u64 *word)
{
	const struct xdns_config *cfg = config();
	__u64 w, sum = 0, hash = 0;

	if ((const void *)(p + 8 * (words - 1)) > end)
		return -1;
	XDNS_UNROLL
	for (__u32 i = 0; i < words; i++) {
		w = i < words - 1 ? xdns_get64(p + i * 8)
				  : xdns_get64(behind - 8) >> ((-q->len & 7) * 8);
		word[i] = w;
		sum = xdns_sum_add(sum, w);
		hash += xdns_hash_word(xdns_hash_fold(w), cfg->hash_key[i]);
	}
	XDNS_UNROLL
	for (__u32 i = words; i <= QUICK_WORDS; i++)
		word[i] = 0;
	q->sum = sum;
	q->hash = xdns_hash_finish(hash);
	return 0;
}

static __always_inline int quick_name(const __u8 *p, const __u8 *behind, const void *end,
				      struct quick *q, __u64 *word)
{
	switch ((q->len + 7) / 8) {
	case 0:
		return -1;
	case 1:
		return quick_words(p, behind, end, 1, q, word);
	case 2:
		return quick_words(p, behind, end, 2, q, word);
	case 3:
		return quick_words(p, behind, end, 3, q, word);
	case 4:
		return quick_words(p, behind, end, 4, q, word);
	case 5:
		return quick_words(p, behind, end, 5, q, word);
	case 6:
		return quick_words(p, behind, end, 6, q, word);
	case 7:
		return quick_words(p, behind, end, 7, q, word);
	default:
		return quick_words(p, behind, end, 8, q, word);
	}
}

/* Is an OPT of version 0 without options at p, and nothing behind it? (RFC 6891 6.1.2) */
static __always_inline int quick_opt(const __u8 *p, const void *end, struct quick *q)
{
	__u64 first;

	if ((const void *)(p + DNS_OPT_LEN) > end)
		return 0;
	first = xdns_get64(p);
	q->dnssec_ok = first >> 63;
	return (first & 0x00ff000000ffffffULL) == (__u64)xdns_be16(DNS_TYPE_OPT) << 8 &&
	       !xdns_get16(p + 9);
}

/* The message of len octets at p, which are there. 0: it is of this shape, *q and word[] are set.
 */
static __always_inline int quick_question(const __u8 *p, const void *end, __u32 len,
					  struct quick *q, __u64 *word)
{
	const __u8 *behind;
	__u32 counts;
	__u64 at;

	if ((const void *)(p + DNS_HEADER_LEN) > end)
		return -1;
	q->header = xdns_get64(p);
	counts = xdns_get32(p + 8);
	if ((q->header & XDNS_QUERY_MASK) != XDNS_QUERY_WORD)
		return -1;
	q->opt_len = 0;
	q->dnssec_ok = 0;
	if (counts) {
		if (counts != (__u32)xdns_be16(1) << 16)
			return -1;
		q->opt_len = DNS_OPT_LEN;
	}
	len -= DNS_HEADER_LEN + 4 + q->opt_len;
	if (len > XDNS_NAME_INLINE)
		return -1;
	at = len;
	xdns_opaque(at); /* Linux 6.1 knows the bound of no other copy */
	p += DNS_HEADER_LEN;
	behind = p + at;
	q->len = at;
	if ((const void *)(behind + 4) > end)
		return -1;
	q->rest = xdns_get32(behind);
	if (q->rest != QUICK_REST(DNS_TYPE_A) && q->rest != QUICK_REST(DNS_TYPE_AAAA) &&
	    q->rest != QUICK_REST(DNS_TYPE_SRV))
		return -1;
	if (q->opt_len && !quick_opt(behind + 4, end, q))
		return -1;
	if (quick_name(p, behind, end, q, word))
		return -1;
	/* from here on all lengths are one to the verifier, which would follow each by itself */
	xdns_forget(q->len, q->header);
	q->len &= 0x7f;
	return 0;
}

/*
 * Both end in zeros, so more may be compared than the name has: what is in the record's first cache
 * line at once. Lengths differ from question to question; a branch on one is often mispredicted.
 */
static __always_inline int quick_is(const struct xdns_record *r, const struct quick *q,
				    const __u64 *word)
{
	if (r->name_len != q->len)
		return 0;
	XDNS_UNROLL
	for (__u32 i = 0; i < QUICK_WORDS; i++) {
		if (i * 8 == XDNS_NAME_LINE && q->len <= XDNS_NAME_LINE)
			break;
		if (xdns_get64(r->name + i * 8) != word[i])
			return 0;
	}
	return 1;
}

/* Of a name that was not asked in lower case, as most are. */
static __attribute__((noinline)) int quick_is_folded(const struct xdns_record *r, const __u64 *word,
						     __u32 len)
{
	if (r->name_len != len)
		return 0;
	for (__u32 i = 0; i < QUICK_WORDS; i++) {
		if (i * 8 >= len)
			break;
		if (xdns_get64(r->name + i * 8) != xdns_fold(word[i]))
			return 0;
	}
	return 1;
}

/*
 * Is the name's first zero octet its last, which is where the general way would have it end, and is
 * there no '*', which userspace removes?
 */
static __always_inline int quick_is_plain(const struct quick *q, const __u64 *word)
{
	__u64 zeros = 0, stars = 0;
	__u32 i;

	XDNS_UNROLL
	for (i = 0; i < QUICK_WORDS; i++) {
		stars |= xdns_zeros(word[i] ^ XDNS_BYTES('*'));
		zeros = xdns_zeros(word[i]);
		if (zeros)
			break;
	}
	return !stars && i * 8 + xdns_marker_octet(zeros & -zeros) + 1 == q->len;
}

/* The name is in no index: does it not exist, or is it none of ours? */
static __always_inline enum xdns_counter quick_miss(const struct xdns_state *st,
						    struct xdns_scratch *s, const struct quick *q,
						    const __u64 *word, __u32 before)
{
	const struct xdns_config *cfg = config();
	__u64 root = 0;

	if (!quick_is_plain(q, word))
		return XDNS_CONTINUE;
	switch (xdns_walk_name(word, q->len, XDNS_NAME_INLINE - 1, cfg->domain, cfg->domain_len)) {
	case XDNS_WALK_INSIDE:
		return believe(s, st, before, XDNS_answer_nxdomain);
	case XDNS_WALK_OUTSIDE: /* only a walk to its end proves that it is well-formed */
		return xdns_walk_name(word, q->len, XDNS_NAME_INLINE - 1, (const __u8 *)&root, 1) ==
				       XDNS_WALK_INSIDE
			       ? XDNS_pass_outside
			       : XDNS_CONTINUE;
	default:
		return XDNS_CONTINUE;
	}
}

/* The record of the question's name, or NULL and what comes of that. */
static __always_inline const struct xdns_record *quick_look_up(const struct xdns_state *st,
							       struct xdns_scratch *s,
							       const struct quick *q,
							       const __u64 *word,
							       enum xdns_counter *ret_miss)
{
	__u32 before = xdns_read_once(st->changes), i = 0;
	const struct xdns_record *r;
	enum xdns_front_result found;

	*ret_miss = XDNS_CONTINUE;
	load_fence(s);
	found = xdns_front_find(0, q->hash, xdns_front_buckets, &i);
	if (found == XDNS_FRONT_ABSENT && xdns_read_once(st->front_complete))
		*ret_miss = quick_miss(st, s, q, word, before);
	if (found != XDNS_FRONT_FOUND || i == XDNS_REF_COLLISION)
		return 0;
	ask_memory(q->hash, q->len);
	r = bpf_map_lookup_elem(&records, &i);
	if (!r || (!quick_is(r, q, word) && !quick_is_folded(r, word, q->len)))
		return 0;
	return r;
}

#endif
