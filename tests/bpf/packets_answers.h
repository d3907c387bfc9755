/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the kernel answers: sets, rotations, sizes, negatives. */
#ifndef XDNS_TESTS_PACKETS_ANSWERS_H
#define XDNS_TESTS_PACKETS_ANSWERS_H

#include "packets.h"

extern const struct rows packets_answers;

#endif
