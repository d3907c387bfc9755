// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zk_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define ZK_SCHEME    "zk://"
#define FILE_SCHEME  "file://"
#define DEFAULT_PORT "2181"
/* Of a file that holds a URL. */
#define FILE_MAX 4096

static int fail(char **ret_error, const char *why)
{
	*ret_error = strdup(why);
	return *ret_error ? -EINVAL : -ENOMEM;
}

static int fail_server(char **ret_error, size_t number, const char *why)
{
	return asprintf(ret_error, "server %zu: %s", number, why) < 0 ? -ENOMEM : -EINVAL;
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_port(const char *server)
{
	const char *bracket = server[0] == '[' ? strchr(server, ']') : NULL;

	return strchr(bracket ? bracket : server, ':');
}

static int add_server(struct zk_url *url, const char *server, char **ret_error)
{
	_cleanup_free_ char *full = NULL;
	struct host_port *grown, hp;
	const char *why;

	if (asprintf(&full, "%s%s", server, has_port(server) ? "" : ":" DEFAULT_PORT) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	why = host_port_parse(full, &hp);
	if (!why && host_port_normalise(&hp) < 0)
		why = "not a host name or IP address";
	for (size_t i = 0; i < url->count && !why; i++)
		if (hp.port == url->servers[i].port && !strcasecmp(hp.host, url->servers[i].host))
			why = "given twice";
	if (why)
		return fail_server(ret_error, url->count + 1, why);
	grown = reallocarray(url->servers, url->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	url->servers = grown;
	grown[url->count++] = hp;
	return 0;
}

/* Cuts list into its servers. */
static int add_servers(struct zk_url *url, char *list, char **ret_error)
{
	char *server;

	if (*list == '\0')
		return fail(ret_error, "no server");
	while ((server = strsep(&list, ","))) {
		int r = add_server(url, server, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

static char *servers_text(const struct zk_url *url)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	for (size_t i = 0; i < url->count; i++) {
		char *server = host_port_join(url->servers[i].host, url->servers[i].port);

		fprintf(f, "%s%s", i > 0 ? "," : "", server ? server : "?");
		free(server);
	}
	memstream_close(f, &text);
	return text;
}

/* ZooKeeper's rules (PathUtils.validatePath), without the root: masters are not there. */
static const char *check_path(const char *path)
{
	if (path[0] == '\0')
		return "no path behind the servers";
	for (const char *part = path + 1;; part++) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len <= 2 && strspn(part, ".") == len))
			return "the path has a part that is empty, \".\" or \"..\"";
		part += len;
		if (*part == '\0')
			return NULL;
	}
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static int take_credentials(struct zk_url *url, char *text, char **ret_error)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text)
		return fail(ret_error, "not USER:PASSWORD before the @");
	url->credentials = strdup(text);
	return url->credentials ? 0 : -ENOMEM;
}

/* rest: what is behind zk://, cut into pieces here. */
static int parse_rest(struct zk_url *url, char *rest, char **ret_error)
{
	char *path = strchrnul(rest, '/'), *at;
	size_t len = strlen(path);
	const char *why;
	int r = 0;

	if (has_control(rest))
		return fail(ret_error, "a control character in it");
	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	why = check_path(path);
	if (why)
		return fail(ret_error, why);
	url->path = strdup(path);
	*path = '\0';
	at = strrchr(rest, '@');
	if (at) {
		*at = '\0';
		r = take_credentials(url, rest, ret_error);
		rest = at + 1;
	}
	if (r == 0)
		r = add_servers(url, rest, ret_error);
	if (r < 0)
		return r;
	url->text = servers_text(url);
	return url->path && url->text ? 0 : -ENOMEM;
}

static int parse(const char *text, struct zk_url *ret, char **ret_error)
{
	_cleanup_free_ char *rest = NULL;
	struct zk_url url = {0};
	int r;

	if (!starts_with(text, ZK_SCHEME))
		return fail(ret_error, "not a ZooKeeper URL");
	rest = strdup(text + strlen(ZK_SCHEME));
	r = rest ? parse_rest(&url, rest, ret_error) : -ENOMEM;
	if (rest)
		explicit_bzero(rest, strlen(text) - strlen(ZK_SCHEME));
	if (r < 0)
		zk_url_done(&url);
	else
		*ret = url;
	return r;
}

static const char *check_file(const char *path)
{
	return path[0] == '/' && path[1] != '\0' ? NULL : "not an absolute path behind file://";
}

/* The text of the file without the blanks and newlines at its end; NULL and errno. */
static char *read_url(const char *path)
{
	char *text = calloc(1, FILE_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t len = 0;
	int error = f && text ? 0 : errno;

	if (error == 0) {
		len = fread(text, 1, FILE_MAX, f);
		error = ferror(f) ? errno : !feof(f) && fgetc(f) != EOF ? EFBIG : 0;
	}
	if (error == 0 && strlen(text) != len)
		error = EBADMSG;
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	if (f)
		fclose(f);
	if (error == 0)
		return text;
	free(text);
	errno = error;
	return NULL;
}

static int load_file(const char *path, struct zk_url *ret, char **ret_error)
{
	_cleanup_free_ char *text = read_url(path), *why = NULL;
	int r;

	if (!text)
		return asprintf(ret_error, "%s: %s", path, strerror(errno)) < 0 ? -ENOMEM : -EINVAL;
	r = parse(text, ret, &why);
	explicit_bzero(text, strlen(text));
	if (r == -EINVAL && asprintf(ret_error, "%s: %s", path, why) < 0)
		return -ENOMEM;
	return r;
}

int zk_url_check(const char *text, char **ret_error)
{
	struct zk_url url;
	const char *why;
	int r;

	if (starts_with(text, FILE_SCHEME)) {
		why = check_file(text + strlen(FILE_SCHEME));
		return why ? fail(ret_error, why) : 0;
	}
	r = parse(text, &url, ret_error);
	if (r == 0)
		zk_url_done(&url);
	return r;
}

int zk_url_load(const char *text, struct zk_url *ret, char **ret_error)
{
	const char *why;

	if (!starts_with(text, FILE_SCHEME))
		return parse(text, ret, ret_error);
	why = check_file(text + strlen(FILE_SCHEME));
	return why ? fail(ret_error, why) : load_file(text + strlen(FILE_SCHEME), ret, ret_error);
}

void zk_url_done(struct zk_url *url)
{
	if (url->credentials)
		explicit_bzero(url->credentials, strlen(url->credentials));
	free(url->credentials);
	free(url->servers);
	free(url->text);
	free(url->path);
	*url = (struct zk_url){0};
}
