/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Writing the reply's headers into the frame that had the query. */
#ifndef XDNS_FRAME_BPF_H
#define XDNS_FRAME_BPF_H

#include "env.bpf.h"

/* What stands in the reply's headers. */
struct reply {
	__u32 body_len; /* octets behind the question */
	__u64 body_sum; /* their sum, as if they began at an even octet */
	__u64 sum;	/* the question's */
	__u16 an, ns, ar;
	__u8 rcode, cut;
};

/* From the frame's start to the question. */
static __always_inline __u32 question_offset(const struct xdns_pkt *pkt)
{
	return (pkt->dns_off & 0x7f) + DNS_HEADER_LEN;
}

/* From there to what follows the question. */
static __always_inline __u32 body_offset(const struct xdns_pkt *pkt, const struct xdns_question *q)
{
	return question_offset(pkt) + (q->len & 0x1ff);
}

/* Of TC alone, which is no answer of the zone's. */
static __always_inline __u16 slip_flags(const struct xdns_question *q)
{
	return DNS_FLAG_QR | DNS_FLAG_TC | (q->flags & (DNS_FLAG_RD | DNS_FLAG_CD));
}

/* The headers of the resized frame, and the checksum over all of it. slip: a constant, TC alone. */
static __always_inline int write_headers(struct xdp_md *ctx, const struct xdns_scratch *s,
					 const struct reply *reply, int slip)
{
	const struct xdns_question *q = &s->question;
	const struct xdns_flow *flow = &s->flow;
	const struct xdns_pkt *pkt = &s->pkt;
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 udp_len = UDP_HEADER_LEN + DNS_HEADER_LEN + q->len + reply->body_len;
	__u8 *l3 = data + (pkt->l3_off & 0x1f), *dns = data + (pkt->dns_off & 0x7f);
	__u16 flags =
		slip ? slip_flags(q) : xdns_answer_flags(config(), q, reply->rcode, reply->cut);
	__u64 sum;

	if ((void *)(dns + DNS_HEADER_LEN) > end || xdns_eth_reply(data, end, pkt, flow))
		return -1;
	sum = reply->sum + xdns_sum_at(q->len, reply->body_sum) +
	      xdns_dns_reply(dns, q->id, flags, reply->an, reply->ns, reply->ar);
	if (pkt->is_ip6) {
		if ((void *)(l3 + IP6_HEADER_LEN + UDP_HEADER_LEN) > end)
			return -1;
		sum += xdns_ip6_reply(l3, flow, udp_len);
		xdns_udp_reply(l3 + IP6_HEADER_LEN, flow, udp_len, sum);
	} else {
		if ((void *)(l3 + IP4_HEADER_LEN + UDP_HEADER_LEN) > end)
			return -1;
		sum += xdns_ip4_reply(l3, flow, udp_len);
		xdns_udp_reply(l3 + IP4_HEADER_LEN, flow, udp_len, sum);
	}
	return 0;
}

#endif
