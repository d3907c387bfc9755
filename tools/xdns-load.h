/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What tools/xdns-load.c and its BPF programs share. */
#ifndef XDNS_LOAD_H
#define XDNS_LOAD_H

#include <linux/types.h>

#define LOAD_MESSAGE_CAP 320 /* header, a name of 255 octets, type and class, OPT */
#define LOAD_HEAD_CAP	 64  /* Ethernet, IPv6 and UDP headers, in whole words */
#define LOAD_IDS	 65536
#define LOAD_BUCKETS	 512 /* of the latency histogram: 16 for each power of two */

/* Constant while the programs run. */
struct load_config {
	__u64 duration; /* ns */
	__u64 rate;	/* queries a second; 0: as many as the core can make */
	__u64 window;	/* at the most so many without an answer; 0: any number */
	__u32 ifindex;
	__u32 queries;
	__u32 message_max; /* of this file */
	__u32 sources;	   /* addresses, from that in the head on */
	__u32 source;	   /* the last four octets of the first one, host order */
	__u16 port;	   /* the server's, network order */
	__u8 v6;
	__u8 latency;
	__u8 server[16];
	__u8 head[LOAD_HEAD_CAP]; /* all headers; what differs from frame to frame is 0 */
	__u32 ip_sum;		  /* of the IPv4 header; length and source left out */
	__u32 udp_sum;		  /* of the pseudo-header and the ports, what differs left out */
};

/* Only the sender writes it. */
struct load_run {
	__u64 first, last; /* ns of CLOCK_MONOTONIC */
	__u64 sent;
	__u64 allowed; /* look at the clock again when so many were sent */
	__u64 skipped; /* queries that were due while the sender had no CPU, and not made up for */
	__u64 progress_at, progress; /* when the last answer came that made room in the window */
	__u64 lost;		     /* taken out of the window for want of an answer */
	__u32 next;
	__u32 done;
};

/* One for each CPU. */
struct load_answers {
	__u64 rcode[16];
	__u64 truncated;
	__u64 empty;	 /* NOERROR without an answer record */
	__u64 reflected; /* QR not set: the query came back */
	__u64 octets;	 /* of frames */
	__u64 other;	 /* frames that were something else, passed */
};

/* The query as it is sent, but for its ID. */
struct load_query {
	__u32 sum;
	__u16 len;
	__u16 unused;
	__u8 message[];
};

#endif
