/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers as they stand in a message: the highest octet first, at any place. */
#ifndef XDNS_OCTETS_H
#define XDNS_OCTETS_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* The lower two octets of value; returns where to go on. */
static inline uint8_t *put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

#endif
