// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP program: parse -> look up -> write the answer aside -> make room ->
 * put it in -> XDP_TX. Up to the point where room is made the frame is only read, so
 * whatever is odd about it ends in XDP_PASS with the frame as it came.
 *
 * The same file compiles natively (tests/bpf/native.h) for tests and fuzzing.
 */
#include "compat.h"
#include "pkt.h"
#include "question.h"

/* How answer.h reaches sets: each is an array look-up, inlined by the verifier. */
struct xdns_record;
static const struct xdns_a_set *xdns_env_a_set(const void *env, __u32 i);
static const struct xdns_aaaa_set *xdns_env_aaaa_set(const void *env, __u32 i);
static const struct xdns_srv_set *xdns_env_srv_set(const void *env, __u32 i);
static const struct xdns_record *xdns_env_target(const void *env, __u32 target);
static const struct xdns_name_tail *xdns_env_name_tail(const void *env, __u32 i);

#include "answer.h"
#include "maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set by userspace before loading: constants to the verifier and the JIT. */
XDNS_RODATA struct xdns_config xdns_cfg = {};

/* Set where a machine may do loads out of their order (x86 does not): 1. */
XDNS_RODATA __u8 xdns_load_fences = 0;

#define XDNS_SRV_MAX 64 /* more SRV records than fit 1232 octets */

static __always_inline const struct xdns_a_set *xdns_env_a_set(const void *env, __u32 i)
{
	(void)env;
	return bpf_map_lookup_elem(&a_sets, &i);
}

static __always_inline const struct xdns_aaaa_set *xdns_env_aaaa_set(const void *env, __u32 i)
{
	(void)env;
	return bpf_map_lookup_elem(&aaaa_sets, &i);
}

static __always_inline const struct xdns_srv_set *xdns_env_srv_set(const void *env, __u32 i)
{
	(void)env;
	return bpf_map_lookup_elem(&srv_sets, &i);
}

static __always_inline const struct xdns_record *xdns_env_target(const void *env, __u32 target)
{
	(void)env;
	const struct xdns_ref *ref = bpf_map_lookup_elem(&targets, &target);
	__u32 i;

	if (!ref)
		return 0;
	i = xdns_read_once(ref->record);
	return i ? bpf_map_lookup_elem(&records, &i) : 0;
}

static __always_inline const struct xdns_name_tail *xdns_env_name_tail(const void *env, __u32 i)
{
	(void)env;
	return bpf_map_lookup_elem(&name_tails, &i);
}

/* The configuration through a pointer whose origin the compiler cannot see: it would fold the
 * zeros. */
static __always_inline const struct xdns_config *config(void)
{
	const struct xdns_config *cfg = (const struct xdns_config *)&xdns_cfg;

	xdns_opaque(cfg);
	return cfg;
}

static __always_inline struct xdns_state *zone_state(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&state, &zero);
}

/*
 * The functions that are not inlined are global ones: the verifier checks each once, on its own,
 * instead of along every path that leads to it. They get and give scalars and the
 * scratch area, which is never NULL here.
 */

/* A name that is not in the index: is its absence the answer? */
__attribute__((noinline)) int missing_name(struct xdns_scratch *s)
{
	const struct xdns_config *cfg = config();

	if (!s)
		return XDNS_pass_not_serving;
	switch (xdns_qname_walk(&s->question.name, cfg->domain, cfg->domain_len)) {
	case XDNS_WALK_BAD:
		return XDNS_pass_qname;
	case XDNS_WALK_OUTSIDE:
		return XDNS_pass_outside;
	default:
		return xdns_qname_has_star(&s->question.name) ? XDNS_pass_wildcard
							      : XDNS_answer_nxdomain;
	}
}

__attribute__((noinline)) int long_set_a(struct xdns_scratch *s)
{
	const struct xdns_record *r;

	if (!s)
		return -1;
	r = bpf_map_lookup_elem(&records, &s->record);
	return r ? xdns_answer_a(0, r, r->n_a, &s->question, config()->ttl, &s->answer, s->body,
				 DNS_UDP_EDNS_MAX)
		 : -1;
}

__attribute__((noinline)) int long_set_aaaa(struct xdns_scratch *s)
{
	const struct xdns_record *r;

	if (!s)
		return -1;
	r = bpf_map_lookup_elem(&records, &s->record);
	return r ? xdns_answer_aaaa(0, r, r->n_aaaa, &s->question, config()->ttl, &s->answer,
				    s->body, DNS_UDP_EDNS_MAX)
		 : -1;
}

__attribute__((noinline)) int srv_step(struct xdns_scratch *s, __u32 k)
{
	const struct xdns_record *r;

	if (!s)
		return XDNS_STEP_MISSING;
	r = bpf_map_lookup_elem(&records, &s->record);
	return r ? xdns_srv_step(0, r, k, config()->ttl, &s->answer, s->body, XDNS_BODY_CAP)
		 : XDNS_STEP_MISSING;
}

__attribute__((noinline)) int extra_step(struct xdns_scratch *s, __u32 k)
{
	const struct xdns_record *r;

	if (!s)
		return XDNS_STEP_MISSING;
	r = bpf_map_lookup_elem(&records, &s->record);
	return r ? xdns_extra_step(0, r, &s->question, k, config()->ttl, &s->answer, s->body,
				   DNS_UDP_EDNS_MAX)
		 : XDNS_STEP_MISSING;
}

static __always_inline enum xdns_counter answer_srv(struct xdns_scratch *s,
						    const struct xdns_record *r)
{
	__u32 n = r->n_srv;
	int step = XDNS_STEP_DONE;

	xdns_srv_begin(r, &s->question, &s->answer);
	for (__u32 k = 0; k < XDNS_SRV_MAX && k < n && step == XDNS_STEP_DONE; k++)
		step = srv_step(s, k);
	if (step == XDNS_STEP_MISSING)
		return XDNS_pass_target;
	for (__u32 k = 0; k < XDNS_SRV_MAX && k < n && step == XDNS_STEP_DONE; k++)
		step = extra_step(s, k);
	return step == XDNS_STEP_MISSING ? XDNS_pass_target : XDNS_answer_srv;
}

/* Sets that stand in the record itself are written here; the loops for larger ones elsewhere. */
static __always_inline enum xdns_counter answer_a(struct xdns_scratch *s,
						  const struct xdns_record *r)
{
	__u32 n = r->n_a;
	int failed;

	if (!n)
		return XDNS_answer_nodata;
	failed = n <= XDNS_A_INLINE ? xdns_answer_a(0, r, n, &s->question, config()->ttl,
						    &s->answer, s->body, DNS_UDP_EDNS_MAX)
				    : long_set_a(s);
	return failed ? XDNS_pass_target : XDNS_answer_a;
}

static __always_inline enum xdns_counter answer_aaaa(struct xdns_scratch *s,
						     const struct xdns_record *r)
{
	__u32 n = r->n_aaaa;
	int failed;

	if (!n)
		return XDNS_answer_nodata;
	failed = n <= XDNS_AAAA_INLINE ? xdns_answer_aaaa(0, r, n, &s->question, config()->ttl,
							  &s->answer, s->body, DNS_UDP_EDNS_MAX)
				       : long_set_aaaa(s);
	return failed ? XDNS_pass_target : XDNS_answer_aaaa;
}

/* The answer that a record of the question's name gives. */
static __always_inline enum xdns_counter answer_record(struct xdns_scratch *s,
						       const struct xdns_record *r)
{
	switch (s->question.type) {
	case DNS_TYPE_A:
		return answer_a(s, r);
	case DNS_TYPE_AAAA:
		return answer_aaaa(s, r);
	case DNS_TYPE_SRV:
		return r->n_srv ? answer_srv(s, r) : XDNS_answer_nodata;
	default: /* SOA */
		return s->question.name.len == config()->domain_len ? XDNS_answer_soa
								    : XDNS_answer_nodata;
	}
}

/* Loads before it are done before those behind it: an exchange is a full barrier everywhere. */
static __always_inline void load_fence(struct xdns_scratch *s)
{
	if (xdns_load_fences)
		(void)__sync_lock_test_and_set(&s->fence, 0);
}

/* Finds the name and writes its answer aside. */
static __always_inline enum xdns_counter look_up(struct xdns_scratch *s,
						 const struct xdns_state *st)
{
	__u32 before = xdns_read_once(st->changes);
	__u64 hash = s->question.name.hash;
	const struct xdns_name_tail *tail = 0;
	const struct xdns_record *r;
	const struct xdns_ref *ref;
	enum xdns_counter what;

	load_fence(s);
	ref = bpf_map_lookup_elem(&names, &hash);
	if (!ref) {
		load_fence(s);
		what = missing_name(s);
		if (what == XDNS_answer_nxdomain &&
		    ((before & 1) || xdns_read_once(st->changes) != before))
			return XDNS_pass_changing;
		return what;
	}
	s->record = xdns_read_once(ref->record);
	if (s->record == XDNS_REF_COLLISION)
		return XDNS_pass_collision;
	r = bpf_map_lookup_elem(&records, &s->record);
	if (!r)
		return XDNS_pass_collision;
	if (r->name_len > XDNS_NAME_INLINE)
		tail = xdns_env_name_tail(0, r->name_tail);
	if (!xdns_record_is(r, tail, &s->question.name))
		return XDNS_pass_collision;
	return answer_record(s, r);
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

#define SHORT_BODY 64 /* octets that most bodies have room in */

/*
 * Sum of a body of up to `max` octets, as if it started at an even octet; the
 * octets behind it count as zeros.
 */
static __always_inline __u64 body_sum(struct xdns_scratch *s, __u32 max)
{
	__u32 len = xdns_read_once(s->answer.len);
	__u64 sum = 0;

	if (len > max)
		return 0;
	xdns_put64(s->body + len, 0);
	for (__u32 i = 0; i < max; i += 8) {
		if (i >= len)
			break;
		sum = xdns_sum_add(sum, xdns_get64(s->body + i));
	}
	return sum;
}

__attribute__((noinline)) int long_sum(struct xdns_scratch *s)
{
	return s ? xdns_sum_fold(body_sum(s, XDNS_BODY_CAP - 8)) : 0;
}

/*
 * Gives the frame its new length. A frame from a socket on a veth has hardly
 * any tail room, but always head room: then everything before the body moves to the front.
 * Returns XDNS_CONTINUE, pass_room with the frame untouched, or drop_write.
 */
__attribute__((noinline)) int make_room(struct xdp_md *ctx, struct xdns_scratch *s)
{
	__u32 head, total;
	int delta;

	if (!s)
		return XDNS_pass_room;
	head = s->pkt.dns_off + DNS_HEADER_LEN + s->question.len;
	total = head + s->answer.len;
	delta = (int)total - (int)(ctx->data_end - ctx->data);
	if (!bpf_xdp_adjust_tail(ctx, delta))
		return XDNS_CONTINUE;
	/* padding or ignored octets may follow the question: only the head counts */
	if (head > XDNS_HEAD_CAP || bpf_xdp_load_bytes(ctx, 0, s->head, head))
		return XDNS_pass_room;
	if (bpf_xdp_adjust_head(ctx, -delta))
		return XDNS_pass_room;
	return bpf_xdp_store_bytes(ctx, 0, s->head, head) ? XDNS_drop_write : XDNS_CONTINUE;
}

/* The headers of the resized frame, and the checksum over all of it. */
static __always_inline int write_headers(struct xdp_md *ctx, struct xdns_scratch *s, __u64 sum)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 l3_off = s->pkt.l3_off & 0x1f, dns_off = s->pkt.dns_off & 0x7f;
	__u32 udp_len = UDP_HEADER_LEN + DNS_HEADER_LEN + s->question.len + s->answer.len;
	struct udp_header *udp = data + ((dns_off - UDP_HEADER_LEN) & 0x7f);
	void *l3 = data + l3_off, *dns = data + dns_off;
	__u64 pseudo;

	if (data + ETH_HEADER_LEN > end || dns + DNS_HEADER_LEN > end)
		return -1;
	sum = xdns_sum_add(sum,
			   xdns_dns_reply(dns, s->question.id,
					  xdns_answer_flags(config(), &s->question, &s->answer),
					  s->answer.an, s->answer.ns, s->answer.ar));
	xdns_eth_reply(data);
	if (s->pkt.is_ip6) {
		if (l3 + IP6_HEADER_LEN > end)
			return -1;
		pseudo = xdns_ip6_reply(l3, udp_len);
	} else {
		if (l3 + IP4_HEADER_LEN > end)
			return -1;
		pseudo = xdns_ip4_reply(l3, udp_len);
	}
	if ((void *)(udp + 1) > end)
		return -1;
	xdns_udp_reply(udp, udp_len, pseudo, sum);
	return 0;
}

/*
 * The body into the frame: word by word if it is short, which beats the helper, the last word
 * overlapping the one before. A cut answer without room for even one record has no body.
 */
static __always_inline int write_body(struct xdp_md *ctx, struct xdns_scratch *s)
{
	__u32 len = xdns_read_once(s->answer.len), at = 0;
	__u32 off = (s->pkt.dns_off + DNS_HEADER_LEN + s->question.len) & 0x1ff;
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *p = data + off;

	if (!len)
		return 0;
	if (len > SHORT_BODY || len < 8)
		return len > XDNS_BODY_CAP ? -1 : bpf_xdp_store_bytes(ctx, off, s->body, len);
	for (int i = 0; i < SHORT_BODY / 8; i++) {
		if (at + 8 > len)
			break;
		if ((void *)(p + at + 8) > end)
			return -1;
		xdns_put64(p + at, xdns_get64(s->body + at));
		at += 8;
	}
	if (at == len)
		return 0;
	at = (len - 8) & (SHORT_BODY - 1);
	p += at;
	if ((void *)(p + 8) > end)
		return -1;
	xdns_put64(p, xdns_get64(s->body + at));
	return 0;
}

/* Puts the answer that stands in the scratch area into the frame. */
static __always_inline enum xdns_counter send(struct xdp_md *ctx, struct xdns_scratch *s)
{
	__u64 sum = s->answer.len <= SHORT_BODY ? body_sum(s, SHORT_BODY) : (__u16)long_sum(s);
	enum xdns_counter what;

	if (s->question.len & 1) /* the body starts at an odd octet */
		sum = xdns_sum_odd(sum);
	sum = xdns_sum_add(sum, xdns_question_sum(&s->question));
	what = make_room(ctx, s);
	if (what != XDNS_CONTINUE)
		return what;
	return write_body(ctx, s) || write_headers(ctx, s, sum) ? XDNS_drop_write : XDNS_CONTINUE;
}

/* Types the kernel has the data for; ANY, transfers, NS, PTR and the rest are userspace's. */
static __always_inline int known_type(__u16 type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_SRV ||
	       type == DNS_TYPE_SOA;
}

static __always_inline enum xdns_counter handle(struct xdp_md *ctx, struct xdns_scratch *s)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct xdns_config *cfg = config();
	struct xdns_state *st = zone_state();
	enum xdns_counter what, sent;
	__u32 dns_off, limit;

	if (!st)
		return XDNS_pass_not_serving;
	what = xdns_pkt_parse(data, end, cfg->port, st, &s->pkt);
	if (what != XDNS_CONTINUE)
		return what;
	if (!xdns_read_once(st->serving))
		return XDNS_pass_not_serving;
	dns_off = xdns_read_once(s->pkt.dns_off) & 0x7f;
	what = xdns_question_parse(data + dns_off, end, s->pkt.dns_len, cfg->hash_key,
				   &s->question);
	if (what != XDNS_CONTINUE)
		return what;
	if (!known_type(s->question.type))
		return XDNS_pass_qtype;

	limit = s->question.limit;
	if (limit > st->max_udp)
		limit = st->max_udp;
	xdns_answer_init(&s->answer, &s->question, limit);
	what = look_up(s, st);
	if (what > XDNS_answer_truncated)
		return what;
	if ((what == XDNS_answer_nodata || what == XDNS_answer_nxdomain ||
	     what == XDNS_answer_soa) &&
	    put_soa(s, what))
		return XDNS_pass_mtu;
	xdns_put_opt(&s->question, &s->answer, s->body, XDNS_BODY_CAP);
	sent = send(ctx, s);
	if (sent != XDNS_CONTINUE)
		return sent;
	return s->answer.cut ? XDNS_answer_truncated : what;
}

SEC("xdp")
int mesos_xdns(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct xdns_scratch *s = bpf_map_lookup_elem(&scratch, &zero);
	struct xdns_counters *c = bpf_map_lookup_elem(&counters, &zero);
	__u32 what;

	if (!s || !c)
		return XDP_PASS;
	what = handle(ctx, s);
	xdns_opaque(what);
	if (what < XDNS_COUNTERS_COUNT)
		((__u64 *)c)[what]++;
	if (what <= XDNS_answer_truncated)
		return XDP_TX;
	return what == XDNS_drop_write ? XDP_DROP : XDP_PASS;
}
