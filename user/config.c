// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "config_internal.h"
#include "json_load.h"
#include "util.h"

/* Far above any real file; keeps a wrong path (a device, a state document) from filling memory. */
#define FILE_MAX    ((size_t)16 << 20)
#define RESOLV_CONF "/etc/resolv.conf"

const char *const config_ip_source_names[IP_SOURCE_COUNT] = {
	[IP_SOURCE_HOST] = "host",
	[IP_SOURCE_DOCKER] = "docker",
	[IP_SOURCE_MESOS] = "mesos",
	[IP_SOURCE_NETINFO] = "netinfo",
};

int config_set_string(char **str, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*str);
	*str = copy;
	return 0;
}

int str_list_add(struct str_list *list, const char *text)
{
	char **grown = reallocarray(list->items, list->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	list->items = grown;
	grown[list->count] = strdup(text);
	if (!grown[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

static void strings_free(char **items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(items[i]);
	free(items);
}

void str_list_clear(struct str_list *list)
{
	strings_free(list->items, list->count);
	*list = (struct str_list){0};
}

void raw_zones_clear(struct config_raw *raw)
{
	for (size_t i = 0; i < raw->zones_count; i++) {
		free(raw->zones[i].zone);
		str_list_clear(&raw->zones[i].resolvers);
	}
	free(raw->zones);
	raw->zones = NULL;
	raw->zones_count = 0;
}

static void loader_done(struct config_loader *l)
{
	str_list_clear(&l->raw.masters);
	str_list_clear(&l->raw.resolvers);
	str_list_clear(&l->raw.ip_sources);
	str_list_clear(&l->raw.xdp_interfaces);
	str_list_clear(&l->raw.responses_exempt);
	str_list_clear(&l->raw.clients_allow);
	str_list_clear(&l->raw.clients_deny);
	raw_zones_clear(&l->raw);
	free(l->raw.listener);
	free(l->raw.mesos_authentication);
	free(l->raw.xdp_mode);
	free(l->raw.mesos_secret_file);
	free(l->raw.file);
	json_decref(l->raw.tsig_keys);
	json_decref(l->raw.secondaries);
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		free(l->spelt[i]);
		free(l->value[i]);
	}
	free(l->error);
	config_free(l->cfg);
}

static void resolvers_free(struct config_resolvers *resolvers)
{
	for (size_t i = 0; i < resolvers->count; i++)
		free(resolvers->list[i].text);
	free(resolvers->list);
}

struct config *config_free(struct config *cfg)
{
	if (!cfg)
		return NULL;
	free(cfg->file);
	strings_free(cfg->masters, cfg->masters_count);
	free(cfg->zk);
	free(cfg->ca_cert_file);
	free(cfg->cert_file);
	free(cfg->key_file);
	free(cfg->mesos_principal);
	free(cfg->mesos_secret);
	free(cfg->iam_config_file);
	free(cfg->iam.uid);
	free(cfg->iam.private_key);
	free(cfg->iam.login_endpoint);
	free(cfg->domain);
	free(cfg->soa_mname);
	free(cfg->soa_rname);
	resolvers_free(&cfg->resolvers);
	for (size_t i = 0; i < cfg->zone_resolvers_count; i++) {
		free(cfg->zone_resolvers[i].zone);
		free(cfg->zone_resolvers[i].wire);
		resolvers_free(&cfg->zone_resolvers[i].resolvers);
	}
	free(cfg->zone_resolvers);
	free(cfg->cookie_secret_file);
	explicit_bzero(&cfg->cookies, sizeof(cfg->cookies));
	free(cfg->nsid);
	strings_free(cfg->responses_exempt.list, cfg->responses_exempt.count);
	strings_free(cfg->clients_allow.list, cfg->clients_allow.count);
	strings_free(cfg->clients_deny.list, cfg->clients_deny.count);
	clients_clear(&cfg->clients);
	strings_free(cfg->tsig_key_files, cfg->tsig_keys_count);
	if (cfg->tsig_keys)
		explicit_bzero(cfg->tsig_keys, cfg->tsig_keys_count * sizeof(*cfg->tsig_keys));
	free(cfg->tsig_keys);
	free(cfg->secondaries);
	free(cfg->http_listener);
	free(cfg->http_cert_file);
	free(cfg->http_key_file);
	free(cfg->http_cert);
	free(cfg->http_key);
	free(cfg->http_token_file);
	strings_free(cfg->xdp_interfaces, cfg->xdp_interfaces_count);
	free(cfg->bpf_dir);
	strings_free(cfg->warnings, cfg->warnings_count);
	free(cfg);
	return NULL;
}

void config_set_keep_serving(struct config *cfg, bool flag)
{
	cfg->xdp_keep_serving_flag = flag;
	cfg->xdp_keep_serving |= flag;
}

static char *absolute_path(const char *path)
{
	_cleanup_free_ char *cwd = NULL;
	char *ret;

	if (path[0] == '/')
		return strdup(path);
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return strdup(path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return asprintf(&ret, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path) < 0 ? NULL : ret;
}

static int read_all(int fd, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *buf = NULL;
	size_t len = 0, size = 0;

	for (;;) {
		ssize_t n;

		if (len + 1 >= size) {
			char *grown = realloc(buf, size ? size * 2 : 4096);

			if (!grown)
				return -ENOMEM;
			buf = grown;
			size = size ? size * 2 : 4096;
		}
		n = read(fd, buf + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
	}
	buf[len] = '\0';
	*ret = TAKE_PTR(buf);
	*ret_len = len;
	return 0;
}

int config_read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return read_all(fd, max, ret, ret_len);
}

static int document_fail(struct config_loader *l, const json_error_t *error)
{
	if (asprintf(&l->error, "%s: line %d, column %d: %s; allowed: one JSON object (RFC 8259)",
		     l->cfg->file, error->line, error->column, error->text) < 0)
		l->error = NULL;
	for (char *p = l->error; p && *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return -EINVAL;
}

static int apply_document(struct config_loader *l, const char *json, size_t len)
{
	json_error_t error;
	struct json_members it;
	struct json_member m;
	json_t *root = json_load(json, len, JSON_DECODE_ANY, &error);
	bool object = json_is_object(root), null = json_is_null(root);
	int r;

	if (!root && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (root && !object) {
		error.line = error.column = 1;
		snprintf(error.text, sizeof(error.text), "the document is %s",
			 json_type_word(root));
	}
	json_decref(root);
	/* As for encoding/json, null is an object without members. */
	if (null)
		return 0;
	if (!object)
		return document_fail(l, &error);
	json_members_init(&it, json, len);
	while ((r = json_members_next(&it, &m)) > 0) {
		r = config_assign(l, &m);
		json_member_done(&m);
		if (r < 0)
			return r;
	}
	return r;
}

static int load(struct config_loader *l, const char *json, size_t len)
{
	int r = config_defaults(l);

	if (r == 0)
		r = apply_document(l, json, len);
	if (r == 0)
		r = config_check(l);
	return r;
}

int config_parse_with(const char *path, const char *json, size_t len, const char *resolv_conf,
		      struct config **ret, char **ret_error)
{
	_cleanup_(loader_done) struct config_loader l = {.resolv_conf = resolv_conf};
	int r = -ENOMEM;

	l.cfg = calloc(1, sizeof(*l.cfg));
	if (l.cfg)
		l.cfg->file = absolute_path(path);
	if (l.cfg && l.cfg->file)
		r = load(&l, json, len);
	if (r < 0) {
		*ret_error = l.error ? TAKE_PTR(l.error) : strdup("out of memory");
		return r;
	}
	*ret = TAKE_PTR(l.cfg);
	return 0;
}

int config_parse(const char *path, const char *json, size_t len, struct config **ret,
		 char **ret_error)
{
	return config_parse_with(path, json, len, RESOLV_CONF, ret, ret_error);
}

int config_load(const char *path, struct config **ret, char **ret_error)
{
	_cleanup_free_ char *file = absolute_path(path);
	_cleanup_free_ char *json = NULL;
	size_t len;
	int r;

	if (!file)
		return -ENOMEM;
	r = config_read_file(file, FILE_MAX, &json, &len);
	if (r < 0) {
		if (asprintf(ret_error, "%s: cannot read the configuration file: %s", file,
			     strerror(-r)) < 0)
			*ret_error = NULL;
		return r;
	}
	return config_parse(file, json, len, ret, ret_error);
}
