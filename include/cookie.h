/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * DNS Cookies, the server's side (RFC 7873), made so that servers of any make that share a secret
 * know each other's (RFC 9018): version, three reserved octets, the time, and SipHash-2-4 of
 * the client's cookie, these eight octets and the client's address.
 */
#ifndef XDNS_COOKIE_H
#define XDNS_COOKIE_H

#include "abi.h"
#include "question.h"

/* RFC 9018 4.3, seconds: how old a cookie may be, how far ahead of us, and when it is renewed. */
#define XDNS_COOKIE_OLD	    3600
#define XDNS_COOKIE_AHEAD   300
#define XDNS_COOKIE_RENEW   1800
#define XDNS_COOKIE_VERSION 1

/* Who asks; the address's octets as on the wire. IPv4: in lo's lower half, the rest is ignored. */
struct xdns_client {
	__u64 hi, lo;
	__u32 is_ip6;
};

#define XDNS_ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))

struct xdns_siphash {
	__u64 a, b, c, d;
};

static __always_inline void xdns_siphash_rounds(struct xdns_siphash *v, __u32 rounds)
{
	for (__u32 i = 0; i < rounds; i++) {
		v->a += v->b;
		v->b = XDNS_ROTATE(v->b, 13) ^ v->a;
		v->a = XDNS_ROTATE(v->a, 32);
		v->c += v->d;
		v->d = XDNS_ROTATE(v->d, 16) ^ v->c;
		v->a += v->d;
		v->d = XDNS_ROTATE(v->d, 21) ^ v->a;
		v->c += v->b;
		v->b = XDNS_ROTATE(v->b, 17) ^ v->c;
		v->c = XDNS_ROTATE(v->c, 32);
	}
}

static __always_inline void xdns_siphash_word(struct xdns_siphash *v, __u64 word)
{
	v->d ^= word;
	xdns_siphash_rounds(v, 2);
	v->a ^= word;
}

/* SipHash-2-4 of whole words and a last one: up to seven octets, and in the top one all's count. */
static __always_inline __u64 xdns_siphash(const __u64 key[2], const __u64 *word, __u32 words,
					  __u64 last)
{
	struct xdns_siphash v = {key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
				 key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};

	for (__u32 i = 0; i < words; i++)
		xdns_siphash_word(&v, word[i]);
	xdns_siphash_word(&v, last);
	v.c ^= 0xff;
	xdns_siphash_rounds(&v, 4);
	return v.a ^ v.b ^ v.c ^ v.d;
}

/* stamp: version, reserved octets and time, as they stand in the cookie. */
static __always_inline __u64 xdns_cookie_hash(const __u64 secret[2], __u64 client, __u64 stamp,
					      const struct xdns_client *who)
{
	__u64 word[4] = {client, stamp, who->hi, who->lo};

	if (who->is_ip6)
		return xdns_siphash(secret, word, 4, 32ULL << 56);
	return xdns_siphash(secret, word, 2, (who->lo & 0xffffffff) | 20ULL << 56);
}

/* Seconds since the cookie was made, by serial arithmetic (RFC 1982): negative, it is ahead. */
static __always_inline __s32 xdns_cookie_age(__u64 stamp, __u32 now)
{
	return (__s32)(now - xdns_be32(stamp >> 32));
}

/* Is a cookie with this stamp one that may still be shown? Whose it is, is not asked. */
static __always_inline int xdns_cookie_current(__u64 stamp, __u32 now)
{
	__s32 age = xdns_cookie_age(stamp, now);

	return (stamp & 0xff) == XDNS_COOKIE_VERSION && age <= XDNS_COOKIE_OLD &&
	       age >= -XDNS_COOKIE_AHEAD;
}

/*
 * The question's COOKIE option becomes the response's: cookie_valid says whether the client has
 * shown a cookie of ours; unless that one is still young it gets a new one (RFC 9018 4.3). now:
 * seconds since 1970. There is at least one secret. The reserved octets of a cookie may be any, of
 * ours they are zero (RFC 9018 4.2).
 */
static __always_inline void xdns_cookie_answer(const struct xdns_cookies *secrets,
					       const struct xdns_client *who, __u32 now,
					       struct xdns_question *q)
{
	__u64 client = q->cookie[0], stamp = q->cookie[1], hash = q->cookie[2];
	__u32 by = XDNS_COOKIE_SECRETS;

	if (xdns_cookie_current(stamp, now)) {
		for (__u32 i = 0; i < XDNS_COOKIE_SECRETS; i++) {
			if (i < secrets->secrets && by == XDNS_COOKIE_SECRETS &&
			    xdns_cookie_hash(secrets->secret[i], client, stamp, who) == hash)
				by = i;
		}
	}
	q->cookie_valid = by < XDNS_COOKIE_SECRETS;
	if (by == 0 && !(stamp & 0xffffff00) && xdns_cookie_age(stamp, now) <= XDNS_COOKIE_RENEW)
		return;
	stamp = XDNS_COOKIE_VERSION | (__u64)xdns_be32(now) << 32;
	q->cookie[1] = stamp;
	q->cookie[2] = xdns_cookie_hash(secrets->secret[0], client, stamp, who);
}

#endif
