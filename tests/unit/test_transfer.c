// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Zone transfers: whole zones are of one version whatever happens meanwhile, differences lead from
 * one version to the next, and only those who may get them.
 */
#include "transfer_world.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "reply.h"
#include "tsig.h"
#include "util.h"
#include "zone_read.h"

#define LOCAL "\"transfer\": [{\"address\": \"127.0.0.0/8\"}]"
#define NAMES 20000 /* of a zone that takes several chunks */

static struct transfer *ask(struct world *w, uint16_t type, uint32_t has)
{
	uint8_t query[512], out[DNS_TCP_MAX];
	enum transfer_outcome outcome;
	struct transfer *t;
	size_t len = world_query(type, has, query);

	t = world_begin(w, true, query, len, out, &len, &outcome);
	assert_non_null(t);
	return t;
}

static enum transfer_outcome get(struct world *w, uint16_t type, uint32_t has, struct texts *to)
{
	return world_finish(ask(w, type, has), to);
}

/* SOA, records, SOA: of this serial, and these records. */
static void check_zone(struct texts *got, uint32_t serial, const struct texts *want)
{
	char soa[32];

	snprintf(soa, sizeof(soa), "SOA %u", serial);
	assert_int_equal(got->count, want->count + 2);
	assert_string_equal(got->list[0], soa);
	assert_string_equal(got->list[got->count - 1], soa);
	texts_sort(got, 1, got->count - 1);
	for (size_t i = 0; i < want->count; i++)
		assert_string_equal(got->list[i + 1], want->list[i]);
}

static void name_of(unsigned i, char ret[64])
{
	snprintf(ret, 64, "task-%u.f%u.mesos", i, i % 7);
}

static void change_name(struct world *w, bool add, unsigned i, uint32_t address)
{
	char name[64], srv[80];

	name_of(i, name);
	change_a(w->zone, add, name, address);
	if (i % 5)
		return;
	snprintf(srv, sizeof(srv), "_%s", name);
	change_srv(w->zone, add, srv, (uint16_t)address, name);
}

static void fill_zone(struct world *w, unsigned names)
{
	for (unsigned i = 0; i < names; i++)
		change_name(w, true, i, i);
	commit(w->zone, 101);
}

static void test_small_zone(void **state)
{
	struct world w;
	struct texts got = {0}, want = {0};

	(void)state;
	world_start(&w, LOCAL);
	world_records(&w, &want);
	assert_int_equal(get(&w, DNS_TYPE_AXFR, 0, &got), TRANSFER_axfr);
	check_zone(&got, 100, &want);
	texts_done(&got);
	texts_done(&want);
	world_end(&w);
}

/* A set that takes several messages, and more than a chunk. */
static void test_large_set(void **state)
{
	struct world w;
	struct texts got = {0}, want = {0};

	(void)state;
	world_start(&w, LOCAL);
	for (uint16_t port = 1; port <= 5000; port++)
		change_srv(w.zone, true, "_many._tcp.mesos", port,
			   "a-target-with-a-long-name.mesos");
	commit(w.zone, 101);
	world_records(&w, &want);
	assert_int_equal(get(&w, DNS_TYPE_AXFR, 0, &got), TRANSFER_axfr);
	check_zone(&got, 101, &want);
	texts_done(&got);
	texts_done(&want);
	world_end(&w);
}

/* Between its parts names change, go and come, and go back to what they were. */
static void test_changes_meanwhile(void **state)
{
	struct world w;
	struct texts got = {0}, want = {0};
	struct transfer *t;
	uint32_t serial = 101;
	int r;

	(void)state;
	world_start(&w, LOCAL);
	fill_zone(&w, NAMES);
	world_records(&w, &want);
	t = ask(&w, DNS_TYPE_AXFR, 0);
	while ((r = world_fill(t, &got)) > 0) {
		for (unsigned i = serial % 3; i < NAMES; i += 97) {
			change_name(&w, false, i, i);
			if (i % 2)
				change_name(&w, true, i, i + NAMES);
		}
		change_name(&w, true, NAMES + serial, 1);
		commit(w.zone, ++serial);
		for (unsigned i = (serial - 1) % 3; i < NAMES; i += 97) {
			change_name(&w, true, i, i);
			if (i % 2)
				change_name(&w, false, i, i + NAMES);
		}
		commit(w.zone, ++serial);
		change_name(&w, false, serial % 1000, serial % 1000); /* twice is no matter */
		commit(w.zone, ++serial);
	}
	assert_int_equal(r, 0);
	assert_true(serial > 105);
	transfer_free(t);
	check_zone(&got, 101, &want);
	texts_done(&got);
	texts_done(&want);
	world_end(&w);
}

/* More changes than the history keeps: no half of another version. */
static void test_lost_meanwhile(void **state)
{
	struct world w;
	struct texts got = {0};
	struct transfer *t;

	(void)state;
	world_start(&w, LOCAL);
	fill_zone(&w, NAMES);
	t = ask(&w, DNS_TYPE_AXFR, 0);
	assert_int_equal(world_fill(t, &got), 1);
	for (uint32_t serial = 102; serial < 106; serial++) {
		for (unsigned i = 0; i < NAMES; i++) {
			change_name(&w, false, i, i + serial - 102);
			change_name(&w, true, i, i + serial - 101);
		}
		commit(w.zone, serial);
	}
	assert_int_equal(world_fill(t, &got), -ESTALE);
	transfer_free(t);
	texts_done(&got);
	world_end(&w);
}

/* Takes away the first that is equal; false: there is none. */
static bool texts_remove(struct texts *t, const char *text)
{
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(t->list[i], text))
			continue;
		free(t->list[i]);
		t->list[i] = t->list[--t->count];
		return true;
	}
	return false;
}

/* Applies one sequence of differences, as a secondary does (RFC 1995 4). */
static void apply(const struct texts *ixfr, uint32_t from, uint32_t to, struct texts *zone)
{
	char old[32], fresh[32];
	size_t i = 2;

	snprintf(old, sizeof(old), "SOA %u", from);
	snprintf(fresh, sizeof(fresh), "SOA %u", to);
	assert_string_equal(ixfr->list[0], fresh);
	assert_string_equal(ixfr->list[1], old);
	for (; strncmp(ixfr->list[i], "SOA", 3); i++)
		if (!texts_remove(zone, ixfr->list[i]))
			fail_msg("%s is to go, and is not there", ixfr->list[i]);
	assert_string_equal(ixfr->list[i++], fresh);
	for (; strncmp(ixfr->list[i], "SOA", 3); i++)
		texts_add(zone, ixfr->list[i]);
	assert_string_equal(ixfr->list[i++], fresh);
	assert_int_equal(ixfr->count, i);
	texts_sort(zone, 0, zone->count);
}

/* From each version to the last one, while the serial passes zero. */
static void test_differences(void **state)
{
	enum { VERSIONS = 12, FEW = 60 };
	struct texts version[VERSIONS] = {{0}}, got = {0};
	uint32_t first = UINT32_MAX - 4;
	struct world w;

	(void)state;
	world_start(&w, LOCAL);
	for (unsigned i = 0; i < FEW; i++)
		change_name(&w, true, i, 0);
	commit(w.zone, first - 1); /* forgotten below by a jump of half the circle */
	history_end(w.source.history);
	history_free(w.source.history);
	assert_int_equal(history_new(&w.source.history), 0);
	assert_int_equal(history_begin(w.source.history, w.zone), 0);
	for (unsigned v = 0; v < VERSIONS; v++) {
		for (unsigned i = v % 4; i < FEW; i += 4) {
			change_name(&w, false, i, v / 4);
			change_name(&w, true, i, v / 4 + 1);
		}
		if (v % 3 == 2)
			change_name(&w, v % 2, FEW, 7);
		commit(w.zone, first + v);
		world_records(&w, &version[v]);
	}
	for (unsigned v = 0; v + 1 < VERSIONS; v++) {
		assert_int_equal(get(&w, DNS_TYPE_IXFR, first + v, &got), TRANSFER_ixfr);
		apply(&got, first + v, first + VERSIONS - 1, &version[v]);
		assert_int_equal(version[v].count, version[VERSIONS - 1].count);
		for (size_t i = 0; i < version[v].count; i++)
			assert_string_equal(version[v].list[i], version[VERSIONS - 1].list[i]);
		texts_done(&got);
	}
	for (unsigned v = 0; v < VERSIONS; v++)
		texts_done(&version[v]);
	world_end(&w);
}

/* There and back again is no difference; of many changes of a name only the outcome is told. */
static void test_condensed(void **state)
{
	struct texts got = {0};
	struct world w;

	(void)state;
	world_start(&w, LOCAL);
	for (uint32_t serial = 101; serial < 161; serial++) {
		change_a(w.zone, serial & 1, "b.mesos", 5);
		if (serial > 101)
			change_a(w.zone, false, "c.mesos", serial - 1);
		change_a(w.zone, true, "c.mesos", serial);
		commit(w.zone, serial);
	}
	assert_int_equal(get(&w, DNS_TYPE_IXFR, 100, &got), TRANSFER_ixfr);
	assert_int_equal(got.count, 5);
	assert_string_equal(got.list[3], "c.mesos. 1 a0000000");
	texts_done(&got);
	world_end(&w);
}

static void test_forms(void **state)
{
	struct texts got = {0}, want = {0};
	struct world w;

	(void)state;
	world_start(&w, LOCAL);
	world_records(&w, &want);
	assert_int_equal(get(&w, DNS_TYPE_IXFR, 99, &got), TRANSFER_ixfr_full);
	check_zone(&got, 100, &want);
	texts_done(&got);
	for (uint32_t ahead = 0; ahead < 3; ahead++) {
		assert_int_equal(get(&w, DNS_TYPE_IXFR, 100 + ahead, &got), TRANSFER_ixfr_current);
		assert_int_equal(got.count, 1);
		assert_string_equal(got.list[0], "SOA 100");
		texts_done(&got);
	}
	texts_done(&want);
	world_end(&w);
}

/* rcode of the answer to a query that gets no transfer. */
static int refused(struct world *w, bool tcp, const uint8_t *query, size_t len,
		   enum transfer_outcome want)
{
	enum transfer_outcome outcome;
	uint8_t out[DNS_TCP_MAX];

	assert_null(world_begin(w, tcp, query, len, out, &len, &outcome));
	assert_true(len >= DNS_HEADER_LEN);
	assert_int_equal(outcome, want);
	return out[3] & DNS_RCODE_MASK;
}

static void test_refused(void **state)
{
	uint8_t query[512];
	struct world w;
	size_t len = world_query(DNS_TYPE_AXFR, 0, query);

	(void)state;
	world_start(&w, "\"transfer\": [{\"address\": \"127.0.0.2\"}, {\"address\": \"::/0\"}]");
	assert_int_equal(refused(&w, true, query, len, TRANSFER_refused), DNS_RCODE_REFUSED);
	world_end(&w);

	world_start(&w, LOCAL);
	assert_int_equal(refused(&w, false, query, len, TRANSFER_refused), DNS_RCODE_REFUSED);
	query[17] ^= 1; /* mesor: another zone */
	assert_int_equal(refused(&w, true, query, len, TRANSFER_refused), DNS_RCODE_REFUSED);
	len = world_query(DNS_TYPE_IXFR, 100, query);
	assert_int_equal(refused(&w, false, query, len, TRANSFER_ixfr_udp), DNS_RCODE_NOERROR);
	query[9] = 0; /* without the SOA */
	assert_int_equal(refused(&w, true, query, 23, TRANSFER_refused), DNS_RCODE_FORMERR);
	zone_set_expired(w.zone, true);
	len = world_query(DNS_TYPE_AXFR, 0, query);
	assert_int_equal(refused(&w, true, query, len, TRANSFER_unready), DNS_RCODE_SERVFAIL);
	world_end(&w);
}

static void test_too_many(void **state)
{
	struct transfer *t[TRANSFERS_MAX];
	struct texts got = {0};
	uint8_t query[512];
	struct world w;
	size_t len = world_query(DNS_TYPE_AXFR, 0, query);

	(void)state;
	world_start(&w, LOCAL);
	for (int i = 0; i < TRANSFERS_MAX; i++)
		t[i] = ask(&w, DNS_TYPE_AXFR, 0);
	assert_int_equal(refused(&w, true, query, len, TRANSFER_busy), DNS_RCODE_SERVFAIL);
	for (int i = 0; i < TRANSFERS_MAX; i++)
		assert_int_equal(world_finish(t[i], &got), TRANSFER_axfr);
	assert_int_equal(get(&w, DNS_TYPE_AXFR, 0, &got), TRANSFER_axfr);
	texts_done(&got);
	world_end(&w);
}

/* By key: with it, without it, with another one. */
static void test_keys(void **state)
{
	uint8_t query[512], out[DNS_TCP_MAX];
	char path[] = "/tmp/xdns-test-key-XXXXXX", members[300];
	enum transfer_outcome outcome;
	size_t plain = world_query(DNS_TYPE_AXFR, 0, query), len;
	struct texts got = {0};
	struct transfer *t;
	struct tsig sig;
	struct world w;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "MDEyMzQ1Njc4OWFiY2RlZg==", 24), 24);
	close(fd);
	snprintf(members, sizeof(members),
		 "\"tsigKeys\": [{\"name\": \"one\", \"secretFile\": \"%s\"}, "
		 "{\"name\": \"two\", \"secretFile\": \"%s\"}], "
		 "\"transfer\": [{\"address\": \"127.0.0.1\", \"key\": \"one\"}]",
		 path, path);
	world_start(&w, members);
	unlink(path);
	assert_int_equal(refused(&w, true, query, plain, TRANSFER_refused), DNS_RCODE_REFUSED);
	tsig_begin(&sig, &w.cfg->tsig_keys[1]);
	len = tsig_sign(&sig, query, plain, sizeof(query), (uint64_t)time(NULL));
	assert_int_equal(refused(&w, true, query, len, TRANSFER_refused), DNS_RCODE_REFUSED);
	query[len - 8] ^= 1;
	assert_int_equal(refused(&w, true, query, len, TRANSFER_bad_signature), DNS_RCODE_NOTAUTH);
	plain = world_query(DNS_TYPE_AXFR, 0, query);
	tsig_begin(&sig, &w.cfg->tsig_keys[0]);
	len = tsig_sign(&sig, query, plain, sizeof(query), (uint64_t)time(NULL));
	t = world_begin(&w, true, query, len, out, &len, &outcome);
	assert_non_null(t);
	assert_int_equal(world_finish(t, &got), TRANSFER_axfr);
	texts_done(&got);
	world_end(&w);
}

/* What is said to a SOA question with these flags, signed by this key: in out, judged by sig. */
static void ask_signed(struct world *w, const struct tsig_key *key, uint8_t flags, struct tsig *sig,
		       uint8_t out[DNS_UDP_PLAIN_MAX], struct reply_result *ret)
{
	const struct reply_client client = {.now = (uint32_t)time(NULL)};
	uint8_t query[512];
	size_t len = world_query(DNS_TYPE_SOA, 0, query);

	query[2] |= flags;
	tsig_begin(sig, key);
	len = tsig_sign(sig, query, len, sizeof(query), client.now);
	assert_int_equal(
		reply_query(w->cfg, w->zone, &client, query, len, out, DNS_UDP_PLAIN_MAX, ret),
		REPLY_SEND);
}

/* A question that is no transfer: signed like it; a key's name alone is not enough. */
static void test_signed_questions(void **state)
{
	struct tsig_key keys[2] = {{.secret_len = 32}, {.secret_len = 32, .secret = {1}}};
	uint8_t out[DNS_UDP_PLAIN_MAX];
	struct reply_result ret;
	struct tsig sig;
	struct world w;

	(void)state;
	for (int i = 0; i < 2; i++) {
		keys[i].name_len = (uint8_t)dname_from_text("key", 3, keys[i].name);
		keys[i].algorithm = TSIG_SHA512;
	}
	world_start(&w, "");
	w.cfg->tsig_keys[0] = keys[0]; /* there is room for one more than are given */
	w.cfg->tsig_keys_count = 1;
	ask_signed(&w, &keys[0], 0, &sig, out, &ret);
	assert_int_equal(out[3] & DNS_RCODE_MASK, DNS_RCODE_NOERROR);
	assert_int_equal(tsig_verify_answer(&sig, out, ret.len, time(NULL)), 0);

	ask_signed(&w, &keys[0], 0x10, &sig, out, &ret); /* STATUS, which nobody answers */
	assert_int_equal(out[3] & DNS_RCODE_MASK, DNS_RCODE_NOTIMP);
	assert_int_equal(tsig_verify_answer(&sig, out, ret.len, time(NULL)), 0);

	ask_signed(&w, &keys[1], 0, &sig, out, &ret); /* another secret under the name */
	assert_int_equal(out[3] & DNS_RCODE_MASK, DNS_RCODE_NOTAUTH);
	assert_int_equal(ret.answer, ANSWER_notauth);
	assert_int_equal(tsig_verify_answer(&sig, out, ret.len, time(NULL)), -EACCES);
	w.cfg->tsig_keys_count = 0;
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_zone),
		cmocka_unit_test(test_large_set),
		cmocka_unit_test(test_changes_meanwhile),
		cmocka_unit_test(test_lost_meanwhile),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_condensed),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_signed_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
