/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who leads the Mesos masters, as ZooKeeper has it (config key zk). A leader is the child of
 * zk's path with the lowest number behind "json.info_", or, if there is none, "info_" (Mesos
 * before 0.24, protobuf MasterInfo).
 */
#ifndef XDNS_DETECTOR_H
#define XDNS_DETECTOR_H

#include "config.h"

struct detector;

struct masters {
	const char *const *list; /* "host:port", IPv6 in [ ]; the leader first, then by number */
	size_t count;
	bool leader; /* list[0] leads; false: nobody does */
};

/* Called on the detector's threads, one at a time. */
struct detector_ops {
	/* What ZooKeeper says now, if it is not what it said last. Valid during the call. */
	void (*masters)(void *ctx, const struct masters *m);
	/*
	 * One line, what is wrong: no connection, session expired, path missing, no leader. ""
	 * when it is over. The detector goes on by itself whatever it is.
	 */
	void (*trouble)(void *ctx, const char *text);
};

/*
 * Returns without waiting for ZooKeeper. -EINVAL: *ret_error (to be freed) says what is wrong with
 * zk, or with the file it names.
 */
int detector_start(const struct config *cfg, const struct detector_ops *ops, void *ctx,
		   struct detector **ret, char **ret_error);

/*
 * Closes the session; no call comes after it has returned. Not to be called from one. Accepts NULL.
 */
void detector_stop(struct detector *d);

#endif
