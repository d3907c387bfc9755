// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The lists of client networks: read, and made into what is looked at for each query. */
#include <errno.h>

#include "config_internal.h"
#include "util.h"

#define NETWORKS_MAX 65536

static int take(struct config_loader *l, enum config_key_id id, struct str_list *raw,
		enum client_list list, struct config_networks *ret)
{
	struct clients *c = &l->cfg->clients;

	for (size_t i = 0; i < raw->count; i++) {
		const char *why;
		struct address a;
		unsigned bits;
		int r;

		why = address_parse_network(raw->items[i], &a, &bits);
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
