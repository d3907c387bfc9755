/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How many BPF instructions a frame takes in a loaded XDP program: what the kernel has made of the
 * program (the verifier's rewriting, helpers inlined) is read back and run here, over the program's
 * maps. Unlike a time that is the same figure on a busy machine.
 *
 * The kernel runs the frame as well: without the same verdict and the same octets there is no
 * figure, nor where anything is met that is not known here. *ret_error, to be freed by the caller,
 * then says what; NULL if there was no memory for it.
 */
#ifndef XDNS_BENCH_STEPS_H
#define XDNS_BENCH_STEPS_H

#include <stdint.h>
#include <stdio.h>

struct steps;

struct steps_count {
	uint64_t all;
	uint64_t loads, stores; /* of these: of the stack, by its frame pointer */
};

/* prog_fd is borrowed until steps_close(). */
int steps_open(int prog_fd, struct steps **ret, char **ret_error);
void steps_close(struct steps *s); /* s may be NULL */

/* What the program writes to its maps it does write, but for those that each CPU has its own of. */
int steps_count(struct steps *s, const uint8_t *frame, uint32_t len, struct steps_count *ret,
		char **ret_error);

/* Where the instructions of the last frame are: in lines of the source, most of them first. */
int steps_write(const struct steps *s, const struct steps_count *count, FILE *out);

#endif
