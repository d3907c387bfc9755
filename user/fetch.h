/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The cluster's state from whichever master has it: the masters in order, the first
 * success wins; a master that names another leader is followed to it, once. One thread, but
 * for fetcher_stop().
 */
#ifndef XDNS_FETCH_H
#define XDNS_FETCH_H

#include "cluster.h"
#include "config.h"
#include "known_tasks.h"

struct fetcher;

struct fetch_result {
	struct cluster *cluster; /* to be freed */
	uint64_t bytes;		 /* of the document, decoded */
	char master[288];	 /* "host:port" of who gave it */
};

/* cfg must outlive the fetcher. */
int fetcher_new(const struct config *cfg, struct fetcher **ret);

/* Whom to ask, "host:port" in order, instead of the configured ones; copied. */
int fetcher_set_masters(struct fetcher *f, const char *const *masters, size_t count);

/* For the next fetch: tasks that are known already. Takes over what known has; NULL: none. */
void fetcher_set_known(struct fetcher *f, struct known_tasks *known);

/*
 * Blocks, for at most state_timeout_seconds a master. -EIO: *ret_error (to be freed) is
 * one line that says for each master what failed; -ECANCELED: stopped; -ENOMEM.
 */
int fetcher_fetch(struct fetcher *f, struct fetch_result *ret, char **ret_error);

/* Makes a fetch under way return soon, and all later ones at once. Any thread. */
void fetcher_stop(struct fetcher *f);

/* Takes fetcher_stop() back. */
void fetcher_resume(struct fetcher *f);

struct fetcher *fetcher_free(struct fetcher *f);

#endif
