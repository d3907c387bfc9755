// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Cost of a frame in the XDP program, by BPF_PROG_TEST_RUN: for each case the harness runs an
 * empty program, a bare reflect and ours in turn, round after round. "net" is what ours
 * takes on top of the empty one; its ratio to the empty one is the figure that holds on
 * another day. And how many instructions the program takes for a frame, which is the same on any.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <jansson.h>

#include "config.h"
#include "harness.h"
#include "harness.skel.h"
#include "kernel_internal.h"
#include "limiter.h"
#include "log.h"
#include "packet_task.h"
#include "steps.h"
#include "util.h"

#define ROUNDS	    15
#define REPEAT	    100000 /* frames a round */
#define RANDOM_RUNS 4	   /* times as many frames where names are random */
#define BIG_NAMES   1000000
#define COUNT_KEYS  3	  /* of the zone's hash, for which instructions are counted */
#define CASES_NAMES 10000 /* every case is asked of the zone of this size */

/* Asked of zones of several sizes. */
static const struct packet_case sized_cases[] = {
	{"A, one hot name", "web-00000001.marathon.mesos", DNS_TYPE_A, .verdict = XDP_TX,
	 .key = "hot", .goal = 1.1},
	{"A, random names", "web-%08x.marathon.mesos", DNS_TYPE_A, .random = 1, .verdict = XDP_TX,
	 .key = "random"},
};

static const struct packet_case cases[] = {
	{"A, mixed case", "Web-00000001.Marathon.MESOS", DNS_TYPE_A, .verdict = XDP_TX},
	{"A, EDNS", "web-00000001.marathon.mesos", DNS_TYPE_A, .opt = 1, .verdict = XDP_TX},
	{"A, IPv6", "web-00000001.marathon.mesos", DNS_TYPE_A, .ip6 = 1, .verdict = XDP_TX},
	{"A, VLAN tag", "web-00000001.marathon.mesos", DNS_TYPE_A, .vlan = 1, .verdict = XDP_TX},
	{"AAAA", "six.marathon.mesos", DNS_TYPE_AAAA, .verdict = XDP_TX},
	{"AAAA, NODATA", "web-00000001.marathon.mesos", DNS_TYPE_AAAA, .verdict = XDP_TX,
	 .goal = 1.3, .against = "hot"},
	{"A, set of 4", "four.marathon.mesos", DNS_TYPE_A, .verdict = XDP_TX, .goal = 1.4,
	 .against = "hot"},
	{"SRV, 2 records, 2 addresses", "_two._tcp.marathon.mesos", DNS_TYPE_SRV, .verdict = XDP_TX,
	 .goal = 1.8, .against = "hot"},
	{"NXDOMAIN, one name", "web-99999999.marathon.mesos", DNS_TYPE_A, .verdict = XDP_TX,
	 .goal = 1.4, .against = "hot"},
	{"NXDOMAIN, random names", "nil-%08x.marathon.mesos", DNS_TYPE_A, .random = 1,
	 .verdict = XDP_TX},
	{"outside the domain: passed", "web-00000001.example.com", DNS_TYPE_A, .verdict = XDP_PASS},
	{"not DNS: passed", "web-00000001.marathon.mesos", DNS_TYPE_A, .tcp = 1,
	 .verdict = XDP_PASS, .goal = 1.1, .against = "pass"},
};

/* Of a program that counts responses, to one network that never gets too many. */
static const struct packet_case limited_case = {"A, one hot name, responsesPerSecond",
						"web-00000001.marathon.mesos", DNS_TYPE_A,
						.verdict = XDP_TX, .key = "limited"};

static const unsigned zone_sizes[] = {1000, CASES_NAMES, 100000, BIG_NAMES};

/* Runs */

struct bench {
	struct harness *skel;
	struct config *cfg;
	struct zone *zone;
	struct generation gen;
	const char *steps_dir; /* where the lines of the counted instructions go; may be NULL */
	unsigned repeat;       /* frames a round */
	json_t *rows, *skipped;
};

/* Nanoseconds a frame. */
static double run(struct bench *b, struct harness_task *t, enum harness_program program,
		  unsigned repeat, int verdict)
{
	uint8_t out[2048];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = t->frame, .data_size_in = t->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = repeat);
	uint32_t zero = 0;

	t->program = program;
	if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.task), &zero, t, BPF_ANY) ||
	    bpf_prog_test_run_opts(bpf_program__fd(b->skel->progs.harness), &opts))
		die("running the program: %s", strerror(errno));
	if (verdict >= 0 && (int)opts.retval != verdict)
		die("the program returned %u, expected %d", opts.retval, verdict);
	t->seed += 0x9e3779b9;
	return opts.duration;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Of ROUNDS values at most. */
static double median(const double *v, int count, double *ret_min, double *ret_max)
{
	double sorted[ROUNDS];

	memcpy(sorted, v, count * sizeof(*v));
	qsort(sorted, count, sizeof(*sorted), compare);
	if (ret_min)
		*ret_min = sorted[0];
	if (ret_max)
		*ret_max = sorted[count - 1];
	return sorted[count / 2];
}

/* hot: net ns of sized_cases[0] in the same rounds. */
struct measured {
	double empty[ROUNDS], pass[ROUNDS], reflect[ROUNDS], subject[ROUNDS], net[ROUNDS],
		hot[ROUNDS];
};

static void measure(struct bench *b, const struct packet_case *c, unsigned names,
		    struct measured *m)
{
	unsigned repeat = c->random ? b->repeat * RANDOM_RUNS : b->repeat;
	struct harness_task t, hot;

	packet_task(c, names, &t);
	packet_task(&sized_cases[0], names, &hot);
	run(b, &t, HARNESS_SUBJECT, repeat, c->verdict); /* warm */
	for (int i = 0; i < ROUNDS; i++) {
		m->empty[i] = run(b, &t, HARNESS_EMPTY, repeat, XDP_TX);
		m->reflect[i] = run(b, &t, HARNESS_REFLECT, repeat, -1);
		m->subject[i] = run(b, &t, HARNESS_SUBJECT, repeat, c->verdict);
		m->pass[i] = run(b, &t, HARNESS_PASS, repeat, XDP_PASS);
		m->net[i] = m->subject[i] - (m->empty[i] + m->pass[i]) / 2;
		m->hot[i] = run(b, &hot, HARNESS_SUBJECT, b->repeat, XDP_TX) - m->empty[i];
	}
}

static json_t *array(const double *v, int count)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_real(v[i]));
	return list;
}

/* count: of the rounds. */
static void put_row(struct bench *b, const char *name, const char *unit, const double *rounds,
		    int count, double goal, json_t *raw)
{
	double min, max, mid = median(rounds, count, &min, &max);

	fprintf(stderr, "  %-64s %7.2f  %6.2f..%-7.2f %s\n", name, mid, min, max, unit);
	json_array_append_new(b->rows, json_pack("{s:s,s:s,s:f,s:f,s:f,s:s,s:o,s:o,s:o}", "row",
						 name, "unit", unit, "median", mid, "min", min,
						 "max", max, "better", "lower", "goal",
						 goal > 0 ? json_real(goal) : json_null(), "rounds",
						 array(rounds, count), "raw", raw));
}

static void report(struct bench *b, const struct packet_case *c, unsigned names, double goal,
		   const struct measured *m)
{
	const char *unit = "net x of an empty program";
	double ratio[ROUNDS], net_min;
	char name[96];
	json_t *raw;

	snprintf(name, sizeof(name), "%s, zone of %u", c->name, names);
	for (int i = 0; i < ROUNDS; i++)
		ratio[i] = m->net[i] / m->empty[i];
	net_min = 0;
	median(m->net, ROUNDS, &net_min, NULL);
	raw = json_pack(
		"{s:i,s:s,s:f,s:f,s:f,s:f}", "names", (int)names, "case", c->key ? c->key : "",
		"empty_ns", median(m->empty, ROUNDS, NULL, NULL), "reflect_net_ns",
		median(m->reflect, ROUNDS, NULL, NULL) - median(m->empty, ROUNDS, NULL, NULL),
		"net_ns", median(m->net, ROUNDS, NULL, NULL), "net_min_ns", net_min);
	put_row(b, name, unit, ratio, ROUNDS, c->against ? 0 : goal, raw);
	if (!c->against)
		return;
	for (int i = 0; i < ROUNDS; i++)
		ratio[i] = !strcmp(c->against, "hot") ? m->net[i] / m->hot[i]
						      : m->subject[i] / m->pass[i];
	snprintf(name, sizeof(name), "%s", c->name);
	put_row(b, name,
		!strcmp(c->against, "hot") ? "net x of one hot A" : "x of an XDP_PASS program",
		ratio, ROUNDS, c->goal, json_object());
}

/* Zones */

/*
 * key: of its hash, 0: at random. limiter: with cells, for a program that limits; NULL: for one
 * that does not.
 */
static void load_zone(struct bench *b, unsigned names, unsigned key, const struct limiter *limiter)
{
	struct generation_wanted wanted = {
		.memory = SIZES_ANY, .limit = limiter, .limiter = limiter};
	_cleanup_free_ char *error = NULL;
	uint32_t subject = HARNESS_SUBJECT;
	int fd;

	fprintf(stderr, "zone of %u names\n", names);
	b->zone = packet_zone(b->cfg, names, key);
	if (generation_build(b->zone, &wanted, &b->gen, &error))
		die("%s", error ? error : "no memory");
	packet_state(b->gen.state);
	b->gen.state->limit.interval = 1; /* ns */
	fd = generation_program(&b->gen);
	if (b->skel &&
	    bpf_map_update_elem(bpf_map__fd(b->skel->maps.programs), &subject, &fd, BPF_ANY))
		die("calling the program: %s", strerror(errno));
}

static void drop_zone(struct bench *b)
{
	pool_detach(zone_pool(b->zone));
	generation_free(&b->gen);
	zone_free(b->zone);
}

static double sized_goal(const struct packet_case *c, unsigned names)
{
	if (!c->random)
		return names == CASES_NAMES ? c->goal : 0;
	return names == CASES_NAMES ? 2.5 : names == BIG_NAMES ? 5 : 0;
}

static void bench_case(struct bench *b, const struct packet_case *c, unsigned names, double goal)
{
	struct measured m;

	measure(b, c, names, &m);
	report(b, c, names, goal, &m);
}

static void bench_zone(struct bench *b, unsigned names)
{
	load_zone(b, names, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(sized_cases); i++)
		bench_case(b, &sized_cases[i], names, sized_goal(&sized_cases[i], names));
	for (size_t i = 0; names == CASES_NAMES && i < ARRAY_SIZE(cases); i++)
		bench_case(b, &cases[i], names, cases[i].goal);
	drop_zone(b);
}

static void bench_limited(struct bench *b, const struct limiter *limiter, unsigned names)
{
	load_zone(b, names, 0, limiter);
	bench_case(b, &limited_case, names, 0);
	drop_zone(b);
}

/* Instructions */

static void skip(struct bench *b, const char *row, const char *why)
{
	fprintf(stderr, "  %s: skipped: %s\n", row, why ? why : "no memory");
	json_array_append_new(b->skipped,
			      json_pack("{s:s,s:s}", "row", row, "why", why ? why : "no memory"));
}

/* By lines of the source, in a file that is called as the case. */
static void write_lines(const struct bench *b, const struct packet_case *c,
			const struct steps *steps, const struct steps_count *count)
{
	_cleanup_free_ char *path = NULL;
	FILE *out;

	if (asprintf(&path, "%s/%s.txt", b->steps_dir, c->name) < 0)
		die("no memory");
	for (char *p = path + strlen(b->steps_dir) + 1; *p; p++)
		if (strchr(" ,:/", *p))
			*p = '_';
	out = fopen(path, "we");
	if (!out)
		die("%s: %s", path, strerror(errno));
	if (steps_write(steps, count, out) || fclose(out))
		die("writing %s failed", path);
}

/* Of the zone under one key after the other. */
struct counted {
	const struct packet_case *c;
	char row[96];
	struct steps_count least;
	double all[COUNT_KEYS];
	int done;
	bool skipped;
};

static void count_case(struct bench *b, struct steps *steps, struct counted *n)
{
	_cleanup_free_ char *error = NULL;
	struct steps_count count;
	struct harness_task t;

	if (n->skipped)
		return;
	snprintf(n->row, sizeof(n->row), "%s: instructions of the program", n->c->name);
	packet_task(n->c, 0, &t);
	if (steps_count(steps, t.frame, t.len, &count, &error)) {
		n->skipped = true;
		skip(b, n->row, error);
		return;
	}
	if (!n->done || count.all < n->least.all) {
		n->least = count;
		if (b->steps_dir)
			write_lines(b, n->c, steps, &count);
	}
	n->all[n->done++] = count.all;
}

static void report_count(struct bench *b, const struct counted *n)
{
	if (n->skipped || !n->done)
		return;
	put_row(b, n->row, "BPF instructions", n->all, n->done, 0,
		json_pack("{s:I,s:I}", "stack_loads", (json_int_t)n->least.loads, "stack_stores",
			  (json_int_t)n->least.stores));
}

/*
 * Where a name stands in the index is its key's doing, so there are a few. false: instructions
 * cannot be counted here.
 */
static bool count_cases(struct bench *b, struct counted *n, size_t count,
			const struct limiter *limiter)
{
	_cleanup_free_ char *error = NULL;
	struct steps *steps;

	for (unsigned key = 1; key <= COUNT_KEYS; key++) {
		load_zone(b, zone_sizes[0], key, limiter);
		if (steps_open(generation_program(&b->gen), &steps, &error)) {
			skip(b, "instructions of the program", error);
			drop_zone(b);
			return false;
		}
		for (size_t i = 0; i < count; i++)
			count_case(b, steps, &n[i]);
		steps_close(steps);
		drop_zone(b);
	}
	for (size_t i = 0; i < count; i++)
		report_count(b, &n[i]);
	return true;
}

static void count_all(struct bench *b, const struct limiter *limiter)
{
	struct counted n[1 + ARRAY_SIZE(cases)] = {{.c = &sized_cases[0]}},
			     limited = {.c = &limited_case};
	size_t count = 1;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!cases[i].random)
			n[count++].c = &cases[i];
	if (count_cases(b, n, count, NULL))
		count_cases(b, &limited, 1, limiter);
}

static void open_harness(struct bench *b)
{
	int fds[HARNESS_SUBJECT];

	b->skel = harness__open_and_load();
	if (!b->skel)
		die("loading the harness: %s (needs root, or CAP_BPF and CAP_NET_ADMIN)",
		    strerror(errno));
	fds[HARNESS_EMPTY] = bpf_program__fd(b->skel->progs.empty);
	fds[HARNESS_PASS] = bpf_program__fd(b->skel->progs.pass);
	fds[HARNESS_REFLECT] = bpf_program__fd(b->skel->progs.reflect);
	for (uint32_t i = 0; i < HARNESS_SUBJECT; i++)
		if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.programs), &i, &fds[i], BPF_ANY))
			die("filling the harness: %s", strerror(errno));
}

static void write_result(const struct bench *b, const char *path)
{
	json_t *all = json_pack("{s:s,s:O,s:O}", "part", "packets", "rows", b->rows, "skipped",
				b->skipped);

	if (json_dump_file(all, path, JSON_INDENT(1)))
		die("writing %s failed", path);
	json_decref(all);
}

static void bench_all(struct bench *b, const struct limiter *limiter, unsigned largest)
{
	open_harness(b);
	for (size_t i = 0; i < ARRAY_SIZE(zone_sizes) && zone_sizes[i] <= largest; i++)
		bench_zone(b, zone_sizes[i]);
	bench_limited(b, limiter, zone_sizes[0]);
}

int main(int argc, char **argv)
{
	static const char json[] = "{\"domain\":\"mesos\",\"masters\":[\"127.0.0.1:5050\"]}";
	struct bench b = {.rows = json_array(), .skipped = json_array(), .repeat = REPEAT};
	_cleanup_free_ char *error = NULL;
	struct limiter limiter;
	int r = 0;

	if (argc < 2)
		die("usage: bench_packets RESULT.json [LARGEST-ZONE [FRAMES]]\n"
		    "       bench_packets --steps DIR: the instructions alone, by lines of the "
		    "source");
	if (config_parse("bench", json, strlen(json), &b.cfg, &error))
		die("%s", error);
	if (limiter_init(&limiter) || kernel_create_cells(&limiter))
		die("no memory for the limiter's cells");
	if (!strcmp(argv[1], "--steps") && argc == 3) {
		b.steps_dir = argv[2];
		if (mkdir(b.steps_dir, 0777) && errno != EEXIST)
			die("%s: %s", b.steps_dir, strerror(errno));
		count_all(&b, &limiter);
		r = json_array_size(b.skipped) ? 1 : 0;
	} else {
		if (argc > 3)
			b.repeat = strtoul(argv[3], NULL, 10);
		bench_all(&b, &limiter, argc > 2 ? strtoul(argv[2], NULL, 10) : BIG_NAMES);
		count_all(&b, &limiter);
		write_result(&b, argv[1]);
	}
	json_decref(b.rows);
	json_decref(b.skipped);
	harness__destroy(b.skel);
	config_free(b.cfg);
	return r;
}
