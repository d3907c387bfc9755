// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zk_lookup.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "util.h"

struct texts {
	char **list;
	size_t count, cap;
};

static void texts_done(struct texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->list[i]);
	free(t->list);
}

static int add_address(struct texts *to, const struct addrinfo *ai, uint16_t port)
{
	char host[NI_MAXHOST], *text;

	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof(host), NULL, 0, NI_NUMERICHOST))
		return 0;
	if (asprintf(&text, "%s:%u", host, port) < 0)
		return -ENOMEM;
	if (array_reserve(&to->list, &to->cap, to->count + 1, sizeof(*to->list)) < 0) {
		free(text);
		return -ENOMEM;
	}
	to->list[to->count++] = text;
	return 0;
}

/* A name without an address is no error; *ret_why says why it has none. */
static int add_server(struct texts *to, const struct host_port *server, const char **ret_why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
	int r = getaddrinfo(server->host, NULL, &hints, &all);

	if (r != 0) {
		*ret_why = gai_strerror(r);
		return 0;
	}
	for (const struct addrinfo *ai = all; ai && r == 0; ai = ai->ai_next)
		r = add_address(to, ai, server->port);
	freeaddrinfo(all);
	return r;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join(struct texts *t)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	qsort(t->list, t->count, sizeof(*t->list), by_text);
	for (size_t i = 0; i < t->count; i++)
		if (i == 0 || strcmp(t->list[i], t->list[i - 1]) != 0)
			fprintf(f, "%s%s", i > 0 ? "," : "", t->list[i]);
	memstream_close(f, &text);
	return text;
}

char *zk_lookup(const struct zk_url *url, const char **ret_why)
{
	struct texts found = {0};
	char *text = NULL;
	int r = 0;

	*ret_why = strerror(ENOMEM);
	for (size_t i = 0; i < url->count && r == 0; i++)
		r = add_server(&found, &url->servers[i], ret_why);
	if (r == 0 && found.count > 0)
		text = join(&found);
	texts_done(&found);
	return text;
}
