/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where news of the cluster comes from: state documents, the event stream, ZooKeeper. */
#ifndef XDNS_FEEDS_H
#define XDNS_FEEDS_H

#include "config.h"
#include "inbox.h"
#include "known_tasks.h"

struct feeds;

/*
 * Starts what cfg asks for; everything learnt goes into the inbox. -EINVAL: *ret_error (to be
 * freed) says what is wrong with zk. cfg and inbox outlive the feeds.
 */
int feeds_start(const struct config *cfg, struct inbox *inbox, struct feeds **ret,
		char **ret_error);

/* One state document; see source_fetch(). */
void feeds_fetch(struct feeds *f, struct known_tasks *known);

/* Whom to ask for documents, instead of the configured masters. */
int feeds_set_masters(struct feeds *f, const char *const *masters, size_t count);

/* Whose events to follow, the leader first. Nothing if the stream is off, or f NULL. */
int feeds_follow(struct feeds *f, const char *const *masters, size_t count);

/* Octets of the event stream so far. */
uint64_t feeds_stream_octets(const struct feeds *f);

/* Ends and joins every thread; then nothing more is pushed. Accepts NULL. */
void feeds_stop(struct feeds *f);

#endif
