/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Between the rules that make records (task_records.c, daemon_records.c) and
 * what happens to a record: put into the zone, taken out of it, or collected
 * to be compared (records.c).
 */
#ifndef XDNS_RECORD_SINK_H
#define XDNS_RECORD_SINK_H

#include "address.h"
#include "config.h"
#include "labels.h"
#include "record_name.h"
#include "records.h"

/* What stays the same during one records_update(). */
struct record_rules {
	const struct config *cfg;
	struct label_hasher *hasher;
	uint8_t domain[DNAME_WIRE_MAX]; /* lower-case wire names */
	size_t domain_len;
	uint8_t mname[DNAME_WIRE_MAX];
	size_t mname_len; /* 0: the SOA's name server is not a name of this zone */
};

int record_rules_init(struct record_rules *r, const struct config *cfg);
void record_rules_done(struct record_rules *r);

/* Octets of the domain are the end of name, or all of it. */
bool record_rules_in_domain(const struct record_rules *r, const uint8_t *name, size_t len);

/*
 * Does the daemon alone own this name: leader, master, master and a number, slave, _leader._*,
 * _slave._* under the domain, and the SOA's name server?
 */
bool record_rules_owned(const struct record_rules *r, const uint8_t *name, size_t len);

/* slave or _slave._*, which tell of all agents? */
bool record_rules_agents(const struct record_rules *r, const uint8_t *name, size_t len);

struct record_sink {
	int (*put)(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
		   const struct rr *rr);
	struct records_skipped skipped;
};

/* Each counts, and leaves out, a record of an owned name and one that cannot be asked for or
 * carried. */
int record_put_address(struct record_sink *sink, const struct record_name *owner,
		       const struct address *address);
int record_put_srv(struct record_sink *sink, const struct record_rules *r,
		   const struct record_name *owner, const struct record_name *target,
		   uint16_t port);
int record_put_ptr(struct record_sink *sink, const struct address *address,
		   const struct record_name *target);

#endif
