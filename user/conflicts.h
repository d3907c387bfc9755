/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who of the cluster is in whose way: names that the daemon owns or no query can ask for, and
 * different frameworks or tasks whose names are one name in the domain. Found by the rules that
 * make the zone, in two walks: which names have several owners, and whose these are.
 */
#ifndef XDNS_CONFLICTS_H
#define XDNS_CONFLICTS_H

#include "zone_sources.h"

#define CONFLICTS_MAX	 1000 /* listed; the rest is counted */
#define CONFLICTS_BY_MAX 8    /* of each */

/* X(ID, word, meaning) */
#define CONFLICT_KINDS(X)                                                                          \
	X(OWNED, "owned", "a name that the daemon owns: the records are left out")                 \
	X(UNREACHABLE, "unreachable",                                                              \
	  "a name that no query can ask for, or that DNS cannot carry: the records are left out")  \
	X(FRAMEWORK, "framework", "several frameworks have one name in the domain")                \
	X(NAME, "name", "names that differ are one name in the domain: it has the records of all") \
	X(HASH, "hash", "tasks of one name on one agent whose ids have one hash")

enum conflict_kind {
#define X(id, word, meaning) CONFLICT_##id,
	CONFLICT_KINDS(X)
#undef X
		CONFLICT_KINDS_COUNT
};

/* Tasks of one framework and one name, or a framework. */
struct conflict_by {
	const struct framework *framework;
	const struct model_entry *task; /* the first of them; NULL: the framework itself */
	uint64_t tasks;
	uint64_t who;
};

struct conflict {
	enum conflict_kind kind;
	enum naming_rule rule; /* of the first name */
	bool raw;	  /* which is a discovery name as it stands: its label has names, too */
	char *name;	  /* as text; of those left out the first; "": DNS cannot carry it */
	uint64_t records; /* left out; 0: all are served */
	struct conflict_by by[CONFLICTS_BY_MAX];
	size_t by_count;
	uint64_t by_more;		/* tasks of others */
	const struct model_entry *last; /* the task that was added last */
};

/* Stands as long as the sources. */
struct conflicts {
	struct conflict *list;
	size_t count, room;
	uint64_t of_kind[CONFLICT_KINDS_COUNT]; /* in all */
	uint64_t more;				/* not listed */
};

/* -ENOMEM. Any thread. *ret is for conflicts_done() in any case. */
int conflicts_find(const struct zone_sources *s, struct conflicts *ret);
void conflicts_done(struct conflicts *c);

#endif
