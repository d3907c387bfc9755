// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Signatures: requests and an answer of three messages that dnspython has signed with the same key
 * at the same time, and everything that may be wrong with one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "dname_text.h"
#include "tsig.h"
#include "util.h"

#define THEN	   1700000000
#define PLAIN	   "123400000001000000000000056d65736f730000fc0001"
#define PLAIN_LEN  (sizeof(PLAIN) / 2)
#define QUERY	   "123400000001000000000001056d65736f730000fc0001"
#define NAME	   "03786672036b65790000fa00ff00000000"
#define ANSWER	   "123484000001000000000001056d65736f730000fc0001" NAME
#define ANSWER_256 ANSWER "003d0b686d61632d736861323536000000"

/* The message without its record: twelve octets of header, eleven of question. */
static const char *const requests[TSIG_ALGORITHMS_COUNT] = {
	[TSIG_SHA1] =
		QUERY NAME "002f09686d61632d736861310000006553f100012c0014c91b31ace867aeb74784a4"
			   "c65d33189d047c1311123400000000",
	[TSIG_SHA224] = QUERY NAME
	"00390b686d61632d7368613232340000006553f100012c001c5ea096246a30afd1bbfa694d78bdaa5b30fae44c"
	"d0b4106de7caf16a123400000000",
	[TSIG_SHA256] = QUERY NAME
	"003d0b686d61632d7368613235360000006553f100012c0020552b29e15b0822b97243db704050cc1d00df6a75"
	"5c0f5ce402fd0dbcc7d3822d123400000000",
	[TSIG_SHA384] = QUERY NAME
	"004d0b686d61632d7368613338340000006553f100012c0030066e1248d7798e552e39bf875338654140a96eb3"
	"ec5288688630db9d208990fb72fd0fa4f31bc36692a279ff33347810123400000000",
	[TSIG_SHA512] = QUERY NAME
	"005d0b686d61632d7368613531320000006553f100012c0040678e8b52ae1797e5a1f0a6cf6bb1369084c66066"
	"6ffe38a1495cedb80b72bd7ee4729295af388cb1fd11a3c34329c202001eeebf68b71feb86c97dfd08621c6f12"
	"3400000000",
};

/* To the request of SHA-256, a second apart. */
static const char *const answers[] = {
	ANSWER_256
	"6553f100012c002063fb1d9eaf9d2fa25b211b6df3858c26333e6ee717b8f46f8affc12b83e8299412"
	"3400000000",
	ANSWER_256
	"6553f101012c00209c5ffeb8d674091d6d6a1651cb9e3557a93db7fad4ba0eaaab591377fb7db75f12"
	"3400000000",
	ANSWER_256
	"6553f102012c0020d8d5cf275fa670c5edc96deeb67207d85f809d11dfa44c61ff0e70a27ec3ef4812"
	"3400000000",
};

static size_t octets(const char *hex, uint8_t *ret)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &ret[i]), 1);
	return len;
}

static struct tsig_key make_key(const char *name, enum tsig_algorithm algorithm)
{
	struct tsig_key k = {.algorithm = (uint8_t)algorithm, .secret_len = 32};

	k.name_len = (uint8_t)dname_from_text(name, strlen(name), k.name);
	for (uint8_t i = 0; i < k.secret_len; i++)
		k.secret[i] = i + 1;
	return k;
}

/* The verdict on a message, by this key. */
static int judge(const struct tsig_key *k, const uint8_t *msg, size_t len, uint64_t now,
		 struct tsig *t)
{
	size_t at;

	if (tsig_find(msg, len, &at) || !at)
		return -EBADMSG;
	return tsig_verify(k, 1, msg, len, at, now, t);
}

static void test_requests(void **state)
{
	uint8_t msg[512], made[512];
	struct tsig t;
	size_t len;

	(void)state;
	for (int a = 0; a < TSIG_ALGORITHMS_COUNT; a++) {
		struct tsig_key k = make_key("xfr.key", a);

		len = octets(requests[a], msg);
		assert_int_equal(judge(&k, msg, len, THEN + 1, &t), 0);
		assert_int_equal(t.error, 0);
		assert_ptr_equal(t.key, &k);
		octets(PLAIN, made);
		tsig_begin(&t, &k);
		assert_int_equal(tsig_sign(&t, made, PLAIN_LEN, sizeof(made), THEN), len);
		assert_memory_equal(made, msg, len);
		octets(PLAIN, made);
		tsig_begin(&t, &k);
		assert_int_equal(tsig_sign(&t, made, PLAIN_LEN, PLAIN_LEN + 40, THEN), 0);
	}
}

/* Nobody can say whether the signature is good: that is not the same as a bad one. */
static void test_cannot_be_judged(void **state)
{
	struct tsig_key k = make_key("xfr.key", TSIG_SHA256);
	uint8_t msg[512], made[512];
	struct tsig t, asked;
	size_t len = octets(requests[TSIG_SHA256], msg);

	(void)state;
	octets(PLAIN, made);
	tsig_begin(&asked, &k);
	assert_int_equal(EVP_set_default_properties(NULL, "provider=none"), 1);
	assert_int_equal(judge(&k, msg, len, THEN + 1, &t), -ENOMEM);
	assert_int_equal(tsig_sign(&asked, made, PLAIN_LEN, sizeof(made), THEN), 0);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	assert_int_equal(judge(&k, msg, len, THEN + 1, &t), 0);
	assert_int_equal(t.error, 0);
}

static void test_answer_of_many_messages(void **state)
{
	struct tsig_key k = make_key("xfr.key", TSIG_SHA256);
	uint8_t msg[512], made[512];
	struct tsig t;
	size_t len = octets(requests[TSIG_SHA256], msg);

	(void)state;
	assert_int_equal(judge(&k, msg, len, THEN, &t), 0);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		len = octets(answers[i], msg);
		memcpy(made, msg, PLAIN_LEN);
		made[11] = 0;
		assert_int_equal(tsig_sign(&t, made, PLAIN_LEN, sizeof(made), THEN + i), len);
		assert_memory_equal(made, msg, len);
	}
}

/* A request of ours, and whether this answers it. */
static void test_answers(void **state)
{
	struct tsig_key k = make_key("xfr.key", TSIG_SHA256);
	uint8_t msg[512];
	struct tsig t;
	size_t len;

	(void)state;
	octets(PLAIN, msg);
	tsig_begin(&t, &k);
	tsig_sign(&t, msg, PLAIN_LEN, sizeof(msg), THEN);
	len = octets(answers[0], msg);
	assert_int_equal(tsig_verify_answer(&t, msg, len, THEN), 0);
	assert_int_equal(tsig_verify_answer(&t, msg, len, THEN + TSIG_FUDGE + 1), -EACCES);
	assert_int_equal(tsig_verify_answer(&t, msg, len - 1, THEN), -EBADMSG);
	msg[3] ^= 5; /* another rcode */
	assert_int_equal(tsig_verify_answer(&t, msg, len, THEN), -EACCES);
	msg[11] = 0;
	assert_int_equal(tsig_verify_answer(&t, msg, PLAIN_LEN, THEN), -EACCES);
	len = octets(answers[1], msg);
	assert_int_equal(tsig_verify_answer(&t, msg, len, THEN), -EACCES);
}

/* What is wrong, and what is said about it: 0 stands for a malformed record. */
static void test_errors(void **state)
{
	static const struct {
		size_t at; /* octet to change, from the record's beginning; 0: none */
		uint16_t error;
	} rows[] = {
		{2, DNS_TSIG_BADKEY},  /* the key's name */
		{22, DNS_TSIG_BADKEY}, /* the algorithm */
		{36, DNS_TSIG_BADSIG}, /* the time */
		{60, DNS_TSIG_BADSIG}, /* the signature */
		{14, 0},	       /* TTL */
		{12, 0},	       /* class */
		{41, 0},	       /* octets of the signature */
		{18, 0},	       /* of the data */
	};
	struct tsig_key k = make_key("xfr.key", TSIG_SHA256);
	uint8_t msg[512], reply[512];
	struct tsig t;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r;

		len = octets(requests[TSIG_SHA256], msg);
		msg[PLAIN_LEN + rows[i].at] ^= 2;
		r = judge(&k, msg, len, THEN, &t);
		if (rows[i].error ? r || t.error != rows[i].error : r != -EBADMSG)
			fail_msg("octet %zu: %d, error %u", rows[i].at, r, r ? 0 : t.error);
		if (r)
			continue;
		octets(PLAIN, reply);
		r = (int)tsig_sign(&t, reply, PLAIN_LEN, sizeof(reply), THEN);
		assert_int_equal(r, len - 32); /* without a signature */
		assert_int_equal(reply[r - 3], rows[i].error);
	}
	len = octets(requests[TSIG_SHA256], msg);
	msg[20] ^= 1; /* the question */
	assert_int_equal(judge(&k, msg, len, THEN, &t), 0);
	assert_int_equal(t.error, DNS_TSIG_BADSIG);
	assert_int_equal(judge(&k, msg, PLAIN_LEN + 5, THEN, &t), -EBADMSG);
}

/* The answer is signed, with both clocks. */
static void test_time(void **state)
{
	struct tsig_key k = make_key("xfr.key", TSIG_SHA256);
	static const int64_t off[] = {-TSIG_FUDGE - 1, -TSIG_FUDGE, TSIG_FUDGE, TSIG_FUDGE + 1};
	uint8_t msg[512], reply[512];
	struct tsig t;
	size_t len = octets(requests[TSIG_SHA256], msg), signed_len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		assert_int_equal(judge(&k, msg, len, (uint64_t)(THEN + off[i]), &t), 0);
		assert_int_equal(t.error, i == 0 || i == 3 ? DNS_TSIG_BADTIME : 0);
	}
	octets(PLAIN, reply);
	signed_len = tsig_sign(&t, reply, PLAIN_LEN, sizeof(reply), THEN + TSIG_FUDGE + 1);
	assert_int_equal(signed_len, len + 6);
	assert_int_equal(reply[signed_len - 1], (THEN + TSIG_FUDGE + 1) & 0xff);
	assert_int_equal(reply[PLAIN_LEN + 37], THEN & 0xff); /* the client's */
}

/* Short signatures: not good enough though true; too short; none. */
static void test_truncated(void **state)
{
	static const struct {
		uint8_t octets;
		int r;
		uint16_t error;
	} rows[] = {{16, 0, DNS_TSIG_BADTRUNC},
		    {31, 0, DNS_TSIG_BADTRUNC},
		    {15, -EBADMSG, 0},
		    {0, -EBADMSG, 0}};
	struct tsig_key k = make_key("xfr.key", TSIG_SHA256);
	uint8_t msg[512];
	struct tsig t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = octets(requests[TSIG_SHA256], msg), cut = 32U - rows[i].octets;

		memmove(msg + len - 6 - cut, msg + len - 6, 6);
		msg[PLAIN_LEN + 18] = (uint8_t)(msg[PLAIN_LEN + 18] - cut);
		msg[PLAIN_LEN + 41] = rows[i].octets;
		assert_int_equal(judge(&k, msg, len - cut, THEN, &t), rows[i].r);
		if (!rows[i].r)
			assert_int_equal(t.error, rows[i].error);
	}
}

/* A TSIG is the last record, and there is one (RFC 8945 5.1). */
static void test_place(void **state)
{
	uint8_t msg[1024];
	size_t len = octets(requests[TSIG_SHA256], msg), at, record = len - PLAIN_LEN;

	(void)state;
	assert_int_equal(tsig_find(msg, len, &at), 0);
	assert_int_equal(at, PLAIN_LEN);
	assert_int_equal(tsig_find(msg, len + 1, &at), -EBADMSG);
	msg[11] = 2;
	memcpy(msg + len, msg + PLAIN_LEN, record);
	assert_int_equal(tsig_find(msg, len + record, &at), -EBADMSG);
	memset(msg + len, 0, 11); /* a record behind it */
	assert_int_equal(tsig_find(msg, len + 11, &at), -EBADMSG);
	msg[11] = 0;
	msg[9] = 1; /* in the authority section */
	assert_int_equal(tsig_find(msg, len, &at), -EBADMSG);
	octets(PLAIN, msg);
	assert_int_equal(tsig_find(msg, PLAIN_LEN, &at), 0);
	assert_int_equal(at, 0);
	assert_int_equal(tsig_find(msg, 11, &at), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_answer_of_many_messages),
		cmocka_unit_test(test_answers),	 cmocka_unit_test(test_errors),
		cmocka_unit_test(test_time),	 cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_place),	 cmocka_unit_test(test_cannot_be_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
