/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How answer.h reaches a record's sets in userspace: env is the pool they stand in. */
#ifndef XDNS_REPLY_ENV_H
#define XDNS_REPLY_ENV_H

#include "abi.h"
#include "pool.h"

static inline const struct xdns_a_set *xdns_env_a_set(const void *env, __u32 i)
{
	return pool_at(env, POOL_A_SETS, i);
}

static inline const struct xdns_aaaa_set *xdns_env_aaaa_set(const void *env, __u32 i)
{
	return pool_at(env, POOL_AAAA_SETS, i);
}

static inline const struct xdns_srv_set *xdns_env_srv_set(const void *env, __u32 i)
{
	return pool_at(env, POOL_SRV_SETS, i);
}

static inline const struct xdns_name_tail *xdns_env_name_tail(const void *env, __u32 i)
{
	return pool_at(env, POOL_NAME_TAILS, i);
}

static inline const struct xdns_record *xdns_env_target(const void *env, __u32 target)
{
	const struct xdns_ref *ref = pool_at(env, POOL_TARGETS, target);
	__u32 i = __atomic_load_n(&ref->record, __ATOMIC_ACQUIRE);

	return i ? pool_at(env, POOL_RECORDS, i) : NULL;
}

#endif
