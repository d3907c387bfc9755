/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How the program reaches its configuration, its state and the records' parts. */
#ifndef XDNS_ENV_BPF_H
#define XDNS_ENV_BPF_H

#include "compat.h"

/* How answer.h and front.h reach the maps: each is an array look-up, inlined by the verifier. */
struct xdns_record;
static const struct xdns_a_set *xdns_env_a_set(const void *env, __u32 i);
static const struct xdns_aaaa_set *xdns_env_aaaa_set(const void *env, __u32 i);
static const struct xdns_srv_set *xdns_env_srv_set(const void *env, __u32 i);
static const struct xdns_record *xdns_env_target(const void *env, __u32 target);
static const struct xdns_name_tail *xdns_env_name_tail(const void *env, __u32 i);
static const struct xdns_front *xdns_env_front(const void *env, __u32 bucket);

#include "answer.h"
#include "front.h"
#include "maps.bpf.h"

/* Set by userspace before loading: constants to the verifier and the JIT. */
XDNS_RODATA struct xdns_config xdns_cfg = {};

/*
 * What this program does beside answering, XDNS_EXTRA_*; 0: nothing, and then nothing of it is in
 * the program that runs, since the verifier takes out what cannot be reached.
 */
XDNS_RODATA __u32 xdns_extras = 0;

/* Buckets of `front`, not counting the ones behind the last. */
XDNS_RODATA __u32 xdns_front_buckets = 1;

/* Elements of `records` that are homes (abi.h); 0: none is. */
XDNS_RODATA __u32 xdns_homes = 0;

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

static __always_inline const struct xdns_front *xdns_env_front(const void *env, __u32 bucket)
{
	(void)env;
	return bpf_map_lookup_elem(&front, &bucket);
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

#endif
