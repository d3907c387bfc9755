/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel's half of the server: the loaded XDP program, its maps and pins,
 * and the interfaces it is attached to. It mirrors the zone (zone_mirror.h); whatever fails here
 * leaves userspace serving alone, never a wrong answer.
 *
 * A generation is one loaded program with its maps. When the zone outgrows
 * them, a larger generation is built beside and the links switch to it at once.
 */
#ifndef XDNS_KERNEL_H
#define XDNS_KERNEL_H

#include "config.h"
#include "counters.h"
#include "interfaces.h"
#include "zone.h"

struct kernel;

/*
 * Loads the program with maps that fit the zone as it is, fills them and takes the pins' folder.
 * On failure *ret_error (to be freed) says why in one line.
 */
int kernel_open(const struct config *cfg, struct zone *zone, struct kernel **ret, char **ret_error);

/*
 * Attaches to the interfaces that carry an address we listen on, and to no others; repeated when
 * links or addresses change. Logs each change once. Returns how many interfaces are served.
 */
int kernel_sync(struct kernel *k, const struct interfaces *in);

/*
 * After a failure that left the program passing everything: tries anew, with maps of the zone's
 * present size. To be called now and then; kernel_sync() attaches again. 0 if all is well or
 * userspace goes on alone.
 */
int kernel_heal(struct kernel *k);

/* Goes on with another configuration; kernel_sync() follows. The one before may be freed. */
void kernel_reconfigure(struct kernel *k, const struct config *cfg);

/* Sums over the CPUs; indices are enum xdns_counter. */
int kernel_counters(const struct kernel *k, uint64_t ret[XDNS_COUNTERS_COUNT]);

/*
 * Detaches and unpins what a daemon that did not end by itself has left in bpfDir, which would
 * go on answering. For a start without kernel_open(), which does the same.
 */
void kernel_forget(const struct config *cfg);

/* Detaches, unpins, unloads. The zone goes on without a mirror. Accepts NULL. */
void kernel_close(struct kernel *k);

#endif
