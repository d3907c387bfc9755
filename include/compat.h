/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What differs between the BPF target and a native compiler, so that every
 * other header here reads the same for both.
 */
#ifndef XDNS_COMPAT_H
#define XDNS_COMPAT_H

#include <linux/types.h>

#ifdef __bpf__
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define xdns_memcpy(dst, src, n) __builtin_memcpy(dst, src, n)
/*
 * Makes the compiler (and, as a fresh scalar, the verifier) forget where a
 * value came from: keeps clang 14 from 32-bit packet-pointer arithmetic and
 * from hoisting a use above its bounds check.
 */
#define xdns_opaque(x) asm volatile("" : "+r"(x))
/* Makes the verifier forget what x may be; y: another value, not a constant. */
#define xdns_forget(x, y) asm volatile("%0 ^= %1\n%0 ^= %1" : "+r"(x) : "r"((__u64)(y)))
/* Keeps an array from being taken apart into registers, of which there are too few. */
#define xdns_in_memory(x) asm volatile("" : : "r"(x) : "memory")
/* Data that is set before loading and constant from then on. */
#define XDNS_RODATA const volatile
/* In front of a loop over words: with constant places each costs half as many instructions. */
#define XDNS_UNROLL _Pragma("clang loop unroll(full)")
#else
#include <string.h>
#define xdns_memcpy(dst, src, n) memcpy(dst, src, n)
#define xdns_opaque(x)		 ((void)0)
#define xdns_forget(x, y)	 ((void)(y))
#define xdns_in_memory(x)	 ((void)0)
#define XDNS_RODATA
#define XDNS_UNROLL
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "mesos-xdns is written for little-endian machines"
#endif

#define xdns_be16(x) ((__u16)__builtin_bswap16(x))
#define xdns_be32(x) ((__u32)__builtin_bswap32(x))

/*
 * Unaligned access. The machines allow it; the BPF back end, told of an
 * alignment below the word's, would go octet by octet, so it is told nothing.
 */
#ifdef __bpf__
#define XDNS_UNALIGNED __attribute__((may_alias))
#else
#define XDNS_UNALIGNED __attribute__((packed, may_alias))
#endif
struct xdns_u16 {
	__u16 v;
} XDNS_UNALIGNED;
struct xdns_u32 {
	__u32 v;
} XDNS_UNALIGNED;
struct xdns_u64 {
	__u64 v;
} XDNS_UNALIGNED;

#define xdns_get16(p)	 (((const struct xdns_u16 *)(p))->v)
#define xdns_get32(p)	 (((const struct xdns_u32 *)(p))->v)
#define xdns_get64(p)	 (((const struct xdns_u64 *)(p))->v)
#define xdns_put16(p, x) (((struct xdns_u16 *)(p))->v = (x))
#define xdns_put32(p, x) (((struct xdns_u32 *)(p))->v = (x))
#define xdns_put64(p, x) (((struct xdns_u64 *)(p))->v = (x))

/* Memory that another CPU changes while we look: one load, one store. */
#ifdef __bpf__
#define xdns_read_once(x)	(*(const volatile __typeof__(x) *)&(x))
#define xdns_write_once(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
#else
#define xdns_read_once(x)	__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define xdns_write_once(x, val) __atomic_store_n(&(x), val, __ATOMIC_RELAXED)
#endif

#endif
