/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the counter share: steps.c, steps_view.c, steps_run.c, steps_alu.c,
 * steps_helpers.c, steps_lines.c. */
#ifndef XDNS_BENCH_STEPS_INTERNAL_H
#define XDNS_BENCH_STEPS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "steps.h"

#define STEPS_MAPS	 32
#define STEPS_HELPERS	 16
#define STEPS_CALLS	 8	 /* deep; the kernel's MAX_CALL_FRAMES */
#define STEPS_STACK	 512	 /* octets a call */
#define STEPS_RUN_MAX	 1000000 /* instructions a frame */
#define STEPS_REGISTERS	 11
#define STEPS_PERCPU_REG (-1) /* the offset of a move: to this CPU's copy (linux/filter.h) */

/* As the kernel's struct xdp_buff begins: the program's loads are from there. */
struct steps_frame {
	uint8_t *data, *data_end, *data_meta, *data_hard_start;
};

/* Memory that the program may touch. Its addresses are ours. */
struct steps_region {
	uint8_t *at;
	size_t size;
	bool writable;
};

enum { STEPS_REGION_STACK, STEPS_REGION_FRAME, STEPS_REGION_CONTEXT, STEPS_REGIONS };

struct steps_map {
	struct bpf_map_info info;
	int fd;
	uint64_t pointer; /* what the program knows the map by; 0: it is not to be viewed */
	uint8_t *values;  /* an array's; a hash's: of the key looked up last */
	size_t mapped;	  /* octets of it by mmap(); 0: allocated */
	uint64_t *copies; /* where each element of this CPU is; NULL: each CPU has the same */
};

/* Of the kernel that runs: offsets and sizes in octets, addresses. */
struct steps_kernel {
	uint32_t array_values, array_copies, element_key, frame_head, frame_tail;
	uint64_t call_base, helper[STEPS_HELPERS];
};

struct steps {
	int prog_fd;
	struct bpf_insn *code;
	uint64_t *runs; /* of each instruction */
	uint32_t count;
	struct bpf_line_info *lines;
	uint32_t line_count;
	struct btf *btf; /* the program's */
	struct steps_kernel kernel;
	struct steps_map maps[STEPS_MAPS];
	uint32_t map_count;
	struct steps_region regions[STEPS_REGIONS + 2 * STEPS_MAPS];
	size_t region_count;
	struct steps_frame frame;
	uint8_t *buffer; /* a page with the frame in it */
	size_t buffer_size;
	uint8_t stack[STEPS_CALLS * STEPS_STACK];
	uint64_t run; /* instructions of this frame so far */
	char *error;
};

/* steps.c. Keeps the reason, returns -ENOTSUP. */
__attribute__((format(printf, 2, 3))) int steps_stop(struct steps *s, const char *format, ...);

/* steps_view.c */
int steps_view_kernel(struct steps *s);
int steps_view_maps(struct steps *s, const uint32_t *ids, uint32_t count);
void steps_close_maps(struct steps *s);
const struct steps_map *steps_map_by_id(const struct steps *s, uint32_t id);
const struct steps_map *steps_map_by_pointer(const struct steps *s, uint64_t pointer);
/* To be called when s->frame has changed. */
void steps_frame_moved(struct steps *s);
/* NULL: it is not the program's, or not known here. */
uint8_t *steps_memory(const struct steps *s, uint64_t at, size_t size, bool write);

/* steps_helpers.c. Of /proc/kallsyms, helper or not. */
void steps_helper_symbol(struct steps_kernel *k, const char *name, uint64_t at);
int steps_call(struct steps *s, int32_t imm, uint64_t *r);

/* steps_alu.c. *a = *a op b, of 32 bits without sign; false: no such operation. */
bool steps_calculate(const struct bpf_insn *insn, uint64_t *a, uint64_t b);
bool steps_swap(const struct bpf_insn *insn, uint64_t *v);
/* 1, 0, or -1: no such comparison. */
int steps_compare(const struct bpf_insn *insn, uint64_t a, uint64_t b);

/* steps_run.c. *ret: the verdict. */
int steps_run(struct steps *s, uint32_t *ret);

#endif
