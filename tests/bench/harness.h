/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What bench_packets.c tells the harness program (harness.bpf.c). */
#ifndef XDNS_BENCH_HARNESS_H
#define XDNS_BENCH_HARNESS_H

#include <linux/types.h>

#define HARNESS_FRAME_MAX 512
#define HARNESS_DIGITS	  8 /* hexadecimal, of a name's number */

/* The programs the harness may call. */
enum harness_program {
	HARNESS_EMPTY,	 /* XDP_TX at once */
	HARNESS_PASS,	 /* XDP_PASS at once */
	HARNESS_REFLECT, /* addresses and ports swapped, XDP_TX */
	HARNESS_SUBJECT, /* mesos_xdns */
	HARNESS_PROGRAMS,
};

/* One query, over and over; each with another message ID and, if asked for, another name. */
struct harness_task {
	__u32 program; /* enum harness_program */
	__u32 len;     /* octets of the frame */
	__u32 id_at;
	__u32 digits_at; /* where the name's number stands; 0: the name is always the same */
	__u32 names;	 /* numbers are below this */
	__u32 seed;
	__u64 start, now; /* where the frame begins: at first, and in this round */
	__u8 frame[HARNESS_FRAME_MAX];
};

#endif
