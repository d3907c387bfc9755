// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Readers against a writer at full speed: the loaded program (BPF_PROG_TEST_RUN) on one core and
 * the responder on threads of its own ask for names whose every record says which version of
 * its set it belongs to, while the zone is changed, commits run out of memory, slots
 * and hash elements are used again, and generations switch. docs/consistency.md has
 * the figures. XDNS_STRESS_READS=n: reads of each reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <urcu.h>

#include "dns.h"
#include "reply.h"
#include "stress_alloc.h"
#include "stress_check.h"
#include "stress_kernel.h"
#include "stress_rules.h"
#include "stress_world.h"
#include "util.h"
#include "zone_config.h"

#define READS_DEFAULT 1000000
#define NAMES_MAX     256    /* entries of `names`: about as many as there are names */
#define REPEAT	      100000 /* runs in one system call, of a question that passes */
#define REPEAT_EVERY  32768  /* reads: such a system call costs the kernel two grace periods */
#define MISS_TWINS    12
#define MISS_NAMES    16
#define FAIL_EVERY    16 /* one commit in so many runs out of memory */

static const char *no_kernel;

struct stress {
	struct config *cfg;
	struct zone *zone;
	struct kernel *kernel;
	struct stress_world world;
	uint64_t reads;
	atomic_uint reading; /* readers not yet done */
	/* where the writer is busiest, so where readers look most: ids of this remainder */
	atomic_uint hot_modulus, hot_remainder;
	atomic_bool looking_up; /* twins, at full speed */
	/* The reclaimer: one grace period at a time, off the writer's thread, as in the daemon. */
	sem_t wanted, done;
	atomic_bool stop;
	bool waiting;
	uint64_t commits, failed_commits, graces;
};

struct reader {
	struct stress *s;
	struct stress_seen seen;
	int cpu; /* -1: any */
	uint64_t detached, bad;
	uint64_t look_ups; /* of names that pass, for a miss among them */
};

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
	kernel_close(s->kernel);
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

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The i-th question of a reader: name, type and size of answer. */
static const struct stress_name *pick(const struct stress *s, uint64_t i, uint16_t *ret_type,
				      bool *ret_edns)
{
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
	uint32_t r = stress_mix(i, i >> 32);
	uint32_t modulus = s->hot_modulus, k = r % s->world.count;
	const struct stress_name *n;

	if (i & 1)
		k = k / modulus * modulus + s->hot_remainder % modulus;
	n = &s->world.names[k < s->world.count ? k : 0];

	*ret_type = n->kind == STRESS_SRV ? DNS_TYPE_SRV : types[r >> 20 & 1];
	*ret_edns = r >> 21 & 3;
	return n;
}

/*
 * Twins share their entry of the index, so they pass: many runs in one system
 * call, as fast as the program goes. An answer can only be a false NXDOMAIN.
 */
static void look_up_twin(struct reader *r, uint64_t i)
{
	const struct stress_world *w = &r->s->world;
	const struct stress_name *n =
		&w->names[w->first[STRESS_TWIN] + i % w->count_of[STRESS_TWIN] * 2];
	uint8_t frame[STRESS_FRAME_MAX], out[STRESS_FRAME_MAX];
	uint8_t *query = frame + STRESS_FRAME_DNS;
	size_t len, query_len = stress_query(n, DNS_TYPE_A, i, false, query);

	r->look_ups += REPEAT;
	r->s->looking_up = true;
	if (stress_run(frame, stress_frame(frame, query_len, r->s->cfg->port), REPEAT, out, &len) ==
	    STRESS_RUN_ANSWER)
		stress_check(w, n, DNS_TYPE_A, query, query_len, out + STRESS_FRAME_DNS, len,
			     &r->seen);
	r->s->looking_up = false;
}

static void *kernel_reader(void *arg)
{
	struct reader *r = arg;
	uint8_t frame[STRESS_FRAME_MAX], out[STRESS_FRAME_MAX];
	uint8_t *query = frame + STRESS_FRAME_DNS;

	pin(r->cpu);
	for (uint64_t i = 0; r->seen.counts.reads < r->s->reads; i++) {
		uint16_t type;
		bool edns;
		const struct stress_name *n = pick(r->s, i, &type, &edns);
		size_t query_len = stress_query(n, type, i, edns, query), len;

		if (i % REPEAT_EVERY == 0)
			look_up_twin(r, i / REPEAT_EVERY);
		switch (stress_run(frame, stress_frame(frame, query_len, r->s->cfg->port), 1, out,
				   &len)) {
		case STRESS_RUN_ANSWER:
			stress_check(&r->s->world, n, type, query, query_len,
				     out + STRESS_FRAME_DNS, len, &r->seen);
			break;
		case STRESS_RUN_PASS:
			r->seen.counts.reads++;
			r->seen.counts.passes++;
			break;
		case STRESS_RUN_DETACHED:
			r->seen.counts.reads++;
			r->detached++;
			break;
		default:
			r->seen.counts.reads++;
			r->bad++;
		}
	}
	r->s->reading--;
	return NULL;
}

static void *user_reader(void *arg)
{
	struct reader *r = arg;
	uint8_t query[512], out[4096];

	rcu_register_thread();
	for (uint64_t i = 0; r->seen.counts.reads < r->s->reads; i++) {
		uint16_t type;
		bool edns;
		const struct stress_name *n = pick(r->s, i, &type, &edns);
		size_t query_len = stress_query(n, type, i, edns, query);
		struct reply_result res;

		if (reply_query(r->s->cfg, r->s->zone, false, query, query_len, out, sizeof(out),
				&res) != REPLY_SEND) {
			r->seen.counts.reads++;
			r->bad++;
			continue;
		}
		stress_check(&r->s->world, n, type, query, query_len, out, res.len, &r->seen);
	}
	rcu_unregister_thread();
	r->s->reading--;
	return NULL;
}

static void report(const char *who, const struct reader *r)
{
	const struct stress_counts *c = &r->seen.counts;

	printf("# %s: %" PRIu64 " reads: %" PRIu64 " answers (%" PRIu64 " cut), %" PRIu64
	       " NODATA, %" PRIu64 " NXDOMAIN, %" PRIu64 " passed; %" PRIu64 " torn, %" PRIu64
	       " foreign, %" PRIu64 " false NXDOMAIN, %" PRIu64 " gone back, %" PRIu64
	       " malformed, %" PRIu64 " bad\n",
	       who, c->reads, c->answers, c->truncated, c->nodata, c->nxdomain, c->passes, c->torn,
	       c->foreign, c->false_nxdomain, c->back, c->malformed, r->bad + r->detached);
	if (r->seen.first_fault[0])
		printf("# %s: first fault: %s\n", who, r->seen.first_fault);
}

static void judge(const struct reader *r)
{
	const struct stress_counts *c = &r->seen.counts;

	assert_int_equal(c->torn, 0);
	assert_int_equal(c->foreign, 0);
	assert_int_equal(c->false_nxdomain, 0);
	assert_int_equal(c->back, 0);
	assert_int_equal(c->malformed, 0);
	assert_int_equal(r->bad, 0);
	assert_int_equal(r->detached, 0);
	assert_true(c->answers > c->reads / 4);
	assert_true(c->nxdomain > 0);
	assert_true(c->nodata > 0);
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

		assert_int_equal(reply_query(s->cfg, s->zone, false, query, query_len, out,
					     sizeof(out), &res),
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

static void test_readers(void **state)
{
	static struct stress s;
	static struct reader kernel, user;
	pthread_t threads[3];
	unsigned before = stress_switches();

	(void)state;
	if (no_kernel)
		skip();
	stress_open(&s);
	stress_limit_names(NAMES_MAX);
	move_names(&s, 1, 1);
	commit(&s, 1);
	s.kernel = stress_kernel_open(s.cfg, s.zone);
	sem_init(&s.wanted, 0, 0);
	sem_init(&s.done, 0, 0);
	s.reading = 2;
	s.hot_modulus = 1;
	kernel = (struct reader){.s = &s, .cpu = 0};
	user = (struct reader){.s = &s};
	pthread_create(&threads[0], NULL, kernel_reader, &kernel);
	pthread_create(&threads[1], NULL, user_reader, &user);
	pthread_create(&threads[2], NULL, reclaimer, &s);
	write_until_read(&s);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	if (s.waiting)
		sem_wait(&s.done);
	s.stop = true;
	sem_post(&s.wanted);
	pthread_join(threads[2], NULL);
	zone_reclaim_finish(s.zone);

	printf("# writer: %" PRIu64 " commits, %" PRIu64 " ran out of memory, %" PRIu64
	       " grace periods, %u switches of the generation; %" PRIu64
	       " look-ups of names that pass\n",
	       s.commits, s.failed_commits, s.graces, stress_switches() - before, kernel.look_ups);
	report("kernel", &kernel);
	report("userspace", &user);
	commit(&s, 0);
	check_at_rest(&s);
	stress_close(&s);
	judge(&kernel);
	judge(&user);
	assert_true(kernel.seen.counts.answers > kernel.seen.counts.passes);
	assert_true(s.failed_commits > 0 || s.commits < 1000);
}

static void *miss_reader(void *arg)
{
	struct reader *r = arg;

	pin(r->cpu);
	for (uint64_t i = 0; i < r->s->reads / 50000; i++)
		look_up_twin(r, i);
	r->s->reading--;
	return NULL;
}

/*
 * An update of a hash entry puts a new element in front and takes the old one out: who walks the
 * chain meanwhile sees neither. Few names, all on the move, in few chains: the counter
 * pass_changing says how often the kernel's map had no entry for a name that is always there.
 */
static void test_misses(void **state)
{
	static struct stress s;
	static struct reader r;
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
	r = (struct reader){.s = &s, .cpu = 0};
	s.reading = 1;
	pthread_create(&thread, NULL, miss_reader, &r);
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
	stress_open(&s);
	stress_limit_names(0);
	move_names(&s, 1, 1);
	commit(&s, 1);
	s.kernel = stress_kernel_open(s.cfg, s.zone);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failed_commits),
		cmocka_unit_test(test_misses),
		cmocka_unit_test(test_readers),
	};

	no_kernel = stress_no_kernel();
	if (no_kernel)
		printf("# SKIPPED: the stress tests were not run: %s\n", no_kernel);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
