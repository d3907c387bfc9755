// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Readers against a writer at full speed: the loaded program (BPF_PROG_TEST_RUN) on one core and
 * the responder on threads of its own ask for names whose every record says which version of
 * its set it belongs to, while the zone is changed, commits run out of memory, slots
 * and hash elements are used again, and generations switch. docs/consistency.md has
 * the figures.
 *
 *	XDNS_STRESS_READS=n	reads of each reader
 *	XDNS_STRESS_FLOOD=n	reads of the one inside the kernel
 *	XDNS_STRESS_JSON=file	what the readers found, for programs
 *	XDNS_STRESS_PACED=n	instead of the tests: what n changes a second cost the readers,
 *	XDNS_STRESS_SECONDS=s	for so long
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"
#include "reply.h"
#include "stress_alloc.h"
#include "stress_check.h"
#include "stress_kernel.h"
#include "stress_paced.h"
#include "stress_readers.h"
#include "stress_rules.h"
#include "stress_world.h"
#include "util.h"
#include "zone_config.h"

#define READS_DEFAULT	1000000
#define FLOOD_DEFAULT	10000000
#define SECONDS_DEFAULT 10
#define NAMES_MAX	256 /* entries of `names`: about as many as there are names */
#define MISS_TWINS	12
#define MISS_NAMES	16
#define FAIL_EVERY	16 /* one commit in so many runs out of memory */

static const char *no_kernel;

static void stress_open(struct stress *s)
{
	char json[256], *error = NULL;
	const char *reads = getenv("XDNS_STRESS_READS");
	struct xdns_config zc;

	memset(s, 0, sizeof(*s));
	s->reads = reads ? strtoull(reads, NULL, 10) : READS_DEFAULT;
	snprintf(json, sizeof(json),
		 "{\"masters\":[\"127.0.0.1:5050\"],\"resolvers\":[\"127.0.0.9\"],"
		 "\"bpfDir\":\"/sys/fs/bpf/xdns-stress-%d\"}",
		 getpid());
	assert_int_equal(config_parse("stress.json", json, strlen(json), &s->cfg, &error), 0);
	assert_int_equal(zone_config_make(s->cfg, &zc), 0);
	stress_weaken_hash(&zc);
	assert_int_equal(zone_new(&zc, &s->zone), 0);
	stress_world_init(&s->world);
}

static void stress_close(struct stress *s)
{
	kernel_close(s->kernel, false);
	zone_free(s->zone);
	config_free(s->cfg);
}

/*
 * Moves some of the names to version v, one in so many by chance. The names below an
 * empty non-terminal always go together, and by one version.
 */
static void move_names(struct stress *s, uint16_t v, unsigned one_in)
{
	for (size_t i = 0; i < s->world.count; i++) {
		struct stress_name *n = &s->world.names[i];

		if (n->kind == STRESS_CHILD)
			assert_int_equal(stress_move(&s->world, s->zone, n, n->version + 1), 0);
		else if (stress_mix(n->id + v * 1024U, 77) % one_in == 0)
			assert_int_equal(stress_move(&s->world, s->zone, n, v), 0);
	}
}

static void move_hot(struct stress *s, uint16_t v)
{
	for (size_t i = s->hot_remainder; i < s->world.count; i += s->hot_modulus)
		if (s->world.names[i].kind != STRESS_CHILD)
			assert_int_equal(stress_move(&s->world, s->zone, &s->world.names[i], v), 0);
}

static void move_range(struct stress *s, uint16_t v, enum stress_kind a, enum stress_kind b)
{
	for (size_t i = 0; i < s->world.count; i++)
		if (s->world.names[i].kind == a || s->world.names[i].kind == b)
			assert_int_equal(stress_move(&s->world, s->zone, &s->world.names[i], v), 0);
}

static void commit(struct stress *s, uint16_t v)
{
	struct zone_changes changes;

	assert_int_equal(zone_commit(s->zone, v, &changes), 0);
	s->commits++;
}

/* What the daemon does after a commit: begin a grace period unless one is running. */
static void reclaim(struct stress *s)
{
	if (s->waiting && sem_trywait(&s->done))
		return;
	if (s->waiting)
		zone_reclaim_finish(s->zone);
	s->waiting = zone_reclaim_prepare(s->zone);
	if (s->waiting) {
		s->graces++;
		sem_post(&s->wanted);
	}
}

static void *reclaimer(void *arg)
{
	struct stress *s = arg;

	for (;;) {
		sem_wait(&s->wanted);
		if (s->stop)
			return NULL;
		zone_reclaim_wait(s->zone);
		sem_post(&s->done);
	}
}

/* At rest: both sides say of every name what the world says. */
static void check_at_rest(const struct stress *s)
{
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_SRV};
	uint8_t frame[STRESS_FRAME_MAX], out[STRESS_FRAME_MAX], *query = frame + STRESS_FRAME_DNS;

	for (size_t i = 0; i < s->world.count * ARRAY_SIZE(types); i++) {
		const struct stress_name *n = &s->world.names[i / ARRAY_SIZE(types)];
		uint16_t type = types[i % ARRAY_SIZE(types)];
		size_t query_len = stress_query(n, type, i, true, query), len;
		struct reply_result res;
		enum stress_run run;

		assert_int_equal(reply_query(s->cfg, s->zone, &(struct reply_client){0}, query,
					     query_len, out, sizeof(out), &res),
				 REPLY_SEND);
		if (!stress_is_current(&s->world, n, type, out, res.len))
			fail_msg("userspace: name %u type %u is not of version %u", n->id, type,
				 n->version);
		run = stress_run(frame, stress_frame(frame, query_len, s->cfg->port), 1, out, &len);
		if (run == STRESS_RUN_PASS && (n->kind == STRESS_TWIN || n->kind == STRESS_TWIN2))
			continue;
		if (run != STRESS_RUN_ANSWER ||
		    !stress_is_current(&s->world, n, type, out + STRESS_FRAME_DNS, len))
			fail_msg("kernel: name %u type %u is not of version %u", n->id, type,
				 n->version);
	}
}

/* Commits as fast as they go; now and then one that runs out of memory. */
static void write_until_read(struct stress *s)
{
	static const unsigned one_in[] = {100, 3, 30, 1, 300, 10};
	struct zone_changes changes;

	for (uint16_t v = 2; s->reading; v++) {
		if (s->looking_up) {
			move_range(s, v, STRESS_TWIN, STRESS_TWIN2);
			commit(s, v);
			reclaim(s);
			continue;
		}
		switch (v / 128 % 3) {
		case 0:
			move_names(s, v, one_in[v % ARRAY_SIZE(one_in)]);
			break;
		case 1:
			s->hot_modulus = 8;
			s->hot_remainder = v / 384 % 8;
			move_hot(s, v);
			break;
		default:
			/* long runs of the program: an SRV set with its targets */
			s->hot_modulus = s->world.count;
			s->hot_remainder = s->world.first[STRESS_SRV] +
					   v / 384 % s->world.count_of[STRESS_SRV];
			move_hot(s, v);
		}
		if (v % FAIL_EVERY == 0) {
			stress_alloc_fail(1 + stress_mix(v, 1) % 400);
			if (zone_commit(s->zone, v, &changes))
				s->failed_commits++;
			else
				s->commits++;
			stress_alloc_failed();
		} else {
			commit(s, v);
		}
		reclaim(s);
	}
}

/* XDNS_STRESS_JSON, for what is put into it; NULL without. */
static FILE *json_open(const struct stress *s)
{
	const char *path = getenv("XDNS_STRESS_JSON");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (path && !f)
		fail_msg("%s: %s", path, strerror(errno));
	if (f)
		fprintf(f,
			"{\n \"commits\": %" PRIu64 ",\n \"failed_commits\": %" PRIu64
			",\n \"grace_periods\": %" PRIu64 ",\n \"switches\": %u,\n",
			s->commits, s->failed_commits, s->graces, stress_switches());
	return f;
}

static void json_close(FILE *f, const struct stress_reader *kernel,
		       const struct stress_reader *user)
{
	stress_report_json(f, "kernel", kernel);
	stress_report_json(f, "userspace", user);
	fprintf(f, " \"part\": \"stress\"\n}\n");
	fclose(f);
}

static void reclaimer_start(struct stress *s, pthread_t *ret)
{
	sem_init(&s->wanted, 0, 0);
	sem_init(&s->done, 0, 0);
	pthread_create(ret, NULL, reclaimer, s);
}

static void reclaimer_stop(struct stress *s, pthread_t thread)
{
	if (s->waiting)
		sem_wait(&s->done);
	s->stop = true;
	sem_post(&s->wanted);
	pthread_join(thread, NULL);
	zone_reclaim_finish(s->zone);
}

static void test_readers(void **state)
{
	static struct stress s;
	static struct stress_reader kernel, user;
	pthread_t threads[3];
	FILE *f;
	unsigned before = stress_switches();

	(void)state;
	if (no_kernel)
		skip();
	stress_open(&s);
	stress_limit_names(NAMES_MAX);
	move_names(&s, 1, 1);
	commit(&s, 1);
	s.kernel = stress_kernel_open(s.cfg, s.zone);
	s.reading = 2;
	s.hot_modulus = 1;
	kernel = (struct stress_reader){.s = &s, .cpu = 0};
	user = (struct stress_reader){.s = &s};
	pthread_create(&threads[0], NULL, stress_kernel_reader, &kernel);
	pthread_create(&threads[1], NULL, stress_user_reader, &user);
	reclaimer_start(&s, &threads[2]);
	write_until_read(&s);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	reclaimer_stop(&s, threads[2]);

	printf("# writer: %" PRIu64 " commits, %" PRIu64 " ran out of memory, %" PRIu64
	       " grace periods, %u switches of the generation; %" PRIu64
	       " look-ups of names that pass\n",
	       s.commits, s.failed_commits, s.graces, stress_switches() - before, kernel.look_ups);
	stress_report("kernel", &kernel);
	stress_report("userspace", &user);
	f = json_open(&s);
	if (f)
		json_close(f, &kernel, &user);
	commit(&s, 0);
	check_at_rest(&s);
	stress_close(&s);
	stress_judge(&kernel);
	stress_judge(&user);
	assert_true(kernel.seen.counts.answers > kernel.seen.counts.passes);
	assert_true(s.failed_commits > 0 || s.commits < 1000);
}

/* The same writer against a reader that loses no time between two questions: A sets alone. */
static void test_flood(void **state)
{
	static struct stress s;
	static struct stress_reader r;
	const char *reads = getenv("XDNS_STRESS_FLOOD");
	pthread_t threads[2];

	(void)state;
	if (no_kernel)
		skip();
	stress_open(&s);
	s.reads = reads ? strtoull(reads, NULL, 10) : FLOOD_DEFAULT;
	stress_limit_names(NAMES_MAX);
	move_names(&s, 1, 1);
	commit(&s, 1);
	s.kernel = stress_kernel_open(s.cfg, s.zone);
	s.reading = 1;
	s.hot_modulus = 1;
	r = (struct stress_reader){.s = &s, .cpu = 0};
	reclaimer_start(&s, &threads[1]);
	pthread_create(&threads[0], NULL, stress_flood_reader, &r);
	write_until_read(&s);
	pthread_join(threads[0], NULL);
	reclaimer_stop(&s, threads[1]);
	printf("# flood: %" PRIu64 " commits, %" PRIu64 " ran out of memory, %" PRIu64
	       " grace periods\n",
	       s.commits, s.failed_commits, s.graces);
	stress_report("flood", &r);
	stress_close(&s);
	stress_judge(&r);
	assert_true(r.seen.counts.answers > r.seen.counts.passes);
	assert_true(s.failed_commits > 0 || s.commits < 1000);
}

/*
 * An update of a hash entry puts a new element in front and takes the old one out: who walks the
 * chain meanwhile sees neither. Few names, all on the move, in few chains: the counter
 * pass_changing says how often the kernel's map had no entry for a name that is always there.
 */
static void test_misses(void **state)
{
	static struct stress s;
	static struct stress_reader r;
	uint64_t counters[XDNS_COUNTERS_COUNT];
	pthread_t thread;
	uint16_t v = 0;

	(void)state;
	if (no_kernel)
		skip();
	stress_open(&s);
	s.world.count_of[STRESS_TWIN] = MISS_TWINS;
	s.world.count = s.world.first[STRESS_TWIN] + 2 * MISS_TWINS;
	while (v < 8) {
		move_range(&s, ++v, STRESS_TWIN, STRESS_TWIN2);
		commit(&s, v);
	}
	stress_limit_names(MISS_NAMES);
	s.kernel = stress_kernel_open(s.cfg, s.zone);
	stress_limit_names(0);
	r = (struct stress_reader){.s = &s, .cpu = 0};
	s.reading = 1;
	pthread_create(&thread, NULL, stress_miss_reader, &r);
	while (s.reading) {
		struct zone_changes changes;

		move_range(&s, ++v, STRESS_TWIN, STRESS_TWIN);
		assert_int_equal(zone_commit(s.zone, v, &changes), 0);
	}
	pthread_join(thread, NULL);
	assert_int_equal(kernel_counters(s.kernel, counters), 0);
	printf("# %" PRIu64 " look-ups of names that are always there: the map missed %" PRIu64
	       " of them, the program denied %" PRIu64 "\n",
	       r.look_ups, counters[XDNS_pass_changing], r.seen.counts.false_nxdomain);
	if (!counters[XDNS_pass_changing])
		printf("# the map missed none: this run did not show that misses are caught\n");
	stress_close(&s);
	assert_int_equal(r.seen.counts.false_nxdomain, 0);
}

/* The first version of every name, in maps that have room for all. */
static void open_unlimited(struct stress *s)
{
	stress_open(s);
	stress_limit_names(0);
	move_names(s, 1, 1);
	commit(s, 1);
	s->kernel = stress_kernel_open(s->cfg, s->zone);
}

/* A commit that runs out of memory anywhere shows nothing of itself; the next one shows all. */
static void test_failed_commits(void **state)
{
	static struct stress s;
	static struct stress_world shown;
	struct zone_changes changes;
	unsigned failures = 0;

	(void)state;
	if (no_kernel)
		skip();
	open_unlimited(&s);
	for (uint16_t v = 2; v < 2000; v++) {
		bool failed;

		shown = s.world;
		move_names(&s, v, 3);
		stress_alloc_fail(v - 1);
		if (zone_commit(s.zone, v, &changes)) {
			struct stress_world wanted = s.world;

			assert_true(stress_alloc_failed());
			failures++;
			s.world = shown;
			check_at_rest(&s);
			s.world = wanted;
			commit(&s, v);
			failed = true;
		} else {
			failed = stress_alloc_failed();
		}
		check_at_rest(&s);
		if (zone_reclaim_prepare(s.zone)) {
			zone_reclaim_wait(s.zone);
			zone_reclaim_finish(s.zone);
		}
		if (!failed)
			break;
	}
	printf("# %u commits failed at every allocation there is and were made good\n", failures);
	stress_close(&s);
	assert_true(failures > 50);
}

static unsigned number(const char *key, unsigned otherwise)
{
	const char *text = getenv(key);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void commit_next(struct stress *s)
{
	commit(s, zone_serial(s->zone) + 1);
	reclaim(s);
}

/* Figures, of which only the faults are judged. */
static void measure_paced(void **state)
{
	static struct stress s;
	static struct stress_paced p;
	pthread_t thread;
	FILE *f;

	(void)state;
	if (no_kernel)
		skip();
	open_unlimited(&s);
	reclaimer_start(&s, &thread);
	p.s = &s;
	p.rate = number("XDNS_STRESS_PACED", 1);
	p.rounds = number("XDNS_STRESS_SECONDS", SECONDS_DEFAULT);
	assert_in_range(p.rate, 1, 1000000);
	assert_in_range(p.rounds, 1, STRESS_ROUNDS_MAX);
	stress_paced(&p, commit_next);
	reclaimer_stop(&s, thread);
	stress_paced_report(&p);
	stress_report("kernel", &p.readers[STRESS_KERNEL]);
	stress_report("userspace", &p.readers[STRESS_USER]);
	f = json_open(&s);
	if (f) {
		stress_paced_json(f, &p);
		json_close(f, &p.readers[STRESS_KERNEL], &p.readers[STRESS_USER]);
	}
	check_at_rest(&s);
	stress_close(&s);
	stress_judge(&p.readers[STRESS_KERNEL]);
	stress_judge(&p.readers[STRESS_USER]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failed_commits),
		cmocka_unit_test(test_misses),
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_flood),
	};
	const struct CMUnitTest paced[] = {cmocka_unit_test(measure_paced)};

	no_kernel = stress_no_kernel();
	if (no_kernel)
		printf("# SKIPPED: the stress tests were not run: %s\n", no_kernel);
	if (getenv("XDNS_STRESS_PACED"))
		return cmocka_run_group_tests(paced, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
