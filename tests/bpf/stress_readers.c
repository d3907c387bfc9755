// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "stress_readers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <urcu.h>

#include "dns.h"
#include "reply.h"
#include "stress_kernel.h"
#include "util.h"

#define REPEAT	     100000 /* runs in one system call, of a question that passes */
#define REPEAT_EVERY 32768  /* reads: such a system call costs the kernel two grace periods */

void stress_pin(int cpu)
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
static void look_up_twin(struct stress_reader *r, uint64_t i)
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

void stress_kernel_read(struct stress_reader *r, uint64_t i)
{
	uint8_t frame[STRESS_FRAME_MAX], out[STRESS_FRAME_MAX];
	uint8_t *query = frame + STRESS_FRAME_DNS;
	uint16_t type;
	bool edns;
	const struct stress_name *n = pick(r->s, i, &type, &edns);
	size_t query_len = stress_query(n, type, i, edns, query), len;

	switch (stress_run(frame, stress_frame(frame, query_len, r->s->cfg->port), 1, out, &len)) {
	case STRESS_RUN_ANSWER:
		stress_check(&r->s->world, n, type, query, query_len, out + STRESS_FRAME_DNS, len,
			     &r->seen);
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

void stress_user_read(struct stress_reader *r, uint64_t i)
{
	uint8_t query[512], out[4096];
	uint16_t type;
	bool edns;
	const struct stress_name *n = pick(r->s, i, &type, &edns);
	size_t query_len = stress_query(n, type, i, edns, query);
	struct reply_result res;

	if (reply_query(r->s->cfg, r->s->zone, &(struct reply_client){0}, query, query_len, out,
			sizeof(out), &res) != REPLY_SEND) {
		r->seen.counts.reads++;
		r->bad++;
		return;
	}
	stress_check(&r->s->world, n, type, query, query_len, out, res.len, &r->seen);
}

void *stress_kernel_reader(void *arg)
{
	struct stress_reader *r = arg;

	stress_pin(r->cpu);
	for (uint64_t i = 0; r->seen.counts.reads < r->s->reads; i++) {
		if (i % REPEAT_EVERY == 0)
			look_up_twin(r, i / REPEAT_EVERY);
		stress_kernel_read(r, i);
	}
	r->s->reading--;
	return NULL;
}

void *stress_user_reader(void *arg)
{
	struct stress_reader *r = arg;

	rcu_register_thread();
	for (uint64_t i = 0; r->seen.counts.reads < r->s->reads; i++)
		stress_user_read(r, i);
	rcu_unregister_thread();
	r->s->reading--;
	return NULL;
}

void stress_report(const char *who, const struct stress_reader *r)
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

void stress_report_json(FILE *f, const char *who, const struct stress_reader *r)
{
	const struct stress_counts *c = &r->seen.counts;

	fprintf(f,
		" \"%s\": {\"reads\": %" PRIu64 ", \"answers\": %" PRIu64
		", \"truncated\": %" PRIu64 ", \"nodata\": %" PRIu64 ", \"nxdomain\": %" PRIu64
		", \"passes\": %" PRIu64 ", \"torn\": %" PRIu64 ", \"foreign\": %" PRIu64
		", \"false_nxdomain\": %" PRIu64 ", \"back\": %" PRIu64 ", \"malformed\": %" PRIu64
		", \"bad\": %" PRIu64 ", \"look_ups\": %" PRIu64 "},\n",
		who, c->reads, c->answers, c->truncated, c->nodata, c->nxdomain, c->passes, c->torn,
		c->foreign, c->false_nxdomain, c->back, c->malformed, r->bad + r->detached,
		r->look_ups);
}

void stress_judge(const struct stress_reader *r)
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

void *stress_miss_reader(void *arg)
{
	struct stress_reader *r = arg;

	stress_pin(r->cpu);
	for (uint64_t i = 0; i < r->s->reads / 20000; i++)
		look_up_twin(r, i);
	r->s->reading--;
	return NULL;
}
