/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A zone in which every record says which name and which version of its set it belongs to, and
 * how many records that version has: whoever sees an answer can tell whether it
 * is one whole version of the right name without knowing what the writer is doing.
 */
#ifndef XDNS_STRESS_WORLD_H
#define XDNS_STRESS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "stress_versions.h"
#include "zone.h"

struct stress_name {
	enum stress_kind kind;
	uint16_t id; /* index into the world */
	uint16_t version;
	bool there; /* the zone has its records */
	uint8_t wire[256];
	uint8_t wire_len;
};

#define STRESS_NAMES_MAX 640

struct stress_world {
	struct stress_name names[STRESS_NAMES_MAX];
	size_t count;
	size_t first[STRESS_KINDS], count_of[STRESS_KINDS];
};

/* Twins have one hash under a configuration that stress_weaken_hash() has been over. */
void stress_weaken_hash(struct xdns_config *zc);
void stress_world_init(struct stress_world *w);

/* Moves one name to a version: takes out what the old one had, adds what the new one has. */
int stress_move(struct stress_world *w, struct zone *z, struct stress_name *n, uint16_t version);

#endif
