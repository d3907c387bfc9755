// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What was seen: counts, latencies, wrong answers, changes. */
#include "ask.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WRONG_SHOWN 10

static unsigned bucket_of(uint64_t ns)
{
	unsigned top;

	if (ns < 1 << ASK_SUB_BITS)
		return (unsigned)ns;
	top = 63 - (unsigned)__builtin_clzll(ns);
	return ((top - ASK_SUB_BITS + 1) << ASK_SUB_BITS) +
	       (ns >> (top - ASK_SUB_BITS) & ((1 << ASK_SUB_BITS) - 1));
}

/* The largest value that falls into a bucket. */
static uint64_t bucket_end(unsigned b)
{
	unsigned shift;

	if (b < 1 << ASK_SUB_BITS)
		return b;
	shift = (b >> ASK_SUB_BITS) - 1;
	return ((uint64_t)((1 << ASK_SUB_BITS) | (b & ((1 << ASK_SUB_BITS) - 1))) << shift) +
	       (1ULL << shift) - 1;
}

/* The latency that this share of the answers did not exceed, in microseconds. */
static double quantile(const struct ask_report *r, double share)
{
	uint64_t all = 0, wanted, sum = 0;

	for (unsigned i = 0; i < ASK_BUCKETS; i++)
		all += r->histogram[i];
	wanted = (uint64_t)((double)all * share);
	for (unsigned i = 0; i < ASK_BUCKETS; i++) {
		uint64_t end = bucket_end(i);

		sum += r->histogram[i];
		if (sum > wanted || (sum == all && all > 0))
			return (double)(end < r->longest ? end : r->longest) / 1000;
	}
	return 0;
}

static void print_answer(FILE *f, const struct ask_answer *a)
{
	if (a->problem)
		fprintf(f, "(%s) ", a->problem);
	fprintf(f, "%s%s%s%s", ask_rcode_name(a->rcode), a->cut ? " (cut)" : "",
		*a->text ? " " : "", a->text);
}

/* Each wrong one is said at once: the test that is killed for its time shows them, too. */
static void show_wrong(const struct ask_report *r, const struct ask_question *q,
		       const struct ask_answer *a, uint64_t sent, uint64_t seen)
{
	printf("wrong: after %.6f s, sent %" PRIu64 " seen %" PRIu64 ": %s %s: got ",
	       (double)(sent - r->started) / 1e9, sent, seen, q->name, ask_type_name(q->type));
	print_answer(stdout, a);
	printf("; right: ");
	ask_print_right(stdout, q);
	printf("\n");
	fflush(stdout);
}

static void write_run(const struct ask_report *r, const struct ask_question *q)
{
	const struct ask_run *run = &q->run;

	if (r->runs && run->text)
		fprintf(r->runs,
			"%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n",
			q->name, ask_type_name(q->type), run->count, run->first_sent,
			run->first_seen, run->last_sent, run->last_seen, run->text);
}

/* One more of the run, or the first of the next. */
static void add_to_run(struct ask_report *r, struct ask_question *q, const struct ask_answer *a,
		       uint64_t sent, uint64_t seen)
{
	const char *rcode = ask_rcode_name(a->rcode);
	struct ask_run *run = &q->run;
	size_t len = strlen(rcode);
	uint64_t before = run->last_sent;

	if (!run->text || strncmp(run->text, rcode, len) != 0 ||
	    strcmp(run->text + len + (run->text[len] == ' '), a->text) != 0) {
		write_run(r, q);
		free(run->text);
		*run = (struct ask_run){.first_sent = sent, .first_seen = seen};
		if (asprintf(&run->text, "%s%s%s", rcode, *a->text ? " " : "", a->text) < 0)
			abort();
		if (r->watch) {
			printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", seen, before, sent,
			       run->text);
			fflush(stdout);
		}
	}
	run->count++;
	run->last_sent = sent;
	run->last_seen = seen;
}

void ask_seen(struct ask_report *r, struct ask_question *q, const struct ask_answer *a,
	      uint64_t sent, uint64_t seen)
{
	uint64_t latency = seen - sent;

	r->answered++;
	r->rcodes[a->rcode]++;
	r->cut += a->cut;
	r->histogram[bucket_of(latency)]++;
	if (latency > r->longest)
		r->longest = latency;
	if (!ask_is_right(q, a) && r->wrong++ < WRONG_SHOWN)
		show_wrong(r, q, a, sent, seen);
	if ((r->runs || r->watch) && !a->problem && !a->cut)
		add_to_run(r, q, a, sent, seen);
}

void ask_end_runs(struct ask_report *r, struct ask_questions *qs)
{
	for (size_t i = 0; i < qs->count; i++) {
		write_run(r, &qs->all[i]);
		free(qs->all[i].run.text);
		qs->all[i].run.text = NULL;
	}
}

/* What is counted, in the order it is told. */
struct figure {
	const char *name, *about;
	uint64_t value;
};
#define FIGURES 11

static void figures_of(const struct ask_report *r, struct figure ret[FIGURES])
{
	const struct figure all[FIGURES] = {
		{"sent", "", r->sent},
		{"answered", "in time, right or wrong", r->answered},
		{"lost", "not answered in time", r->lost},
		{"wrong", "", r->wrong},
		{"duplicates", "more answers to a query that had one", r->duplicates},
		{"late", "answers to queries that were lost", r->late},
		{"strays", "answers to no query", r->strays},
		{"cut", "answers with TC", r->cut},
		{"refused", "ICMP errors", r->refused},
		{"unsent", "errors when sending, lost for that", r->unsent},
		{"dropped", "answers that this client had no room for", r->dropped},
	};

	memcpy(ret, all, sizeof(all));
}

void ask_print(const struct ask_report *r)
{
	struct figure figures[FIGURES];

	figures_of(r, figures);
	for (int i = 0; i < FIGURES; i++)
		printf("%s %" PRIu64 "%s%s\n", figures[i].name, figures[i].value,
		       *figures[i].about ? "  # " : "", figures[i].about);
	for (int i = 0; i < ASK_RCODES; i++)
		if (r->rcodes[i])
			printf("rcode %s %" PRIu64 "\n", ask_rcode_name(i), r->rcodes[i]);
	printf("rate %.0f  # queries a second; the schedule slipped by %.1f ms at most\n",
	       r->seconds > 0 ? (double)r->sent / r->seconds : 0, (double)r->behind / 1e6);
	printf("latency_us p50 %.0f p99 %.0f p99.9 %.0f max %.0f\n", quantile(r, 0.5),
	       quantile(r, 0.99), quantile(r, 0.999), (double)r->longest / 1000);
}

bool ask_write_json(const struct ask_report *r, const char *path)
{
	FILE *f = fopen(path, "w");
	struct figure figures[FIGURES];
	const char *comma = "";

	if (!f)
		return false;
	figures_of(r, figures);
	fprintf(f, "{");
	for (int i = 0; i < FIGURES; i++)
		fprintf(f, "\"%s\": %" PRIu64 ", ", figures[i].name, figures[i].value);
	fprintf(f, "\"rcodes\": {");
	for (int i = 0; i < ASK_RCODES; i++) {
		if (!r->rcodes[i])
			continue;
		fprintf(f, "%s\"%s\": %" PRIu64, comma, ask_rcode_name(i), r->rcodes[i]);
		comma = ", ";
	}
	fprintf(f, "}, \"seconds\": %.6f, \"behind_us\": %.1f, ", r->seconds,
		(double)r->behind / 1000);
	fprintf(f,
		"\"latency_us\": {\"p50\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f, \"max\": %.1f}}\n",
		quantile(r, 0.5), quantile(r, 0.99), quantile(r, 0.999), (double)r->longest / 1000);
	return fclose(f) == 0;
}
