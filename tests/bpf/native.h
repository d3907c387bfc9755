/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The XDP program compiled natively: bpf/mesos-xdns.bpf.c itself, with the kernel's helpers and
 * the maps put in their place here. The records stand in a zone's pool, as they do behind
 * the loaded program. Each frame gets memory of its exact size, and another after it
 * was resized, so a sanitizer sees every octet too far and every stale pointer.
 */
#ifndef XDNS_TESTS_NATIVE_H
#define XDNS_TESTS_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "clients.h"
#include "counters.h"
#include "zone.h"

struct native;

enum native_verdict { NATIVE_DROP, NATIVE_PASS, NATIVE_TX };

/* Octets that the driver leaves around a frame. */
struct native_room {
	size_t head, tail;
};

struct native_result {
	enum native_verdict verdict;
	enum xdns_counter counter; /* XDNS_COUNTERS_COUNT: not exactly one was raised */
	size_t len;		   /* octets of the frame now */
};

/* Takes the zone's index as it is; the zone outlives it. NULL: no memory. */
struct native *native_new(struct zone *z);
void native_free(struct native *n);

/* What the map `state` holds, for the test to write. */
struct xdns_state *native_state(struct native *n);

/* The two elements of the map `cookies`. */
struct xdns_cookies *native_cookies(struct native *n);

/* What the program does beside answering (XDNS_EXTRA_*), and the lists: borrowed, may be NULL. */
void native_set_extras(struct native *n, uint32_t extras, const struct clients *clients);

/* The XDNS_LIMIT_ALL cells, for the test to write; the clock stands at 1 s. */
uint64_t *native_cells(struct native *n);

/* Makes the index say another record about a hash it has; -1 if it has not. */
int native_set_record(struct native *n, uint64_t hash, uint32_t record);

/* Takes the hash out of the small index, which no longer has every name. */
void native_leave_front(struct native *n, uint64_t hash);

/* Runs the program over the frame; out (cap octets) gets what it made of it. */
struct native_result native_run(struct native *n, const uint8_t *frame, size_t len,
				struct native_room room, uint8_t *out, size_t cap);

/* The same, but nothing goes the quick way (bpf/quick.bpf.h). */
struct native_result native_run_general(struct native *n, const uint8_t *frame, size_t len,
					struct native_room room, uint8_t *out, size_t cap);

#endif
