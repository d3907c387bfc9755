// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "judge.h"

#include <string.h>

#include "dns.h"
#include "dns_walk.h"
#include "fuzz.h"

#define COPIED_BITS (DNS_OPCODE_MASK | DNS_FLAG_RD)

static unsigned get16(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

/* A query that cannot be walked over may hold an OPT all the same. */
size_t judge_limit(const struct judged_query *q)
{
	struct dns_walk w;

	if (q->tcp)
		return DNS_TCP_MAX;
	if (q->len < DNS_HEADER_LEN || !get16(q->msg + 10))
		return DNS_UDP_PLAIN_MAX;
	if (!dns_walk(q->msg, q->len, &w))
		return DNS_UDP_EDNS_MAX;
	if (!w.opts || w.opt_size < DNS_UDP_PLAIN_MAX)
		return DNS_UDP_PLAIN_MAX;
	return w.opt_size < DNS_UDP_EDNS_MAX ? w.opt_size : DNS_UDP_EDNS_MAX;
}

void judge_answer(const struct judged_query *q, const uint8_t *out, size_t len)
{
	unsigned asked = get16(q->msg + 2), said = get16(out + 2);
	struct dns_walk w;

	MUST(len <= judge_limit(q));
	MUST(dns_walk(out, len, &w) && w.end == len);
	MUST(!memcmp(out, q->msg, 2));
	MUST(said & DNS_FLAG_QR);
	MUST(!((asked ^ said) & COPIED_BITS));
	MUST(w.opts <= (get16(q->msg + 10) ? 1 : 0)); /* RFC 6891 7: only to who sent one */
	MUST(!(q->tcp && said & DNS_FLAG_TC));
	if (w.questions)
		MUST(w.questions == 1 && get16(q->msg + 4) == 1 && w.question_end <= q->len &&
		     !memcmp(out + DNS_HEADER_LEN, q->msg + DNS_HEADER_LEN,
			     w.question_end - DNS_HEADER_LEN));
}
