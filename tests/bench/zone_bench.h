/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What bench_zone finds out from outside: through the pins, the program and /proc. */
#ifndef XDNS_ZONE_BENCH_H
#define XDNS_ZONE_BENCH_H

#include <stdint.h>

#define ZONE_BENCH_PINS	  "/sys/fs/bpf/xdns-bench"
#define ZONE_BENCH_SERVER "192.0.2.1"
#define ZONE_BENCH_MAPS	  24

struct zone_bench_program {
	int fd;
};

/* Octets. Maps are told apart by type, not by name. */
struct zone_bench_memory {
	struct {
		char name[32];
		uint64_t octets;
	} maps[ZONE_BENCH_MAPS];
	uint32_t maps_count;
	uint64_t arrays;    /* mmapable arrays: what readers see, front index and records */
	uint64_t hash;	    /* hash maps */
	uint64_t fixed;	    /* everything else: counters, scratch, constants */
	uint64_t userspace; /* anonymous memory the process has grown by */
	uint64_t userspace_untrimmed; /* before malloc() gave back what was free */
	uint64_t pairs;		      /* the bare hash map beside them */
};

/* The program that is attached to lo, by the link's pin. */
int zone_bench_program(struct zone_bench_program *ret);

/* Asks the program for A. 1: one address; 0: anything else. */
int zone_bench_ask(const struct zone_bench_program *p, const uint8_t *name, uint8_t ret[4]);

/* Anonymous resident memory of this process. */
uint64_t zone_bench_anonymous(void);

/* before: what zone_bench_anonymous() was before there was a zone. */
void zone_bench_weigh(uint64_t before, int pairs_fd, struct zone_bench_memory *ret);

#endif
