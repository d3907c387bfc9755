/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the flood's BPF program and its loader share. */
#ifndef XDNS_STRESS_FLOOD_H
#define XDNS_STRESS_FLOOD_H

#include "stress_versions.h"

#define FLOOD_FRAME_MAX 256 /* octets: headers, a query for A with an OPT */
#define FLOOD_DNS	42  /* octets in front of the message */
#define FLOOD_NAMES_MAX 640

/* A name that is asked for, and what was seen of it. */
struct flood_name {
	__u8 frame[FLOOD_FRAME_MAX];
	__u16 len;
	__u16 question_len;
	__u16 id;
	__u16 version; /* the newest seen */
	__u8 kind;     /* enum stress_kind */
	__u8 seen;     /* is version one? */
	__u8 always;   /* is there in every version, */
	__u8 has_a;    /* with A records */
};

struct flood {
	__u32 names;
	__u32 unused;
	__u64 start; /* where a frame begins before the program moves it; 0: not known yet */
	__u64 now;
	/* what came back, and what was wrong with it */
	__u64 reads, answers, nodata, nxdomain, truncated, passes;
	__u64 torn, foreign, false_nxdomain, back, malformed;
	__u64 broken; /* the flood's own failures */
};

#endif
