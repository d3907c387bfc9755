/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Why the zone has the records of a name that it has, or has none: the rules that make the zone
 * (task_records.h, cluster_records.h) are gone through once more, and who gives something of
 * that name, or would, is noted.
 */
#ifndef XDNS_EXPLAIN_H
#define XDNS_EXPLAIN_H

#include "record_list.h"
#include "zone_sources.h"

/* What is kept; the rest is counted. */
#define EXPLAIN_CLAIMS_MAX 4096 /* a record and who gives it */
#define EXPLAIN_GIVERS_MAX 256
#define EXPLAIN_LEFT_MAX   256
#define EXPLAIN_BELOW_MAX  16

#define EXPLAIN_NO_GIVER SIZE_MAX

/* X(ID, word, meaning) */
#define EXPLAIN_STATES(X)                                                                          \
	X(RECORDS, "records", "the zone has records of this name")                                 \
	X(EMPTY, "empty",                                                                          \
	  "an empty non-terminal: no records, but names below it, so the answer is NOERROR")       \
	X(PENDING, "pending", "its records are about to be served")                                \
	X(NOT_RUNNING, "not-running", "it is the name of a task that is not running")              \
	X(LEFT_OUT, "left-out", "it would have records, but they are left out: see leftOut")       \
	X(MANGLED, "mangled", "names are made of labels: see instead")                             \
	X(NO_TASK, "no-task", "the framework is known, but no task that gives this name")          \
	X(NO_FRAMEWORK, "no-framework", "no known framework gives names that end so")              \
	X(NO_SOURCE, "no-source", "a name of the daemon's own that nothing gives now")             \
	X(NO_ADDRESS, "no-address", "no task has this address, or reverseDnsOn is off")            \
	X(OUTSIDE, "outside", "neither in the domain nor the reverse name of an address")

enum explain_state {
#define X(id, word, meaning) EXPLAIN_##id,
	EXPLAIN_STATES(X)
#undef X
};

/* A task, or what origin says. Everything is the sources'. */
struct explain_giver {
	const struct model_entry *task; /* NULL: see origin */
	struct record_origin origin;
	enum naming_rule rule;
	bool raw; /* the name has a discovery name as it stands */
};

struct explain_left {
	enum left_out why;
	enum naming_rule rule;
	size_t giver;
	uint16_t type; /* 0: there is not even a record */
	uint64_t count;
};

/* What the loop knows of the name; taken there. */
struct explain_zone {
	struct record_list served;
	bool exists, expired, complete;
	uint32_t serial, ttl;
	bool external;	/* names outside the domain are forwarded */
	char *soa, *ns; /* what these records of the apex say */
	int error;
};

struct explanation {
	uint8_t name[DNAME_WIRE_MAX]; /* lower case */
	size_t name_len;
	enum explain_state state;
	struct explain_giver *givers;
	size_t givers_count, givers_room;
	struct record_list records; /* what is given, one for each giver, then what is served */
	size_t *by, by_room;	    /* the giver of each, or EXPLAIN_NO_GIVER */
	size_t claims;		    /* those that are given */
	struct explain_left *left;
	size_t left_count, left_room;
	struct record_list below;	 /* owners, if the state is EMPTY */
	uint8_t instead[DNAME_WIRE_MAX]; /* a name that is there, of labels as the rules make them;
					    the root: none */
	const char *framework;		 /* whose names end so; NULL: none */
	uint64_t claims_more, givers_more, left_more;
};

/* -ENOMEM. On the loop. name: a lower-case wire name. */
int explain_zone_take(const struct api_world *w, const uint8_t *name, struct explain_zone *ret);
void explain_zone_done(struct explain_zone *z);

/*
 * Any thread. zone: to look for names beside this one. *ret stands as long as the sources, and is
 * for explanation_done() in any case.
 */
int explain_make(const struct zone_sources *s, struct explain_zone *z, const struct zone *zone,
		 const uint8_t *name, size_t len, struct explanation *ret);
void explanation_done(struct explanation *e);

#endif
