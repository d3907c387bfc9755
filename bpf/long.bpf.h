/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Answers of any length: written aside, in the scratch area, and put into the frame when they
 * stand there whole.
 *
 * The functions that are not inlined are global ones: the verifier checks each once, on its own,
 * instead of along every path that leads to it. They get and give scalars and the
 * scratch area, which is never NULL here.
 */
#ifndef XDNS_LONG_BPF_H
#define XDNS_LONG_BPF_H

#include "frame.bpf.h"

#define XDNS_SRV_MAX 64 /* more SRV records than fit 1232 octets */

/* The key on the stack: Linux 6.1 takes none that lies in what a global function was given. */
static __always_inline const struct xdns_record *answer_record(const struct xdns_scratch *s)
{
	__u32 place = s->record;

	return bpf_map_lookup_elem(&records, &place);
}

__attribute__((noinline)) int long_set_a(struct xdns_scratch *s)
{
	const struct xdns_record *r;

	if (!s)
		return -1;
	r = answer_record(s);
	return r ? xdns_answer_a(0, r, r->n_a, &s->question, config()->ttl, &s->answer, s->body,
				 DNS_UDP_EDNS_MAX)
		 : -1;
}

__attribute__((noinline)) int long_set_aaaa(struct xdns_scratch *s)
{
	const struct xdns_record *r;

	if (!s)
		return -1;
	r = answer_record(s);
	return r ? xdns_answer_aaaa(0, r, r->n_aaaa, &s->question, config()->ttl, &s->answer,
				    s->body, DNS_UDP_EDNS_MAX)
		 : -1;
}

__attribute__((noinline)) int srv_step(struct xdns_scratch *s, __u32 k)
{
	const struct xdns_record *r;

	if (!s)
		return XDNS_STEP_MISSING;
	r = answer_record(s);
	return r ? xdns_srv_step(0, r, k, config()->ttl, &s->answer, s->body, XDNS_BODY_CAP)
		 : XDNS_STEP_MISSING;
}

__attribute__((noinline)) int extra_step(struct xdns_scratch *s, __u32 k)
{
	const struct xdns_record *r;

	if (!s)
		return XDNS_STEP_MISSING;
	r = answer_record(s);
	return r ? xdns_extra_step(0, r, &s->question, k, config()->ttl, &s->answer, s->body,
				   DNS_UDP_EDNS_MAX)
		 : XDNS_STEP_MISSING;
}

static __always_inline int long_srv(struct xdns_scratch *s)
{
	const struct xdns_record *r = answer_record(s);
	int step = XDNS_STEP_DONE;
	__u32 n;

	if (!r)
		return -1;
	n = r->n_srv;
	xdns_srv_begin(r, &s->question, &s->answer);
	for (__u32 k = 0; k < XDNS_SRV_MAX && k < n && step == XDNS_STEP_DONE; k++)
		step = srv_step(s, k);
	if (step == XDNS_STEP_MISSING)
		return -1;
	for (__u32 k = 0; k < XDNS_SRV_MAX && k < n && step == XDNS_STEP_DONE; k++)
		step = extra_step(s, k);
	return step == XDNS_STEP_MISSING ? -1 : 0;
}

/* The SOA, in a negative answer or as the answer. */
__attribute__((noinline)) int put_soa(struct xdns_scratch *s, __u32 what)
{
	const struct xdns_config *cfg = config();
	struct xdns_state *st = zone_state();

	if (!s || !st)
		return -1;
	if (what == XDNS_answer_soa) {
		s->answer.an = 1;
		return xdns_put_apex_rr(cfg, &cfg->soa, &s->question, st->serial, &s->answer,
					s->body, XDNS_BODY_CAP);
	}
	return xdns_answer_negative(cfg, &s->question,
				    what == XDNS_answer_nxdomain ? DNS_RCODE_NXDOMAIN
								 : DNS_RCODE_NOERROR,
				    st->serial, &s->answer, s->body, XDNS_BODY_CAP);
}

/*
 * Sum of the body, as if it began at an even octet; the octets behind it count as zeros.
 */
__attribute__((noinline)) int body_sum(struct xdns_scratch *s)
{
	__u64 sum = 0;
	__u32 len;

	if (!s)
		return 0;
	len = xdns_read_once(s->answer.len);
	if (len > XDNS_BODY_CAP - 8)
		return 0;
	xdns_put64(s->body + len, 0);
	for (__u32 i = 0; i < XDNS_BODY_CAP - 8; i += 8) {
		if (i >= len)
			break;
		sum = xdns_sum_add(sum, xdns_get64(s->body + i));
	}
	return xdns_sum_fold(sum);
}

/* Sum of the question, which stays as it is. */
__attribute__((noinline)) int question_sum(struct xdns_scratch *s)
{
	return s ? xdns_sum_fold(xdns_question_sum(&s->question)) : 0;
}

/* len > 0; the verifier of Linux 6.1 learns nothing from a comparison with 0. */
static __always_inline int is_some(__u32 len)
{
	__u32 one = 1;

	xdns_opaque(one);
	return len >= one;
}

/*
 * Gives the frame its new length. A frame from a socket on a veth has hardly
 * any tail room, but always head room: then the question moves to the front, and the headers are
 * written there anyway. at: from the frame's start to the body. Returns XDNS_CONTINUE, pass_room
 * with the frame untouched, or drop_write.
 */
__attribute__((noinline)) int make_room(struct xdp_md *ctx, struct xdns_scratch *s, __u32 at)
{
	__u32 len;
	int delta;

	if (!s)
		return XDNS_pass_room;
	delta = (int)(at + s->answer.len) - (int)(ctx->data_end - ctx->data);
	if (!bpf_xdp_adjust_tail(ctx, delta))
		return XDNS_CONTINUE;
	/* padding or ignored octets may follow the question: only the head counts */
	len = xdns_read_once(s->question.len);
	xdns_opaque(len);
	if (!is_some(len) || len > sizeof(s->head) || at < len ||
	    bpf_xdp_load_bytes(ctx, at - len, s->head, len))
		return XDNS_pass_room;
	if (bpf_xdp_adjust_head(ctx, -delta))
		return XDNS_pass_room;
	return bpf_xdp_store_bytes(ctx, at - len, s->head, len) ? XDNS_drop_write : XDNS_CONTINUE;
}

/* Writes the answer aside; the counter it came to. */
static __always_inline enum xdns_counter compose(struct xdns_scratch *s, enum xdns_counter what)
{
	int failed = 0;

	switch (what) {
	case XDNS_answer_a:
		failed = long_set_a(s);
		break;
	case XDNS_answer_aaaa:
		failed = long_set_aaaa(s);
		break;
	case XDNS_answer_srv:
		failed = long_srv(s);
		break;
	default:
		return put_soa(s, what) ? XDNS_pass_mtu : what;
	}
	return failed ? XDNS_pass_target : what;
}

/* Puts the answer that stands in the scratch area into the frame. slip: as in frame.bpf.h. */
static __always_inline enum xdns_counter send_answer(struct xdp_md *ctx, struct xdns_scratch *s,
						     int slip)
{
	const struct xdns_answer *a = &s->answer;
	struct reply reply = {.body_len = a->len,
			      .an = a->an,
			      .ns = a->ns,
			      .ar = a->ar,
			      .rcode = a->rcode,
			      .cut = a->cut,
			      .body_sum = (__u16)body_sum(s),
			      .sum = (__u16)question_sum(s)};
	__u32 at = body_offset(&s->pkt, &s->question), len;
	enum xdns_counter what = make_room(ctx, s, at);

	if (what != XDNS_CONTINUE)
		return what;
	len = xdns_read_once(s->answer.len);
	xdns_opaque(len);
	/* a cut answer without room for even one record has no body */
	if (len > XDNS_BODY_CAP || (is_some(len) && bpf_xdp_store_bytes(ctx, at, s->body, len)))
		return XDNS_drop_write;
	return write_headers(ctx, s, &reply, slip) ? XDNS_drop_write : XDNS_CONTINUE;
}

/* Of a name's record, s->record, or of none. what: the answer. */
__attribute__((noinline)) int answer_long(struct xdp_md *ctx, struct xdns_scratch *s, __u32 limit,
					  __u32 what)
{
	enum xdns_counter sent;

	if (!s)
		return XDNS_pass_not_serving;
	xdns_answer_init(&s->answer, &s->question, limit);
	what = compose(s, what);
	if (what > XDNS_ANSWER_LAST)
		return what;
	xdns_put_opt(&s->question, &s->answer, s->body, XDNS_BODY_CAP);
	sent = send_answer(ctx, s, 0);
	if (sent != XDNS_CONTINUE)
		return sent;
	return s->answer.cut ? XDNS_answer_truncated : what;
}

#endif
