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
	if (c->ca_file && curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file))
		return -ENOMEM;
	if (c->url || c->ca_file || !c->cfg || !c->cfg->http_cert)
		return 0;
	*ret_pin = pin_of(c->cfg->http_cert);
	if (!*ret_pin)
		return -EINVAL;
	if (curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, *ret_pin))
		return -ENOMEM;
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	return 0;
}

/* The configured token is for the configured address only. */
static const char *token_file(const struct ctl *c)
{
	if (c->token_file)
		return c->token_file;
	return !c->url && c->cfg && *c->cfg->http_token_file ? c->cfg->http_token_file : NULL;
}

/* A question with all it needs; request_done() after request_init(), whatever that returned. */
struct request {
	CURL *easy;
	struct curl_slist *headers;
	char *pin;
	char url[2048];
};

static void request_done(struct request *r)
{
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->headers);
	free(r->pin);
}

static int add_header(struct request *r, const char *line)
{
	struct curl_slist *longer = curl_slist_append(r->headers, line);

	if (longer)
		r->headers = longer;
	return longer ? 0 : -ENOMEM;
}

static int add_token(struct request *r, const char *file)
{
	_cleanup_free_ char *line = token_header(file);

	return line ? add_header(r, line) : -errno;
}

static int request_init(struct request *r, const struct ctl *c, const char *path, char *error)
{
	const char *file = token_file(c);

	error[0] = '\0';
	*r = (struct request){.easy = curl_easy_init()};
	if (c->url)
		snprintf(r->url, sizeof(r->url), "%.*s%s",
			 (int)(strlen(c->url) - (*c->url && c->url[strlen(c->url) - 1] == '/')),
			 c->url, path);
	else
		ctl_api_url(c->cfg, path, r->url, sizeof(r->url));
	if (!r->easy || set_trust(r->easy, c, &r->pin))
		snprintf(error, CTL_API_ERROR_MAX, "no memory, or no certificate in httpCertFile");
	else if (file && add_token(r, file))
		snprintf(error, CTL_API_ERROR_MAX, "%s: %s", file, strerror(errno));
	return *error ? -EINVAL : 0;
}

static int perform(struct request *r, ctl_api_fn fn, void *ctx, char *error)
{
	CURL *easy = r->easy;
	CURLcode code;

	curl_easy_setopt(easy, CURLOPT_URL, r->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fn);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, ctx);
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

/* The whole answer as a text; to be freed. */
static char *ask(struct request *r, char *error)
{
	struct answer a = {0};
	long status = 0;

	a.out = open_memstream(&a.data, &a.len);
	if (!a.out) {
		snprintf(error, CTL_API_ERROR_MAX, "no memory");
		return NULL;
	}
	if (!perform(r, take, &a, error)) {
		curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
		fflush(a.out);
		if (status != 200)
			say_status(status, a.data, error);
	}
	if (memstream_close(a.out, &a.data) && !*error)
		snprintf(error, CTL_API_ERROR_MAX, "no memory");
	if (*error)
		free(TAKE_PTR(a.data));
	return a.data;
}

char *ctl_api_text(const struct ctl *c, const char *path, unsigned seconds,
		   char error[CTL_API_ERROR_MAX])
{
	struct request r;
	char *text = NULL;

	if (!request_init(&r, c, path, error)) {
		curl_easy_setopt(r.easy, CURLOPT_TIMEOUT, (long)seconds);
		text = ask(&r, error);
	}
	request_done(&r);
	return text;
}

json_t *ctl_api_get(const struct ctl *c, const char *path, unsigned seconds,
		    char error[CTL_API_ERROR_MAX])
{
	_cleanup_free_ char *text = ctl_api_text(c, path, seconds, error);
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	if (text && !json)
		snprintf(error, CTL_API_ERROR_MAX, "the answer is no JSON");
	return json;
}

int ctl_api_follow(const struct ctl *c, const char *path, const char *header, ctl_api_fn fn,
		   void *ctx, char error[CTL_API_ERROR_MAX])
{
	struct request r;
	long status = 0;
	int ret = request_init(&r, c, path, error);

	if (!ret && header && add_header(&r, header))
		ret = -ENOMEM;
	if (!ret) {
		curl_easy_setopt(r.easy, CURLOPT_CONNECTTIMEOUT, (long)PATIENCE_S);
		curl_easy_setopt(r.easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(r.easy, CURLOPT_LOW_SPEED_TIME, (long)PATIENCE_S);
		curl_easy_setopt(r.easy, CURLOPT_FAILONERROR, 1L);
		ret = perform(&r, fn, ctx, error);
		curl_easy_getinfo(r.easy, CURLINFO_RESPONSE_CODE, &status);
		if (status >= 400) {
			ret = status == 503 ? -EAGAIN : -EINVAL;
			say_status(status, status == 503 ? "not now" : "refused", error);
		}
	}
	request_done(&r);
	return ret;
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
