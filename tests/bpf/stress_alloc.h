/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Allocations of the calling thread that fail on demand. */
#ifndef XDNS_STRESS_ALLOC_H
#define XDNS_STRESS_ALLOC_H

#include <stdbool.h>

/* The n-th allocation from now on fails, once; 0: none. */
void stress_alloc_fail(unsigned n);

/* Has it failed? Ends the demand. */
bool stress_alloc_failed(void);

#endif
