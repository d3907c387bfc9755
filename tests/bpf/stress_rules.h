/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a version of a name's sets is made of: the writer's and the checker's one truth. */
#ifndef XDNS_STRESS_RULES_H
#define XDNS_STRESS_RULES_H

#include "stress_world.h"

/* Does this version have records at all? */
bool stress_present(const struct stress_name *n, uint16_t version);

/* Must every answer say that the name exists? */
bool stress_always(const struct stress_name *n);

/* Has every version that is there records of this type? */
bool stress_has(const struct stress_name *n, uint16_t type);

/* Records of this type; below 64. */
uint32_t stress_size(const struct stress_name *n, uint16_t type, uint16_t version);

/* The i-th record's data. */
void stress_a(const struct stress_name *n, uint16_t version, uint32_t i, uint8_t a[4]);
void stress_aaaa(const struct stress_name *n, uint16_t version, uint32_t i, uint8_t aaaa[16]);
const struct stress_name *stress_target(const struct stress_world *w, const struct stress_name *n,
					uint16_t version, uint32_t i);

#endif
