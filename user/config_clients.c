// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The lists of client networks: read, and made into what is looked at for each query. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

#define NETWORKS_MAX 65536
#define PREFIX_CHARS 3

/* What stands behind the '/'; -EINVAL if that is no number of at most max. */
static int parse_bits(const char *text, unsigned max, unsigned *ret)
{
	size_t len = strlen(text);
	unsigned long bits;

	if (!len || len > PREFIX_CHARS || strspn(text, "0123456789") != len)
		return -EINVAL;
	bits = strtoul(text, NULL, 10);
	if (bits > max)
		return -EINVAL;
	*ret = (unsigned)bits;
	return 0;
}

static bool is_clear_behind(const struct address *a, unsigned bits, unsigned max)
{
	for (unsigned i = bits; i < max; i++)
		if (a->bytes[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

/* Why a text is no network, NULL if it is one. */
static const char *parse_network(const char *text, struct address *ret, unsigned *ret_bits)
{
	char host[64];
	size_t len = strcspn(text, "/");
	unsigned max;

	if (len >= sizeof(host))
		return "not a network";
	memcpy(host, text, len);
	host[len] = '\0';
	if (address_parse(host, ret) < 0)
		return "not a network";
	max = ret->family == AF_INET ? 32 : 128;
	*ret_bits = max;
	if (text[len] == '/' && parse_bits(text + len + 1, max, ret_bits) < 0)
		return "not a length of a prefix";
	return is_clear_behind(ret, *ret_bits, max) ? NULL : "has bits set behind its prefix";
}

static int take(struct config_loader *l, enum config_key_id id, struct str_list *raw,
		enum client_list list, struct config_networks *ret)
{
	struct clients *c = &l->cfg->clients;

	for (size_t i = 0; i < raw->count; i++) {
		const char *why;
		struct address a;
		unsigned bits;
		int r;

		why = parse_network(raw->items[i], &a, &bits);
		if (!why && c->count == NETWORKS_MAX)
			why = "one too many";
		if (why)
			return config_fail(l, id, raw->items[i], "%s", why);
		r = clients_add(c, &a, bits, list);
		if (r < 0)
			return r;
	}
	ret->list = TAKE_PTR(raw->items);
	ret->count = raw->count;
	raw->count = 0;
	return 0;
}

int config_check_clients(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	int r = take(l, KEY_RESPONSES_EXEMPT, &l->raw.responses_exempt, CLIENTS_EXEMPT,
		     &cfg->responses_exempt);

	if (r == 0)
		r = take(l, KEY_CLIENTS_ALLOW, &l->raw.clients_allow, CLIENTS_ALLOW,
			 &cfg->clients_allow);
	if (r == 0)
		r = take(l, KEY_CLIENTS_DENY, &l->raw.clients_deny, CLIENTS_DENY,
			 &cfg->clients_deny);
	return r < 0 || !cfg->clients.count ? r : clients_settle(&cfg->clients);
}
