// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* How to log in at the masters, and the file the "iam" way needs. */
#include <errno.h>
#include <string.h>

#include "config_internal.h"
#include "json_load.h"
#include "util.h"

#define IAM_FILE_MAX ((size_t)1 << 20)

static int assign_iam(struct config_loader *l, const struct json_member *m)
{
	struct config_iam *iam = &l->cfg->iam;
	const struct {
		const char *name;
		char **to;
	} fields[] = {
		{"uid", &iam->uid},
		{"private_key", &iam->private_key},
		{"login_endpoint", &iam->login_endpoint},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!json_key_equal(fields[i].name, json_string_value(m->name)))
			continue;
		if (json_is_null(m->value))
			return 0;
		if (!json_is_string(m->value))
			return config_fail(l, KEY_IAM_CONFIG_FILE, l->cfg->iam_config_file,
					   "%s in it is %s", fields[i].name,
					   json_type_word(m->value));
		return config_set_string(fields[i].to, json_string_value(m->value));
	}
	return 0;
}

static int parse_iam(struct config_loader *l, const char *json, size_t len)
{
	const char *path = l->cfg->iam_config_file;
	json_error_t error;
	struct json_members it;
	struct json_member m;
	json_t *root = json_load(json, len, JSON_DECODE_ANY, &error);
	bool object = json_is_object(root), null = json_is_null(root);
	int r;

	if (!root && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	json_decref(root);
	if (null)
		return 0;
	/* The parser quotes the text near the fault, which may be the key: the place is enough. */
	if (!root)
		return config_fail(l, KEY_IAM_CONFIG_FILE, path, "not JSON at line %d, column %d",
				   error.line, error.column);
	if (!object)
		return config_fail(l, KEY_IAM_CONFIG_FILE, path, "not a JSON object");
	json_members_init(&it, json, len);
	while ((r = json_members_next(&it, &m)) > 0) {
		r = assign_iam(l, &m);
		json_member_done(&m);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_iam(struct config_loader *l)
{
	struct config_iam *iam = &l->cfg->iam;
	const char *path = l->cfg->iam_config_file;
	char *json;
	size_t len;
	int r;

	if (config_set_string(&iam->uid, "") < 0 || config_set_string(&iam->private_key, "") < 0 ||
	    config_set_string(&iam->login_endpoint, "") < 0)
		return -ENOMEM;
	if (!*path)
		return 0;
	r = config_read_file(path, IAM_FILE_MAX, &json, &len);
	if (r < 0)
		return config_fail(l, KEY_IAM_CONFIG_FILE, path, "%s", strerror(-r));
	r = parse_iam(l, json, len);
	explicit_bzero(json, len);
	free(json);
	if (r < 0 || !*iam->login_endpoint)
		return r;
	if (strncasecmp(iam->login_endpoint, "http://", 7) != 0 &&
	    strncasecmp(iam->login_endpoint, "https://", 8) != 0)
		return config_fail(l, KEY_IAM_CONFIG_FILE, path,
				   "login_endpoint in it is not an http or https URL");
	return 0;
}

static int check_iam(struct config_loader *l)
{
	const struct config_iam *iam = &l->cfg->iam;

	if (!*l->cfg->iam_config_file)
		return config_fail(l, KEY_MESOS_AUTHENTICATION, NULL, "no iamConfigFile is given");
	if (!*iam->uid || !*iam->private_key || !*iam->login_endpoint)
		return config_fail(l, KEY_IAM_CONFIG_FILE, l->cfg->iam_config_file,
				   "%s is missing in it",
				   !*iam->uid		? "uid"
				   : !*iam->private_key ? "private_key"
							: "login_endpoint");
	return 0;
}

static int warn_unused(struct config_loader *l, bool credentials)
{
	int r = 0;

	if (credentials)
		r = config_warn(l, "mesosCredentials is given but not used: mesosAuthentication "
				   "is not set");
	if (r == 0 && *l->cfg->iam_config_file)
		r = config_warn(l, "iamConfigFile is given but not used: mesosAuthentication is "
				   "not set");
	return r;
}

int config_check_auth(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	const char *word = l->raw.mesos_authentication;
	bool credentials;
	int r = config_read_secret(l);

	if (r == 0)
		r = read_iam(l);
	if (r < 0)
		return r;
	/* One of the two is enough, as for Mesos-DNS. */
	credentials = *cfg->mesos_principal || *cfg->mesos_secret;
	if (!*word) {
		cfg->mesos_auth = MESOS_AUTH_NONE;
		return warn_unused(l, credentials);
	}
	if (strcmp(word, "basic") == 0) {
		cfg->mesos_auth = MESOS_AUTH_BASIC;
		return credentials ? 0
				   : config_fail(l, KEY_MESOS_AUTHENTICATION, NULL,
						 "no mesosCredentials are given");
	}
	if (strcmp(word, "iam") == 0) {
		cfg->mesos_auth = MESOS_AUTH_IAM;
		return check_iam(l);
	}
	return config_fail(l, KEY_MESOS_AUTHENTICATION, NULL, "not a way to log in");
}
