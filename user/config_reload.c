// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "config_reload.h"

#include <errno.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

_Static_assert(CONFIG_KEY_COUNT <= CONFIG_CHANGES_MAX, "struct config_changes holds every key");

static size_t scalar_size(enum key_type type)
{
	switch (type) {
	case TYPE_BOOL:
		return sizeof(bool);
	case TYPE_INT:
		return sizeof(int);
	case TYPE_U16:
		return sizeof(uint16_t);
	case TYPE_U32:
		return sizeof(uint32_t);
	case TYPE_U64:
		return sizeof(uint64_t);
	default:
		return 0;
	}
}

static bool key_equal(const struct config_key *key, const struct config *a, const struct config *b)
{
	const void *x = (const char *)a + key->offset, *y = (const char *)b + key->offset;

	if (key->equal)
		return key->equal(a, b);
	if (key->type == TYPE_STRING)
		return strcmp(*(char *const *)x, *(char *const *)y) == 0;
	return memcmp(x, y, scalar_size(key->type)) == 0;
}

int config_compare(const struct config *old, const struct config *fresh, struct config_changes *ret)
{
	struct config_changes c = {0};

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->classes == CONFIG_UNUSED || key_equal(key, old, fresh))
			continue;
		if (key->classes == CONFIG_RESTART) {
			c.restart[c.restart_count++] = key->name;
			continue;
		}
		c.classes |= key->classes;
		c.live[c.live_count++] = key->name;
	}
	*ret = c;
	return (int)(c.live_count + c.restart_count);
}

/* The key without a place of its own by type. */
static void keep_listener(struct config *fresh, const struct config *old)
{
	fresh->listener = old->listener;
	fresh->listener_any = old->listener_any;
}

int config_merge(struct config *fresh, const struct config *old)
{
	int r = 0;

	keep_listener(fresh, old);
	for (size_t i = 0; i < CONFIG_KEY_COUNT && r == 0; i++) {
		const struct config_key *key = &config_keys[i];
		const void *from = (const char *)old + key->offset;
		void *to = (char *)fresh + key->offset;

		if (key->classes != CONFIG_RESTART || key->raw)
			continue;
		if (key->type == TYPE_STRING)
			r = config_set_string(to, *(char *const *)from);
		else
			memcpy(to, from, scalar_size(key->type));
	}
	return r;
}

int config_reload(const struct config *old, struct config **ret, struct config_changes *ret_changes,
		  char **ret_error)
{
	struct config_changes changes;
	struct config *fresh;
	int r = config_load(old->file, &fresh, ret_error);

	if (r < 0)
		return r;
	config_set_keep_serving(fresh, old->xdp_keep_serving_flag);
	config_compare(old, fresh, &changes);
	r = config_merge(fresh, old);
	if (!r)
		r = config_settle_cookies(fresh, &old->cookies);
	if (r < 0) {
		config_free(fresh);
		*ret_error = strdup("no memory for the new configuration");
		return r;
	}
	*ret_changes = changes;
	*ret = fresh;
	return 0;
}
