// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Who may ask the HTTP API, and over what: the files are read once, here. */
#include <ctype.h>
#include <errno.h>
#include <openssl/sha.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

#define PEM_MAX	  ((size_t)1 << 20)
#define FILE_MAX  4096 /* of a token, white space around it included */
#define TOKEN_MIN 16
#define TOKEN_MAX 512

static int read_pem(struct config_loader *l, enum config_key_id id, const char *path, char **ret)
{
	size_t len;
	int r = config_read_file(path, PEM_MAX, ret, &len);

	return r < 0 ? config_fail(l, id, path, "%s", strerror(-r)) : 0;
}

static int check_pair(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	int r = config_check_pair(l, KEY_HTTP_CERT_FILE, cfg->http_cert_file, KEY_HTTP_KEY_FILE,
				  cfg->http_key_file);

	if (r == 0 && *cfg->http_cert_file)
		r = read_pem(l, KEY_HTTP_CERT_FILE, cfg->http_cert_file, &cfg->http_cert);
	if (r == 0 && *cfg->http_key_file)
		r = read_pem(l, KEY_HTTP_KEY_FILE, cfg->http_key_file, &cfg->http_key);
	return r;
}

/* RFC 6750 2.1. The text is not kept, nor is any of it shown. */
static const char *take_token(const char *text, uint8_t ret_sha256[SHA256_DIGEST_LENGTH])
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strcspn(text, " \t\r\n");
	if (text[len + strspn(text + len, " \t\r\n")])
		return "more than one token in it";
	if (len < TOKEN_MIN || len > TOKEN_MAX)
		return "a token of another length in it";
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-._~+/=", text[i]))
			return "other characters in it";
	return SHA256((const uint8_t *)text, len, ret_sha256) ? NULL : "no memory";
}

static int check_token(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	const char *path = cfg->http_token_file, *why;
	char *text;
	size_t len;
	int r;

	if (!*path)
		return 0;
	r = config_read_file(path, FILE_MAX, &text, &len);
	if (r < 0)
		return config_fail(l, KEY_HTTP_TOKEN_FILE, path, "%s", strerror(-r));
	why = strlen(text) == len ? take_token(text, cfg->http_token_sha256) : "a NUL in it";
	explicit_bzero(text, len);
	free(text);
	if (why)
		return config_fail(l, KEY_HTTP_TOKEN_FILE, path, "%s", why);
	cfg->http_token = true;
	return cfg->http_cert ? 0
			      : config_warn(l, "httpTokenFile without httpCertFile: the token goes "
					       "over the network in clear");
}

int config_check_http(struct config_loader *l)
{
	int r = check_pair(l);

	return r < 0 ? r : check_token(l);
}
