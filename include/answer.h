/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From a record and a question to the octets that follow the echoed question:
 * answer, authority, additional section and OPT, written into a buffer of the caller's.
 * The XDP program and the userspace responder run this very code; they differ in how a
 * record's sets are reached, so whoever includes this file first defines
 *
 *   const struct xdns_a_set *xdns_env_a_set(const void *env, __u32 i);
 *   const struct xdns_aaaa_set *xdns_env_aaaa_set(const void *env, __u32 i);
 *   const struct xdns_srv_set *xdns_env_srv_set(const void *env, __u32 i);
 *   const struct xdns_record *xdns_env_target(const void *env, __u32 target);
 *   const struct xdns_name_tail *xdns_env_name_tail(const void *env, __u32 i);
 *
 * each NULL for "not there". `cap` is the buffer's size, a constant in BPF.
 *
 * A set is sent from a start that the message ID picks: clients spread over the
 * set, and the same query always gets the same answer.
 */
#ifndef XDNS_ANSWER_H
#define XDNS_ANSWER_H

#include "csum.h"
#include "question.h"

#define XDNS_RR_A_LEN	  16
#define XDNS_RR_AAAA_LEN  28
#define XDNS_RR_FIXED_LEN 12 /* owner pointer, type, class, TTL, RDLENGTH */
#define XDNS_RR_SRV_FIXED 18 /* up to the target */
#define XDNS_OWNER_QNAME  (DNS_POINTER | DNS_HEADER_LEN)

struct xdns_answer {
	__u32 len;  /* octets written */
	__u32 room; /* octets there may be, the OPT's not counted */
	__u16 an, ns, ar;
	__u8 rcode;
	__u8 cut; /* the answer section is not whole */
	/* SRV only */
	__u32 start;	    /* index of the first record sent */
	__u32 pos;	    /* of the next target's owner in the additional section */
	__u32 first_target; /* of the answer section */
	__u32 prev_target;
};

/* limit: octets of the whole message. */
static __always_inline void xdns_answer_init(struct xdns_answer *a, const struct xdns_question *q,
					     __u32 limit)
{
	__u32 fixed = DNS_HEADER_LEN + q->len + q->opt_len;

	__builtin_memset(a, 0, sizeof(*a));
	a->room = limit > fixed ? limit - fixed : 0;
}

/* Takes n octets; -1 if they do not fit, else their offset in the buffer. */
static __always_inline int xdns_answer_take(struct xdns_answer *a, __u32 n, __u32 cap)
{
	__u32 at = xdns_read_once(a->len);

	if (at > cap - n || at + n > a->room)
		return -1;
	a->len = at + n;
	return at;
}

/*
 * Owner, type, class, TTL, RDLENGTH and the first four octets of data: 16 octets in two words,
 * since they are read back as words (a load that spans two young stores waits for both).
 */
static __always_inline void xdns_put_rr_rest(__u8 *p, __u16 owner, __u16 type, __u32 ttl,
					     __u16 rdlen, __u32 data)
{
	xdns_put64(p, xdns_be16(owner) | (__u64)xdns_be16(type) << 16 |
			      (__u64)xdns_be16(DNS_CLASS_IN) << 32 | (__u64)ttl << 48);
	xdns_put64(p + 8, ttl >> 16 | (__u64)xdns_be16(rdlen) << 16 | (__u64)data << 32);
}

/* The sum of these, the four octets of data not counted. */
static __always_inline __u64 xdns_rr_sum(__u16 owner, __u16 type, __u32 ttl, __u16 rdlen)
{
	return xdns_be16(owner) + xdns_be16(type) + xdns_be16(DNS_CLASS_IN) + (__u64)ttl +
	       xdns_be16(rdlen);
}

/* Only the first 12 of them. */
static __always_inline void xdns_put_rr(__u8 *p, __u16 owner, __u16 type, __u32 ttl, __u16 rdlen)
{
	xdns_put64(p, xdns_be16(owner) | (__u64)xdns_be16(type) << 16 |
			      (__u64)xdns_be16(DNS_CLASS_IN) << 32 | (__u64)ttl << 48);
	xdns_put32(p + 8, ttl >> 16 | (__u32)xdns_be16(rdlen) << 16);
}

/*
 * The i-th address of the record, NULL if its set is not there. A compiler that knows how large i
 * can be takes the mask of an index away, which the verifier needs: it does not know.
 */
static __always_inline const __u8 *xdns_record_a(const void *env, const struct xdns_record *r,
						 __u32 i)
{
	const struct xdns_a_set *set;

	if (r->n_a <= XDNS_A_INLINE)
		return xdns_inline_a(r, i & (XDNS_A_INLINE - 1));
	set = xdns_env_a_set(env, r->a_set + i / XDNS_A_PER_SET);
	if (!set)
		return 0;
	xdns_opaque(set);
	xdns_opaque(i);
	return set->a[i & (XDNS_A_PER_SET - 1)];
}

static __always_inline const __u8 *xdns_record_aaaa(const void *env, const struct xdns_record *r,
						    __u32 i)
{
	const struct xdns_aaaa_set *set;

	if (r->n_aaaa <= XDNS_AAAA_INLINE)
		return r->aaaa[0];
	set = xdns_env_aaaa_set(env, r->aaaa_set + i / XDNS_AAAA_PER_SET);
	if (!set)
		return 0;
	xdns_opaque(set);
	xdns_opaque(i);
	return set->aaaa[i & (XDNS_AAAA_PER_SET - 1)];
}

static __always_inline const struct xdns_srv *xdns_record_srv(const void *env,
							      const struct xdns_record *r, __u32 i)
{
	const struct xdns_srv_set *set;

	if (r->n_srv <= XDNS_SRV_INLINE)
		return &r->srv[0];
	set = xdns_env_srv_set(env, r->srv_set + i / XDNS_SRV_PER_SET);
	if (!set)
		return 0;
	xdns_opaque(set);
	xdns_opaque(i);
	return &set->srv[i & (XDNS_SRV_PER_SET - 1)];
}

/* Where in a set of n records an answer to this message ID starts. */
static __always_inline __u32 xdns_rotation(__u16 id, __u32 n)
{
	return (xdns_be16(id) * n) >> 16;
}

static __always_inline __u32 xdns_wrap(__u32 i, __u32 n)
{
	return i >= n ? i - n : i;
}

/* One address of the set; -1 if there is no room. */
static __always_inline int xdns_put_a(struct xdns_answer *a, const __u8 *addr, __u16 owner,
				      __u32 ttl, __u8 *buf, __u32 cap)
{
	int at = xdns_answer_take(a, XDNS_RR_A_LEN, cap);

	if (at < 0)
		return -1;
	xdns_put_rr_rest(buf + at, owner, DNS_TYPE_A, ttl, 4, xdns_get32(addr));
	return 0;
}

static __always_inline int xdns_put_aaaa(struct xdns_answer *a, const __u8 *addr, __u16 owner,
					 __u32 ttl, __u8 *buf, __u32 cap)
{
	int at = xdns_answer_take(a, XDNS_RR_AAAA_LEN, cap);

	if (at < 0)
		return -1;
	xdns_put_rr_rest(buf + at, owner, DNS_TYPE_AAAA, ttl, 16, xdns_get32(addr));
	xdns_put64(buf + at + 16, xdns_get64(addr + 4));
	xdns_put32(buf + at + 24, xdns_get32(addr + 12));
	return 0;
}

/* The A set of n records, as much of it as fits. -1: a part of the set is not there. */
static __always_inline int xdns_answer_a(const void *env, const struct xdns_record *r, __u32 n,
					 const struct xdns_question *q, __u32 ttl,
					 struct xdns_answer *a, __u8 *buf, __u32 cap)
{
	__u32 start = xdns_rotation(q->id, n);

	for (__u32 k = 0; k <= cap / XDNS_RR_A_LEN; k++) {
		const __u8 *addr;

		if (k >= n)
			break;
		addr = xdns_record_a(env, r, xdns_wrap(start + k, n));
		if (!addr)
			return -1;
		if (xdns_put_a(a, addr, XDNS_OWNER_QNAME, ttl, buf, cap)) {
			a->cut = 1;
			break;
		}
		a->an++;
	}
	return 0;
}

static __always_inline int xdns_answer_aaaa(const void *env, const struct xdns_record *r, __u32 n,
					    const struct xdns_question *q, __u32 ttl,
					    struct xdns_answer *a, __u8 *buf, __u32 cap)
{
	__u32 start = xdns_rotation(q->id, n);

	for (__u32 k = 0; k <= cap / XDNS_RR_AAAA_LEN; k++) {
		const __u8 *addr;

		if (k >= n)
			break;
		addr = xdns_record_aaaa(env, r, xdns_wrap(start + k, n));
		if (!addr)
			return -1;
		if (xdns_put_aaaa(a, addr, XDNS_OWNER_QNAME, ttl, buf, cap)) {
			a->cut = 1;
			break;
		}
		a->an++;
	}
	return 0;
}

/* Copies a record's wire name; the buffer has room for 256 octets from p on. */
static __always_inline int xdns_put_name(const void *env, const struct xdns_record *r, __u8 *p)
{
	const struct xdns_name_tail *tail;
	__u32 i;

	for (i = 0; i < XDNS_NAME_INLINE / 8; i++) {
		if (i * 8 >= r->name_len)
			return 0;
		xdns_put64(p + i * 8, xdns_get64(r->name + i * 8));
	}
	if (r->name_len <= XDNS_NAME_INLINE)
		return 0;
	tail = xdns_env_name_tail(env, r->name_tail);
	if (!tail)
		return -1;
	for (; i < XDNS_HASH_WORDS; i++) {
		if (i * 8 >= r->name_len)
			break;
		xdns_put64(p + i * 8, xdns_get64(tail->name + (i * 8 - XDNS_NAME_INLINE)));
	}
	return 0;
}

/* What a step over an SRV set found. */
enum xdns_step { XDNS_STEP_DONE, XDNS_STEP_FULL, XDNS_STEP_MISSING };

/* Prepares the steps below. */
static __always_inline void xdns_srv_begin(const struct xdns_record *r,
					   const struct xdns_question *q, struct xdns_answer *a)
{
	a->start = xdns_rotation(q->id, r->n_srv);
	a->pos = 0;
}

/*
 * Writes the k-th SRV record of the answer. Targets are not compressed (RFC 2782).
 * 256 octets behind the record's fixed part must be writable, whatever is left of the room.
 */
static __always_inline enum xdns_step xdns_srv_step(const void *env, const struct xdns_record *r,
						    __u32 k, __u32 ttl, struct xdns_answer *a,
						    __u8 *buf, __u32 cap)
{
	__u32 n = r->n_srv, at = xdns_read_once(a->len), target_len;
	const struct xdns_srv *srv = xdns_record_srv(env, r, xdns_wrap(a->start + k, n));
	const struct xdns_record *target;
	__u8 *p;

	if (!srv)
		return XDNS_STEP_MISSING;
	target = xdns_env_target(env, srv->target);
	if (!target)
		return XDNS_STEP_MISSING;
	target_len = target->name_len;
	if (at > cap - XDNS_RR_SRV_FIXED - 256 || at + XDNS_RR_SRV_FIXED + target_len > a->room) {
		a->cut = 1;
		return XDNS_STEP_FULL;
	}
	p = buf + at;
	xdns_opaque(p); /* else clang keeps `at` aside as it was before it was compared */
	xdns_put_rr(p, XDNS_OWNER_QNAME, DNS_TYPE_SRV, ttl, 6 + target_len);
	xdns_put32(p + 12, (__u32)xdns_be16(srv->weight) << 16); /* priority 0 */
	xdns_put16(p + 16, xdns_be16(srv->port));
	if (xdns_put_name(env, target, p + XDNS_RR_SRV_FIXED))
		return XDNS_STEP_MISSING;
	a->len = at + XDNS_RR_SRV_FIXED + target_len;
	a->an++;
	return XDNS_STEP_DONE;
}

/*
 * Where the additional section's next owner points: the target inside the
 * SRV record (RFC 1035 4.1.4). 0 if that is beyond what a pointer reaches (TCP).
 */
static __always_inline __u16 xdns_extra_owner(const struct xdns_answer *a,
					      const struct xdns_question *q)
{
	__u32 at = DNS_HEADER_LEN + q->len + a->pos + XDNS_RR_SRV_FIXED;

	return at <= DNS_POINTER_MAX ? DNS_POINTER | at : 0;
}

/* All addresses of one target: a whole RRset or nothing of it (RFC 2181 9). */
static __always_inline enum xdns_step xdns_extra_target(const void *env,
							const struct xdns_record *t, __u16 owner,
							__u32 ttl, struct xdns_answer *a, __u8 *buf,
							__u32 cap)
{
	const __u8 *addr;

	if (a->len + (__u32)t->n_a * XDNS_RR_A_LEN > a->room)
		return XDNS_STEP_FULL;
	for (__u32 i = 0; i <= cap / XDNS_RR_A_LEN && i < t->n_a; i++) {
		addr = xdns_record_a(env, t, i);
		if (!addr)
			return XDNS_STEP_MISSING;
		if (xdns_put_a(a, addr, owner, ttl, buf, cap))
			return XDNS_STEP_FULL;
		a->ar++;
	}
	if (a->len + (__u32)t->n_aaaa * XDNS_RR_AAAA_LEN > a->room)
		return XDNS_STEP_FULL;
	for (__u32 i = 0; i <= cap / XDNS_RR_AAAA_LEN && i < t->n_aaaa; i++) {
		addr = xdns_record_aaaa(env, t, i);
		if (!addr)
			return XDNS_STEP_MISSING;
		if (xdns_put_aaaa(a, addr, owner, ttl, buf, cap))
			return XDNS_STEP_FULL;
		a->ar++;
	}
	return XDNS_STEP_DONE;
}

/*
 * Adds the addresses of the k-th SRV record's target, once for each target. The set is
 * sorted by target, so equal ones are neighbours or first and last of the rotation.
 */
static __always_inline enum xdns_step xdns_extra_step(const void *env, const struct xdns_record *r,
						      const struct xdns_question *q, __u32 k,
						      __u32 ttl, struct xdns_answer *a, __u8 *buf,
						      __u32 cap)
{
	__u32 n = r->n_srv, id;
	const struct xdns_srv *srv = xdns_record_srv(env, r, xdns_wrap(a->start + k, n));
	const struct xdns_record *target;
	enum xdns_step step = XDNS_STEP_DONE;
	__u16 owner;

	if (!srv)
		return XDNS_STEP_MISSING;
	id = srv->target;
	target = xdns_env_target(env, id);
	if (!target)
		return XDNS_STEP_MISSING;
	if (k == 0)
		a->first_target = id;
	owner = xdns_extra_owner(a, q);
	if (!owner)
		return XDNS_STEP_FULL;
	if (k == 0 || (id != a->prev_target && id != a->first_target))
		step = xdns_extra_target(env, target, owner, ttl, a, buf, cap);
	a->prev_target = id;
	a->pos += XDNS_RR_SRV_FIXED + target->name_len;
	return step;
}

/* The pointer to the apex behind this question, network order. */
static __always_inline __u16 xdns_apex_pointer(const struct xdns_config *cfg, __u32 question_len)
{
	/* the domain ends the question's name; type and class follow */
	return xdns_be16(DNS_POINTER | (DNS_HEADER_LEN + question_len - 4 - cfg->domain_len));
}

/*
 * A ready-made RR of the apex (SOA): copied, its pointers set to where the apex stands behind
 * this question, the serial put in. -1 if it does not fit.
 */
static __always_inline int xdns_put_apex_rr(const struct xdns_config *cfg,
					    const struct xdns_apex_rr *rr,
					    const struct xdns_question *q, __u32 serial,
					    struct xdns_answer *a, __u8 *buf, __u32 cap)
{
	__u16 apex = xdns_apex_pointer(cfg, q->len);
	__u32 at = xdns_read_once(a->len), len = rr->len;

	if (at > cap - XDNS_SOA_MAX || len > XDNS_SOA_MAX || at + len > a->room)
		return -1;
	for (__u32 i = 0; i < XDNS_SOA_MAX / 8; i++) {
		if (i * 8 >= len)
			break;
		xdns_put64(buf + at + i * 8, xdns_get64(rr->bytes + i * 8));
	}
	for (__u32 i = 0; i < 3; i++) {
		if (i < rr->pointers && rr->pointer_at[i] < XDNS_SOA_MAX - 2)
			xdns_put16(buf + at + rr->pointer_at[i], apex);
	}
	if (rr->serial_at < XDNS_SOA_MAX - 4)
		xdns_put32(buf + at + rr->serial_at, xdns_be32(serial));
	a->len = at + len;
	return 0;
}

/* NODATA or NXDOMAIN: the SOA in the authority section (RFC 2308 2, 3). -1: no room. */
static __always_inline int xdns_answer_negative(const struct xdns_config *cfg,
						const struct xdns_question *q, __u8 rcode,
						__u32 serial, struct xdns_answer *a, __u8 *buf,
						__u32 cap)
{
	if (xdns_put_apex_rr(cfg, &cfg->soa_negative, q, serial, a, buf, cap))
		return -1;
	a->rcode = rcode;
	a->ns = 1;
	return 0;
}

/*
 * The first eight octets of the OPT that a query with OPT gets (RFC 6891 6.1.1, 7); the other
 * three are zero: root, type, our size, flags.
 */
static __always_inline __u64 xdns_opt_word(int dnssec_ok)
{
	return (__u64)xdns_be16(DNS_TYPE_OPT) << 8 | (__u64)xdns_be16(DNS_UDP_EDNS_MAX) << 24 |
	       (dnssec_ok ? (__u64)xdns_be16(DNS_EDNS_DO) << 56 : 0);
}

/* The OPT at p, DNS_OPT_LEN octets. */
static __always_inline void xdns_put_opt_at(__u8 *p, __u64 word)
{
	xdns_put64(p, word);
	xdns_put16(p + 8, 0);
	p[10] = 0;
}

/* An OPT with COOKIE has so many octets, and from the ninth on this word: RDLENGTH, option, length.
 */
#define XDNS_OPT_COOKIE_LEN (DNS_OPT_LEN + DNS_OPTION_HEADER_LEN + DNS_COOKIE_LEN)
#define XDNS_OPT_COOKIE_WORD                                                                       \
	((__u64)xdns_be16(DNS_OPTION_HEADER_LEN + DNS_COOKIE_LEN) << 8 |                           \
	 (__u64)xdns_be16(DNS_COOKIE_OPTION) << 24 | (__u64)xdns_be16(DNS_COOKIE_LEN) << 40)

/* Puts it into the OPT at p. Returns what the OPT's sum grows by. */
static __always_inline __u64 xdns_put_cookie_at(__u8 *p, const struct xdns_question *q)
{
	__u64 sum = 0;

	xdns_put64(p + 8, XDNS_OPT_COOKIE_WORD);
	p += DNS_OPT_LEN + DNS_OPTION_HEADER_LEN;
	for (__u32 i = 0; i < 3; i++) {
		xdns_put64(p + i * 8, q->cookie[i]);
		sum = xdns_sum_add(sum, q->cookie[i]);
	}
	return xdns_sum_odd(xdns_sum_fold(sum)) + xdns_sum_add(0, XDNS_OPT_COOKIE_WORD);
}

/* The same at the buffer's end; its room was set aside. */
static __always_inline void xdns_put_opt(const struct xdns_question *q, struct xdns_answer *a,
					 __u8 *buf, __u32 cap)
{
	__u32 at = xdns_read_once(a->len);

	if (!q->opt_len || at > cap - XDNS_OPT_COOKIE_LEN)
		return;
	xdns_put_opt_at(buf + at, xdns_opt_word(q->dnssec_ok));
	a->len = at + DNS_OPT_LEN;
	a->ar++;
	if (q->asked & XDNS_ASKED_COOKIE) {
		xdns_put_cookie_at(buf + at, q);
		a->len = at + XDNS_OPT_COOKIE_LEN;
	}
}

/*
 * The response's header at p, of a query whose first eight octets were `query`; RD and CD as asked
 * (RFC 1035 4.1.1, RFC 4035 3.1.6). Returns its sum.
 */
static __always_inline __u64 xdns_reply_header(__u8 *p, const struct xdns_config *cfg, __u64 query,
					       __u16 rcode, __u16 an, __u16 ns, __u16 ar)
{
	__u64 first = query & (0xffff | (__u64)xdns_be16(DNS_FLAG_RD | DNS_FLAG_CD) << 16);
	__u32 second = xdns_be16(ns) | (__u32)xdns_be16(ar) << 16;

	first |= cfg->answer_word | (__u64)xdns_be16(rcode) << 16 | (__u64)xdns_be16(an) << 48;
	xdns_put64(p, first);
	xdns_put32(p + 8, second);
	return xdns_sum_add(second, first);
}

/* Flags of the response, host order; RD and CD as asked (RFC 1035 4.1.1, RFC 4035 3.1.6). */
static __always_inline __u16 xdns_answer_flags(const struct xdns_config *cfg,
					       const struct xdns_question *q, __u8 rcode, __u8 cut)
{
	__u16 flags = DNS_FLAG_QR | cfg->answer_flags | rcode;

	if (cut && cfg->set_tc)
		flags |= DNS_FLAG_TC;
	return flags | (q->flags & (DNS_FLAG_RD | DNS_FLAG_CD));
}

#endif
