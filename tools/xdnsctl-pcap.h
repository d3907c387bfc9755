/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Frames into a pcapng file (draft-ietf-opsawg-pcapng). Each has its direction, what XDP said of
 * it, the outcome's name as its comment, and a number that question and answer share.
 */
#ifndef XDNS_TOOLS_XDNSCTL_PCAP_H
#define XDNS_TOOLS_XDNSCTL_PCAP_H

#include <stdint.h>
#include <stdio.h>

#include "xdnsctl-tap-abi.h"

#define PCAP_INTERFACES_MAX 64

struct pcap {
	FILE *out;	   /* the caller's */
	uint64_t clock_ns; /* what CLOCK_REALTIME is ahead of CLOCK_BOOTTIME */
	uint32_t interface[PCAP_INTERFACES_MAX];
	size_t interfaces;
};

/* Errors show in the stream. */
void pcap_begin(struct pcap *p, FILE *out, uint64_t clock_ns);
void pcap_frame(struct pcap *p, const struct tap_frame *f);

#endif
