// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Certificates towards the masters: found wrong at start, not at the first fetch. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

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

static int check_pair(struct config_loader *l)
{
	_cleanup_(cleanup_x509) X509 *certificate = NULL;
	_cleanup_(cleanup_pkey) EVP_PKEY *key = NULL;
	_cleanup_(cleanup_file) FILE *f = NULL;
	const char *path = l->cfg->key_file;
	bool match;
	int r = read_certificate(l, KEY_CERT_FILE, l->cfg->cert_file, &certificate);

	if (r < 0)
		return r;
	f = fopen(path, "re");
	if (!f)
		return config_fail(l, KEY_KEY_FILE, path, "%s", strerror(errno));
	key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	match = key && X509_check_private_key(certificate, key) == 1;
	ERR_clear_error();
	if (!key)
		return config_fail(l, KEY_KEY_FILE, path,
				   "no private key without passphrase in it");
	if (!match)
		return config_fail(l, KEY_KEY_FILE, path, "it does not belong to certFile");
	return 0;
}

static int check_ca(struct config_loader *l)
{
	_cleanup_(cleanup_x509) X509 *certificate = NULL;

	return read_certificate(l, KEY_CA_CERT_FILE, l->cfg->ca_cert_file, &certificate);
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
	if (*cfg->cert_file && !*cfg->key_file)
		return config_fail(l, KEY_KEY_FILE, NULL, "missing beside certFile");
	if (*cfg->key_file && !*cfg->cert_file)
		return config_fail(l, KEY_CERT_FILE, NULL, "missing beside keyFile");
	return *cfg->cert_file ? check_pair(l) : 0;
}
