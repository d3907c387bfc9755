// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Secrets that are not in the configuration: in files, or in systemd's credentials. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

#define FILE_MAX     4096
#define VARIABLE     "CREDENTIALS_DIRECTORY"
#define VARIABLE_USE "$" VARIABLE "/"

int config_set_text(struct config_loader *l, enum config_key_id id, char **to, const char *text)
{
	_cleanup_free_ char *expanded = NULL;
	const char *at = strstr(text, VARIABLE_USE), *dir = getenv(VARIABLE);

	if (!at)
		return config_set_string(to, text);
	if (!dir || !*dir)
		return config_fail(l, id, text, "systemd has set no " VARIABLE);
	if (asprintf(&expanded, "%.*s%s/%s", (int)(at - text), text, dir,
		     at + strlen(VARIABLE_USE)) < 0)
		return -ENOMEM;
	return config_set_string(to, expanded);
}

/* One line, which may have an end. */
static const char *take_secret(char *text, size_t len)
{
	size_t end = strcspn(text, "\r\n");

	if (end + strspn(text + end, "\r\n") != len)
		return "more than one line in it";
	text[end] = '\0';
	return end ? NULL : "it is empty";
}

int config_read_secret(struct config_loader *l)
{
	const char *path = l->raw.mesos_secret_file, *why;
	char *text;
	size_t len;
	int r;

	if (!path || !*path)
		return 0;
	if (*l->cfg->mesos_secret)
		return config_fail(l, KEY_MESOS_CREDENTIALS, path, "secret is given, too");
	r = config_read_file(path, FILE_MAX, &text, &len);
	if (r < 0)
		return config_fail(l, KEY_MESOS_CREDENTIALS, path, "%s", strerror(-r));
	why = take_secret(text, len);
	r = why ? config_fail(l, KEY_MESOS_CREDENTIALS, path, "%s", why)
		: config_set_string(&l->cfg->mesos_secret, text);
	explicit_bzero(text, len);
	free(text);
	return r;
}
