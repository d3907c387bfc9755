/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The program in the kernel, run over single frames by BPF_PROG_TEST_RUN. */
#ifndef XDNS_TESTS_LOADED_H
#define XDNS_TESTS_LOADED_H

#include "limiter.h"
#include "native.h"

struct loaded;

#define LOADED_FRAME_MIN 14 /* shorter frames the kernel does not take */

/*
 * Loads the program for the zone, with lists of clients and a limit in these cells, if there is a
 * limiter; on failure *ret_error (to be freed) says why.
 */
int loaded_new(struct zone *z, const struct limiter *limiter, struct loaded **ret,
	       char **ret_error);
void loaded_free(struct loaded *l);

struct xdns_state *loaded_state(struct loaded *l);
/* As native_set_record(), native_leave_front(). */
int loaded_set_record(struct loaded *l, uint64_t hash, uint32_t record);
int loaded_leave_front(struct loaded *l, uint64_t hash);
int loaded_counters(struct loaded *l, uint64_t ret[XDNS_COUNTERS_COUNT]);

/* The lists, of a program that has some. */
int loaded_set_clients(struct loaded *l, const struct clients *lists);

/* An element of the map `cookies`. */
int loaded_set_cookies(struct loaded *l, const struct xdns_cookies *c);

/* The time by the wall clock when a frame comes, seconds since 1970. */
void loaded_set_now(struct loaded *l, uint32_t now);

/*
 * Was it still that second when the last frame had been answered? On a busy machine it may have
 * been another one.
 */
bool loaded_clock_held(const struct loaded *l);

/* As native_run(), with the room that the kernel leaves; the counter is not looked at. */
int loaded_run(struct loaded *l, const uint8_t *frame, size_t len, uint8_t *out, size_t cap,
	       struct native_result *ret);

#endif
