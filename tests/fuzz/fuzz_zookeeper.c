// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What ZooKeeper is asked for and what it holds: a master's node, as JSON or protobuf, gives a
 * host and a port, and so do the servers of a URL, in the form that they are compared in.
 *
 * Input: a letter that says what it is ('j', 'p', 'u'), then the node or the URL.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "master_info.h"
#include "zk_url.h"

/*
 * An address is written as inet_ntop() does, IPv4 as IPv4, but for the deprecated ::a.b.c.d, which
 * is no IPv4 address (RFC 5952 5).
 */
static void judge_host(const char *host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, host, &in) == 1) {
		MUST(inet_ntop(AF_INET, &in, text, sizeof(text)) && !strcmp(text, host));
	} else if (inet_pton(AF_INET6, host, &in6) == 1) {
		MUST(!IN6_IS_ADDR_V4MAPPED(&in6));
		MUST(inet_ntop(AF_INET6, &in6, text, sizeof(text)));
		MUST(!strcmp(text, host) || (IN6_IS_ADDR_V4COMPAT(&in6) && !strchr(host, '.')));
	}
}

/* Read and written again, the text is the same. */
static void judge_host_port(const char *text)
{
	struct host_port hp;
	char *again;

	MUST(!host_port_parse(text, &hp) && hp.port);
	judge_host(hp.host);
	MUST(!host_port_normalise(&hp));
	again = host_port_join(hp.host, hp.port);
	MUST(again && !strcmp(again, text));
	free(again);
}

static void try_node(bool json, const char *node, size_t len)
{
	const char *why = NULL;
	char *master = NULL;
	int r = json ? master_info_from_json(node, len, &master, &why)
		     : master_info_from_protobuf(node, len, &master, &why);

	if (r) {
		MUST(r == -EBADMSG && why && *why && !master);
		return;
	}
	judge_host_port(master);
	free(master);
}

static void judge_url(const struct zk_url *url)
{
	size_t len = strlen(url->path);

	MUST(url->count > 0 && len > 1 && url->path[0] == '/' && url->path[len - 1] != '/');
	for (size_t i = 0; i < url->count; i++) {
		char *text = host_port_join(url->servers[i].host, url->servers[i].port);

		MUST(text);
		judge_host_port(text);
		free(text);
	}
}

static void try_url(const char *octets, size_t len)
{
	char *text = strndup(octets, len), *error = NULL;
	struct zk_url url = {0};
	int r;

	MUST(text);
	r = zk_url_check(text, &error);
	MUST(!r == !error && (!error || (*error && !strchr(error, '\n'))));
	free(error);
	error = NULL;
	if (strncmp(text, "file:", 5)) {
		MUST(zk_url_load(text, &url, &error) == r);
		if (!r)
			judge_url(&url);
		zk_url_done(&url);
		free(error);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	uint8_t what = fuzz_octet(&in), *octets;
	void *memory = fuzz_copy(in.at, in.left, &octets);

	if (what == 'u')
		try_url((const char *)octets, in.left);
	else
		try_node(what == 'j', (const char *)octets, in.left);
	free(memory);
	return 0;
}
