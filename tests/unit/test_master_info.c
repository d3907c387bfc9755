// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* master_info.c and candidates.c: what masters write, and what nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "candidates.h"
#include "host_port.h"
#include "master_info.h"
#include "util.h"

/* As Mesos 1.11 writes it. 16842762 is 10.0.1.1, lowest octet first. */
#define MESOS_JSON                                                                                 \
	"{\"address\":{\"hostname\":\"m1.example.com\",\"ip\":\"10.0.1.1\",\"port\":5050},"        \
	"\"capabilities\":[{\"type\":\"AGENT_UPDATE\"},{\"type\":\"AGENT_DRAINING\"}],"            \
	"\"hostname\":\"m1.example.com\",\"id\":\"9a1c6b0e-b6ad-4a3c-8a6f-5a5a3b0b9a5e\","         \
	"\"ip\":16842762,\"pid\":\"master@10.0.1.1:5050\",\"port\":5050,\"version\":\"1.11.0\"}"

static const struct {
	const char *json, *master, *why;
} json_cases[] = {
	{MESOS_JSON, "10.0.1.1:5050", NULL},
	{"{\"address\":{\"ip\":\"10.0.1.2\",\"port\":1}}", "10.0.1.2:1", NULL},
	{"{\"address\":{\"ip\":\"::1\",\"port\":5050},\"ip\":0,\"port\":5051}", "[::1]:5050", NULL},
	{"{\"address\":{\"ip\":\"2001:DB8:0::1\",\"port\":5050}}", "[2001:db8::1]:5050", NULL},
	{"{\"address\":{\"ip\":\"::ffff:10.1.1.1\",\"port\":5050}}", "10.1.1.1:5050", NULL},
	{"{\"ip\":16842762,\"port\":5051}", "10.0.1.1:5051", NULL},
	{"{\"ip\":4294967295,\"port\":65535}", "255.255.255.255:65535", NULL},
	{"{\"address\":null,\"ip\":16842762,\"port\":5051,\"pid\":7}", "10.0.1.1:5051", NULL},
	{"{\"address\":{\"hostname\":\"h\",\"port\":1},\"ip\":16842762,\"port\":2}", "10.0.1.1:2",
	 NULL},
	{"{\"address\":{\"hostname\":\"h\",\"ip\":\"\",\"port\":1}}", "h:1", NULL},
	{"{\"address\":{\"hostname\":\"h\",\"ip\":null,\"port\":1}}", "h:1", NULL},
	{"{\"hostname\":\"h.x\",\"ip\":0,\"port\":7}", "h.x:7", NULL},
	{"{\"port\":1,\"port\":2,\"ip\":16842762}", "10.0.1.1:2", NULL},
	{" \n{\"ip\":16842762,\"port\":5051}\n", "10.0.1.1:5051", NULL},
	{"", NULL, "not a JSON object"},
	{"xxx", NULL, "not a JSON object"},
	{"[]", NULL, "not a JSON object"},
	{"null", NULL, "not a JSON object"},
	{"\"10.0.1.1:5050\"", NULL, "not a JSON object"},
	{MESOS_JSON "x", NULL, "not a JSON object"},
	{"{}", NULL, "no address"},
	{"{\"port\":5050}", NULL, "no address"},
	{"{\"address\":{}}", NULL, "no address"},
	{"{\"address\":{\"port\":5050}}", NULL, "no address"},
	{"{\"address\":\"10.0.1.1:5050\"}", NULL, "address is not an object"},
	{"{\"address\":{\"ip\":\"10.0.1.1\"}}", NULL, "no port"},
	{"{\"address\":{\"ip\":\"10.0.1.1\",\"port\":null}}", NULL, "no port"},
	{"{\"ip\":16842762}", NULL, "no port"},
	{"{\"ip\":16842762,\"port\":65536}", NULL, "the port is not one of 1 to 65535"},
	{"{\"address\":{\"ip\":\"10.0.1\",\"port\":1}}", NULL, "address.ip is not an IP address"},
	{"{\"address\":{\"ip\":\"h\",\"port\":1}}", NULL, "address.ip is not an IP address"},
	{"{\"address\":{\"ip\":10,\"port\":1}}", NULL, "a name or address in it is not a string"},
	{"{\"hostname\":{},\"ip\":1,\"port\":1}", NULL, "a name or address in it is not a string"},
	{"{\"address\":{\"ip\":\"10.0.1.1\",\"port\":\"5050\"}}", NULL,
	 "ip or port is not a number, or out of range"},
	{"{\"address\":{\"ip\":\"10.0.1.1\",\"port\":5050.0}}", NULL,
	 "ip or port is not a number, or out of range"},
	{"{\"address\":{\"ip\":\"10.0.1.1\",\"port\":-1}}", NULL,
	 "ip or port is not a number, or out of range"},
	{"{\"ip\":\"10.0.1.1\",\"port\":1}", NULL, "ip or port is not a number, or out of range"},
	{"{\"ip\":4294967296,\"port\":1}", NULL, "ip or port is not a number, or out of range"},
	{"{\"hostname\":\"a b\",\"port\":1}", NULL,
	 "the host name has characters that no host name has"},
	{"{\"hostname\":\"x/y\",\"port\":1}", NULL,
	 "the host name has characters that no host name has"},
	{"{\"hostname\":\"x\\ny\",\"port\":1}", NULL,
	 "the host name has characters that no host name has"},
};

static void test_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(json_cases); i++) {
		const char *json = json_cases[i].json, *why = "";
		char *master = NULL;
		int r = master_info_from_json(json, strlen(json), &master, &why);

		if (json_cases[i].master) {
			if (r != 0)
				fail_msg("%s: %d %s", json, r, why);
			assert_string_equal(master, json_cases[i].master);
		} else {
			if (r != -EBADMSG || strcmp(why, json_cases[i].why) != 0)
				fail_msg("%s: %d \"%s\"", json, r, why);
			assert_null(master);
		}
		free(master);
	}
}

static void test_long_name(void **state)
{
	char json[600], *master = NULL;
	const char *why = "";

	(void)state;
	memset(json, 'a', sizeof(json));
	memcpy(json, "{\"port\":1,\"hostname\":\"", 22);
	strcpy(json + 500, "\"}");
	assert_int_equal(master_info_from_json(json, strlen(json), &master, &why), -EBADMSG);
	assert_string_equal(why, "the host name is too long");
}

/* --- protobuf --------------------------------------------------------------------- */

/* A MasterInfo of mesos.proto with all the fields it had in Mesos 0.23 and later. */
static const char full[] = "\x0a\x02id"			  /* id */
			   "\x10\x8a\x80\x84\x08"	  /* ip = 16842762 */
			   "\x18\xba\x27"		  /* port = 5050 */
			   "\x22\x14master@10.0.1.1:5050" /* pid */
			   "\x2a\x02m1"			  /* hostname */
			   "\x32\x06"
			   "0.23.1"	/* version */
			   "\x3a\x11"	/* address */
			   "\x0a\x02m1" /*   hostname */
			   "\x12\x08"
			   "10.0.1.9"	   /*   ip */
			   "\x18\xbb\x27"; /*   port = 5051 */

/* clang-format off */
#define PB(text, ...) {text, sizeof(text) - 1, __VA_ARGS__}
static const struct {
	const char *data;
	size_t len;
	const char *master, *why;
} pb_cases[] = {
	PB("\x0a\x02id\x10\x8a\x80\x84\x08\x18\xba\x27", "10.0.1.1:5050", NULL),
	PB("\x18\x01\x10\x8a\x80\x84\x08\x18\xba\x27", "10.0.1.1:5050", NULL), /* the last port */
	PB("\x3a\x0a\x12\x03::1\x18\xba\x27\x3a\x00", "[::1]:5050", NULL),
	/* address in two parts: merged */
	PB("\x3a\x05\x12\x03::1\x3a\x03\x18\xba\x27", "[::1]:5050", NULL),
	PB("\x2a\x01h\x18\x07", "h:7", NULL),
	PB("\x3a\x05\x0a\x01g\x18\x08\x2a\x01h\x18\x07", "g:8", NULL),
	/* unknown fields: varint 100, 64 bit 101, bytes 102, 32 bit 103 */
	PB("\xa0\x06\x05\xa9\x06\x31\x32\x33\x34\x35\x36\x37\x38\xb2\x06\x02zz\xbd\x06\x31\x32\x33\x34"
	   "\x10\x8a\x80\x84\x08\x18\xba\x27", "10.0.1.1:5050", NULL),
	/* a known number with another type is not the field */
	PB("\x12\x01x\x10\x8a\x80\x84\x08\x18\xba\x27\x28\x05", "10.0.1.1:5050", NULL),
	/* ten octets of varint: int32 -1 as a port */
	PB("\x3a\x10\x12\x03::1\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", NULL,
	   "the port is not one of 1 to 65535"),
	PB("", NULL, "no address"),
	PB("\x0a\x02id", NULL, "no address"),
	PB("\x10\x8a\x80\x84\x08", NULL, "no port"),
	PB("\x10\x8a\x80\x84\x08\x18\x80\x80\x04", NULL, "the port is not one of 1 to 65535"),
	PB("\x3a\x06\x12\x02::\x18", NULL, "not protobuf, or cut short"),
	PB("\x3a\x06\x12\x02zz\x18\x01", NULL, "address.ip is not an IP address"),
	PB("\x2a\x03h\0x\x18\x07", NULL, "a name or address in it holds a NUL"),
	PB("\x0b\x0c", NULL, "not protobuf, or cut short"),          /* a group */
	PB("\x06", NULL, "not protobuf, or cut short"),              /* type 6 */
	PB("\x00\x01", NULL, "not protobuf, or cut short"),          /* field 0 */
	PB("\x10", NULL, "not protobuf, or cut short"),
	PB("\x10\xff", NULL, "not protobuf, or cut short"),
	PB("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", NULL, "not protobuf, or cut short"),
	PB("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7fx", NULL, "not protobuf, or cut short"),
	PB("\x0a\x05" "abcd", NULL, "not protobuf, or cut short"),
	PB("\xa9\x06" "1234567", NULL, "not protobuf, or cut short"),
	PB("{\"ip\":16842762}", NULL, "not protobuf, or cut short"),
};
/* clang-format on */

static void test_protobuf(void **state)
{
	char *master = NULL;
	const char *why = "";

	(void)state;
	assert_int_equal(master_info_from_protobuf(full, sizeof(full) - 1, &master, &why), 0);
	assert_string_equal(master, "10.0.1.9:5051");
	free(master);
	for (size_t i = 0; i < ARRAY_SIZE(pb_cases); i++) {
		int r;

		master = NULL;
		why = "";
		r = master_info_from_protobuf(pb_cases[i].data, pb_cases[i].len, &master, &why);
		if (r != (pb_cases[i].master ? 0 : -EBADMSG) ||
		    (r != 0 && strcmp(why, pb_cases[i].why) != 0))
			fail_msg("case %zu: %d \"%s\"", i, r, why);
		if (r == 0)
			assert_string_equal(master, pb_cases[i].master);
		free(master);
	}
}

/* --- octets of any kind -------------------------------------------------------------- */

/*
 * What comes out of mutated data is an address and a port, or a reason. The copy is as long
 * as the data, for the sanitizers to see a step beyond.
 */
static void feed(const char *data, size_t len, bool json)
{
	char *copy = malloc(len + !len), *master = NULL;
	struct host_port hp;
	const char *why = NULL;
	int r;

	assert_non_null(copy);
	memcpy(copy, data, len);
	r = json ? master_info_from_json(copy, len, &master, &why)
		 : master_info_from_protobuf(copy, len, &master, &why);
	if (r == 0) {
		assert_null(host_port_parse(master, &hp));
		assert_int_equal(host_port_normalise(&hp), 0);
	} else {
		assert_int_equal(r, -EBADMSG);
		assert_non_null(why);
		assert_null(master);
	}
	free(master);
	free(copy);
}

static void mutate(const char *data, size_t len, bool json, unsigned seed)
{
	static const char bytes[] = "\0\x01\x7f\x80\xff{}\"\\,:0n";
	struct random_data *random = calloc(1, sizeof(*random));
	char states[64], copy[1024];
	int32_t at, what, times;

	assert_non_null(random);
	assert_in_range(len, 1, sizeof(copy));
	initstate_r(seed, states, sizeof(states), random);
	for (unsigned round = 0; round < 20000; round++) {
		memcpy(copy, data, len);
		random_r(random, &times);
		for (int i = 0; i <= times % 4; i++) {
			random_r(random, &at);
			random_r(random, &what);
			copy[(size_t)at % len] =
				what & 1 ? bytes[what / 2 % (int)sizeof(bytes)] : (char)(what >> 8);
		}
		random_r(random, &at);
		feed(copy, at & 1 ? len : (size_t)at % len, json);
	}
	free(random);
}

static void test_mutations(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(full); len++)
		feed(full, len, false);
	for (size_t len = 0; len < sizeof(MESOS_JSON); len++)
		feed(MESOS_JSON, len, true);
	mutate(full, sizeof(full) - 1, false, 1);
	mutate(MESOS_JSON, sizeof(MESOS_JSON) - 1, true, 2);
}

/* --- candidates ------------------------------------------------------------------------ */

static void give(struct candidates *c, size_t i, const char *ip)
{
	char json[100];

	snprintf(json, sizeof(json), "{\"address\":{\"ip\":\"%s\",\"port\":5050}}", ip);
	assert_int_equal(candidate_decode(c->list[i], json, strlen(json)), 0);
	c->list[i]->current = true;
}

static void expect_masters(const struct candidates *c, bool leader, const char *expected)
{
	const char *list[CANDIDATES_MAX];
	char text[1000] = "";
	bool leads = !leader;
	size_t count = candidates_masters(c, list, &leads);

	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 list[i]);
	assert_string_equal(text, expected);
	assert_int_equal(leads, leader);
}

static void set(struct candidates *c, const char *names)
{
	const char *list[16];
	char *copy = strdup(names), *rest = copy;
	size_t count = 0;

	assert_non_null(copy);
	while (rest && *rest)
		list[count++] = strsep(&rest, " ");
	assert_int_equal(candidates_set(c, list, count), 0);
	free(copy);
}

static void expect_names(const struct candidates *c, const char *expected)
{
	char text[1000] = "";

	for (size_t i = 0; i < c->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 c->list[i]->name);
	assert_string_equal(text, expected);
}

static void test_ranks(void **state)
{
	struct candidates c = {0};

	(void)state;
	set(&c, "log_replicas foo json.info_bad json.info_ info_ info_x json.info_-1 json.info_1x "
		"Json.info_1 xjson.info_1 json.info_99999999999999999999");
	expect_names(&c, "");
	expect_masters(&c, false, "");
	set(&c, "info_0000000001 json.info_0000000010 json.info_9 info_2 json.info_0000000003");
	expect_names(&c, "json.info_0000000003 json.info_9 json.info_0000000010 info_0000000001 "
			 "info_2");
	set(&c, "info_0000000020 info_0000000003");
	expect_names(&c, "info_0000000003 info_0000000020");
	candidates_clear(&c);
}

static void test_masters(void **state)
{
	struct candidates c = {0};
	size_t count;

	(void)state;
	set(&c, "info_1 json.info_7 json.info_8 json.info_9");
	expect_masters(&c, false, "");
	give(&c, 1, "10.0.0.8");
	give(&c, 2, "10.0.0.9");
	/* The leader's data are missing: nobody leads, also not the next. */
	expect_masters(&c, false, "10.0.0.8:5050 10.0.0.9:5050");
	assert_ptr_equal(candidates_bad(&c, &count), c.list[0]);
	assert_int_equal(count, 2);
	give(&c, 0, "10.0.0.7");
	expect_masters(&c, true, "10.0.0.7:5050 10.0.0.8:5050 10.0.0.9:5050");
	assert_int_equal(candidate_decode(c.list[3], "\x10\x8a\x80\x84\x08\x18\xba\x27", 8), 0);
	expect_masters(&c, true, "10.0.0.7:5050 10.0.1.1:5050 10.0.0.8:5050 10.0.0.9:5050");
	assert_null(candidates_bad(&c, &count));
	/* none twice, and the leader's place is the first */
	give(&c, 1, "10.0.0.9");
	give(&c, 0, "10.0.1.1");
	expect_masters(&c, true, "10.0.1.1:5050 10.0.0.9:5050");
	assert_int_equal(candidate_decode(c.list[0], "junk", 4), 0);
	assert_string_equal(c.list[0]->why, "not a JSON object");
	expect_masters(&c, false, "10.0.1.1:5050 10.0.0.9:5050");
	candidates_clear(&c);
}

/* What is known stays known as long as the node is there. */
static void test_kept(void **state)
{
	struct candidates c = {0};
	struct candidate *nine;

	(void)state;
	set(&c, "json.info_8 json.info_9");
	give(&c, 0, "10.0.0.8");
	give(&c, 1, "10.0.0.9");
	nine = c.list[1];
	set(&c, "json.info_10 json.info_9");
	assert_ptr_equal(c.list[0], nine);
	assert_true(nine->current);
	assert_false(c.list[1]->current);
	expect_masters(&c, true, "10.0.0.9:5050");
	set(&c, "json.info_8 json.info_9");
	assert_false(c.list[0]->current);
	assert_null(c.list[0]->master);
	candidates_clear(&c);
}

static void test_many(void **state)
{
	static char names[1000][24];
	const char *list[1000];
	struct candidates c = {0};

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(names[i], sizeof(names[i]), "json.info_%010u", 999 - i);
		list[i] = names[i];
	}
	assert_int_equal(candidates_set(&c, list, 1000), 0);
	assert_int_equal(c.count, CANDIDATES_MAX);
	assert_string_equal(c.list[0]->name, "json.info_0000000000");
	assert_string_equal(c.list[63]->name, "json.info_0000000063");
	candidates_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),	 cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_protobuf), cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_ranks),	 cmocka_unit_test(test_masters),
		cmocka_unit_test(test_kept),	 cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("master_info", tests, NULL, NULL);
}
