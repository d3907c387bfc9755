/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel's half without an interface: the program runs by BPF_PROG_TEST_RUN. Whoever links
 * this has its attachments_switch() and attachments_drop() in the place of kernel_attach.c's:
 * the "interface" is one file descriptor that a switch replaces at once, as a link's
 * update does.
 */
#ifndef XDNS_STRESS_KERNEL_H
#define XDNS_STRESS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

/* NULL: BPF may be used, and /sys/fs/bpf is this process's own. Else why not. */
const char *stress_no_kernel(void);

/* At most so many entries for the map `names`, so that its chains are long; 0: as the daemon has
 * it. */
void stress_limit_names(uint32_t max);

/* kernel_open(), and an address that queries come to. Fails the running test on errors. */
struct kernel *stress_kernel_open(const struct config *cfg, struct zone *zone);

/*
 * The program that is attached now goes into this map of programs, and each that takes its place;
 * -1: no more. 0 or -errno.
 */
int stress_follow_switches(int map_fd);

/* Generations so far. */
unsigned stress_switches(void);

/* Programs and maps of generations so far that are still there; some are freed a little later. */
unsigned stress_left(void);

#define STRESS_FRAME_MAX 2048
#define STRESS_FRAME_DNS 42 /* octets in front of the DNS message */

/* Puts Ethernet, IPv4 and UDP headers in front of a message that stands behind their room. */
size_t stress_frame(uint8_t *frame, size_t dns_len, uint16_t port);

enum stress_run { STRESS_RUN_ANSWER, STRESS_RUN_PASS, STRESS_RUN_DETACHED, STRESS_RUN_BAD };

/*
 * Runs the program that is attached now, `repeat` times on one frame as long as it passes: behind
 * an answer the frame is a response, which passes. ret_len: of the DNS message at
 * STRESS_FRAME_DNS of the answer, if there was one.
 */
enum stress_run stress_run(const uint8_t *frame, size_t len, unsigned repeat, uint8_t *out,
			   size_t *ret_len);

/* Nanoseconds that the calling thread's last run took, as the kernel timed it. */
uint32_t stress_run_ns(void);

#endif
