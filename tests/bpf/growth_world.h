/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A zone of many names that grows and shrinks, readers of the program and of userspace, and what
 * the answers must be.
 */
#ifndef XDNS_GROWTH_WORLD_H
#define XDNS_GROWTH_WORLD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "dname_text.h"
#include "kernel.h"
#include "stress_kernel.h"
#include "zone.h"

#define GROWTH_EVERY 64 /* of the names one in so many is asked for again at rest */

struct growth {
	struct config *cfg;
	struct zone *zone;
	struct kernel *kernel;
	uint32_t names; /* 0..names-1 are there */
	uint32_t serial;
	atomic_uint floor, shrinks; /* as many names are there, while nothing shrinks */
	atomic_bool stop;
	uint64_t reads, passes, detached, wrong, denied; /* the reader's */
	uint64_t user_reads, user_wrong;
};

/* keys: more of the configuration, each behind a comma. */
void growth_open(struct growth *g, const char *keys);
void growth_close(struct growth *g);

void growth_name(uint32_t i, uint8_t wire[DNAME_WIRE_MAX + 1]);

/* All addresses of name i come or go, with the next commit. */
void growth_change(struct growth *g, uint32_t i, bool add);
void growth_commit(struct growth *g);

/* To so many names in one commit. */
void growth_resize(struct growth *g, uint32_t names);

/* *ret of the kernel, or what is returned: 1: the whole set of name i; 0: NXDOMAIN; -1: else. */
enum stress_run growth_ask_kernel(const struct growth *g, uint32_t i, int *ret);
int growth_ask_userspace(const struct growth *g, uint32_t i);

/* Asks the kernel; an answer must have the very octets of userspace's. For a zone at rest. */
enum stress_run growth_compare(const struct growth *g, const uint8_t *wire, uint16_t type);

/* A thread that asks both for what is there until `stop`, and counts. */
void *growth_reader(void *growth);

/* Names that are there and some that are not; kernel: all of it is to be answered there. */
void growth_check_at_rest(const struct growth *g, bool kernel);

unsigned growth_count_fds(void);

/* The maps of the present generation are the ones under bpfDir. */
void growth_check_pins(const struct growth *g);

/* Octets that the kernel accounts to the maps of the present generation. */
uint64_t growth_map_memory(const struct growth *g);

/* And nothing is left of it. */
void growth_close_kernel(struct growth *g, unsigned fds);

#endif
