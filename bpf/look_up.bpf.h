/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From the question to its record, or to what its absence means. */
#ifndef XDNS_LOOK_UP_BPF_H
#define XDNS_LOOK_UP_BPF_H

#include "env.bpf.h"

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

/* Is the name well-formed to its end? What was not looked up may have a zero octet in a label. */
__attribute__((noinline)) int is_whole_name(struct xdns_scratch *s)
{
	__u64 root = 0;

	return s && xdns_qname_walk(&s->question.name, (const __u8 *)&root, 1) == XDNS_WALK_INSIDE;
}

/*
 * Loads before it are done before those behind it: an exchange is a full barrier everywhere. s may
 * be NULL in a program that needs none.
 */
static __always_inline void load_fence(struct xdns_scratch *s)
{
	if (s && xdns_extras & XDNS_EXTRA_FENCES)
		(void)__sync_lock_test_and_set(&s->fence, 0);
}

/* The long names' part is in another map. */
static __always_inline int record_is_named(const struct xdns_record *r, const struct xdns_qname *q)
{
	const struct xdns_name_tail *tail = 0;

	if (r->name_len > XDNS_NAME_INLINE)
		tail = xdns_env_name_tail(0, r->name_tail);
	return xdns_record_is(r, tail, q);
}

/* Of a name that was not asked in lower case, as most are. */
__attribute__((noinline)) int record_is_folded(struct xdns_scratch *s, __u32 i)
{
	const struct xdns_record *r = bpf_map_lookup_elem(&records, &i);

	if (!s || !r)
		return 0;
	xdns_qname_fold(&s->question.name, &s->folded);
	return record_is_named(r, &s->folded);
}

/* The record of this number, if it is the question's name's. */
static __always_inline const struct xdns_record *record_of_question(struct xdns_scratch *s, __u32 i)
{
	const struct xdns_record *r = bpf_map_lookup_elem(&records, &i);

	if (!r)
		return 0;
	return record_is_named(r, &s->question.name) || record_is_folded(s, i) ? r : 0;
}

/*
 * What the hash map says: XDNS_CONTINUE and s->record, or why there is none. Not inlined: the
 * front index seldom needs it.
 */
__attribute__((noinline)) int ask_hash_map(struct xdns_scratch *s)
{
	const struct xdns_name *name;
	__u64 hash;

	if (!s)
		return XDNS_pass_not_serving;
	hash = s->question.name.hash;
	name = bpf_map_lookup_elem(&names, &hash);
	if (!name)
		return missing_name(s);
	s->record = xdns_read_once(name->record);
	return s->record == XDNS_REF_COLLISION ? XDNS_pass_collision : XDNS_CONTINUE;
}

/*
 * The record an index led to is not the question's name's: it is another name's, or it or the
 * rest of its name is beyond the maps. Not inlined: seldom.
 */
__attribute__((noinline)) int not_the_name(struct xdns_scratch *s, __u32 i)
{
	const struct xdns_record *r = bpf_map_lookup_elem(&records, &i);

	if (!s || !r)
		return XDNS_pass_memory;
	if (r->name_len > XDNS_NAME_INLINE && !xdns_env_name_tail(0, r->name_tail))
		return XDNS_pass_memory;
	return XDNS_pass_collision;
}

/*
 * A name that no index has does not exist, provided that they stood still meanwhile and that no
 * name was left out of them.
 */
static __always_inline enum xdns_counter believe(struct xdns_scratch *s,
						 const struct xdns_state *st, __u32 before,
						 enum xdns_counter what)
{
	if (what != XDNS_answer_nxdomain)
		return what;
	load_fence(s);
	if ((before & 1) || xdns_read_once(st->changes) != before)
		return XDNS_pass_changing;
	load_fence(s);
	return xdns_read_once(st->names_complete) ? what : XDNS_pass_memory;
}

/* What a name that exists answers to the question. */
static __always_inline enum xdns_counter kind_of(struct xdns_scratch *s,
						 const struct xdns_record *r)
{
	switch (s->question.type) {
	case DNS_TYPE_A:
		return r->n_a ? XDNS_answer_a : XDNS_answer_nodata;
	case DNS_TYPE_AAAA:
		return r->n_aaaa ? XDNS_answer_aaaa : XDNS_answer_nodata;
	case DNS_TYPE_SRV:
		return r->n_srv ? XDNS_answer_srv : XDNS_answer_nodata;
	default: /* SOA */
		return s->question.name.len == config()->domain_len ? XDNS_answer_soa
								    : XDNS_answer_nodata;
	}
}

/*
 * Loads from where the record of this hash is, if it is at home; else it is mostly the same page.
 * The address needs no entry: a processor that expects the name to be found, as after others that
 * were, comes here before the bucket has come from memory, and waits for both at once. In front of
 * that branch missing names would wait for a record, too. Only the load counts.
 */
static __always_inline void ask_memory(__u64 hash, __u32 name_len)
{
	__u32 home = xdns_home(hash, xdns_homes);
	const struct xdns_record *r;

	r = bpf_map_lookup_elem(&records, &home);
	if (!r)
		return;
	(void)xdns_read_once(*(const __u64 *)r);
	if (name_len > XDNS_NAME_LINE)
		(void)xdns_read_once(*(const __u64 *)(r->name + XDNS_NAME_LINE));
}

/* Through the front index, or else the hash map. Sets s->record unless it is a miss. */
__attribute__((noinline)) int look_up(struct xdns_scratch *s)
{
	const struct xdns_state *st = zone_state();
	const struct xdns_record *r = 0;
	enum xdns_front_result found;
	enum xdns_counter what;
	__u32 before, i = 0;
	__u64 hash;

	if (!s || !st)
		return XDNS_pass_not_serving;
	before = xdns_read_once(st->changes);
	load_fence(s);
	hash = xdns_qname_hash(&s->question.name, config()->hash_key);
	s->question.name.hash = hash;
	found = xdns_front_find(0, hash, xdns_front_buckets, &i);
	if (found == XDNS_FRONT_ABSENT && xdns_read_once(st->front_complete))
		return believe(s, st, before, missing_name(s));
	if (found == XDNS_FRONT_FOUND && i != XDNS_REF_COLLISION) {
		ask_memory(hash, s->question.name.len);
		r = record_of_question(s, i);
	}
	if (!r) {
		what = ask_hash_map(s);
		if (what != XDNS_CONTINUE)
			return believe(s, st, before, what);
		i = s->record;
		r = record_of_question(s, i);
		if (!r)
			return not_the_name(s, i);
	}
	s->record = i;
	return kind_of(s, r);
}

#endif
