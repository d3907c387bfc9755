/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Queries, and the judgement of what comes back. */
#ifndef XDNS_STRESS_CHECK_H
#define XDNS_STRESS_CHECK_H

#include "stress_world.h"

/* What readers found. */
struct stress_counts {
	uint64_t reads;
	uint64_t answers, nodata, nxdomain, truncated; /* of reads: right ones */
	uint64_t passes;			       /* left to userspace */
	uint64_t torn;				       /* not one whole version */
	uint64_t foreign;			       /* another name's data */
	uint64_t false_nxdomain;		       /* of a name that is always there */
	uint64_t back; /* older than what the same reader saw before */
	uint64_t malformed;
};

/* A reader's memory: the newest version seen of each name, as owner and as SRV target. */
struct stress_seen {
	struct {
		uint16_t version;
		bool any;
	} owner[STRESS_NAMES_MAX][2], target[STRESS_NAMES_MAX];
	struct stress_counts counts;
	char first_fault[512];
};

/* A DNS query; *buf has room for 512. Returns its length. */
size_t stress_query(const struct stress_name *n, uint16_t type, uint16_t id, bool edns,
		    uint8_t *buf);

/* The response to a query of stress_query(). Counts it, and describes the first fault. */
void stress_check(const struct stress_world *w, const struct stress_name *n, uint16_t type,
		  const uint8_t *query, size_t query_len, const uint8_t *msg, size_t len,
		  struct stress_seen *seen);

/* Is this the version every answer must be of now? For checks at rest. */
bool stress_is_current(const struct stress_world *w, const struct stress_name *n, uint16_t type,
		       const uint8_t *msg, size_t len);

#endif
