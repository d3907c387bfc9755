// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "host_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

static int parse_port(const char *text, uint16_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port;

	if (digits == 0 || text[digits] != '\0')
		return -EINVAL;
	port = strtoul(text, NULL, 10);
	if (port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

int host_port_split(const char *text, const char **ret_host, size_t *ret_len, const char **ret_port)
{
	const char *colon;

	if (text[0] == '[') {
		const char *end = strchr(text, ']');

		if (!end || end[1] != ':')
			return -EINVAL;
		*ret_host = text + 1;
		*ret_len = (size_t)(end - text - 1);
		*ret_port = end + 2;
		return 0;
	}
	colon = strchr(text, ':');
	if (!colon || strchr(colon + 1, ':'))
		return -EINVAL;
	*ret_host = text;
	*ret_len = (size_t)(colon - text);
	*ret_port = colon + 1;
	return 0;
}

const char *host_port_parse(const char *text, struct host_port *ret)
{
	const char *host, *port;
	struct host_port hp;
	size_t len;

	if (host_port_split(text, &host, &len, &port) < 0)
		return "not HOST:PORT";
	if (len == 0)
		return "no host";
	if (len >= sizeof(hp.host))
		return "the host is too long";
	if (parse_port(port, &hp.port) < 0)
		return "not a port";
	memcpy(hp.host, host, len);
	hp.host[len] = '\0';
	*ret = hp;
	return NULL;
}

char *host_port_join(const char *host, uint16_t port)
{
	bool brackets = strchr(host, ':');
	char *ret;

	return asprintf(&ret, "%s%s%s:%u", brackets ? "[" : "", host, brackets ? "]" : "", port) < 0
		       ? NULL
		       : ret;
}

bool host_is_name(const char *host)
{
	return *host && strspn(host, "-_.0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(host);
}

int host_port_normalise(struct host_port *hp)
{
	struct address a;

	if (address_parse(hp->host, &a) == 0) {
		address_format(&a, hp->host, sizeof(hp->host));
		return 0;
	}
	return host_is_name(hp->host) ? 0 : -EINVAL;
}
