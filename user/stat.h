/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Counters with one writing thread and any number of readers: the writer pays
 * for no locked instruction, a reader never sees half a value.
 */
#ifndef XDNS_STAT_H
#define XDNS_STAT_H

#include <stdint.h>

static inline void stat_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline uint64_t stat_get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif
