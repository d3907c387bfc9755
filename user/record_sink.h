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

/* What stays the same during one records_update(); nothing in it is borrowed. */
struct record_rules {
	bool enforce_rfc952, reverse_dns;
	uint16_t srv_weight;
	enum ip_source ip_sources[IP_SOURCE_COUNT];
	size_t ip_sources_count;
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

/* Of what records are made that no task gives. The rules set it for who wants to know. */
struct record_origin {
	const struct framework *framework;
	const struct agent *agent;
	const char *master; /* "host:port" of the list; NULL: the leader */
};

struct record_sink {
	int (*put)(struct record_sink *sink, const uint8_t *owner, size_t owner_len,
		   const struct rr *rr);
	/* NULL, or told of what is left out. rr: NULL if there is not even one */
	void (*left_out)(struct record_sink *sink, enum left_out why,
			 const struct record_name *name, const struct rr *rr);
	struct records_skipped skipped;
	enum naming_rule rule; /* of the record that put() is given */
	bool raw;	       /* of a name that is a discovery name as it stands */
	struct record_origin origin;
};

/* Nothing is given of this name; what the daemon counts is counted. */
void record_leave_out(struct record_sink *sink, enum left_out why, const struct record_name *name,
		      const struct rr *rr);

/* Each leaves out a record of an owned name and one that cannot be asked for or carried. */
int record_put_address(struct record_sink *sink, const struct record_name *owner,
		       const struct address *address);
int record_put_srv(struct record_sink *sink, const struct record_rules *r,
		   const struct record_name *owner, const struct record_name *target,
		   uint16_t port);
int record_put_ptr(struct record_sink *sink, const struct address *address,
		   const struct record_name *target);

#endif
