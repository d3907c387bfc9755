/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The one shape of query the kernel answers: header, one question in class IN, at most
 * one OPT (RFC 6891 6.1) as the only other record. Any other shape comes back
 * as the reason why not; userspace then says what the RFCs ask for it.
 */
#ifndef XDNS_QUESTION_H
#define XDNS_QUESTION_H

#include "counters.h"
#include "dname.h"

struct xdns_question {
	struct xdns_qname name;
	__u16 id;    /* network order */
	__u16 flags; /* host order, as asked */
	__u16 type;  /* host order */
	__u16 len;   /* octets of name, type and class */
	__u16 limit; /* octets of response the client takes over UDP */
	/* these four are cleared by one store */
	__u8 opt_len; /* octets of the response's OPT; 0: it gets none */
	__u8 dnssec_ok;
	__u8 asked;	   /* XDNS_ASKED_*: options that are answered */
	__u8 cookie_valid; /* the client has shown a server cookie of ours (cookie.h) */
	__u16 options;	   /* octets of them, if it came out as XDNS_OPTIONS */
	__u64 cookie[3];   /* the COOKIE option: the client's, and behind it the server's or 0 */
};

#define XDNS_ASKED_COOKIE 1
#define XDNS_ASKED_NSID	  2
#define XDNS_ASKED_SERVER 4 /* a server cookie, good or not, is in the COOKIE option */

/* A question of the kernel's shape with options in it: xdns_question_options() is to follow. */
#define XDNS_OPTIONS (XDNS_COUNTERS_COUNT + 1)

/* The header's first eight octets: no QR, no opcode, one question, no answer. */
#define XDNS_QUERY_MASK                                                                            \
	(0xffffffff00000000ULL | (__u64)xdns_be16(DNS_FLAG_QR | DNS_OPCODE_MASK) << 16)
#define XDNS_QUERY_WORD ((__u64)xdns_be16(1) << 32)

/* Checks on the header that need no name. */
static __always_inline enum xdns_counter xdns_question_header(const __u8 *h)
{
	__u64 first = xdns_get64(h);
	__u32 second = xdns_get32(h + 8); /* NSCOUNT, ARCOUNT */
	__u16 flags = xdns_be16(first >> 16);

	/* all of it in two comparisons; what follows only says why not */
	if ((first & XDNS_QUERY_MASK) == XDNS_QUERY_WORD &&
	    !(second & ~((__u32)xdns_be16(1) << 16)))
		return XDNS_CONTINUE;
	if (flags & DNS_FLAG_QR)
		return XDNS_pass_response;
	if (flags & DNS_OPCODE_MASK)
		return XDNS_pass_opcode;
	return XDNS_pass_counts;
}

#define XDNS_OPTIONS_MAX 8     /* as many are walked over */
#define XDNS_OPTION_MAX	 0x7ff /* octets of one; no more than the verifier wants to follow */

/*
 * A COOKIE option of `size` octets, its header included. Only the first one of a message counts. A
 * server cookie of another length than ours is none of ours; lengths that none has are
 * malformed (RFC 7873 5.2.2).
 */
static __always_inline enum xdns_counter xdns_question_cookie(const __u8 *p, const void *end,
							      __u32 size, struct xdns_question *q)
{
	__u32 len = size - DNS_OPTION_HEADER_LEN;

	if (len != DNS_COOKIE_CLIENT_LEN && (len < DNS_COOKIE_CLIENT_LEN + DNS_COOKIE_SERVER_MIN ||
					     len > DNS_COOKIE_CLIENT_LEN + DNS_COOKIE_SERVER_MAX))
		return XDNS_pass_opt;
	if (q->asked & XDNS_ASKED_COOKIE)
		return XDNS_CONTINUE;
	p += DNS_OPTION_HEADER_LEN;
	if ((const void *)(p + DNS_COOKIE_CLIENT_LEN) > end)
		return XDNS_pass_opt;
	q->asked |= XDNS_ASKED_COOKIE;
	q->cookie[0] = xdns_get64(p);
	q->cookie[1] = 0;
	q->cookie[2] = 0;
	if (len != DNS_COOKIE_CLIENT_LEN)
		q->asked |= XDNS_ASKED_SERVER;
	if (len != DNS_COOKIE_LEN || (const void *)(p + DNS_COOKIE_LEN) > end)
		return XDNS_CONTINUE;
	q->cookie[1] = xdns_get64(p + 8);
	q->cookie[2] = xdns_get64(p + 16);
	return XDNS_CONTINUE;
}

/* Takes note of the option at p, which has its header inside the message: the rest are ignored. */
static __always_inline enum xdns_counter xdns_question_option(const __u8 *p, const void *end,
							      __u32 size, struct xdns_question *q)
{
	__u16 code = xdns_get16(p);

	if (code == xdns_be16(DNS_COOKIE_OPTION))
		return xdns_question_cookie(p, end, size, q);
	if (code == xdns_be16(DNS_NSID_OPTION))
		q->asked |= XDNS_ASKED_NSID;
	return XDNS_CONTINUE;
}

/*
 * The options of a question that came out as XDNS_OPTIONS; p: where they begin, len: q->options.
 * They fill the RDATA exactly (RFC 6891 6.1.2). XDNS_CONTINUE: all but what q->asked has may be
 * ignored. Apart from the rest for the verifier, which would follow each on every path to it.
 */
static __always_inline enum xdns_counter xdns_question_options(const __u8 *p, const void *end,
							       __u32 len, struct xdns_question *q)
{
	for (int i = 0; i < XDNS_OPTIONS_MAX && len; i++) {
		__u32 size;

		if (len < DNS_OPTION_HEADER_LEN || (const void *)(p + DNS_OPTION_HEADER_LEN) > end)
			return XDNS_pass_opt;
		size = xdns_be16(xdns_get16(p + 2)) + DNS_OPTION_HEADER_LEN;
		if (size > len || size > XDNS_OPTION_MAX)
			return XDNS_pass_opt;
		if (xdns_question_option(p, end, size, q) != XDNS_CONTINUE)
			return XDNS_pass_opt;
		len -= size;
		xdns_opaque(size);
		p += size & XDNS_OPTION_MAX; /* Linux 6.1 loses the bound over a sum */
	}
	if (len)
		return XDNS_pass_opt;
	return XDNS_CONTINUE;
}

/* The OPT at p, which has `left` octets of message. Its RDATA must end inside the message. */
static __always_inline enum xdns_counter xdns_question_opt(const __u8 *p, const void *end,
							   __u32 left, struct xdns_question *q)
{
	__u16 size, options;

	if (left < DNS_OPT_LEN || (const void *)(p + DNS_OPT_LEN) > end)
		return XDNS_pass_opt;
	if (p[0] != 0 || xdns_get16(p + 1) != xdns_be16(DNS_TYPE_OPT))
		return XDNS_pass_opt;
	if (p[6] != 0)
		return XDNS_pass_edns_version;
	size = xdns_be16(xdns_get16(p + 3));
	if (size > DNS_UDP_EDNS_MAX)
		size = DNS_UDP_EDNS_MAX;
	if (size > q->limit)
		q->limit = size;
	q->opt_len = DNS_OPT_LEN;
	q->dnssec_ok = p[7] >> 7;
	options = xdns_be16(xdns_get16(p + 9));
	if (!((left - DNS_OPT_LEN) | options)) /* nothing behind it, as of most clients */
		return XDNS_CONTINUE;
	if (options > left - DNS_OPT_LEN)
		return XDNS_pass_opt;
	q->options = options;
	return XDNS_OPTIONS;
}

/*
 * The message of len octets at p, none of it from end on. XDNS_CONTINUE or XDNS_OPTIONS and *q,
 * or the reason why the kernel does not answer it. The name's hash is not made.
 */
static __always_inline enum xdns_counter xdns_question_parse(const __u8 *p, const void *end,
							     __u32 len, struct xdns_question *q)
{
	const struct dns_header *h = (const void *)p;
	enum xdns_counter why;
	__u32 name_len;

	if (len < DNS_HEADER_LEN || (const void *)(p + DNS_HEADER_LEN) > end)
		return XDNS_pass_length;
	why = xdns_question_header(p);
	if (why != XDNS_CONTINUE)
		return why;
	q->id = h->id;
	q->flags = xdns_be16(h->flags);
	q->limit = DNS_UDP_PLAIN_MAX;
	q->opt_len = 0;
	q->dnssec_ok = 0;
	q->asked = 0;
	q->cookie_valid = 0;
	if (xdns_qname_scan(p + DNS_HEADER_LEN, end, &q->name))
		return XDNS_pass_qname;

	name_len = xdns_read_once(q->name.len);
	if (name_len > DNS_NAME_MAX || DNS_HEADER_LEN + name_len + 4 > len)
		return XDNS_pass_qname;
	q->len = name_len + 4;
	len -= DNS_HEADER_LEN + name_len + 4;
	p += DNS_HEADER_LEN + name_len;
	if ((const void *)(p + 4) > end)
		return XDNS_pass_length;
	q->type = xdns_be16(xdns_get16(p));
	if (xdns_get16(p + 2) != xdns_be16(DNS_CLASS_IN))
		return XDNS_pass_qclass;
	if (h->arcount)
		return xdns_question_opt(p + 4, end, len, q);
	return XDNS_CONTINUE;
}

/* From the message's start to its options, if it has any. */
static __always_inline __u32 xdns_question_options_at(const struct xdns_question *q)
{
	return DNS_HEADER_LEN + q->len + DNS_OPT_LEN;
}

/* Type and class as they follow the name. */
static __always_inline __u32 xdns_question_rest(const struct xdns_question *q)
{
	return xdns_be16(q->type) | (__u32)xdns_be16(DNS_CLASS_IN) << 16;
}

/* The part of the checksum that name, type and class make, from an even octet on. */
static __always_inline __u64 xdns_question_sum(const struct xdns_question *q)
{
	return xdns_qname_sum(&q->name) + xdns_sum_at(q->name.len, xdns_question_rest(q));
}

#endif
