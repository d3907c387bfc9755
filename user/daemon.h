/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The running daemon: what each module reports, and what follows from it. One thread, one loop;
 * the source's thread and the serving threads only hand things over.
 */
#ifndef XDNS_DAEMON_H
#define XDNS_DAEMON_H

#include <stdbool.h>

#include "config.h"

/*
 * Serves until SIGTERM or SIGINT; SIGHUP rereads the configuration. Takes over cfg. limit_calls:
 * see privileges.h. Returns the process's exit status.
 */
int daemon_run(struct config *cfg, bool limit_calls);

#endif
