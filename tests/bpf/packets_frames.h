/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Frames that are odd around a plain query, and the data plane in odd states. */
#ifndef XDNS_TESTS_PACKETS_FRAMES_H
#define XDNS_TESTS_PACKETS_FRAMES_H

#include "packets.h"

extern const struct rows packets_frames;

#endif
