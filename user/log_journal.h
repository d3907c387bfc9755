/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The journal's own protocol, so that a message has its priority and fields to search by. */
#ifndef XDNS_LOG_JOURNAL_H
#define XDNS_LOG_JOURNAL_H

#include <stdbool.h>

#include "log.h"

/* Is stderr a stream of the journal (systemd.exec(5), $JOURNAL_STREAM), and can it be reached? */
bool log_journal_here(void);

/*
 * One entry: PRIORITY, MESSAGE, MESOS_XDNS_PART (what stands before the first colon, if it is one
 * of our words: "zone", "xdp", "mesos" ...) and MESOS_XDNS_FIELD=value, if there is a field. False
 * if it was not taken. Any thread.
 */
bool log_journal_send(enum log_level level, const char *field, const char *value, const char *text);

#endif
