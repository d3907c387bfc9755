// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a zone costs to build, publish, keep and change: zone_add() of every name, zone_commit(),
 * kernel_open(); the octets of the maps and of the process; and one name's change, from
 * zone_add() until the loaded program answers with it. Beside each stands, in the same
 * round, what a bare BPF hash map of as many 8-byte pairs takes.
 *
 * Every round is a process of its own, so its memory can be weighed, in a network and a
 * mount namespace of its own: the program is attached to that namespace's lo, which
 * gives it addresses, and is run by BPF_PROG_TEST_RUN. Only what the daemon
 * uses, and what it pins, is looked at.
 *
 *	bench_zone RESULT.json [LARGEST-ZONE]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <jansson.h>

#include "config.h"
#include "dname_text.h"
#include "kernel.h"
#include "util.h"
#include "zone_bench.h"
#include "zone_config.h"

#define ROUNDS	     5
#define BIG_NAMES    1000000
#define GOAL_SECONDS 0.35 /* of BIG_NAMES, built and published */
#define GOAL_OCTETS  150  /* a name of BIG_NAMES, index and records */
#define CHANGES	     2000
#define RECLAIM	     64 /* changes */
#define BATCH	     4096
#define CHECKED	     1000 /* names asked for after publishing */

static const unsigned sizes[] = {10000, 100000, BIG_NAMES};

/* What one round found; a child hands it to its parent as it is. */
struct figures {
	double add, commit, open, batch;	 /* seconds */
	double changed, committed, visible, one; /* seconds, medians of CHANGES */
	double visible_p99;
	struct zone_bench_memory memory;
};

static FILE *messages; /* stderr is the daemon's log in a round */

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench_zone: ", messages);
	vfprintf(messages, format, args);
	fputc('\n', messages);
	va_end(args);
	exit(1);
}

static double seconds_since(uint64_t start)
{
	return (now_ns() - start) / 1e9;
}

/* Names */

struct subject {
	struct config *cfg;
	struct zone *zone;
	struct kernel *kernel;
	struct zone_bench_program program;
	int pairs; /* the bare hash map */
	uint32_t names, serial;
};

/* The 8 digits of number i at `at` of a name in wire form. */
static void set_digits(uint8_t *at, uint32_t i)
{
	for (int d = 7; d >= 0; d--, i >>= 4)
		at[d] = "0123456789abcdef"[i & 15];
}

static void name_of(uint32_t i, uint8_t wire[DNAME_WIRE_MAX + 1])
{
	static uint8_t template[DNAME_WIRE_MAX + 1];
	static int len;
	static const char text[] = "web-00000000.marathon.mesos";

	if (!len)
		len = dname_from_text(text, strlen(text), template);
	memcpy(wire, template, len);
	set_digits(wire + 5, i);
}

static struct rr address_of(uint32_t i, uint8_t version)
{
	return (struct rr){.type = DNS_TYPE_A, .a = {10 + version, i >> 16, i >> 8, i}};
}

static void change(struct subject *s, uint32_t i, uint8_t version, bool add)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct rr rr = address_of(i, version);

	name_of(i, wire);
	if (add ? zone_add(s->zone, wire, &rr) : zone_remove(s->zone, wire, &rr))
		die("no memory for the zone");
}

static void commit(struct subject *s)
{
	struct zone_changes changes;

	if (zone_commit(s->zone, ++s->serial, &changes))
		die("no memory for the commit");
}

static void reclaim(struct subject *s)
{
	if (!zone_reclaim_prepare(s->zone))
		return;
	zone_reclaim_wait(s->zone);
	zone_reclaim_finish(s->zone);
}

/* Does the loaded program answer with this version, and nothing else? */
static bool answers(struct subject *s, uint32_t i, uint8_t version)
{
	uint8_t wire[DNAME_WIRE_MAX + 1], a[4];
	struct rr rr = address_of(i, version);

	name_of(i, wire);
	return zone_bench_ask(&s->program, wire, a) == 1 && !memcmp(a, rr.a, 4);
}

/* One round */

static void open_subject(struct subject *s, uint32_t names)
{
	char json[256], *error = NULL;
	struct xdns_config zc;

	memset(s, 0, sizeof(*s));
	s->names = names;
	snprintf(json, sizeof(json),
		 "{\"masters\":[\"127.0.0.1:5050\"],\"resolvers\":[\"127.0.0.9\"],"
		 "\"bpfDir\":\"" ZONE_BENCH_PINS "\",\"xdpInterfaces\":[\"lo\"],"
		 "\"xdpMode\":\"generic\"}");
	if (config_parse("bench", json, strlen(json), &s->cfg, &error))
		die("%s", error);
	if (zone_config_make(s->cfg, &zc) || zone_new(&zc, &s->zone))
		die("no memory for the zone");
	s->pairs = bpf_map_create(BPF_MAP_TYPE_HASH, "xdns_pairs", 8, 8, names, NULL);
	if (s->pairs < 0)
		die("a BPF hash map of %u pairs: %s", names, strerror(errno));
}

static uint64_t key_of(uint32_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ULL;
}

/* The yardstick: as many 8-byte pairs into a hash map of that size. */
static double time_batches(const struct subject *s)
{
	static uint64_t keys[BATCH], values[BATCH];
	uint64_t spent = 0;

	for (uint32_t i = 0; i < s->names;) {
		uint32_t n = 0;
		uint64_t start;

		for (; n < BATCH && i < s->names; n++, i++)
			values[n] = keys[n] = key_of(i);
		start = now_ns();
		if (bpf_map_update_batch(s->pairs, keys, values, &n, NULL))
			die("bpf_map_update_batch: %s", strerror(errno));
		spent += now_ns() - start;
	}
	return spent / 1e9;
}

static void publish(struct subject *s, struct figures *f)
{
	char *error = NULL;
	struct interfaces in;
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < s->names; i++)
		change(s, i, 0, true);
	f->add = seconds_since(start);
	start = now_ns();
	commit(s);
	f->commit = seconds_since(start);
	start = now_ns();
	if (kernel_open(s->cfg, s->zone, &s->kernel, &error))
		die("%s", error ? error : "no memory");
	f->open = seconds_since(start);
	if (interfaces_scan(&in) || kernel_sync(s->kernel, &in) != 1)
		die("the program is not attached to lo");
	interfaces_done(&in);
	if (zone_bench_program(&s->program))
		die("the program at " ZONE_BENCH_PINS "/link-lo: %s", strerror(errno));
	for (uint32_t i = 0; i < CHECKED; i++)
		if (!answers(s, (uint64_t)i * s->names / CHECKED, 0))
			die("name %u is not answered by the program", i);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double quantile(double *v, size_t n, double q)
{
	qsort(v, n, sizeof(*v), compare);
	return v[(size_t)(q * (n - 1))];
}

/*
 * Each change is another name's, all over the zone: its address becomes another one. "visible" is
 * when a run of the program, begun after the commit, has returned with the new address; there
 * is always at least this one run in it, and that the one before gave the old address is checked.
 */
static void time_changes(struct subject *s, struct figures *f)
{
	static double changed[CHANGES], committed[CHANGES], visible[CHANGES], one[CHANGES];
	uint32_t stride = s->names / CHANGES;

	for (uint32_t n = 0; n < CHANGES; n++) {
		uint32_t i = n * 7 % CHANGES * stride;
		uint64_t key = key_of(i), value = n, start;

		if (!answers(s, i, 0))
			die("name %u: not the old address", i);
		start = now_ns();
		change(s, i, 0, false);
		change(s, i, 1, true);
		changed[n] = seconds_since(start);
		commit(s);
		committed[n] = seconds_since(start);
		if (!answers(s, i, 1))
			die("name %u: committed, but the program does not say so", i);
		visible[n] = seconds_since(start);
		start = now_ns();
		if (bpf_map_update_elem(s->pairs, &key, &value, BPF_ANY))
			die("bpf_map_update_elem: %s", strerror(errno));
		one[n] = seconds_since(start);
		if (n % RECLAIM == RECLAIM - 1)
			reclaim(s);
	}
	f->changed = quantile(changed, CHANGES, .5);
	f->committed = quantile(committed, CHANGES, .5);
	f->visible = quantile(visible, CHANGES, .5);
	f->visible_p99 = quantile(visible, CHANGES, .99);
	f->one = quantile(one, CHANGES, .5);
}

static void round_of(uint32_t names, int to)
{
	struct figures f;
	struct subject s;
	uint64_t before;

	memset(&f, 0, sizeof(f));
	if (!freopen("/dev/null", "w", stderr))
		die("/dev/null: %s", strerror(errno));
	open_subject(&s, names);
	f.batch = time_batches(&s);
	before = zone_bench_anonymous();
	publish(&s, &f);
	zone_bench_weigh(before, s.pairs, &f.memory);
	time_changes(&s, &f);
	if (write(to, &f, sizeof(f)) != sizeof(f))
		die("telling the result: %s", strerror(errno));
	kernel_close(s.kernel, false);
	_exit(0);
}

/* An address on lo of this namespace, and lo up. */
static void raise_lo(void)
{
	struct ifreq req = {.ifr_name = "lo"};
	struct sockaddr_in *sin = (void *)&req.ifr_addr;
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = inet_addr(ZONE_BENCH_SERVER);
	if (sock < 0 || ioctl(sock, SIOCSIFADDR, &req))
		die("an address on lo: %s", strerror(errno));
	req.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(sock, SIOCSIFFLAGS, &req))
		die("lo up: %s", strerror(errno));
	close(sock);
}

static struct figures run_round(uint32_t names)
{
	struct figures f;
	int fd[2], status;
	pid_t pid;

	if (pipe(fd))
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid)
		round_of(names, fd[1]);
	close(fd[1]);
	if (read(fd[0], &f, sizeof(f)) != sizeof(f))
		die("a round with %u names failed", names);
	close(fd[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		die("a round with %u names did not end well", names);
	return f;
}

/* Rows */

static json_t *array(const double *v)
{
	json_t *list = json_array();

	for (int i = 0; i < ROUNDS; i++)
		json_array_append_new(list, json_real(v[i]));
	return list;
}

static void put_row(json_t *rows, const char *what, uint32_t names, const char *unit,
		    const double *ratio, double goal, json_t *raw)
{
	double sorted[ROUNDS];
	char name[128];

	memcpy(sorted, ratio, sizeof(sorted));
	qsort(sorted, ROUNDS, sizeof(*sorted), compare);
	snprintf(name, sizeof(name), "%s, zone of %u", what, names);
	fprintf(messages, "  %-66s %8.2f  %7.2f..%-8.2f %s\n", name, sorted[ROUNDS / 2], sorted[0],
		sorted[ROUNDS - 1], unit);
	json_array_append_new(rows,
			      json_pack("{s:s,s:s,s:f,s:f,s:f,s:s,s:o,s:o,s:o}", "row", name,
					"unit", unit, "median", sorted[ROUNDS / 2], "min",
					sorted[0], "max", sorted[ROUNDS - 1], "better", "lower",
					"goal", goal > 0 ? json_real(goal) : json_null(), "rounds",
					array(ratio), "raw", raw));
}

/* Medians over the rounds of a member of struct figures. */
static double middle(const struct figures *f, size_t offset)
{
	double v[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		v[i] = *(const double *)((const char *)&f[i] + offset);
	return quantile(v, ROUNDS, .5);
}

#define MIDDLE(f, member) middle(f, offsetof(struct figures, member))

static json_t *raw_times(const struct figures *f, uint32_t names)
{
	return json_pack("{s:i,s:f,s:f,s:f,s:f,s:f,s:f}", "names", (int)names, "add_s",
			 MIDDLE(f, add), "commit_s", MIDDLE(f, commit), "kernel_open_s",
			 MIDDLE(f, open), "total_s",
			 MIDDLE(f, add) + MIDDLE(f, commit) + MIDDLE(f, open), "update_batch_s",
			 MIDDLE(f, batch), "ns_a_name",
			 (MIDDLE(f, add) + MIDDLE(f, commit) + MIDDLE(f, open)) * 1e9 / names);
}

static void report_times(json_t *rows, const struct figures *f, uint32_t names)
{
	double ratio[ROUNDS], total[ROUNDS], visible[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		total[i] = f[i].add + f[i].commit + f[i].open;
		ratio[i] = total[i] / f[i].batch;
		visible[i] = f[i].visible / f[i].one;
	}
	put_row(rows, "build and publish", names, "x of bpf_map_update_batch of as many pairs",
		ratio, 0, raw_times(f, names));
	put_row(rows, "build and publish, absolute", names, "s", total,
		names == BIG_NAMES ? GOAL_SECONDS : 0, raw_times(f, names));
	put_row(rows, "one name's change until the kernel answers it", names,
		"x of one bpf_map_update_elem", visible, 0,
		json_pack("{s:i,s:f,s:f,s:f,s:f,s:f}", "names", (int)names, "told_us",
			  MIDDLE(f, changed) * 1e6, "committed_us", MIDDLE(f, committed) * 1e6,
			  "visible_us", MIDDLE(f, visible) * 1e6, "visible_p99_us",
			  MIDDLE(f, visible_p99) * 1e6, "update_elem_us", MIDDLE(f, one) * 1e6));
}

static json_t *raw_memory(const struct zone_bench_memory *m, uint32_t names)
{
	json_t *maps = json_object();

	for (uint32_t i = 0; i < m->maps_count; i++)
		json_object_set_new(maps, m->maps[i].name, json_integer(m->maps[i].octets));
	return json_pack("{s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "names", (int)names,
			 "records_and_front_index", (json_int_t)m->arrays, "kernel_hash",
			 (json_int_t)m->hash, "fixed", (json_int_t)m->fixed, "userspace",
			 (json_int_t)m->userspace, "userspace_untrimmed",
			 (json_int_t)m->userspace_untrimmed, "hash_of_8_byte_pairs",
			 (json_int_t)m->pairs, "maps", maps);
}

static void report_memory(json_t *rows, const struct figures *f, uint32_t names)
{
	double arrays[ROUNDS], hash[ROUNDS], user[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		arrays[i] = (double)f[i].memory.arrays / names;
		hash[i] = (double)f[i].memory.hash / f[i].memory.pairs;
		user[i] = (double)f[i].memory.userspace / names;
	}
	put_row(rows, "memory: front index and records", names, "octets a name", arrays,
		names == BIG_NAMES ? GOAL_OCTETS : 0, raw_memory(&f[0].memory, names));
	put_row(rows, "memory: the kernel's hash", names, "x of a BPF hash of as many pairs", hash,
		0,
		json_pack("{s:i,s:f}", "names", (int)names, "octets_a_name",
			  (double)f[0].memory.hash / names));
	put_row(rows, "memory: userspace's nodes", names, "octets a name", user, 0,
		json_pack("{s:i,s:I}", "names", (int)names, "octets",
			  (json_int_t)f[0].memory.userspace));
}

int main(int argc, char **argv)
{
	unsigned largest = argc > 2 ? strtoul(argv[2], NULL, 10) : BIG_NAMES;
	json_t *rows = json_array(), *all;

	messages = fdopen(dup(STDERR_FILENO), "w");
	if (!messages)
		return 1;
	setlinebuf(messages);
	if (argc < 2)
		die("usage: bench_zone RESULT.json [LARGEST-ZONE]");
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0700"))
		die("namespaces of its own and a BPF file system: %s (needs root)",
		    strerror(errno));
	raise_lo();
	for (size_t i = 0; i < ARRAY_SIZE(sizes) && sizes[i] <= largest; i++) {
		struct figures f[ROUNDS];

		fprintf(messages, "zone of %u names, %d rounds\n", sizes[i], ROUNDS);
		for (int r = 0; r < ROUNDS; r++)
			f[r] = run_round(sizes[i]);
		report_times(rows, f, sizes[i]);
		report_memory(rows, f, sizes[i]);
	}
	all = json_pack("{s:s,s:o,s:[]}", "part", "zone", "rows", rows, "skipped");
	if (!all || json_dump_file(all, argv[1], JSON_INDENT(1)))
		die("writing %s failed", argv[1]);
	json_decref(all);
	return 0;
}
