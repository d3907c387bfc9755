/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What bench_packets.c asks, and the zone that answers. Whatever fails here ends the program. */
#ifndef XDNS_PACKET_TASK_H
#define XDNS_PACKET_TASK_H

#include <stdint.h>

#include "harness.h"

#define PACKET_SERIAL 1 /* of the zone */

struct config;
struct xdns_state;
struct zone;

/* A query. */
struct packet_case {
	const char *name;
	const char *qname; /* "%08x" in it: the number */
	uint16_t type;
	unsigned random : 1, ip6 : 1, opt : 1, tcp : 1, vlan : 1;
	int verdict;	 /* what the program must say */
	const char *key; /* in bench.json's raw, NULL: none */
	double goal;
	const char
		*against; /* goal is a multiple of this case's cost; NULL: of the empty program */
};

/* key: makes the hash's; 0: it is a random one. */
struct zone *packet_zone(struct config *cfg, unsigned names, unsigned key);

/* The addresses that the frames go to, and that they are answered. */
void packet_state(struct xdns_state *s);

void packet_task(const struct packet_case *c, unsigned names, struct harness_task *t);

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

#endif
