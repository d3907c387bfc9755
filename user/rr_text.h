/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Resource records as the HTTP API writes them. */
#ifndef XDNS_RR_TEXT_H
#define XDNS_RR_TEXT_H

#include "dname_text.h"
#include "zone.h"

#define RR_TEXT_MAX (DNAME_TEXT_MAX + sizeof(":65535"))

/* "A", "AAAA", "SRV", "PTR". */
const char *rr_type_text(uint16_t type);

/*
 * What the record says: an address, "target:port" of an SRV, a name. target: the wire name of an
 * SRV or PTR, which need not be where rr says. Returns buf.
 */
const char *rr_data_text(const struct rr *rr, const uint8_t *target, char buf[RR_TEXT_MAX]);

#endif
