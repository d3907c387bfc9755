// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The zone against a naive model: random additions and removals in random
 * transactions; after each commit every name, every set and every negative
 * must be what the model says, and what was removed must leave nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

#include "dname_text.h"
#include "reply_env.h"
#include "answer.h"
#include "zone.h"
#include "zone_read.h"

#include "zone_fixture.h"

static const struct xdns_record *find(struct zone *z, const char *text)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	struct xdns_qname q;

	wire_of(text, wire);
	assert_int_equal(
		xdns_qname_read(wire, wire + dname_wire_len(wire), zone_config(z)->hash_key, &q),
		0);
	return zone_find(z, &q);
}

static void test_empty_non_terminals(void **state)
{
	struct zone *z = new_zone();

	(void)state;
	assert_false(zone_ready(z));
	change_a(z, true, "web.marathon.mesos", 1);
	change_srv(z, true, "_web._tcp.marathon.mesos", 80, "web-1.marathon.slave.mesos");
	commit(z, 7);
	assert_true(zone_ready(z));
	assert_int_equal(zone_serial(z), 7);
	rcu_read_lock();
	assert_non_null(find(z, "mesos"));
	assert_non_null(find(z, "marathon.mesos"));
	assert_int_equal(find(z, "marathon.mesos")->n_a, 0);
	assert_non_null(find(z, "_tcp.marathon.mesos"));
	assert_int_equal(find(z, "web.marathon.mesos")->n_a, 1);
	assert_int_equal(find(z, "_web._tcp.marathon.mesos")->n_srv, 1);
	/* a target without data of its own is no name of the zone */
	assert_null(find(z, "web-1.marathon.slave.mesos"));
	assert_null(find(z, "slave.mesos"));
	rcu_read_unlock();

	change_srv(z, false, "_web._tcp.marathon.mesos", 80, "web-1.marathon.slave.mesos");
	commit(z, 8);
	rcu_read_lock();
	assert_null(find(z, "_tcp.marathon.mesos"));
	assert_non_null(find(z, "marathon.mesos"));
	rcu_read_unlock();
	change_a(z, false, "web.marathon.mesos", 1);
	commit(z, 9);
	rcu_read_lock();
	assert_null(find(z, "marathon.mesos"));
	assert_non_null(find(z, "mesos"));
	rcu_read_unlock();
	assert_int_equal(zone_counts(z).names, 1);
	zone_free(z);
}

static size_t contributors(struct zone *z, const char *owner, uint16_t type)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];

	wire_of(owner, wire);
	return zone_contributors(z, wire, type);
}

static void test_contributors_are_counted(void **state)
{
	struct zone *z = new_zone();
	struct zone_changes c;

	(void)state;
	change_a(z, true, "a.mesos", 1);
	change_a(z, true, "a.mesos", 1);
	change_a(z, true, "a.mesos", 2);
	commit(z, 1);
	assert_int_equal(zone_counts(z).a, 2);
	assert_int_equal(contributors(z, "a.mesos", DNS_TYPE_A), 3);
	assert_int_equal(contributors(z, "a.mesos", DNS_TYPE_AAAA), 0);
	assert_int_equal(contributors(z, "never.mesos", DNS_TYPE_A), 0);
	change_a(z, false, "a.mesos", 1);
	assert_int_equal(contributors(z, "a.mesos", DNS_TYPE_A), 2); /* before the commit, too */
	c = commit(z, 2);
	assert_int_equal(contributors(z, "a.mesos", DNS_TYPE_A), 2);
	assert_int_equal(c.names_changed, 0); /* one contributor is left */
	change_a(z, false, "a.mesos", 1);
	c = commit(z, 3);
	assert_int_equal(c.names_changed, 1);
	assert_int_equal(zone_counts(z).a, 1);
	/* there and back within one transaction is no change */
	change_a(z, true, "a.mesos", 9);
	change_a(z, false, "a.mesos", 9);
	change_a(z, true, "gone.mesos", 9);
	change_a(z, false, "gone.mesos", 9);
	c = commit(z, 4);
	assert_int_equal(c.names_changed + c.names_added + c.names_removed, 0);
	/* what was never added cannot be removed */
	change_a(z, false, "a.mesos", 77);
	change_a(z, false, "never.mesos", 77);
	c = commit(z, 5);
	assert_int_equal(c.names_changed + c.names_added + c.names_removed, 0);
	rcu_read_lock();
	assert_null(find(z, "never.mesos"));
	assert_int_equal(find(z, "a.mesos")->n_a, 1);
	rcu_read_unlock();
	zone_free(z);
}

static void test_large_sets_and_long_names(void **state)
{
	struct zone *z = new_zone();
	char name[256] = "", label[64];
	const struct xdns_record *r;

	(void)state;
	memset(label, 'x', 62);
	label[62] = '\0';
	for (int i = 0; i < 3; i++) {
		strcat(name, label);
		strcat(name, ".");
	}
	strcat(name, "mesos");
	for (uint32_t i = 0; i < 1000; i++)
		change_a(z, true, name, i * 2654435761U);
	commit(z, 1);
	rcu_read_lock();
	r = find(z, name);
	assert_non_null(r);
	assert_int_equal(r->n_a, 1000);
	for (uint32_t i = 1; i < 1000; i++)
		assert_true(memcmp(xdns_record_a(zone_read_pool(z), r, i - 1),
				   xdns_record_a(zone_read_pool(z), r, i), 4) < 0);
	name[180] = 'y'; /* differs behind the record's inline part */
	assert_null(find(z, name));
	rcu_read_unlock();
	zone_free(z);
}

/* Random changes against a model of owners x data with contributor counts. */
#define OWNERS 24
#define DATA   6

static const char *owner_name(int i)
{
	static char name[64];
	static const char *const shape[] = {"h%d.fw.mesos", "_s%d._tcp.fw.mesos", "x.h%d.fw.mesos",
					    "d%d.e.f.g.mesos"};

	snprintf(name, sizeof(name), shape[i % 4], i / 4);
	return name;
}

static void change_datum(struct zone *z, bool add, int owner, int datum)
{
	char target[64], name[64];

	strcpy(name, owner_name(owner));
	if (owner % 4 != 1) {
		change_a(z, add, name, datum + 1);
		return;
	}
	strcpy(target, owner_name((owner + datum * 7) % OWNERS));
	change_srv(z, add, name, 1000 + datum, target);
}

static void check_model(struct zone *z, int model[OWNERS][DATA])
{
	rcu_read_lock();
	for (int o = 0; o < OWNERS; o++) {
		const struct xdns_record *r = find(z, owner_name(o));
		int n = 0;

		for (int d = 0; d < DATA; d++)
			n += model[o][d] > 0;
		if (n) {
			assert_non_null(r);
			assert_int_equal(o % 4 == 1 ? r->n_srv : r->n_a, n);
		} else if (r) {
			/* an empty non-terminal: x.hN lies below hN */
			assert_int_equal(r->n_a + r->n_srv, 0);
			assert_int_equal(o % 4, 0);
		}
		for (int k = 0; r && k < r->n_srv; k++) {
			const struct xdns_srv *s = xdns_record_srv(zone_read_pool(z), r, k);

			assert_non_null(xdns_env_target(zone_read_pool(z), s->target));
		}
	}
	rcu_read_unlock();
}

static void test_random_changes(void **state)
{
	static int model[OWNERS][DATA];
	struct zone *z = new_zone();

	(void)state;
	srand(4711);
	for (uint32_t round = 0; round < 3000; round++) {
		for (int i = rand() % 12; i >= 0; i--) {
			int o = rand() % OWNERS, d = rand() % DATA;
			bool add = !model[o][d] || rand() % 2;

			change_datum(z, add, o, d);
			model[o][d] += add ? 1 : -1;
		}
		commit(z, round);
		check_model(z, model);
	}
	for (int o = 0; o < OWNERS; o++)
		for (int d = 0; d < DATA; d++)
			while (model[o][d]-- > 0)
				change_datum(z, false, o, d);
	commit(z, 1);
	assert_int_equal(zone_counts(z).names, 1);
	assert_int_equal(zone_counts(z).a + zone_counts(z).srv, 0);
	/* every record slot but the apex's is free again: nothing leaked */
	for (int i = 0; i < 400; i++) {
		uint32_t before = zone_read_pool(z)->array[POOL_RECORDS].used;

		change_a(z, true, "again.mesos", 1);
		commit(z, 1);
		change_a(z, false, "again.mesos", 1);
		commit(z, 1);
		assert_int_equal(zone_read_pool(z)->array[POOL_RECORDS].used, before);
	}
	zone_free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_non_terminals),
		cmocka_unit_test(test_contributors_are_counted),
		cmocka_unit_test(test_large_sets_and_long_names),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
