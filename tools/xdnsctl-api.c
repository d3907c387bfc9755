// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Questions to the daemon's HTTP API, over TLS and with a token where it wants them. */
#include "xdnsctl.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

#define PATIENCE_S 20
#define ANSWER_MAX ((size_t)32 << 20)
#define TOKEN_MAX  4096

struct answer {
	char *data;
	size_t len;
	FILE *out;
};

void ctl_api_url(const struct config *cfg, const char *path, char *ret, size_t size)
{
	const char *host = cfg ? cfg->http_listener : "";
	bool any = !*host || !strcmp(host, "0.0.0.0") || !strcmp(host, "::");

	snprintf(ret, size, strchr(host, ':') && !any ? "%s://[%s]:%u%s" : "%s://%s:%u%s",
		 cfg && cfg->http_cert ? "https" : "http", any ? "127.0.0.1" : host,
		 cfg ? cfg->http_port : CTL_HTTP_PORT, path);
}

static size_t take(char *data, size_t size, size_t count, void *ctx)
{
	struct answer *a = ctx;

	fflush(a->out);
	if (a->len + size * count > ANSWER_MAX)
		return 0;
	return fwrite(data, size, count, a->out);
}

/* "Authorization: Bearer ..."; NULL: errno says why. */
static char *token_header(const char *file)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	char text[TOKEN_MAX + 1], *line, *token = text;
	ssize_t len = fd < 0 ? -1 : read(fd, text, TOKEN_MAX);

	if (len < 0)
		return NULL;
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	text[len] = '\0';
	while (isspace((unsigned char)*token))
		token++;
	return asprintf(&line, "Authorization: Bearer %s", token) < 0 ? NULL : line;
}

/*
 * The daemon on this host is asked by its address, which its certificate need not name: that it has
 * the key of this very certificate is what counts. As CURLOPT_PINNEDPUBLICKEY wants it.
 */
static char *pin_of(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char *key = NULL, digest[SHA256_DIGEST_LENGTH], text[64];
	int len = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key) : -1;
	char *pin = NULL;

	if (len > 0) {
		SHA256(key, (size_t)len, digest);
		EVP_EncodeBlock(text, digest, sizeof(digest));
		if (asprintf(&pin, "sha256//%s", text) < 0)
			pin = NULL;
	}
	OPENSSL_free(key);
	X509_free(cert);
	BIO_free(bio);
	return pin;
}

/* Whose word is taken: that of the configured certificate's holder, or of one a CA vouches for. */
static int set_trust(CURL *easy, const struct ctl *c, char **ret_pin)
{
	if (c->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
	if (c->url || c->ca_file || !c->cfg || !c->cfg->http_cert)
		return 0;
	*ret_pin = pin_of(c->cfg->http_cert);
	if (!*ret_pin)
		return -EINVAL;
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, *ret_pin);
	return 0;
}

/* The configured token is for the configured address only. */
static const char *token_file(const struct ctl *c)
{
	if (c->token_file)
		return c->token_file;
	return !c->url && c->cfg && *c->cfg->http_token_file ? c->cfg->http_token_file : NULL;
}

static int perform(CURL *easy, const char *url, struct answer *a, char *error)
{
	CURLcode code;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, a);
	code = curl_easy_perform(easy);
	if (code != CURLE_OK && !*error)
		snprintf(error, CTL_API_ERROR_MAX, "%s", curl_easy_strerror(code));
	return code == CURLE_OK ? 0 : -EIO;
}

/* A body of one line, cut, for people. */
static void say_status(long status, const char *body, char *error)
{
	const char *what = status == 401   ? "a token is wanted: --token, or httpTokenFile"
			   : status == 404 ? "it has no such path: an earlier version, or "
					     "enumerationOn is false"
					   : body;

	snprintf(error, CTL_API_ERROR_MAX, "HTTP status %ld: %.*s", status,
		 (int)strcspn(what, "\r\n"), what);
}

static json_t *ask(CURL *easy, const struct ctl *c, const char *url, char *error)
{
	const char *file = token_file(c);
	_cleanup_free_ char *header = file ? token_header(file) : NULL;
	_cleanup_free_ char *pin = NULL;
	struct curl_slist *headers = header ? curl_slist_append(NULL, header) : NULL;
	struct answer a = {0};
	json_t *json = NULL;
	long status = 0;

	a.out = open_memstream(&a.data, &a.len);
	if (file && !headers)
		snprintf(error, CTL_API_ERROR_MAX, "%s: %s", file, strerror(errno));
	else if (!a.out || set_trust(easy, c, &pin))
		snprintf(error, CTL_API_ERROR_MAX, "no memory, or no certificate in httpCertFile");
	if (headers)
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (!*error && !perform(easy, url, &a, error)) {
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		fflush(a.out);
		if (status != 200)
			say_status(status, a.data, error);
		else
			json = json_loadb(a.data, a.len, 0, NULL);
		if (!json && !*error)
			snprintf(error, CTL_API_ERROR_MAX, "the answer is no JSON");
	}
	if (a.out)
		fclose(a.out);
	free(a.data);
	curl_slist_free_all(headers);
	return json;
}

json_t *ctl_api_get(const struct ctl *c, const char *path, unsigned seconds,
		    char error[CTL_API_ERROR_MAX])
{
	CURL *easy = curl_easy_init();
	char url[2048];
	json_t *json;

	error[0] = '\0';
	if (!easy) {
		snprintf(error, CTL_API_ERROR_MAX, "no memory");
		return NULL;
	}
	if (c->url)
		snprintf(url, sizeof(url), "%.*s%s",
			 (int)(strlen(c->url) - (*c->url && c->url[strlen(c->url) - 1] == '/')),
			 c->url, path);
	else
		ctl_api_url(c->cfg, path, url, sizeof(url));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)seconds);
	json = ask(easy, c, url, error);
	curl_easy_cleanup(easy);
	return json;
}

json_t *ctl_api_must(const struct ctl *c, const char *path)
{
	char error[CTL_API_ERROR_MAX], url[512];
	json_t *json = ctl_api_get(c, path, PATIENCE_S, error);

	ctl_api_url(c->cfg, "", url, sizeof(url));
	if (!json)
		ctl_fail("%s: %s", c->url ? c->url : url, error);
	return json;
}
