// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "api_token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

#define SCHEME "Bearer "

void api_token_set(struct api_token *t, const struct config *cfg)
{
	pthread_mutex_lock(&t->lock);
	t->wanted = cfg->http_token;
	memcpy(t->sha256, cfg->http_token_sha256, sizeof(t->sha256));
	pthread_mutex_unlock(&t->lock);
}

bool api_token_good(struct api_token *t, const char *authorization)
{
	uint8_t wanted[SHA256_DIGEST_LENGTH], shown[SHA256_DIGEST_LENGTH];
	bool any;

	pthread_mutex_lock(&t->lock);
	any = !t->wanted;
	memcpy(wanted, t->sha256, sizeof(wanted));
	pthread_mutex_unlock(&t->lock);
	if (any)
		return true;
	if (!authorization || strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
		return false;
	authorization += strlen(SCHEME);
	authorization += strspn(authorization, " ");
	return SHA256((const uint8_t *)authorization, strlen(authorization), shown) &&
	       CRYPTO_memcmp(wanted, shown, sizeof(wanted)) == 0;
}
