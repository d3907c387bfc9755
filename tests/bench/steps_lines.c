// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The instructions that were run, added up by lines of the source. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "steps_internal.h"
#include "util.h"

struct source_line {
	uint32_t file, text; /* where the program's BTF has them */
	uint32_t number;
	uint64_t runs;
};

static int most_first(const void *a, const void *b)
{
	const struct source_line *x = a, *y = b;

	if (x->runs != y->runs)
		return x->runs > y->runs ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static struct source_line *find(struct source_line *lines, size_t *count,
				const struct bpf_line_info *at)
{
	struct source_line line = {.file = at->file_name_off,
				   .text = at->line_off,
				   .number = BPF_LINE_INFO_LINE_NUM(at->line_col)};

	for (size_t i = 0; i < *count; i++)
		if (lines[i].file == line.file && lines[i].number == line.number)
			return &lines[i];
	lines[*count] = line;
	return &lines[(*count)++];
}

/* Each instruction is of the last line that begins at it or before. */
static size_t add_up(const struct steps *s, struct source_line *lines)
{
	struct source_line *line = NULL;
	size_t count = 0;

	for (uint32_t i = 0, next = 0; i < s->count; i++) {
		bool moved = false;

		for (; next < s->line_count && s->lines[next].insn_off <= i; next++)
			moved = true;
		if (moved)
			line = NULL;
		if (!s->runs[i] || !next)
			continue;
		if (!line)
			line = find(lines, &count, &s->lines[next - 1]);
		line->runs += s->runs[i];
	}
	qsort(lines, count, sizeof(*lines), most_first);
	return count;
}

/* "" if there is none; without its indentation. */
static const char *text_at(const struct btf *btf, uint32_t offset)
{
	const char *text = btf__name_by_offset(btf, offset);

	return text ? text + strspn(text, " \t") : "";
}

int steps_write(const struct steps *s, const struct steps_count *count, FILE *out)
{
	_cleanup_free_ struct source_line *lines = calloc(s->line_count + 1, sizeof(*lines));
	size_t lines_count;

	if (!lines)
		return -ENOMEM;
	if (!s->btf || !s->line_count)
		return -ENODATA;
	lines_count = add_up(s, lines);
	fprintf(out,
		"%" PRIu64 " instructions, of these %" PRIu64 " loads and %" PRIu64
		" stores of the stack\n",
		count->all, count->loads, count->stores);
	for (size_t i = 0; i < lines_count; i++) {
		const char *file = text_at(s->btf, lines[i].file), *slash = strrchr(file, '/');

		fprintf(out, "%6" PRIu64 "  %s:%u  %s\n", lines[i].runs, slash ? slash + 1 : file,
			lines[i].number, text_at(s->btf, lines[i].text));
	}
	return ferror(out) ? -EIO : 0;
}
