/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which names have how many records in which version: what the writer of the stress test, its
 * checker and the BPF program that checks (stress_flood.bpf.c) have to agree on.
 */
#ifndef XDNS_STRESS_VERSIONS_H
#define XDNS_STRESS_VERSIONS_H

#include "compat.h"

enum stress_kind {
	STRESS_SET,   /* always there: A and AAAA */
	STRESS_LONG,  /* the same under a name that needs a tail */
	STRESS_NODE,  /* always there: A; SRV records lead here */
	STRESS_BARE,  /* SRV records lead here; has A, so exists, in half of the versions */
	STRESS_SRV,   /* always there: SRV */
	STRESS_COME,  /* there in half of the versions: A and AAAA */
	STRESS_ENT,   /* always there, by one or the other of two names below it */
	STRESS_CHILD, /* these two: one in even versions, the other in odd ones */
	STRESS_TWIN,  /* always there, A and AAAA; the next one has the same hash */
	STRESS_TWIN2, /* there in half of the versions */
	STRESS_NEVER, /* never there */
	STRESS_KINDS,
};

static __always_inline __u32 stress_mix(__u32 a, __u32 b)
{
	__u32 x = a * 0x9e3779b1U ^ (b + 0x7f4a7c15U) * 0x85ebca77U;

	x ^= x >> 15;
	x *= 0x2c1b3c6dU;
	return x ^ x >> 13;
}

/* Does this version have records at all? */
static __always_inline int stress_version_there(enum stress_kind kind, __u16 id, __u16 version)
{
	switch (kind) {
	case STRESS_ENT:
	case STRESS_NEVER:
		return 0;
	case STRESS_CHILD:
		return (version ^ id) & 1;
	case STRESS_BARE:
	case STRESS_COME:
	case STRESS_TWIN2:
		return stress_mix(id, version) & 1;
	default:
		return 1;
	}
}

/* A number below 8 that picks the size of a version's set. */
static __always_inline __u32 stress_pick(__u16 id, __u16 type, __u16 version)
{
	return stress_mix(id + type * 1024U, version) >> 3 & 7;
}

/* Of a name that has A records at all: how many in a version that is there; below 64. */
static __always_inline __u32 stress_a_size(enum stress_kind kind, __u32 pick)
{
	/* 1, 2, 4, 5, 16, 17, 30, 33 */
	return kind == STRESS_NODE || kind == STRESS_BARE ? 1 + pick % 6
							  : 0x211e111005040201ULL >> pick * 8 & 63;
}

/* The first four octets of each record say whose it is, of which version, and which of them. */
static __always_inline __u32 stress_a_word(__u16 id, __u16 version, __u32 i)
{
	return (__u32)id << 22 | (__u32)version << 6 | i;
}

#endif
