// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "pid.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 255

static int parse_service(const char *text, uint16_t *ret)
{
	struct servent entry, *found = NULL;
	char buf[1024];

	if (getservbyname_r(text, "tcp", &entry, buf, sizeof(buf), &found) != 0 || !found)
		return -EINVAL;
	*ret = ntohs((uint16_t)found->s_port);
	return 0;
}

static int parse_port(const char *p, size_t len, uint16_t *ret)
{
	char text[64];
	unsigned long v;
	char *end;

	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, p, len);
	text[len] = 0;
	if (len == 0 || text[0] < '0' || text[0] > '9')
		return parse_service(text, ret);
	v = strtoul(text, &end, 10);
	if (*end || v > 65535)
		return -EINVAL;
	*ret = (uint16_t)v;
	return 0;
}

/* Splits at the last colon; a host with colons must be in [ ]. */
static int split(const char *text, size_t len, const char **ret_host, size_t *ret_host_len,
		 const char **ret_port)
{
	const char *colon = memrchr(text, ':', len);
	size_t host_len;

	if (!colon)
		return -EINVAL;
	host_len = (size_t)(colon - text);
	*ret_port = colon + 1;
	if (host_len > 0 && text[0] == '[') {
		if (text[host_len - 1] != ']')
			return -EINVAL;
		text++;
		host_len -= 2;
	} else if (memchr(text, ':', host_len)) {
		return -EINVAL;
	}
	for (size_t i = 0; i < host_len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || strchr("[]\"\\@/?#", text[i]))
			return -EINVAL;
	*ret_host = text;
	*ret_host_len = host_len;
	return host_len > HOST_MAX ? -EINVAL : 0;
}

int pid_parse_address(const char *text, size_t len, struct pid *ret)
{
	struct pid pid = {0};
	const char *host, *port;
	size_t host_len, port_len;
	int rc;

	rc = split(text, len, &host, &host_len, &port);
	if (rc < 0)
		return rc;
	port_len = (size_t)(text + len - port);
	pid.has_port = port_len > 0;
	if (pid.has_port) {
		rc = parse_port(port, port_len, &pid.port);
		if (rc < 0)
			return rc;
	}
	pid.host = strndup(host, host_len);
	if (!pid.host)
		return -ENOMEM;
	*ret = pid;
	return 0;
}

int pid_parse(const char *text, size_t len, struct pid *ret)
{
	const char *at;

	while (len > 0 && *text == ' ') {
		text++;
		len--;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	at = memchr(text, '@', len);
	if (!at || memchr(at + 1, '@', (size_t)(text + len - at - 1)))
		return -EINVAL;
	return pid_parse_address(at + 1, (size_t)(text + len - at - 1), ret);
}
