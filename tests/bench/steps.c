// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The program as the kernel has it, and a frame run over it by both. */
#include "steps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "steps_internal.h"
#include "util.h"

int steps_stop(struct steps *s, const char *format, ...)
{
	va_list args;

	free(s->error);
	va_start(args, format);
	if (vasprintf(&s->error, format, args) < 0)
		s->error = NULL;
	va_end(args);
	return -ENOTSUP;
}

static uint64_t pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Asked twice: how much there is, then for it. */
static int read_program(struct steps *s, uint32_t *ids, uint32_t *ret_ids)
{
	struct bpf_prog_info sizes = {0}, info = {0};
	uint32_t len = sizeof(sizes);

	if (bpf_obj_get_info_by_fd(s->prog_fd, &sizes, &len))
		return steps_stop(s, "asking for the program: %s", strerror(errno));
	if (!sizes.xlated_prog_len || !sizes.jited_prog_len)
		return steps_stop(s,
				  "the kernel shows no translated program, or does not compile it");
	if (sizes.nr_map_ids > STEPS_MAPS)
		return steps_stop(s, "the program has more than %d maps", STEPS_MAPS);
	s->count = sizes.xlated_prog_len / sizeof(*s->code);
	s->line_count = sizes.nr_line_info;
	s->code = calloc(s->count, sizeof(*s->code));
	s->runs = calloc(s->count, sizeof(*s->runs));
	s->lines = calloc(s->line_count + 1, sizeof(*s->lines));
	if (!s->code || !s->runs || !s->lines)
		return -ENOMEM;
	info.xlated_prog_insns = pointer(s->code);
	info.xlated_prog_len = s->count * sizeof(*s->code);
	info.line_info = pointer(s->lines);
	info.nr_line_info = s->line_count;
	info.line_info_rec_size = sizeof(*s->lines);
	info.map_ids = pointer(ids);
	info.nr_map_ids = sizes.nr_map_ids;
	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(s->prog_fd, &info, &len))
		return steps_stop(s, "reading the program: %s", strerror(errno));
	if (!info.xlated_prog_insns)
		return steps_stop(s, "the kernel does not show the program's instructions");
	s->btf = btf__load_from_kernel_by_id(info.btf_id);
	*ret_ids = info.nr_map_ids;
	return 0;
}

static void add_regions(struct steps *s)
{
	s->regions[STEPS_REGION_STACK] = (struct steps_region){s->stack, sizeof(s->stack), true};
	s->regions[STEPS_REGION_CONTEXT] =
		(struct steps_region){(uint8_t *)&s->frame, sizeof(s->frame), false};
	s->region_count = STEPS_REGIONS;
}

static int open_all(struct steps *s)
{
	uint32_t ids[STEPS_MAPS], count = 0;
	int r;

	s->buffer_size = sysconf(_SC_PAGESIZE);
	s->buffer = calloc(1, s->buffer_size);
	if (!s->buffer)
		return -ENOMEM;
	add_regions(s);
	r = read_program(s, ids, &count);
	if (!r)
		r = steps_view_kernel(s);
	return r ? r : steps_view_maps(s, ids, count);
}

int steps_open(int prog_fd, struct steps **ret, char **ret_error)
{
	struct steps *s = calloc(1, sizeof(*s));
	int r;

	*ret_error = NULL;
	if (!s)
		return -ENOMEM;
	s->prog_fd = prog_fd;
	r = open_all(s);
	if (r) {
		*ret_error = TAKE_PTR(s->error);
		steps_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void steps_close(struct steps *s)
{
	if (!s)
		return;
	steps_close_maps(s);
	btf__free(s->btf);
	free(s->lines);
	free(s->runs);
	free(s->code);
	free(s->buffer);
	free(s->error);
	free(s);
}

/* Where the kernel's test run puts it. */
static int put_frame(struct steps *s, const uint8_t *frame, uint32_t len)
{
	struct steps_frame *f = &s->frame;

	if (len > s->buffer_size - XDP_PACKET_HEADROOM - s->kernel.frame_tail)
		return steps_stop(s, "a frame of %u octets has no room in a page", len);
	memset(s->buffer, 0, s->buffer_size);
	f->data_hard_start = s->buffer;
	f->data = f->data_meta = s->buffer + XDP_PACKET_HEADROOM;
	f->data_end = f->data + len;
	memcpy(f->data, frame, len);
	steps_frame_moved(s);
	return 0;
}

/* out has as many octets as s->buffer. */
static int run_both(struct steps *s, const uint8_t *frame, uint32_t len, uint8_t *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .data_out = out,
		    .data_size_out = s->buffer_size, .repeat = 1);
	uint32_t verdict;
	int r = put_frame(s, frame, len);

	if (r)
		return r;
	if (bpf_prog_test_run_opts(s->prog_fd, &opts))
		return steps_stop(s, "running the program: %s", strerror(errno));
	r = steps_run(s, &verdict);
	if (r)
		return r;
	if (verdict != opts.retval)
		return steps_stop(s, "it comes to the verdict %u, the kernel to %u", verdict,
				  opts.retval);
	if (s->frame.data_end - s->frame.data != opts.data_size_out ||
	    memcmp(s->frame.data, out, opts.data_size_out))
		return steps_stop(s, "the frame it leaves is not the one that the kernel leaves");
	return 0;
}

/* What there is no register for has its place at a fixed distance from the frame pointer. */
static void count_runs(const struct steps *s, struct steps_count *ret)
{
	*ret = (struct steps_count){0};
	for (uint32_t i = 0; i < s->count; i++) {
		const struct bpf_insn *insn = &s->code[i];
		uint8_t class = BPF_CLASS(insn->code);

		ret->all += s->runs[i];
		if (class == BPF_LDX && insn->src_reg == BPF_REG_10)
			ret->loads += s->runs[i];
		if ((class == BPF_STX || class == BPF_ST) && insn->dst_reg == BPF_REG_10)
			ret->stores += s->runs[i];
	}
}

int steps_count(struct steps *s, const uint8_t *frame, uint32_t len, struct steps_count *ret,
		char **ret_error)
{
	_cleanup_free_ uint8_t *out = malloc(s->buffer_size);
	int r = out ? run_both(s, frame, len, out) : -ENOMEM;

	*ret_error = r ? TAKE_PTR(s->error) : NULL;
	if (!r)
		count_runs(s, ret);
	return r;
}
