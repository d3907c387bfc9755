// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "iam_token.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define HEADER "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"

static int openssl_error(void)
{
	int r = ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ? -ENOMEM : -EINVAL;

	ERR_clear_error();
	return r;
}

/* With a passphrase given, though none, nobody is asked for one on the terminal. */
static int read_key(const char *pem, EVP_PKEY **ret)
{
	char passphrase[] = "";
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, passphrase) : NULL;

	BIO_free(bio);
	if (!key)
		return openssl_error();
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		return -EINVAL;
	}
	*ret = key;
	return 0;
}

/* Adds `before`, and the data in base64url without padding (RFC 7515 appendix C). -ENOMEM. */
static int append(char **text, const char *before, const void *data, size_t len)
{
	_cleanup_free_ char *part = malloc((len + 2) / 3 * 4 + 1);
	char *joined;

	if (!part)
		return -ENOMEM;
	EVP_EncodeBlock((unsigned char *)part, data, (int)len);
	part[strcspn(part, "=")] = '\0';
	for (char *p = part; (p = strpbrk(p, "+/")); p++)
		*p = *p == '+' ? '-' : '_';
	if (asprintf(&joined, "%s%s%s", *text ? *text : "", before, part) < 0)
		return -ENOMEM;
	free(*text);
	*text = joined;
	return 0;
}

static int append_claims(char **text, const char *uid, int64_t expires)
{
	json_t *doc = json_pack("{s:s, s:I}", "uid", uid, "exp", (json_int_t)expires);
	_cleanup_free_ char *claims = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

	json_decref(doc);
	return claims ? append(text, ".", claims, strlen(claims)) : -ENOMEM;
}

static int append_signature(char **text, EVP_PKEY *key)
{
	size_t len = (size_t)EVP_PKEY_get_size(key), text_len = strlen(*text);
	_cleanup_free_ unsigned char *signature = malloc(len);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int r = 0;

	if (!signature || !c)
		r = -ENOMEM;
	else if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) != 1 ||
		 EVP_DigestSign(c, signature, &len, (unsigned char *)*text, text_len) != 1)
		r = openssl_error();
	EVP_MD_CTX_free(c);
	return r ? r : append(text, ".", signature, len);
}

int iam_token(const struct config_iam *iam, int64_t expires, char **ret)
{
	_cleanup_free_ char *text = NULL;
	EVP_PKEY *key;
	int r = read_key(iam->private_key, &key);

	if (r)
		return r;
	r = append(&text, "", HEADER, strlen(HEADER));
	if (!r)
		r = append_claims(&text, iam->uid, expires);
	if (!r)
		r = append_signature(&text, key);
	EVP_PKEY_free(key);
	if (!r)
		*ret = TAKE_PTR(text);
	return r;
}
