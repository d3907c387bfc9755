/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Messages that are odd as DNS, and names and types that are userspace's. */
#ifndef XDNS_TESTS_PACKETS_ODD_H
#define XDNS_TESTS_PACKETS_ODD_H

#include "packets.h"

extern const struct rows packets_odd;

#endif
