/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From the daemon's configuration to what XDP program and responder share (struct xdns_config). */
#ifndef XDNS_ZONE_CONFIG_H
#define XDNS_ZONE_CONFIG_H

#include "abi.h"
#include "config.h"

/* hash_key: random octets, so that nobody can make names with one hash. */
int zone_config_make(const struct config *cfg, struct xdns_config *ret);

#endif
