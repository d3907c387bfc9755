// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "stress_paced.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>
#include <urcu.h>

#include "stress_kernel.h"
#include "util.h"

#define SLICE_NS   (250 * NSEC_PER_MSEC)
#define READ_BATCH 32 /* reads between two looks at whose turn it is */
#define READER_CPU 0
#define WRITER_CPU 1

struct turn {
	struct stress_paced *p;
	int who;
	_Atomic(struct stress_slice *) slice; /* NULL: it is the other's */
	atomic_bool over;
};

static void nap(uint64_t ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

static void read_batch(struct stress_reader *r, int who, uint64_t i, struct stress_slice *slice)
{
	uint64_t start = now_ns(), reads = r->seen.counts.reads, passes = r->seen.counts.passes;
	uint64_t run_ns = 0;

	for (int n = 0; n < READ_BATCH; n++) {
		if (who == STRESS_USER) {
			stress_user_read(r, i + n);
			continue;
		}
		stress_kernel_read(r, i + n);
		run_ns += stress_run_ns();
	}
	reads = r->seen.counts.reads - reads;
	slice->reads += reads;
	slice->answers += reads - (r->seen.counts.passes - passes);
	slice->run_ns += run_ns;
	slice->ns += now_ns() - start;
}

static void *take_turns(void *arg)
{
	struct turn *t = arg;
	struct stress_reader *r = &t->p->readers[t->who];

	stress_pin(READER_CPU);
	rcu_register_thread();
	for (uint64_t i = 0; !t->over;) {
		struct stress_slice *slice = t->slice;

		if (!slice) {
			nap(NSEC_PER_MSEC / 10);
			continue;
		}
		read_batch(r, t->who, i, slice);
		i += READ_BATCH;
	}
	rcu_unregister_thread();
	return NULL;
}

/* The next of the names that one change can move: those below an empty non-terminal go in pairs. */
static struct stress_name *next_name(struct stress_world *w, uint32_t *x)
{
	for (;;) {
		struct stress_name *n = &w->names[stress_mix(++*x, 5) % w->count];

		if (n->kind != STRESS_CHILD && n->kind != STRESS_ENT && n->kind != STRESS_NEVER)
			return n;
	}
}

static void write_slice(struct stress_paced *p, void (*commit)(struct stress *s))
{
	uint64_t start = now_ns(), now = start, made = 0;
	static uint32_t x;

	while (now < start + SLICE_NS) {
		uint64_t due = (now - start) * p->rate / NSEC_PER_SEC;

		if (made == due) {
			nap(NSEC_PER_SEC / p->rate);
		} else {
			for (; made < due; made++) {
				struct stress_name *n = next_name(&p->s->world, &x);

				assert_int_equal(
					stress_move(&p->s->world, p->s->zone, n, n->version + 1),
					0);
			}
			commit(p->s);
		}
		now = now_ns();
	}
	p->changes += made;
	p->writing_ns += now - start;
}

static void run_slice(struct stress_paced *p, struct turn *t, unsigned round, int mode,
		      void (*commit)(struct stress *s))
{
	t->slice = &p->slices[round][t->who][mode];
	if (mode == STRESS_CHANGING)
		write_slice(p, commit);
	else
		nap(SLICE_NS);
	t->slice = NULL;
	nap(NSEC_PER_MSEC); /* its last batch */
}

void stress_paced(struct stress_paced *p, void (*commit)(struct stress *s))
{
	struct turn turns[STRESS_WHO];
	pthread_t threads[STRESS_WHO];

	prctl(PR_SET_TIMERSLACK, 1000);
	p->s->hot_modulus = 1;
	for (int who = 0; who < STRESS_WHO; who++) {
		turns[who] = (struct turn){.p = p, .who = who};
		p->readers[who] = (struct stress_reader){.s = p->s};
		pthread_create(&threads[who], NULL, take_turns, &turns[who]);
	}
	stress_pin(WRITER_CPU);
	for (unsigned round = 0; round < p->rounds; round++)
		for (int who = 0; who < STRESS_WHO; who++)
			for (int mode = 0; mode < STRESS_MODES; mode++)
				run_slice(p, &turns[who], round, round % 2 ? !mode : mode, commit);
	for (int who = 0; who < STRESS_WHO; who++) {
		turns[who].over = true;
		pthread_join(threads[who], NULL);
	}
}

static double rate_of(const struct stress_slice *s)
{
	return s->ns ? s->answers * 1e9 / s->ns : 0;
}

void stress_paced_report(const struct stress_paced *p)
{
	static const char *const names[] = {"kernel", "userspace"};

	printf("# %.0f changes a second of %u wanted, %" PRIu64 " commits\n",
	       p->changes * 1e9 / p->writing_ns, p->rate, p->s->commits);
	for (int who = 0; who < STRESS_WHO; who++) {
		double quiet = 0, changing = 0;

		for (unsigned r = 0; r < p->rounds; r++) {
			quiet += rate_of(&p->slices[r][who][STRESS_QUIET]) / p->rounds;
			changing += rate_of(&p->slices[r][who][STRESS_CHANGING]) / p->rounds;
		}
		printf("# %s: %.0f answers a second without changes, %.0f with\n", names[who],
		       quiet, changing);
	}
}

/* A list: of each round what a slice gave. */
static void put_list(FILE *f, const struct stress_paced *p, const char *key, int who, int mode,
		     double (*value)(const struct stress_slice *s))
{
	fprintf(f, " \"%s\": [", key);
	for (unsigned r = 0; r < p->rounds; r++)
		fprintf(f, "%s%.1f", r ? ", " : "", value(&p->slices[r][who][mode]));
	fprintf(f, "],\n");
}

static double run_of(const struct stress_slice *s)
{
	return s->reads ? (double)s->run_ns / s->reads : 0;
}

void stress_paced_json(FILE *f, const struct stress_paced *p)
{
	fprintf(f, " \"wanted_changes_per_second\": %u,\n \"changes_per_second\": %.0f,\n", p->rate,
		p->changes * 1e9 / p->writing_ns);
	put_list(f, p, "kernel_quiet_answers_per_second", STRESS_KERNEL, STRESS_QUIET, rate_of);
	put_list(f, p, "kernel_changing_answers_per_second", STRESS_KERNEL, STRESS_CHANGING,
		 rate_of);
	put_list(f, p, "kernel_quiet_run_ns", STRESS_KERNEL, STRESS_QUIET, run_of);
	put_list(f, p, "kernel_changing_run_ns", STRESS_KERNEL, STRESS_CHANGING, run_of);
	put_list(f, p, "userspace_quiet_answers_per_second", STRESS_USER, STRESS_QUIET, rate_of);
	put_list(f, p, "userspace_changing_answers_per_second", STRESS_USER, STRESS_CHANGING,
		 rate_of);
}
