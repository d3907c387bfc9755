// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What server cookies are made of, and what we call ourselves (NSID). */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "config_internal.h"
#include "util.h"

#define FILE_MAX   4096
#define SECRET_LEN sizeof(((struct xdns_cookies *)0)->secret[0])
#define SPACE	   " \t\r\n"

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static const char *take_secret(const char *text, size_t len, struct xdns_cookies *c)
{
	uint8_t *octet;

	if (c->secrets == XDNS_COOKIE_SECRETS)
		return "more than two secrets in it";
	if (len != 2 * SECRET_LEN)
		return "a secret of another length in it";
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]))
			return "other characters in it";
	octet = (uint8_t *)c->secret[c->secrets];
	for (size_t i = 0; i < SECRET_LEN; i++)
		octet[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
	c->secrets++;
	return NULL;
}

/* None of the text is kept or shown. */
static const char *take_secrets(const char *text, struct xdns_cookies *c)
{
	const char *why = NULL;

	text += strspn(text, SPACE);
	while (*text && !why) {
		size_t len = strcspn(text, SPACE);

		why = take_secret(text, len, c);
		text += len + strspn(text + len, SPACE);
	}
	return why ? why : c->secrets ? NULL : "no secret in it";
}

static int read_secrets(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	const char *path = cfg->cookie_secret_file, *why;
	char *text;
	size_t len;
	int r = config_read_file(path, FILE_MAX, &text, &len);

	if (r < 0)
		return config_fail(l, KEY_COOKIE_SECRET_FILE, path, "%s", strerror(-r));
	why = strlen(text) == len ? take_secrets(text, &cfg->cookies) : "a NUL in it";
	explicit_bzero(text, len);
	free(text);
	return why ? config_fail(l, KEY_COOKIE_SECRET_FILE, path, "%s", why) : 0;
}

static int check_nsid(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	char name[HOST_NAME_MAX + 1] = "";
	const char *text = cfg->nsid;

	if (!strcmp(text, "hostname")) {
		gethostname(name, sizeof(name) - 1);
		text = name;
	}
	cfg->nsid_len = strlen(text);
	if (cfg->nsid_len > sizeof(cfg->nsid_octets))
		return config_fail(l, KEY_NSID, NULL, "%zu octets", cfg->nsid_len);
	memcpy(cfg->nsid_octets, text, cfg->nsid_len);
	return 0;
}

int config_check_cookies(struct config_loader *l)
{
	int r = check_nsid(l);

	return r == 0 && l->cfg->cookies_on && *l->cfg->cookie_secret_file ? read_secrets(l) : r;
}

int config_settle_cookies(struct config *cfg, const struct xdns_cookies *before)
{
	struct xdns_cookies *c = &cfg->cookies;

	if (!cfg->cookies_on || c->secrets)
		return 0;
	if (before && before->secrets) {
		*c = *before;
		return 0;
	}
	if (getrandom(c->secret[0], SECRET_LEN, 0) != SECRET_LEN)
		return -EIO; /* the kernel gives so little in one piece, always */
	c->secrets = 1;
	return 0;
}
