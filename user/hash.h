/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A 64-bit hash of bytes for tables and digests inside one process: fast, well mixed,
 * not keyed, never stored or sent.
 */
#ifndef XDNS_HASH_H
#define XDNS_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9fb21c651e98df25ULL;
	return h ^ (h >> 29);
}

/* Continues from h, so that several pieces make one hash; the length is part of it. */
static inline uint64_t hash_bytes(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t v;

	h = hash_mix(h, len);
	for (; len >= sizeof(v); p += sizeof(v), len -= sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		h = hash_mix(h, v);
	}
	v = 0;
	if (len > 0)
		memcpy(&v, p, len);
	h = hash_mix(h, v);
	return h ^ (h >> 32);
}

#endif
