/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the process keeps of what it was started with. Its user is whoever starts it: a service
 * manager can do that before there is anything to lose.
 */
#ifndef XDNS_PRIVILEGES_H
#define XDNS_PRIVILEGES_H

#include <stdbool.h>

#include "config.h"

/*
 * Once, when the sockets of DNS are open and before there are threads: of the capabilities there
 * are, those stay that the configuration needs later, others cannot be gained, and with `filter`
 * only the system calls of a list are made (syscall_filter.h). Logs what could not be had; DNS is
 * worth more.
 */
void privileges_drop(const struct config *cfg, bool filter);

#endif
