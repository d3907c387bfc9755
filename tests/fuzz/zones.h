/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The zones of the packet table, for targets that ask. */
#ifndef XDNS_TESTS_FUZZ_ZONES_H
#define XDNS_TESTS_FUZZ_ZONES_H

#include "bpf/packet_bench.h"

/* Made once, without the kernel; the calling thread is registered with RCU then. */
struct bench *fuzz_zone(enum packet_zone which);

/* The same with lists of clients and a limit (packet_rules.h). */
struct bench *fuzz_limited_zone(enum packet_zone which);

#endif
