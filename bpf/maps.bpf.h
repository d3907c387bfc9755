/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps of the data plane; include/abi.h says what is in them. Userspace
 * sets max_entries to the zone's size before loading. Everything but `names`
 * and the per-CPU maps is written by the daemon through mmap().
 */
#ifndef XDNS_MAPS_BPF_H
#define XDNS_MAPS_BPF_H

#include "abi.h"
#include "answer.h"
#include "cookie.h"
#include "counters.h"
#include "limit.h"
#include "pkt.h"

/* A question of the quick way (quick.bpf.h); its name is in QUICK_WORDS words, zeros behind it. */
#define QUICK_WORDS (XDNS_NAME_INLINE / 8)

struct quick {
	__u64 header;  /* the message's first eight octets */
	__u64 sum;     /* of the name, from an even octet on */
	__u64 hash;    /* the name's */
	__u32 len;     /* octets of the name, up to 64 */
	__u32 rest;    /* type and class, as they follow it */
	__u32 opt_len; /* octets of the response's OPT; 0: it gets none */
	__u32 dnssec_ok;
};

/* Scratch of one CPU: the question, and answers that are not written straight into the frame. */
#define XDNS_BODY_CAP 2048
#define XDNS_HEAD_CAP 264

struct xdns_scratch {
	struct xdns_pkt pkt;
	struct xdns_flow flow;
	struct xdns_question question;
	struct xdns_qname folded; /* its name in lower case, where that was needed */
	struct xdns_answer answer;
	struct quick
		quick; /* and its name: for those of its answers that are functions of their own */
	__u64 word[QUICK_WORDS];
	struct xdns_client who;	  /* for the cookie */
	__u32 record;		  /* index of the record found */
	__u32 fence;		  /* its exchange orders loads, see load_fence() */
	__u32 client;		  /* XDNS_CLIENT_*; set if the program looks at the lists */
	__u32 verdict;		  /* of the limit, or that it was not asked; set if limited */
	__u32 is_read;		  /* the question is one that could be answered; set if limited */
	__u8 body[XDNS_BODY_CAP]; /* what follows the question */
	__u8 head[XDNS_HEAD_CAP]; /* the question, while it moves to the front */
};

/* Index: keyed hash of the lower-case wire name -> record. Userspace: update, delete. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct xdns_name);
} names SEC(".maps");

/* The same, looked at first (front.h). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_front);
} front SEC(".maps");

/* Immutable records, by index; index 0 is never used. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_record);
} records SEC(".maps");

/* Sets too large for a record: runs of elements, immutable like it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_a_set);
} a_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_aaaa_set);
} aaaa_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_srv_set);
} srv_sets SEC(".maps");

/* Names longer than a record has room for. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_name_tail);
} name_tails SEC(".maps");

/* SRV targets: a number that stays while the name lives -> its record of now. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_ref);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_state);
} state SEC(".maps");

/* Not mapped: what is secret stands in as few places as possible. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct xdns_cookies);
} cookies SEC(".maps");

/* A cell a network; the daemon's own, which it writes, too (limit.h). One element: not used. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");

/* The trie of now: another one takes its place whole, so no reader sees half of the lists. */
struct client_nets {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct xdns_client_net)); /* of an inner map clang emits no types */
	__uint(value_size, sizeof(__u32));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct client_nets);
} clients SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdns_scratch);
} scratch SEC(".maps");

#endif
