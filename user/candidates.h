/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The children of ZooKeeper's path of the masters that stand for election, what their data say, and
 * the list of masters that follows from it. Knows nothing of sessions and watches.
 */
#ifndef XDNS_CANDIDATES_H
#define XDNS_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A cluster has three, five or seven masters. The rest of more is not looked at. */
#define CANDIDATES_MAX 64

struct candidate {
	char *name;
	uint64_t number; /* behind json.info_ or info_ */
	bool json;
	/* For the owner of the list; false when the candidate is new. */
	bool current; /* master and why are what the node holds, as far as is known */
	bool gone;    /* was not there when its data were to be read */
	char *master; /* "host:port", NULL: the data do not say */
	char *why;    /* master is NULL: why; or NULL */
};

struct candidates {
	/* json.info_* before info_*, by number: the first leads. Pointers stay valid while a
	 * candidate is in the list. */
	struct candidate **list;
	size_t count;
};

/*
 * Makes the list that of these children. Candidates that were there already stay as they are, those
 * that are not there any more are freed; children that are none are left out.
 */
int candidates_set(struct candidates *c, const char *const *children, size_t count);

/* Takes what was read from the node: data of any kind. */
int candidate_decode(struct candidate *one, const char *data, size_t len);

/* For data that could not be read. */
int candidate_refuse(struct candidate *one, const char *why);

/*
 * Masters, the leader first, then by number, none twice. ret has room for count of them; texts are
 * borrowed. Returns how many. *ret_leader: the first leads.
 */
size_t candidates_masters(const struct candidates *c, const char **ret, bool *ret_leader);

/* The first, in the order of the list, that is no master; NULL: all are. *ret_count: how many. */
const struct candidate *candidates_bad(const struct candidates *c, size_t *ret_count);

void candidates_clear(struct candidates *c);

#endif
