// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool endpoint_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)b;
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in *b4 = (const struct sockaddr_in *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return a6->sin6_port == b6->sin6_port &&
		       !memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr));
	return a->ss_family == AF_INET && a4->sin_port == b4->sin_port &&
	       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}

const char *endpoint_text(const struct sockaddr_storage *a, char buf[ENDPOINT_TEXT_MAX])
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;
	char host[INET6_ADDRSTRLEN] = "";

	*buf = 0;
	if (a->ss_family == AF_INET6 && inet_ntop(AF_INET6, &a6->sin6_addr, host, sizeof(host)))
		snprintf(buf, ENDPOINT_TEXT_MAX, "[%s]:%u", host, ntohs(a6->sin6_port));
	else if (a->ss_family == AF_INET && inet_ntop(AF_INET, &a4->sin_addr, host, sizeof(host)))
		snprintf(buf, ENDPOINT_TEXT_MAX, "%s:%u", host, ntohs(a4->sin_port));
	return buf;
}

void endpoint_client(const struct sockaddr *a, struct xdns_client *ret)
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;

	*ret = (struct xdns_client){.is_ip6 = a->sa_family == AF_INET6};
	if (ret->is_ip6) {
		memcpy(&ret->hi, a6->sin6_addr.s6_addr, sizeof(ret->hi));
		memcpy(&ret->lo, a6->sin6_addr.s6_addr + 8, sizeof(ret->lo));
	} else {
		ret->lo = a4->sin_addr.s_addr;
	}
}
