/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What must hold for any frame, the program in the kernel included. */
#ifndef XDNS_TESTS_PACKET_PLANES_H
#define XDNS_TESTS_PACKET_PLANES_H

#include "packet_bench.h"

/*
 * As packet_judge(); and the program in the kernel, where there is one, gives the same verdict and
 * leaves the same octets.
 */
const char *packet_planes(struct bench *b, const struct frame *query, struct native_result *ret,
			  struct frame *ret_reply);

#endif
