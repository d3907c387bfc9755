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

#include <stdbool.h>

#include "abi.h"
#include "config.h"
#include "counters.h"
#include "interfaces.h"
#include "pool.h"
#include "zone.h"

struct kernel;

/*
 * Takes the pins' folder and leaves what is pinned there alone: the program of a daemon that is
 * gone goes on answering. -EBUSY: another daemon has it. On failure *ret_error (to be freed) says
 * why in one line.
 */
int kernel_claim(const struct config *cfg, struct kernel **ret, char **ret_error);

/* What the pinned maps were found to hold. */
struct kernel_restored {
	uint64_t heard;	  /* CLOCK_BOOTTIME in ns; 0: not known */
	uint64_t names;	  /* that exist, with RRs or without */
	uint64_t records; /* RRs handed over */
	uint64_t broken;  /* names left out: what is said of them leads nowhere */
	uint32_t serial;
	bool expired;  /* the program answers no more: nobody was heard for SOAExpire */
	bool complete; /* each name is there; if not, a missing one is no NXDOMAIN */
	char master_id[XDNS_MASTER_ID_MAX]; /* see kernel_set_master() */
};

/*
 * Reads the zone in the pinned maps and hands over each RR (its names are valid during the call; no
 * record twice). A failure of fn ends it. No reverse names: no map leads to them.
 * -ENOENT: there are no maps; -ESTALE: they are of another layout, or of no one zone;
 * -EXDEV: of another domain; -ENODATA: the program did not serve them. The program is left as it
 * is.
 */
typedef int (*kernel_rr_fn)(void *ctx, const uint8_t *owner, const struct rr *rr);
int kernel_restore(struct kernel *k, kernel_rr_fn fn, void *ctx, struct kernel_restored *ret);

/* What is pinned in a folder that this process need not have. */
struct kernel_peeked {
	struct xdns_state state;
	struct xdns_config config;
	uint64_t names, records, broken; /* as in struct kernel_restored; 0 without fn */
	bool torn; /* the daemon changed the maps meanwhile: what was read may be of two zones */
};

/*
 * kernel_restore() for a tool, whoever has the folder, whatever is being served. Changes nothing.
 * fn NULL: only state and config. Its errors but -EXDEV and -ENODATA; -EPERM.
 */
int kernel_peek(const char *dir, kernel_rr_fn fn, void *ctx, struct kernel_peeked *ret);

/*
 * Loads the program with maps that fit the zone as it is, fills them and puts it in the place
 * of one that is still attached, at once for each interface; kernel_sync() follows. in: may be
 * NULL if no interface is served yet. After a failure nothing is attached any more, since nobody
 * would keep it true, and this can be tried again.
 */
int kernel_start(struct kernel *k, struct zone *zone, const struct interfaces *in,
		 char **ret_error);

/* Has kernel_start() been successful? */
bool kernel_started(const struct kernel *k);

/*
 * The zone is known to be true at that time, CLOCK_BOOTTIME in ns: SOAExpire is counted from there,
 * and a program that had let the zone expire serves again. Cheap; any time after kernel_claim().
 */
void kernel_heard(struct kernel *k, uint64_t boot_ns);

/*
 * Whose word the zone is (a master's id, cut), for the daemon that takes it over. Cheap; any time
 * after kernel_claim().
 */
void kernel_set_master(struct kernel *k, const char *id);

struct limiter;

/* Cells of response-rate limiting in a BPF map that every generation uses. -errno: without. */
int kernel_create_cells(struct limiter *l);

/* Where responses are counted; before kernel_start() or kernel_reconfigure(). Outlives k. */
void kernel_set_limiter(struct kernel *k, const struct limiter *l);

/* kernel_claim() and kernel_start(). */
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

/*
 * The secrets of the cookies that a daemon before has left in the pinned maps. -ENOENT: there are
 * none. After kernel_claim().
 */
int kernel_pinned_cookies(const struct kernel *k, struct xdns_cookies *ret);

/* Cookies have the wall clock's time: to be called now and then. */
void kernel_follow_wall_clock(struct kernel *k);

/* Does the program answer? Not if its index could not be kept true. */
bool kernel_serving(const struct kernel *k);

/* What comparing the maps with the zone has come to. */
struct kernel_checked {
	uint64_t walks, names;		       /* whole walks; names looked at */
	uint64_t missing, wrong, extra, front; /* found, and repaired: names that the map `names`
						  had not, had with another record, had without
						  need; that the front index did not lead to */
	uint64_t failed; /* of these: could not be repaired, tried again with the next walk */
};

/*
 * Compares a part of the maps with the zone and repairs what differs: somebody else has written
 * there, or we have a fault. To be called now and then, with the zone at rest: each walk is of
 * many calls. Logs once a walk.
 */
void kernel_check(struct kernel *k);
struct kernel_checked kernel_checked(const struct kernel *k);

/* The interfaces the program is attached to. */
typedef void (*kernel_interface_fn)(void *ctx, const char *name, bool native);
void kernel_for_each_interface(const struct kernel *k, kernel_interface_fn fn, void *ctx);

/*
 * How full each map of the zone is, and how many elements it has; after kernel_start(). Of `names`
 * that is what the zone has, of `front` what stands in it, of the others what was ever used.
 */
#define KERNEL_MAPS (POOL_CLASSES + 2)
typedef void (*kernel_map_fn)(void *ctx, const char *name, uint64_t used, uint64_t room);
void kernel_for_each_map(const struct kernel *k, kernel_map_fn fn, void *ctx);

/*
 * What the loaded program has run, if the kernel counts that (kernel.bpf_stats_enabled); after
 * kernel_start().
 */
int kernel_run_time(const struct kernel *k, uint64_t *ret_ns, uint64_t *ret_runs);

/* After kernel_start(). Sums over the CPUs; indices are enum xdns_counter. */
int kernel_counters(const struct kernel *k, uint64_t ret[XDNS_COUNTERS_COUNT]);

/*
 * Detaches and unpins what a daemon that did not end by itself has left in bpfDir, which would
 * go on answering. For a start without kernel_open(), which does the same.
 */
void kernel_forget(const struct config *cfg);

/*
 * Detaches, unpins, unloads. The zone goes on without a mirror. Accepts NULL.
 * keep: the program goes on answering from the pinned maps until they expire, unless they could not
 * be kept true.
 */
void kernel_close(struct kernel *k, bool keep);

#endif
