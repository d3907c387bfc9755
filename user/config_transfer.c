// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Who may have the zone: keys and secondaries. Secrets are read from files of their own, here. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

#include "config_internal.h"
#include "dname_text.h"
#include "util.h"

#define KEYS_MAX	64
#define SECONDARIES_MAX 64
#define FILE_MAX	4096 /* octets of a secret's file, white space included */
#define SECRET_MIN	16   /* octets: 128 bits */

/* Members of one element of a list; NULL: not given. */
struct members {
	const char *text[4];
	const json_t *value[4];
};

/* Finds the members by name, without regard to case; the last of a name counts. */
static int take_members(struct config_loader *l, enum config_key_id id, json_t *object,
			const char *const *names, size_t count, struct members *ret)
{
	const char *name;
	json_t *value;

	*ret = (struct members){0};
	json_object_foreach(object, name, value) {
		size_t i = 0;

		while (i < count && !json_key_equal(names[i], name))
			i++;
		if (i < count)
			ret->value[i] = json_is_null(value) ? NULL : value;
		else if (config_warn(l, "%s: unknown key \"%s\" is ignored", config_keys[id].name,
				     name))
			return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		ret->text[i] = json_string_value(ret->value[i]);
	return 0;
}

/* Is it a string, or not there? */
static int check_text(struct config_loader *l, enum config_key_id id, const char *name,
		      const json_t *value, bool needed)
{
	if (!value && needed)
		return config_fail(l, id, NULL, "%s is missing", name);
	if (value && !json_is_string(value))
		return config_fail(l, id, NULL, "%s is %s", name, json_type_word(value));
	return 0;
}

/* Base64 (RFC 4648 4), as tsig-keygen, keymgr and nsd-control write it. */
static const char *decode(char *text, struct tsig_key *key)
{
	uint8_t out[FILE_MAX];
	size_t len = strlen(text), padding = 0;
	int n;

	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	text[len] = '\0';
	while (padding < 2 && padding < len && text[len - padding - 1] == '=')
		padding++;
	if (!len || len % 4 ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") !=
		    len - padding)
		return "not one secret in base64";
	n = EVP_DecodeBlock(out, (const uint8_t *)text, (int)len) - (int)padding;
	if (n >= SECRET_MIN && n <= TSIG_SECRET_MAX) {
		memcpy(key->secret, out, (size_t)n);
		key->secret_len = (uint16_t)n;
	}
	explicit_bzero(out, sizeof(out));
	return key->secret_len ? NULL : "a secret of another length than 16 to 512 octets";
}

/* A secret that others can read is none. */
static int read_secret(struct config_loader *l, const char *path, struct tsig_key *key)
{
	const char *why;
	struct stat st;
	char *text;
	size_t len;
	int r;

	if (stat(path, &st))
		return config_fail(l, KEY_TSIG_KEYS, path, "%s", strerror(errno));
	if (st.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
		return config_fail(l, KEY_TSIG_KEYS, path,
				   "its mode is %04o: others may read it, or its group write it",
				   st.st_mode & 07777U);
	r = config_read_file(path, FILE_MAX - 1, &text, &len);
	if (r < 0)
		return config_fail(l, KEY_TSIG_KEYS, path, "%s", strerror(-r));
	why = strlen(text) == len ? decode(text, key) : "a NUL in it";
	explicit_bzero(text, len);
	free(text);
	return why ? config_fail(l, KEY_TSIG_KEYS, path, "%s", why) : 0;
}

static int set_algorithm(struct config_loader *l, const char *text, struct tsig_key *key)
{
	for (int i = 0; i < TSIG_ALGORITHMS_COUNT; i++) {
		if (strcasecmp(text, tsig_algorithm_names[i]) == 0) {
			key->algorithm = (uint8_t)i;
			return 0;
		}
	}
	return config_fail(l, KEY_TSIG_KEYS, text,
			   "not an algorithm: hmac-sha1, -sha224, -sha256, -sha384 or -sha512");
}

/* -ENOENT: there is no such key. */
static int find_key(const struct config *cfg, const char *text)
{
	uint8_t wire[DNAME_WIRE_MAX];
	int len = dname_from_text(text, strlen(text), wire);

	if (len < 0)
		return -ENOENT;
	dname_lower(wire, (size_t)len);
	for (size_t i = 0; i < cfg->tsig_keys_count; i++)
		if (cfg->tsig_keys[i].name_len == len &&
		    memcmp(cfg->tsig_keys[i].name, wire, (size_t)len) == 0)
			return (int)i;
	return -ENOENT;
}

static int add_key(struct config_loader *l, json_t *object)
{
	static const char *const names[] = {"name", "algorithm", "secretFile"};
	struct config *cfg = l->cfg;
	struct tsig_key *key = &cfg->tsig_keys[cfg->tsig_keys_count];
	_cleanup_free_ char *path = NULL;
	struct members m;
	int len, r = take_members(l, KEY_TSIG_KEYS, object, names, ARRAY_SIZE(names), &m);

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++)
		r = check_text(l, KEY_TSIG_KEYS, names[i], m.value[i], i != 1);
	if (r < 0)
		return r;
	len = dname_from_text(m.text[0], strlen(m.text[0]), key->name);
	if (len < 2)
		return config_fail(l, KEY_TSIG_KEYS, m.text[0], "not a domain name");
	if (find_key(cfg, m.text[0]) >= 0)
		return config_fail(l, KEY_TSIG_KEYS, m.text[0], "given twice");
	key->name_len = (uint8_t)len;
	dname_lower(key->name, (size_t)len);
	r = set_algorithm(l, m.text[1] ? m.text[1] : tsig_algorithm_names[TSIG_SHA256], key);
	if (r == 0)
		r = config_set_text(l, KEY_TSIG_KEYS, &path, m.text[2]);
	if (r == 0)
		r = read_secret(l, path, key);
	if (r < 0)
		return r;
	cfg->tsig_key_files[cfg->tsig_keys_count++] = TAKE_PTR(path);
	return 0;
}

static int set_address(struct config_loader *l, const char *text, struct config_secondary *s)
{
	const char *why = address_parse_network(text, &s->address, &s->prefix);

	return why ? config_fail(l, KEY_TRANSFER, text, "%s", why) : 0;
}

static int set_port(struct config_loader *l, const json_t *value, struct config_secondary *s)
{
	json_int_t port = value ? json_integer_value(value) : DNS_PORT;

	if (value && !json_is_integer(value))
		return config_fail(l, KEY_TRANSFER, NULL, "port is %s", json_type_word(value));
	if (port < 1 || port > UINT16_MAX)
		return config_fail(l, KEY_TRANSFER, NULL, "port is out of range");
	s->port = (uint16_t)port;
	return 0;
}

static int set_notify(struct config_loader *l, const json_t *value, struct config_secondary *s)
{
	bool whole = s->prefix == (s->address.family == AF_INET ? 32 : 128);

	if (value && !json_is_boolean(value))
		return config_fail(l, KEY_TRANSFER, NULL, "notify is %s", json_type_word(value));
	s->notify = value ? json_is_true(value) : whole;
	if (s->notify && !whole)
		return config_fail(l, KEY_TRANSFER, NULL,
				   "notify for a prefix: only an address can be told");
	return 0;
}

static int add_secondary(struct config_loader *l, json_t *object)
{
	static const char *const names[] = {"address", "port", "key", "notify"};
	struct config_secondary *s = &l->cfg->secondaries[l->cfg->secondaries_count];
	struct members m;
	int r = take_members(l, KEY_TRANSFER, object, names, ARRAY_SIZE(names), &m);

	if (r == 0)
		r = check_text(l, KEY_TRANSFER, "address", m.value[0], true);
	if (r == 0)
		r = check_text(l, KEY_TRANSFER, "key", m.value[2], false);
	if (r == 0)
		r = set_address(l, m.text[0], s);
	if (r == 0)
		r = set_port(l, m.value[1], s);
	if (r == 0)
		r = set_notify(l, m.value[3], s);
	if (r < 0)
		return r;
	s->key = -1;
	if (m.text[2])
		s->key = find_key(l->cfg, m.text[2]);
	if (s->key == -ENOENT)
		return config_fail(l, KEY_TRANSFER, m.text[2], "tsigKeys has no such key");
	l->cfg->secondaries_count++;
	return 0;
}

int config_check_transfer(struct config_loader *l)
{
	size_t keys = json_array_size(l->raw.tsig_keys);
	size_t secondaries = json_array_size(l->raw.secondaries);
	struct config *cfg = l->cfg;
	int r = 0;

	if (keys > KEYS_MAX)
		return config_fail(l, KEY_TSIG_KEYS, NULL, "more than %d", KEYS_MAX);
	if (secondaries > SECONDARIES_MAX)
		return config_fail(l, KEY_TRANSFER, NULL, "more than %d", SECONDARIES_MAX);
	cfg->tsig_keys = calloc(keys + 1, sizeof(*cfg->tsig_keys));
	cfg->tsig_key_files = calloc(keys + 1, sizeof(*cfg->tsig_key_files));
	cfg->secondaries = calloc(secondaries + 1, sizeof(*cfg->secondaries));
	if (!cfg->tsig_keys || !cfg->tsig_key_files || !cfg->secondaries)
		return -ENOMEM;
	for (size_t i = 0; i < keys && r == 0; i++)
		r = add_key(l, json_array_get(l->raw.tsig_keys, i));
	for (size_t i = 0; i < secondaries && r == 0; i++)
		r = add_secondary(l, json_array_get(l->raw.secondaries, i));
	return r;
}
