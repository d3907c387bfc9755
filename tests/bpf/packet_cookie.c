// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "packet_cookie.h"
#include "packet_frame.h"

#define OPTION	   10
#define CLIENT_LEN 8
#define SERVER_LEN 16
#define HASH_LEN   8

const uint8_t packet_secrets[PACKET_SECRETS][PACKET_SECRET_LEN] = {"the one in use.",
								   "the one before."};
static const uint8_t nobodys[PACKET_SECRET_LEN] = "somebody else's";
static const uint8_t client_cookie[CLIENT_LEN] = {0xc1, 0x1e, 0x27, 0, 0xff, 0x80, 0x7f, 1};

static void siphash(const uint8_t *key, const struct bytes *data, uint8_t ret[HASH_LEN])
{
	size_t size = HASH_LEN, len;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_SIPHASH, NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
				     OSSL_PARAM_construct_end()};

	assert_non_null(ctx);
	assert_int_equal(EVP_MAC_init(ctx, key, PACKET_SECRET_LEN, params), 1);
	assert_int_equal(EVP_MAC_update(ctx, data->octet, data->len), 1);
	assert_int_equal(EVP_MAC_final(ctx, ret, &len, HASH_LEN), 1);
	assert_int_equal(len, HASH_LEN);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void put_server_cookie(struct bytes *b, const struct ask_cookie *c,
			      const struct shape *shape)
{
	const uint8_t *secret = c->by ? packet_secrets[c->by - 1] : nobodys;
	uint8_t hash[HASH_LEN];
	struct bytes hashed = {.len = 0};
	size_t at = b->len;

	put_octets(b, (uint8_t[]){c->version ? c->version : 1, 0, c->reserved, 0}, 4);
	put_be32(b, PACKET_NOW - c->age);
	put_octets(&hashed, client_cookie, CLIENT_LEN);
	put_octets(&hashed, b->octet + at, b->len - at);
	put_octets(&hashed, shape->ip6 ? client_ip6 : client_ip4, shape->ip6 ? 16 : 4);
	if (c->stolen)
		hashed.octet[hashed.len - 1]++;
	siphash(secret, &hashed, hash);
	put_octets(b, hash, HASH_LEN);
}

void put_cookie_asked(struct bytes *b, const struct ask_cookie *c, const struct shape *shape)
{
	size_t end = b->len + 4 + c->len;

	put_be16(b, OPTION);
	put_be16(b, c->len);
	put_octets(b, client_cookie, c->len < CLIENT_LEN ? c->len : CLIENT_LEN);
	if (c->len == CLIENT_LEN + SERVER_LEN)
		put_server_cookie(b, c, shape);
	while (b->len < end)
		put_octets(b, "k", 1);
}

void put_cookie_sent(struct bytes *b, const struct row *row, const struct shape *shape)
{
	struct ask_cookie sent = {.len = CLIENT_LEN + SERVER_LEN, .by = 1};

	put_cookie_asked(b, row->want.cookie == COOKIE_KEPT ? &row->ask.cookie : &sent, shape);
}
