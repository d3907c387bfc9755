// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the XDP program and the responder share (dname.h, question.h, answer.h), each piece against
 * a naive one: names at every place and length, questions cut everywhere, and what fits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

/* The sets of the one record there is, and of its SRV target. */
static struct xdns_a_set a_sets[8];
static struct xdns_aaaa_set aaaa_sets[32];
static struct xdns_name_tail target_tail;
static struct xdns_record srv_target;

static const struct xdns_a_set *xdns_env_a_set(const void *env, __u32 i)
{
	(void)env;
	return i < 8 ? &a_sets[i] : NULL;
}

static const struct xdns_aaaa_set *xdns_env_aaaa_set(const void *env, __u32 i)
{
	(void)env;
	return i < 32 ? &aaaa_sets[i] : NULL;
}

static const struct xdns_srv_set *xdns_env_srv_set(const void *env, __u32 i)
{
	(void)env;
	(void)i;
	return NULL;
}

static const struct xdns_record *xdns_env_target(const void *env, __u32 target)
{
	(void)env;
	return target == 1 ? &srv_target : NULL;
}

static const struct xdns_name_tail *xdns_env_name_tail(const void *env, __u32 i)
{
	(void)env;
	return i == 1 ? &target_tail : NULL;
}

#include "answer.h"

static __u64 key[XDNS_HASH_WORDS][2];

static int make_key(void **state)
{
	(void)state;
	srandom(1);
	for (int i = 0; i < XDNS_HASH_WORDS; i++) {
		key[i][0] = (__u64)random() << 33 ^ random();
		key[i][1] = ((__u64)random() << 33 ^ random()) | 1;
	}
	return 0;
}

/* A name of len octets, the root's included; of two octets there is none. */
static void random_name(uint8_t *p, size_t len)
{
	static const char octets[] = "ABCXYZabcxyz019-_@[`{*\x80\xc1\xe1\xff";

	while (len > 1) {
		size_t label = 1 + random() % 20;

		if (label > len - 2 || len - 2 - label == 1)
			label = len - 2;
		if (label > DNS_LABEL_MAX)
			label = 30;
		*p++ = label;
		for (size_t i = 0; i < label; i++)
			*p++ = octets[random() % (sizeof(octets) - 1)];
		len -= label + 1;
	}
	*p = 0;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* The name at the end of memory of exact size, at every alignment of its start. */
static void assert_scan(const uint8_t *name, size_t len, size_t skew, size_t behind)
{
	uint8_t *memory = malloc(skew + len + behind), *p = memory + skew;
	uint32_t sum = 0;
	struct xdns_qname q = {0};

	memcpy(p, name, len);
	memset(p + len, 'Q', behind);
	memset(&q, 0xee, sizeof(q));
	assert_int_equal(xdns_qname_read(p, p + len + behind, key, &q), 0);
	assert_int_equal(q.len, len);
	for (size_t i = 0; i < (len + 7) / 8 * 8; i++)
		assert_int_equal(((uint8_t *)q.word)[i], i < len ? lower(name[i]) : 0);
	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? name[i] : name[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	/* of the octets as they were asked */
	assert_int_equal(xdns_qname_scan(p, p + len + behind, &q), 0);
	assert_int_equal(xdns_be16(xdns_sum_fold(xdns_qname_sum(&q))), sum);
	free(memory);
}

static void test_scan(void **state)
{
	uint8_t name[DNS_NAME_MAX];

	(void)state;
	for (size_t len = 1; len <= DNS_NAME_MAX; len++) {
		if (len == 2)
			continue;
		random_name(name, len);
		for (size_t skew = 0; skew < 8; skew++)
			for (size_t behind = 0; behind < 10; behind++)
				assert_scan(name, len, skew, behind);
	}
}

static void test_scan_refuses(void **state)
{
	uint8_t octets[300];
	struct xdns_qname q = {0};

	(void)state;
	/* without a zero octet before the end: refused, or longer than what there is */
	for (size_t len = 0; len <= sizeof(octets); len++) {
		uint8_t *p = malloc(len ? len : 1);

		memset(p, 'a', len ? len : 1);
		if (!xdns_qname_read(p, p + len, key, &q))
			assert_int_equal(q.len, len + 1);
		free(p);
	}
	memset(octets, 'a', sizeof(octets));
	octets[DNS_NAME_MAX] = 0;
	assert_int_equal(xdns_qname_read(octets, octets + sizeof(octets), key, &q), -1);
	octets[DNS_NAME_MAX - 1] = 0;
	assert_int_equal(xdns_qname_read(octets, octets + sizeof(octets), key, &q), 0);
	assert_int_equal(q.len, DNS_NAME_MAX);
}

/* One hash for all cases of a name, and others for names that differ in one octet. */
static void test_hash(void **state)
{
	uint8_t name[DNS_NAME_MAX], other[DNS_NAME_MAX];
	struct xdns_qname q = {0}, q2 = {0};

	(void)state;
	for (size_t len = 3; len <= DNS_NAME_MAX; len++) {
		size_t at = 1 + random() % (len - 2);

		random_name(name, len);
		for (size_t i = 0; i < len; i++)
			other[i] = random() & 1 && isalpha(name[i]) ? name[i] ^ 0x20 : name[i];
		assert_int_equal(xdns_qname_read(name, name + len, key, &q), 0);
		assert_int_equal(xdns_qname_read(other, other + len, key, &q2), 0);
		assert_true(q.hash == q2.hash);
		other[at] = lower(name[at]) == 'q' ? 'w' : 'q';
		assert_int_equal(xdns_qname_read(other, other + len, key, &q2), 0);
		assert_true(q.hash != q2.hash);
	}
}

static void test_octets(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		for (unsigned at = 0; at < 8; at++) {
			__u64 noise = XDNS_BYTES('M') & ~(0xffULL << at * 8);
			__u64 w = noise | (__u64)c << at * 8, marker = xdns_first_zero(w);

			assert_int_equal(xdns_fold(w) >> at * 8 & 0xff, lower(c));
			if (at)
				assert_int_equal(xdns_fold(w) & 0xff, 'm');
			assert_true(marker == (c ? 0 : 0x80ULL << at * 8));
			if (marker)
				assert_int_equal(xdns_marker_octet(marker), at);
		}
	}
	/* only the first of several */
	assert_true(xdns_first_zero(0x0000610061000061ULL) == 0x800000ULL >> 8);
}

static enum xdns_walk naive_walk(const uint8_t *name, size_t len, const uint8_t *domain,
				 size_t domain_len)
{
	size_t at = 0;

	while (at + domain_len < len) {
		if (name[at] == 0 || name[at] > DNS_LABEL_MAX)
			return XDNS_WALK_BAD;
		at += name[at] + 1;
	}
	return at + domain_len == len && !memcmp(name + at, domain, domain_len) ? XDNS_WALK_INSIDE
										: XDNS_WALK_OUTSIDE;
}

static void test_walk(void **state)
{
	static const uint8_t mesos[] = "\5mesos";
	uint8_t domain[DNS_NAME_MAX + 1] = {0};
	unsigned seen[3] = {0};

	(void)state;
	memcpy(domain, mesos, sizeof(mesos));
	for (unsigned round = 0; round < 50000; round++) {
		struct xdns_qname q = {0};
		uint8_t *name = (uint8_t *)q.word, lowered[DNS_NAME_MAX];
		size_t len = 3 + random() % (DNS_NAME_MAX - 2);
		enum xdns_walk want;

		memset(&q, 0, sizeof(q));
		if (len == 9) /* in front of the domain two octets are too few, too */
			len++;
		random_name(name, len);
		if (len > 10 && random() % 3) {
			random_name(name, len - sizeof(mesos) + 1);
			memcpy(name + len - sizeof(mesos), mesos, sizeof(mesos));
			name[len - 1 - random() % 6] &= ~0x20; /* a capital, or none */
		}
		if (random() % 3 == 0)
			name[random() % len] = 1 + random() % 255;
		q.len = len;
		for (size_t i = 0; i < len; i++)
			lowered[i] = lower(name[i]);
		want = naive_walk(lowered, len, domain, sizeof(mesos));
		assert_int_equal(xdns_qname_walk(&q, domain, sizeof(mesos)), want);
		assert_int_equal(!!xdns_qname_has_star(&q), memchr(name, '*', len) != NULL);
		seen[want]++;
	}
	for (int i = 0; i < 3; i++)
		assert_true(seen[i] > 100);
}

/* A record holds this name and no other, whatever octet differs. */
static void test_record_is(void **state)
{
	(void)state;
	for (size_t len = 1; len <= DNS_NAME_MAX; len++) {
		struct xdns_record r = {.name_len = len};
		struct xdns_name_tail rest = {{0}};
		uint8_t name[DNS_NAME_MAX + 1] = {0};
		struct xdns_qname q = {0};

		if (len == 2)
			continue;
		random_name(name, len);
		assert_int_equal(xdns_qname_read(name, name + len, key, &q), 0);
		memcpy(r.name, q.word, len < 64 ? len : 64);
		if (len > 64)
			memcpy(rest.name, (uint8_t *)q.word + 64, len - 64);
		assert_true(xdns_record_is(&r, len > 64 ? &rest : NULL, &q));
		if (len > 64)
			assert_false(xdns_record_is(&r, NULL, &q));
		for (size_t i = 0; i < len; i++) {
			((uint8_t *)q.word)[i] ^= 1;
			assert_false(xdns_record_is(&r, &rest, &q));
			((uint8_t *)q.word)[i] ^= 1;
		}
		q.len--;
		assert_false(xdns_record_is(&r, &rest, &q));
	}
}

static const uint8_t question[] = "\x12\x34\x01\x10\0\1\0\0\0\0\0\1"
				  "\3OnE\5mesos\0\0\x21\0\1"
				  "\0\0\x29\x03\xe8\0\0\x80\0\0\6\xff\xff\0\2hi";
#define QUESTION_LEN (sizeof(question) - 1)
#define NAME_END     (12 + 11)

static enum xdns_counter parse(const uint8_t *p, size_t len, struct xdns_question *q)
{
	uint8_t *memory = malloc(len ? len : 1);
	enum xdns_counter why;

	memcpy(memory, p, len);
	why = xdns_question_parse(memory, memory + len, len, q);
	if (why == XDNS_OPTIONS)
		why = xdns_question_options(memory + xdns_question_options_at(q), memory + len,
					    q->options, q);
	free(memory);
	return why;
}

static void test_question(void **state)
{
	struct xdns_question q = {0};

	(void)state;
	assert_int_equal(parse(question, QUESTION_LEN, &q), XDNS_CONTINUE);
	assert_int_equal(q.id, xdns_be16(0x1234));
	assert_int_equal(q.flags, 0x0110);
	assert_int_equal(q.type, DNS_TYPE_SRV);
	assert_int_equal(q.len, 11 + 4);
	assert_int_equal(q.limit, 1000);
	assert_true(q.opt_len == DNS_OPT_LEN && q.dnssec_ok);
	assert_memory_equal(q.name.word, question + DNS_HEADER_LEN, 11); /* as asked */
	/* the sum of name, type and class */
	assert_int_equal(xdns_be16(xdns_sum_fold(xdns_question_sum(&q))),
			 (0x034f + 0x6e45 + 0x056d + 0x6573 + 0x6f73 + 0x0000 + 0x2100 + 0x0100) %
				 0xffff);
	xdns_qname_fold(&q.name, &q.name);
	assert_memory_equal(q.name.word, "\3one\5mesos", 11);
	/* cut anywhere it is no question of the kernel's */
	for (size_t len = 0; len < QUESTION_LEN; len++) {
		enum xdns_counter why = parse(question, len, &q);

		assert_int_equal(why, len < 12		   ? XDNS_pass_length
				      : len < NAME_END + 4 ? XDNS_pass_qname
							   : XDNS_pass_opt);
	}
}

static void test_question_sizes(void **state)
{
	static const uint16_t size[][2] = {{0, 512},	 {511, 512},   {512, 512},   {513, 513},
					   {1231, 1231}, {1232, 1232}, {1233, 1232}, {65535, 1232}};
	uint8_t m[sizeof(question)];
	struct xdns_question q = {0};

	(void)state;
	memcpy(m, question, sizeof(m));
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		m[NAME_END + 4 + 3] = size[i][0] >> 8;
		m[NAME_END + 4 + 4] = size[i][0];
		assert_int_equal(parse(m, QUESTION_LEN, &q), XDNS_CONTINUE);
		assert_int_equal(q.limit, size[i][1]);
	}
	m[11] = 0; /* no OPT, just octets behind */
	assert_int_equal(parse(m, QUESTION_LEN, &q), XDNS_CONTINUE);
	assert_int_equal(q.limit, 512);
	assert_false(q.opt_len || q.dnssec_ok);
}

/* As many records as the limit has room for, never one octet beyond it. */
static void test_addresses_fit(void **state)
{
	static uint8_t body[DNS_UDP_EDNS_MAX + 16];
	struct xdns_question q = {.len = 15, .id = 0xffff};
	struct xdns_record r = {.n_a = 100, .n_aaaa = 100};

	(void)state;
	for (q.opt_len = 0; q.opt_len <= 11; q.opt_len += 11) {
		for (unsigned limit = 0; limit <= DNS_UDP_EDNS_MAX; limit++) {
			unsigned fixed = 12 + q.len + q.opt_len;
			unsigned room = limit > fixed ? limit - fixed : 0, want;
			struct xdns_answer a;

			want = room / 16 < 100 ? room / 16 : 100;
			xdns_answer_init(&a, &q, limit);
			assert_int_equal(
				xdns_answer_a(0, &r, r.n_a, &q, 0, &a, body, DNS_UDP_EDNS_MAX), 0);
			assert_int_equal(a.an, want);
			assert_int_equal(a.len, want * 16);
			assert_int_equal(a.cut, want < 100);

			want = room / 28;
			xdns_answer_init(&a, &q, limit);
			assert_int_equal(xdns_answer_aaaa(0, &r, r.n_aaaa, &q, 0, &a, body,
							  DNS_UDP_EDNS_MAX),
					 0);
			assert_int_equal(a.an, want);
			assert_true(a.cut);
			xdns_put_opt(&q, &a, body, sizeof(body));
			assert_true(a.len <= (limit > fixed ? limit - fixed : 0) + 11);
			assert_int_equal(a.ar, !!q.opt_len);
		}
	}
}

/* The SRV record or TC; then the target's A set whole or not, then its AAAA set. */
static void test_srv_fits(void **state)
{
	static uint8_t body[2048];
	struct xdns_question q = {.len = 15};
	struct xdns_record r = {.n_srv = 1, .srv = {{80, 1, 1}}};

	(void)state;
	srv_target = (struct xdns_record){.name_len = 100, .n_a = 3, .n_aaaa = 2, .name_tail = 1};
	for (unsigned limit = 12; limit <= 400; limit++) {
		const unsigned srv = 12 + 15 + 18 + 100, a4 = srv + 3 * 16, a6 = a4 + 2 * 28;
		enum xdns_step step;
		struct xdns_answer a;

		xdns_answer_init(&a, &q, limit);
		xdns_srv_begin(&r, &q, &a);
		step = xdns_srv_step(0, &r, 0, 0, &a, body, sizeof(body));
		assert_int_equal(step, limit < srv ? XDNS_STEP_FULL : XDNS_STEP_DONE);
		assert_int_equal(a.cut, limit < srv);
		assert_int_equal(a.an, limit >= srv);
		if (limit < srv)
			continue;
		step = xdns_extra_step(0, &r, &q, 0, 0, &a, body, DNS_UDP_EDNS_MAX);
		assert_int_equal(step, limit < a6 ? XDNS_STEP_FULL : XDNS_STEP_DONE);
		assert_int_equal(a.ar, limit < a4 ? 0 : limit < a6 ? 3 : 5);
		assert_false(a.cut);
		assert_true(12 + 15 + a.len <= limit);
	}
	r.srv[0].target = 2;
	assert_int_equal(
		xdns_srv_step(0, &r, 0, 0, &(struct xdns_answer){.room = 400}, body, sizeof(body)),
		XDNS_STEP_MISSING);
}

/* Every ID starts inside the set, all starts equally often. */
static void test_rotation(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 40; n++) {
		unsigned starts[40] = {0};

		for (unsigned id = 0; id <= UINT16_MAX; id++) {
			unsigned start = xdns_rotation(id, n);

			assert_true(start < n);
			starts[start]++;
		}
		for (unsigned i = 0; i < n; i++)
			assert_in_range(starts[i], 65536 / n, 65536 / n + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),	      cmocka_unit_test(test_scan_refuses),
		cmocka_unit_test(test_hash),	      cmocka_unit_test(test_octets),
		cmocka_unit_test(test_walk),	      cmocka_unit_test(test_record_is),
		cmocka_unit_test(test_question),      cmocka_unit_test(test_question_sizes),
		cmocka_unit_test(test_addresses_fit), cmocka_unit_test(test_srv_fits),
		cmocka_unit_test(test_rotation),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
