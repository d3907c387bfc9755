// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* DNS Cookies (include/cookie.h): SipHash, RFC 9018's examples, and which cookies are good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "cookie.h"
#include "endpoint.h"

static uint64_t hash_octets(const uint8_t key[16], const uint8_t *p, size_t len)
{
	__u64 k[2], word[8] = {0}, last = (__u64)len << 56;

	memcpy(k, key, sizeof(k));
	memcpy(word, p, len / 8 * 8);
	for (size_t i = 0; i < len % 8; i++)
		last |= (__u64)p[len / 8 * 8 + i] << 8 * i;
	return xdns_siphash(k, word, len / 8, last);
}

static uint64_t openssl_hash(const uint8_t key[16], const uint8_t *p, size_t len)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_SIPHASH, NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t size = 8, ret_len;
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
				     OSSL_PARAM_construct_end()};
	uint64_t hash = 0;

	assert_non_null(ctx);
	assert_int_equal(EVP_MAC_init(ctx, key, 16, params), 1);
	assert_int_equal(EVP_MAC_update(ctx, p, len), 1);
	assert_int_equal(EVP_MAC_final(ctx, (uint8_t *)&hash, &ret_len, sizeof(hash)), 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return hash;
}

/* The example of the SipHash paper, appendix A; and every length as OpenSSL has it. */
static void test_siphash(void **state)
{
	uint8_t key[16], octets[64];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = i;
	memcpy(key, octets, sizeof(key));
	assert_true(hash_octets(key, octets, 15) == 0xa129ca6149be45e5ULL);
	for (size_t len = 0; len < sizeof(octets); len++)
		assert_true(hash_octets(key, octets, len) == openssl_hash(key, octets, len));
}

static void from_hex(const char *hex, void *ret, size_t len)
{
	uint8_t *p = ret;

	assert_int_equal(strlen(hex), 2 * len);
	for (size_t i = 0; i < len; i++) {
		const char octet[3] = {hex[2 * i], hex[2 * i + 1], 0};

		p[i] = strtoul(octet, NULL, 16);
	}
}

static void client_from_text(const char *text, struct xdns_client *ret)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = {.any.sa_family = strchr(text, ':') ? AF_INET6 : AF_INET};

	assert_int_equal(inet_pton(a.any.sa_family, text,
				   a.any.sa_family == AF_INET6 ? (void *)&a.in6.sin6_addr
							       : (void *)&a.in.sin_addr),
			 1);
	endpoint_client(&a.any, ret);
}

/* RFC 9018, appendix A. */
static const struct {
	const char *what, *secret[XDNS_COOKIE_SECRETS], *client;
	uint32_t now;
	const char *asked, *sent; /* the client's cookie and the server's */
	int valid;
} examples[] = {
	{"A.1, a new cookie",
	 {"e5e973e5a6b2a43f48e7dc849e37bfcf"},
	 "198.51.100.100",
	 1559731985,
	 "2464c4abcf10c95700000000000000000000000000000000",
	 "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
	 0},
	{"A.2, the same client 40 minutes later",
	 {"e5e973e5a6b2a43f48e7dc849e37bfcf"},
	 "198.51.100.100",
	 1559734385,
	 "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
	 "2464c4abcf10c957010000005cf7a871d4a564a1442aca77",
	 1},
	{"A.3, reserved octets are set; the cookie is too old by now",
	 {"e5e973e5a6b2a43f48e7dc849e37bfcf"},
	 "203.0.113.203",
	 1559734700,
	 "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
	 "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e",
	 0},
	{"A.3, that cookie an hour after it was made",
	 {"e5e973e5a6b2a43f48e7dc849e37bfcf"},
	 "203.0.113.203",
	 1559727985 + 3600,
	 "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
	 NULL,
	 1},
	{"A.4, IPv6, by the secret before",
	 {"445536bcd2513298075a5d379663c962", "dd3bdf9344b678b185a6f5cb60fca715"},
	 "2001:db8:220:1:59de:d0f4:8769:82b8",
	 1559741961,
	 "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
	 "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
	 1},
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct xdns_cookies secrets = {0};
		struct xdns_question q = {0};
		struct xdns_client client;
		uint8_t want[24];

		for (int n = 0; n < XDNS_COOKIE_SECRETS && examples[i].secret[n]; n++)
			from_hex(examples[i].secret[n], secrets.secret[secrets.secrets++], 16);
		client_from_text(examples[i].client, &client);
		from_hex(examples[i].asked, q.cookie, 24);
		xdns_cookie_answer(&secrets, &client, examples[i].now, &q);
		if (q.cookie_valid != examples[i].valid)
			fail_msg("%s: valid: %d", examples[i].what, q.cookie_valid);
		if (!examples[i].sent)
			continue;
		from_hex(examples[i].sent, want, sizeof(want));
		if (memcmp(q.cookie, want, sizeof(want)))
			fail_msg("%s: another cookie", examples[i].what);
	}
}

#define NOW 1700000000U

static const struct xdns_cookies two = {2, 0, {{1, 2}, {3, 4}}};
static const struct xdns_client somebody = {.lo = 0x0100000a};

static struct xdns_question fresh(uint32_t when)
{
	struct xdns_question q = {.cookie = {0x1122334455667788}};

	xdns_cookie_answer(&two, &somebody, when, &q);
	assert_false(q.cookie_valid);
	return q;
}

static void test_ages(void **state)
{
	/* the time itself goes round: RFC 9018 4.3 compares as RFC 1982 does */
	static const uint32_t starts[] = {NOW, 0, UINT32_MAX, INT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		for (int32_t age = -4000; age <= 4000; age += 50) {
			const struct xdns_question was = fresh(starts[i]);
			struct xdns_question q = was;

			xdns_cookie_answer(&two, &somebody, starts[i] + age, &q);
			assert_int_equal(q.cookie_valid, age >= -300 && age <= 3600);
			assert_int_equal(!memcmp(q.cookie, was.cookie, sizeof(q.cookie)),
					 age >= -300 && age <= 1800);
			assert_true(q.cookie[0] == was.cookie[0]);
		}
	}
}

/* One bit of anything that is hashed makes it another cookie. */
static void test_bits(void **state)
{
	const struct xdns_question was = fresh(NOW);

	(void)state;
	for (int bit = 0; bit < 24 * 8; bit++) {
		struct xdns_question q = was;

		((uint8_t *)q.cookie)[bit / 8] ^= 1 << bit % 8;
		xdns_cookie_answer(&two, &somebody, NOW, &q);
		assert_false(q.cookie_valid);
	}
	for (int bit = 0; bit < 32; bit++) {
		struct xdns_client other = {.lo = somebody.lo ^ 1ULL << bit};
		struct xdns_question q = was;

		xdns_cookie_answer(&two, &other, NOW, &q);
		assert_false(q.cookie_valid);
	}
	for (int bit = 0; bit < 128; bit++) {
		struct xdns_client six = {.is_ip6 = 1}, other = six;
		struct xdns_question q = was;

		q.cookie[1] = q.cookie[2] = 0;
		xdns_cookie_answer(&two, &six, NOW, &q);
		*(bit < 64 ? &other.hi : &other.lo) ^= 1ULL << bit % 64;
		xdns_cookie_answer(&two, &other, NOW, &q);
		assert_false(q.cookie_valid);
	}
}

/* Behind an IPv4 source in the frame is the destination, which no cookie depends on. */
static void test_ip4_alone(void **state)
{
	const struct xdns_client with_more = {.lo = somebody.lo | 0xdeadbeefULL << 32, .hi = 7};
	struct xdns_question q = fresh(NOW);

	(void)state;
	xdns_cookie_answer(&two, &with_more, NOW, &q);
	assert_true(q.cookie_valid);
}

/* RFC 9018 5: known by both secrets, made by the first; a third one's are nobody's. */
static void test_rollover(void **state)
{
	const struct xdns_cookies staged = {2, 0, {{3, 4}, {1, 2}}},
				  after = {1, 0, {{3, 4}, {1, 2}}};
	const struct xdns_question was = fresh(NOW);
	struct xdns_question q = was;

	(void)state;
	xdns_cookie_answer(&staged, &somebody, NOW, &q);
	assert_true(q.cookie_valid);
	assert_true(q.cookie[2] != was.cookie[2]);
	xdns_cookie_answer(&two, &somebody, NOW, &q);
	assert_true(q.cookie_valid);
	q = was;
	xdns_cookie_answer(&after, &somebody, NOW, &q); /* the second one does not count */
	assert_false(q.cookie_valid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),	  cmocka_unit_test(test_examples),
		cmocka_unit_test(test_ages),	  cmocka_unit_test(test_bits),
		cmocka_unit_test(test_ip4_alone), cmocka_unit_test(test_rollover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
