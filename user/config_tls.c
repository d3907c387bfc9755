// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Certificates: found wrong at start, not at the first fetch. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

#define PEM_MAX ((size_t)16 << 20) /* a bundle of every public CA has a fiftieth of it */

static void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static void cleanup_x509(X509 **x)
{
	X509_free(*x);
}

static void cleanup_pkey(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

/* OpenSSL's default asks for a passphrase on the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static int read_certificate(struct config_loader *l, enum config_key_id id, const char *path,
			    X509 **ret)
{
	_cleanup_(cleanup_file) FILE *f = fopen(path, "re");
	X509 *x;

	if (!f)
		return config_fail(l, id, path, "%s", strerror(errno));
	x = PEM_read_X509(f, NULL, no_passphrase, NULL);
	ERR_clear_error();
	if (!x)
		return config_fail(l, id, path, "no certificate in it");
	*ret = x;
	return 0;
}

static int check_match(struct config_loader *l, enum config_key_id cert_id, const char *cert,
		       enum config_key_id key_id, const char *path)
{
	_cleanup_(cleanup_x509) X509 *certificate = NULL;
	_cleanup_(cleanup_pkey) EVP_PKEY *key = NULL;
	_cleanup_(cleanup_file) FILE *f = NULL;
	bool match;
	int r = read_certificate(l, cert_id, cert, &certificate);

	if (r < 0)
		return r;
	f = fopen(path, "re");
	if (!f)
		return config_fail(l, key_id, path, "%s", strerror(errno));
	key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	match = key && X509_check_private_key(certificate, key) == 1;
	ERR_clear_error();
	if (!key)
		return config_fail(l, key_id, path, "no private key without passphrase in it");
	if (!match)
		return config_fail(l, key_id, path, "it does not belong to %s",
				   config_keys[cert_id].name);
	return 0;
}

int config_check_pair(struct config_loader *l, enum config_key_id cert_id, const char *cert,
		      enum config_key_id key_id, const char *key)
{
	if (*cert && !*key)
		return config_fail(l, key_id, NULL, "missing beside %s", config_keys[cert_id].name);
	if (*key && !*cert)
		return config_fail(l, cert_id, NULL, "missing beside %s", config_keys[key_id].name);
	return *cert ? check_match(l, cert_id, cert, key_id, key) : 0;
}

static int check_ca(struct config_loader *l)
{
	_cleanup_(cleanup_x509) X509 *certificate = NULL;

	return read_certificate(l, KEY_CA_CERT_FILE, l->cfg->ca_cert_file, &certificate);
}

/* For config_reload.h: a file's new contents are a change. */
static int digest(struct config_loader *l, enum config_key_id id, const char *path,
		  uint8_t ret[SHA256_DIGEST_LENGTH])
{
	char *text;
	size_t len;
	int r;

	if (!*path)
		return 0;
	r = config_read_file(path, PEM_MAX, &text, &len);
	if (r < 0)
		return config_fail(l, id, path, "%s", strerror(-r));
	if (!SHA256((const uint8_t *)text, len, ret))
		r = -ENOMEM;
	explicit_bzero(text, len);
	free(text);
	return r;
}

static int digest_all(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	int r = digest(l, KEY_CA_CERT_FILE, cfg->ca_cert_file, cfg->ca_cert_sha256);

	if (r == 0)
		r = digest(l, KEY_CERT_FILE, cfg->cert_file, cfg->cert_sha256);
	return r == 0 ? digest(l, KEY_KEY_FILE, cfg->key_file, cfg->key_sha256) : r;
}

int config_check_tls(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	int r = 0;

	if (*cfg->ca_cert_file)
		r = check_ca(l);
	else if (cfg->mesos_https)
		r = config_warn(l, "mesosHTTPSOn without caCertFile: the masters' certificates are "
				   "not verified");
	if (r < 0)
		return r;
	r = config_check_pair(l, KEY_CERT_FILE, cfg->cert_file, KEY_KEY_FILE, cfg->key_file);
	return r < 0 ? r : digest_all(l);
}
