// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "stress_readers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dns.h"
#include "stress_flood.h"
#include "stress_kernel.h"
#include "stress_rules.h"
#include "tests/bpf/stress_flood.skel.h"

#define REPEAT                                                                                     \
	20000 /* runs in one system call, some milliseconds: a grace period waits for them         \
	       */

/* Twins pass, always: they have readers of their own. */
static void put_names(struct stress_flood *skel, const struct stress *s, struct flood *f)
{
	for (size_t i = 0; i < s->world.count; i++) {
		const struct stress_name *n = &s->world.names[i];
		struct flood_name name = {.id = n->id,
					  .kind = n->kind,
					  .always = stress_always(n),
					  .has_a = stress_always(n) && stress_has(n, DNS_TYPE_A)};
		uint8_t frame[STRESS_FRAME_MAX] = {0};
		size_t len;

		if (n->kind == STRESS_TWIN || n->kind == STRESS_TWIN2)
			continue;
		len = stress_query(n, DNS_TYPE_A, 0, true, frame + STRESS_FRAME_DNS);
		len = stress_frame(frame, len, s->cfg->port);
		assert_true(len <= FLOOD_FRAME_MAX);
		memcpy(name.frame, frame, len);
		name.len = len;
		name.question_len = n->wire_len + 4;
		assert_int_equal(bpf_map__update_elem(skel->maps.names, &f->names, sizeof(f->names),
						      &name, sizeof(name), BPF_ANY),
				 0);
		f->names++;
	}
}

static void count(struct stress_reader *r, const struct flood *f)
{
	r->seen.counts = (struct stress_counts){.reads = f->reads,
						.answers = f->answers,
						.nodata = f->nodata,
						.nxdomain = f->nxdomain,
						.truncated = f->truncated,
						.passes = f->passes,
						.torn = f->torn,
						.foreign = f->foreign,
						.false_nxdomain = f->false_nxdomain,
						.back = f->back,
						.malformed = f->malformed};
	r->bad += f->broken;
}

static void run(struct stress_reader *r, struct stress_flood *skel, struct flood *f)
{
	uint8_t frame[FLOOD_FRAME_MAX] = {0};
	uint32_t zero = 0;

	while (f->reads < r->s->reads) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = 128,
			    .repeat = REPEAT);

		if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.flood_run), &opts) ||
		    bpf_map__lookup_elem(skel->maps.flood, &zero, sizeof(zero), f, sizeof(*f), 0)) {
			r->bad++;
			return;
		}
		/* each system call has a frame of its own */
		f->start = 0;
		bpf_map__update_elem(skel->maps.flood, &zero, sizeof(zero), f, sizeof(*f), BPF_ANY);
	}
}

void *stress_flood_reader(void *arg)
{
	struct stress_flood *skel = stress_flood__open_and_load();
	struct stress_reader *r = arg;
	struct flood f = {0};
	uint32_t zero = 0;

	stress_pin(r->cpu);
	if (!skel || stress_follow_switches(bpf_map__fd(skel->maps.program))) {
		r->bad++;
	} else {
		put_names(skel, r->s, &f);
		bpf_map__update_elem(skel->maps.flood, &zero, sizeof(zero), &f, sizeof(f), BPF_ANY);
		run(r, skel, &f);
		count(r, &f);
	}
	stress_follow_switches(-1);
	stress_flood__destroy(skel);
	r->s->reading--;
	return NULL;
}
