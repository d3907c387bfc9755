/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Names on the wire (RFC 1035 3.1): scanned, hashed and folded to lower case (RFC 4343)
 * eight octets at a time. The same function makes the hash that
 * userspace stores and the one the XDP program looks up.
 *
 * A scan only looks for the first zero octet. That is enough for a hit, since equality
 * with a stored name proves the structure; before a miss may be called one,
 * xdns_qname_walk() checks the labels.
 */
#ifndef XDNS_DNAME_H
#define XDNS_DNAME_H

#include "abi.h"
#include "csum.h"

#define XDNS_BYTES(x) (0x0101010101010101ULL * (x))

struct xdns_qname {
	__u64 word[XDNS_HASH_WORDS]; /* octets behind the name are 0 in its last word */
	__u64 spare;		     /* lets an unaligned word start at any octet */
	__u64 hash;
	__u16 len; /* octets, the root's included; 1..255 */
};

/* ASCII capitals to lower case in each octet; length octets (<= 63) are below 'A'. */
static __always_inline __u64 xdns_fold(__u64 w)
{
	__u64 low = w & XDNS_BYTES(0x7f);
	__u64 above_z = low + XDNS_BYTES(0x7f - 'Z');
	__u64 from_a = low + XDNS_BYTES(0x80 - 'A');

	return w | ((((from_a ^ above_z) & ~w) & XDNS_BYTES(0x80)) >> 2);
}

/*
 * What the hash is made of: equal for names that differ in case only. From 0x40 on it forgets the
 * bit that tells capitals, which no two names of a zone differ in: their other octets from there
 * on are '_' and small letters.
 */
static __always_inline __u64 xdns_hash_fold(__u64 w)
{
	return w | (w & XDNS_BYTES(0x40)) >> 1;
}

/*
 * One word's part of the hash: a keyed mix, times a key of the word's place,
 * so that parts are independent and add up. key[1] is odd.
 */
static __always_inline __u64 xdns_hash_word(__u64 w, const __u64 key[2])
{
	__u64 t = (w ^ key[0]) * 0x9e3779b97f4a7c15ULL;

	return (t ^ (t >> 32)) * key[1];
}

static __always_inline __u64 xdns_hash_finish(__u64 h)
{
	return h ^ (h >> 32);
}

/* Bit 8k+7 for the first zero octet k, maybe for later octets, too; 0 if there is none. */
static __always_inline __u64 xdns_zeros(__u64 w)
{
	return (w - XDNS_BYTES(1)) & ~w & XDNS_BYTES(0x80);
}

/* Only the first octet's: the marker. */
static __always_inline __u64 xdns_first_zero(__u64 w)
{
	__u64 zeros = xdns_zeros(w);

	return zeros & -zeros;
}

/* k of the marker 1 << (8k+7): the product brings octet 7-k of the constant to the top. */
static __always_inline __u32 xdns_marker_octet(__u64 marker)
{
	return (((marker >> 7) * 0x0001020304050607ULL) >> 56) & 7;
}

/* Up to eight octets from p, none from end on. */
static __always_inline __u64 xdns_load_tail(const __u8 *p, const void *end)
{
	__u64 w = 0;
	__u32 shift = 0;

	if ((const void *)(p + 4) <= end) {
		w = xdns_get32(p);
		p += 4;
		shift = 32;
	}
	if ((const void *)(p + 2) <= end) {
		w |= (__u64)xdns_get16(p) << shift;
		p += 2;
		shift += 16;
	}
	if ((const void *)(p + 1) <= end)
		w |= (__u64)*p << shift;
	return w;
}

/* Of a name that was read, in whatever case. */
static __always_inline __u64 xdns_qname_hash(const struct xdns_qname *q, const __u64 (*key)[2])
{
	__u32 len = xdns_read_once(q->len);
	__u64 hash = 0;

	XDNS_UNROLL
	for (__u32 i = 0; i < XDNS_HASH_WORDS; i++) {
		xdns_opaque(len); /* else clang makes one condition of both, and no unrolled loop */
		if (i * 8 >= len)
			break;
		hash += xdns_hash_word(xdns_hash_fold(q->word[i]), key[i]);
	}
	return xdns_hash_finish(hash);
}

/*
 * Reads the name at p, none of it from end on. Returns 0, or -1 if there is no
 * zero octet among the first 255; q->len is set last. A name without its root before the
 * end may come out one octet longer than what is there: the caller compares. Words are as
 * asked: most clients ask in lower case, and folding costs more than the rest. The hash is left to
 * xdns_qname_hash(): in one loop there would be more at hand than BPF has registers.
 */
static __always_inline int xdns_qname_scan(const __u8 *p, const void *end, struct xdns_qname *q)
{
	__u64 w = 0, marker = 0;
	__u32 i;

	XDNS_UNROLL
	for (i = 0; i < XDNS_HASH_WORDS; i++) {
		if ((const void *)(p + i * 8 + 8) > end)
			break;
		w = xdns_get64(p + i * 8);
		marker = xdns_zeros(w);
		if (marker)
			break;
		q->word[i] = w;
	}
	/* through memory, where the verifier forgets it: else it would follow each length by itself
	 */
	q->len = i;
	i = xdns_read_once(q->len);
	if (i >= XDNS_HASH_WORDS)
		return -1;
	if (!marker) { /* the message ends within this word */
		w = xdns_load_tail(p + i * 8, end);
		marker = xdns_zeros(w);
		if (!marker)
			return -1;
	}
	marker &= -marker;
	q->word[i] = w & ((marker << 1) - 1);
	i = i * 8 + xdns_marker_octet(marker) + 1;
	if (i > DNS_NAME_MAX)
		return -1;
	q->len = i;
	return 0;
}

/* To lower case; may be in place. The hash is not copied. */
static __always_inline void xdns_qname_fold(const struct xdns_qname *q, struct xdns_qname *ret)
{
	__u32 len = q->len;

	ret->len = len;
	for (__u32 i = 0; i < XDNS_HASH_WORDS; i++) {
		if (i * 8 >= len)
			break;
		ret->word[i] = xdns_fold(q->word[i]);
	}
}

/* The octets' part of a checksum, from an even octet on. */
static __always_inline __u64 xdns_qname_sum(const struct xdns_qname *q)
{
	__u32 len = q->len;
	__u64 sum = 0;

	for (__u32 i = 0; i < XDNS_HASH_WORDS; i++) {
		if (i * 8 >= len)
			break;
		sum = xdns_sum_add(sum, q->word[i]);
	}
	return sum;
}

/* All three. */
static __always_inline int xdns_qname_read(const __u8 *p, const void *end, const __u64 (*key)[2],
					   struct xdns_qname *q)
{
	if (xdns_qname_scan(p, end, q))
		return -1;
	q->hash = xdns_qname_hash(q, key);
	xdns_qname_fold(q, q);
	return 0;
}

/* What the label structure of a scanned name says about it. */
enum xdns_walk { XDNS_WALK_BAD, XDNS_WALK_OUTSIDE, XDNS_WALK_INSIDE };

/* Eight octets from the one at `at` on, of aligned words: BPF's stack wants them so. */
static __always_inline __u64 xdns_word_at(const __u64 *word, __u32 at)
{
	__u32 shift = (at & 7) * 8;

	word += at >> 3;
	return word[0] >> shift | word[1] << 1 << (63 - shift);
}

/*
 * Walks the labels of a name of len octets, in whatever case, up to where the domain would begin.
 * INSIDE: the name is at or below the domain, and well-formed to its end, as the domain is. BAD: a
 * label over 63 octets, or the root too early. OUTSIDE may be malformed, too. mask: of an octet's
 * place in the words, which go on for one more. Behind the domain seven octets must be readable.
 */
static __always_inline enum xdns_walk xdns_walk_name(const __u64 *word, __u32 len, __u32 mask,
						     const __u8 *domain, __u32 domain_len)
{
	const __u8 *octet = (const __u8 *)word;
	__u32 at = 0, cut, label;

	if (len < domain_len)
		return XDNS_WALK_OUTSIDE;
	cut = len - domain_len;
	for (int i = 0; i < 128 && at < cut; i++) {
		label = octet[at & mask];
		if (label == 0 || label > DNS_LABEL_MAX)
			return XDNS_WALK_BAD;
		at += label + 1;
	}
	if (at != cut)
		return XDNS_WALK_OUTSIDE;
	/* a word at a time; what the last has too much is shifted out */
	for (__u32 i = 0; i < DNS_NAME_MAX && i < domain_len; i += 8) {
		__u64 w = xdns_fold(xdns_word_at(word, (cut + i) & mask));
		__u64 differs = w ^ xdns_get64(domain + i);

		if (domain_len - i < 8)
			differs <<= (8 - (domain_len - i)) * 8;
		if (differs)
			return XDNS_WALK_OUTSIDE;
	}
	return XDNS_WALK_INSIDE;
}

static __always_inline enum xdns_walk xdns_qname_walk(const struct xdns_qname *q,
						      const __u8 *domain, __u32 domain_len)
{
	return xdns_walk_name(q->word, q->len, 0xff, domain, domain_len);
}

/* Does the name hold a '*' anywhere? (Mesos-DNS removes ".*" before it looks up.) */
static __always_inline int xdns_qname_has_star(const struct xdns_qname *q)
{
	__u32 len = xdns_read_once(q->len);

	for (__u32 i = 0; i < XDNS_HASH_WORDS; i++) {
		if (i * 8 >= len)
			break;
		if (xdns_first_zero(q->word[i] ^ XDNS_BYTES('*')))
			return 1;
	}
	return 0;
}

/*
 * Is the record of this very name? A hash finds, only this decides. tail: the record's
 * element of `name_tails`, NULL if the name fits the record.
 */
static __always_inline int xdns_record_is(const struct xdns_record *r,
					  const struct xdns_name_tail *tail,
					  const struct xdns_qname *q)
{
	__u32 len = q->len, i;

	if (r->name_len != len)
		return 0;
	XDNS_UNROLL
	for (i = 0; i < XDNS_NAME_INLINE / 8; i++) {
		if (i * 8 >= len)
			return 1;
		if (xdns_get64(r->name + i * 8) != q->word[i])
			return 0;
	}
	if (len <= XDNS_NAME_INLINE)
		return 1;
	if (!tail)
		return 0;
	for (; i < XDNS_HASH_WORDS; i++) {
		if (i * 8 >= len)
			break;
		if (xdns_get64(tail->name + (i * 8 - XDNS_NAME_INLINE)) != q->word[i])
			return 0;
	}
	return 1;
}

#endif
