/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From the daemon's configuration to what XDP program and responder share (struct xdns_config). */
#ifndef XDNS_ZONE_CONFIG_H
#define XDNS_ZONE_CONFIG_H

#include "abi.h"
#include "config.h"

/* hash_key: random octets, so that nobody can make names with one hash. */
int zone_config_make(const struct config *cfg, struct xdns_config *ret);

/* The SOA's MNAME, which is the zone's one NS: a wire name. Returns its octets; 0: too long. */
size_t zone_config_mname(const struct xdns_config *c, uint8_t name[DNS_NAME_MAX + 1]);

#endif
