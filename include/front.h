/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The front index: where the look-up of a name begins. The kernel's hash map costs a function
 * call and a walk along a list; this is one cache line that mostly leads to the record at once.
 * Entries stand by linear probing: from the bucket and the place in it that the hash
 * picks, round the bucket, then through the next ones.
 *
 * An entry may find, the name in the record decides. A place that was never used says "absent": a
 * name that found none of its places free would come to none of those. That holds but while the
 * index is filled anew (state.front_complete); otherwise the hash map is asked. As with the hash
 * map, a miss counts only if `changes` stood still (abi.h).
 *
 * Readers define  const struct xdns_front *xdns_env_front(const void *env, __u32 bucket);
 * the writer is userspace, user/front_index.h.
 */
#ifndef XDNS_FRONT_H
#define XDNS_FRONT_H

#include "abi.h"

#define XDNS_FRONT_PROBES 4	       /* buckets that are looked at */
#define XDNS_FRONT_GONE	  (1ULL << 32) /* an entry that was taken out: its tag is nobody's */

static __always_inline __u32 xdns_front_tag(__u64 hash)
{
	return (__u32)hash | 1;
}

static __always_inline __u64 xdns_front_entry(__u64 hash, __u32 record)
{
	return (__u64)record << 32 | xdns_front_tag(hash);
}

/* The first bucket of `buckets`. */
static __always_inline __u32 xdns_front_bucket(__u64 hash, __u32 buckets)
{
	return ((hash >> 32) * buckets) >> 32;
}

/* The i-th place in a bucket, from where this hash begins. */
static __always_inline __u32 xdns_front_place(__u64 hash, __u32 i)
{
	return ((__u32)(hash >> 1) + i) & (XDNS_FRONT_ENTRIES - 1);
}

enum xdns_front_result { XDNS_FRONT_FOUND, XDNS_FRONT_ABSENT, XDNS_FRONT_UNKNOWN };

/*
 * Finds the entry of a hash. buckets does not count the XDNS_FRONT_PROBES - 1 that the array
 * has behind the last. UNKNOWN: all places looked at are taken by others.
 */
static __always_inline enum xdns_front_result xdns_front_find(const void *env, __u64 hash,
							      __u32 buckets, __u32 *ret_record)
{
	__u32 tag = xdns_front_tag(hash), bucket = xdns_front_bucket(hash, buckets);
	const struct xdns_front *f;
	__u64 entry, place = hash;

	for (__u32 probe = 0; probe < XDNS_FRONT_PROBES; probe++) {
		f = xdns_env_front(env, bucket + probe);
		if (!f)
			return XDNS_FRONT_UNKNOWN;
		for (__u32 i = 0; i < XDNS_FRONT_ENTRIES; i++) {
			/* else all places would be made ready before the first is looked at */
			xdns_opaque(place);
			entry = xdns_read_once(f->entry[xdns_front_place(place, i)]);
			if ((__u32)entry == tag) {
				*ret_record = entry >> 32;
				return XDNS_FRONT_FOUND;
			}
			if (!entry)
				return XDNS_FRONT_ABSENT;
		}
	}
	return XDNS_FRONT_UNKNOWN;
}

#endif
