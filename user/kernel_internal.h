/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the kernel half share: kernel.c, kernel_generation.c, kernel_attach.c,
 * kernel_pins.c. */
#ifndef XDNS_KERNEL_INTERNAL_H
#define XDNS_KERNEL_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "front_index.h"
#include "kernel.h"
#include "kernel_sizes.h"
#include "pool.h"
#include "zone_mirror.h"
#include "zone_read.h"

struct mesos_xdns;

/* One loaded program and its maps. */
struct generation {
	struct mesos_xdns *skel;
	struct mesos_xdns *filled; /* while it is built: the maps, without a program */
	struct xdns_state *state;  /* mapped */
	size_t state_size;
	struct front front; /* mapped */
	size_t front_size;
	int names_fd;
	struct sizes sizes;
	uint64_t memory; /* octets the maps may take, SIZES_ANY */
	uint64_t fixed;	 /* of these the ones of maps that are always of one size */
	uint64_t used;	 /* octets the zone's elements had when it was built */
	uint32_t extras; /* what its program does beside answering, XDNS_EXTRA_* */
};

/* One interface the program is attached to. */
struct attachment {
	unsigned index;
	char name[IF_NAMESIZE];
	bool native;
	bool misfit; /* taken over, in a mode that is not wanted now */
	unsigned mtu;
	int link_fd;
};

struct kernel {
	const struct config *cfg;
	const struct limiter *limiter; /* NULL: there is none */
	struct zone *zone;
	struct generation gen;
	struct attachment *attached;
	size_t attached_count;
	/* about interfaces that could not be attached, a line each: now and the time before */
	char *complaints, *complained;
	int grace_fd, grace_inner_fd; /* a map of maps, only to wait for program runs */
	/* by generations that are gone, since the next one's counters were begun with theirs */
	uint64_t counted[XDNS_COUNTERS_COUNT];
	int counters_before;	       /* the map of a daemon that is gone; -1: none */
	int pins_lock;		       /* the folder of the pins, locked; -1: no pins */
	uint64_t heard;		       /* CLOCK_BOOTTIME, ns; 0: not yet */
	bool clock_failed, clock_told; /* there is no timer for the expiry; it was said */
	bool frags;		       /* the program is one for frames of several buffers */
	bool broken; /* the index could not be kept true: not serving until rebuilt */
	bool told;   /* that xdpMemory does not hold the zone */
	bool grown;  /* the zone has outgrown its maps */
	/* kernel_check.c */
	struct kernel_checked checked, checked_before; /* now, and when the walk began */
	uint32_t check_at;			       /* of the zone's names */
	uint64_t check_key;			       /* of the map's */
	uint32_t check_keys;			       /* that were looked at */
	bool check_names_done;
	unsigned check_pause; /* calls until the next walk */
	uint32_t serial;
	char master_id[XDNS_MASTER_ID_MAX];
	struct xdns_state addresses; /* only the address lists and max_udp */
};

/* kernel_generation.c */
struct generation_wanted {
	uint64_t memory; /* octets the maps may take, SIZES_ANY */
	bool frags;	 /* the program is to be one for frames of several buffers */
	bool grown;	 /* the zone has outgrown its maps before */
	bool limit;	 /* responses are counted, in the limiter's cells if it has any */
	const struct limiter *limiter; /* may be NULL */
	const struct clients *clients; /* may be NULL */
};
int generation_build(struct zone *zone, const struct generation_wanted *wanted,
		     struct generation *ret, char **ret_error);
void generation_free(struct generation *g);
int generation_program(const struct generation *g);
/* Is there room for the record of this number? The name of one beyond the maps is in no index. */
bool generation_holds(const struct generation *g, uint32_t record);
/* Limited, something is beyond the maps, and the zone has become another: try to fit it better? */
bool generation_outgrown(const struct generation *g, const struct pool *pool);
/* kernel_fill.c */
/* Every name that this generation holds into `front`, which must be empty. */
void generation_fill_front(struct zone *zone, struct generation *g);
/* The value of a name in the map `names`. */
void generation_name(const struct zone_name *name, struct xdns_name *ret);
/*
 * Both indices of a generation that is being built. Any number of threads may work: they wait for
 * filling_begin(), which the one that made it calls when the maps are mapped, or will not be.
 */
struct filling;
int filling_new(struct zone *zone, struct generation *g, struct filling **ret);
void filling_begin(struct filling *f, bool possible);
/* Returns when no names are left. -ENOMEM: this thread did nothing. */
int filling_work(struct filling *f);
/* 0 or -errno, when nobody works any more. */
int filling_result(const struct filling *f);
void filling_free(struct filling *f);

/* kernel_generation.c */
/*
 * Pins: all maps beside the old ones before the program is attached, so that its clock outlives us,
 * then each to its place. Killed in between, kernel_restore() finds what belongs together.
 */
int generation_pin(const struct generation *g, const char *dir);
int generation_settle(const struct generation *g, const char *dir);
/* The expiry's clock runs for what state.heard and state.expire say. */
int generation_arm(const struct generation *g);

/* kernel_limits.c */
/* What a program has to do beside answering: xdns_extras of bpf/env.bpf.h. */
uint32_t generation_extras(const struct generation_wanted *wanted);
/* The cells' map of a generation that is not loaded yet. */
int generation_prepare_cells(struct bpf_map *map, const struct generation_wanted *wanted);
/* The lists, at once for every reader; the ones before are freed when nobody looks at them. */
int generation_set_clients(const struct generation *g, const struct clients *c);
/* Octets that the lists and the cells take. */
uint64_t generation_limits_memory(const struct generation_wanted *wanted);

/* kernel.c: builds a generation of the zone's present size and puts it in the place of the old. */
int kernel_renew(struct kernel *k, char **ret_error);
/* Around every change of the indices: look-ups that miss meanwhile prove nothing. */
void kernel_index_begin(struct kernel *k);
void kernel_index_end(struct kernel *k);
/* Builds the front index anew from the zone. */
void kernel_renew_front(struct kernel *k);

/* kernel_counters.c */
/* Those of the daemon whose zone was taken over. moved: its pins were on their way. */
void counters_open(struct kernel *k, bool moved);
/*
 * Before a generation is attached its counters begin with what was counted so far, which is
 * returned, and afterwards what was counted meanwhile is added. ret is all 0 if that fails.
 */
int counters_carry(const struct kernel *k, const struct generation *fresh,
		   uint64_t ret[XDNS_COUNTERS_COUNT]);
void counters_carried(struct kernel *k, const uint64_t carried[XDNS_COUNTERS_COUNT]);
void counters_close(struct kernel *k);

/* An update of a map of maps ends when every program run that began before it is over. */
void kernel_wait_for_runs(struct kernel *k);

/* kernel_cookies.c */
/* Of a generation that no frame has got to yet. */
int cookies_start(const struct kernel *k, const struct generation *g);
/* The configuration may have others. */
void cookies_change(struct kernel *k);

/* kernel_clock.c */
/* Is a zone that was heard of then too old? */
bool clock_expired(uint64_t heard, uint32_t expire);
/* The clock of a generation starts. */
void clock_start(struct kernel *k, const struct generation *g);

/* kernel_attach.c: every attached interface gets the new program, at once for each. */
int attachments_switch(struct kernel *k, int prog_fd);
void attachments_drop(struct kernel *k);
/* Is the program on this interface? */
bool attachments_have(const struct kernel *k, unsigned index);
/* NULL: there is none of this index. */
const struct interface *attachments_interface(const struct interfaces *in, unsigned index);
/* Learns the addresses to answer for. */
void attachments_addresses(struct kernel *k, const struct interfaces *in);
/* Why answers would be lost if the program ran natively there. NULL: they would not. */
const char *attachments_native_would_lose(const struct interface *i);
/* Does the program belong on this interface? */
bool attachments_wanted(const struct config *cfg, const struct interfaces *in,
			const struct interface *i);
/* What program has taken the interface, in words, to be freed; NULL: none, or no memory. */
char *attachments_foreign(unsigned index);
/* "" if it cannot be told: that needs CAP_SYS_ADMIN. */
void attachments_program_name(uint32_t id, char ret[BPF_OBJ_NAME_LEN]);
#define LINK_PIN_BUF (IF_NAMESIZE + 8)
void attachments_link_pin(const char *interface, char pin[LINK_PIN_BUF]);
/* Closes them only: their pins hold them. */
void attachments_leave(struct kernel *k);
/* kernel_adopt.c */
/*
 * Takes over the links of a daemon that is gone, to interfaces that are still there, and learns
 * which addresses to answer for.
 */
void attachments_adopt(struct kernel *k, const struct interfaces *in);
/* Pins these links under their names, and removes pins of others and ones on their way. */
void attachments_pin(struct kernel *k);
/* Programs that the pinned links hold; up to max. Returns how many. */
size_t attachments_programs(const char *dir, uint32_t *ids, size_t max);

/* The program's maps, whose pins have these names; its constants are pinned as the next. */
#define PINNED_MAPS(X)                                                                             \
	X(names)                                                                                   \
	X(front)                                                                                   \
	X(records)                                                                                 \
	X(a_sets)                                                                                  \
	X(aaaa_sets)                                                                               \
	X(srv_sets)                                                                                \
	X(name_tails)                                                                              \
	X(targets)                                                                                 \
	X(state)                                                                                   \
	X(counters)                                                                                \
	X(scratch)                                                                                 \
	X(clock)                                                                                   \
	X(cookies)                                                                                 \
	X(limits)                                                                                  \
	X(clients)
#define PINNED_CONSTANTS "config"

/* kernel_pins.c */
#define LINK_PREFIX  "link-" /* and the interface's name */
#define FRESH_SUFFIX "-new"  /* of a pin on its way to its name */
#define PROGRAM_NAME "mesos_xdns"
/* Is this file or folder on a BPF file system? */
bool pins_on_bpffs(const char *path);
int pins_open(const char *dir, int *ret_lock, char **ret_error);
int pins_put(int fd, const char *dir, const char *name);
/* The two halves of pins_put(): under a name with FRESH_SUFFIX, and from there to its place. */
int pins_put_fresh(int fd, const char *dir, const char *name);
int pins_settle(const char *dir, const char *name);
/* What is on its way gets to its place. */
void pins_settle_all(const char *dir);
/* -errno: there is none. fresh: one on its way to its name. */
int pins_get(const char *dir, const char *name, bool fresh);
/* Removes what nobody needs after a start: links but these, pins on their way. */
void pins_tidy(const char *dir, const char *const *links, size_t n);
void pins_remove_all(const char *dir);
void pins_remove(const char *dir, const char *name);
/* keep: leaves what is pinned. */
void pins_close(const char *dir, int lock, bool keep);

#endif
