// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Whatever a cluster calls its frameworks and tasks: the zone holds names that a query can ask
 * for, in the domain or below the reverse domains, and finds each of them; the HTTP API's lists
 * of them are JSON.
 *
 * Input: a state document.
 */
#include <ctype.h>
#include <string.h>

#include <jansson.h>
#include <urcu.h>

#include "dname_text.h"
#include "dns.h"
#include "fuzz.h"
#include "world.h"
#include "zone_read.h"

static bool below(const uint8_t *wire, size_t len, const char *text)
{
	uint8_t top[DNAME_WIRE_MAX];
	size_t n = (size_t)dname_from_text(text, strlen(text), top);

	return len >= n && !memcmp(wire + len - n, top, n);
}

/* docs/compatibility.md, unaskable-name: what a look-up never meets. */
static bool askable(uint8_t c)
{
	return c > ' ' && c < 0x7f && !isupper(c) && !strchr("();@\"'\\", c);
}

static size_t name_length(const uint8_t *wire)
{
	size_t at = 0;

	while (wire[at]) {
		size_t label = wire[at];

		MUST(label <= DNS_LABEL_MAX);
		MUST(!at || wire[at + 1] != '*'); /* a query's ".*" is taken out */
		for (at++; label--; at++)
			MUST(askable(wire[at]));
	}
	MUST(at < DNS_NAME_MAX);
	return at + 1;
}

static void judge_record(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	const struct zone *z = ctx;
	size_t len = name_length(owner);
	struct xdns_qname q;
	bool found;

	MUST(below(owner, len, "mesos") || below(owner, len, "in-addr.arpa") ||
	     below(owner, len, "ip6.arpa"));
	MUST(!xdns_qname_read(owner, owner + len, zone_config(z)->hash_key, &q));
	rcu_read_lock();
	found = zone_find(z, &q);
	rcu_read_unlock();
	MUST(found);
	if (rr->type == DNS_TYPE_SRV)
		name_length(rr->srv.target);
	else if (rr->type == DNS_TYPE_PTR)
		name_length(rr->ptr);
}

static void judge_list(struct world *w, const char *path)
{
	struct http_request q = {.method = "GET", .path = path};
	struct http_response a = {0};
	json_t *body;

	api_handle(&w->api, &q, &a);
	MUST(a.status == 200);
	body = json_loadb(a.body, a.len, 0, NULL);
	MUST(body);
	json_decref(body);
	free(a.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cluster *cluster = NULL;
	char *error = NULL;
	struct world w;

	if (world_read(0, data, size, &cluster, &error)) {
		free(error);
		return 0;
	}
	world_open(cluster, &w);
	cluster_free(cluster);
	zone_for_each_rr(w.parts.zone, judge_record, w.parts.zone);
	judge_list(&w, "/v1/enumerate");
	judge_list(&w, "/v1/axfr");
	judge_list(&w, "/v1/names");
	judge_list(&w, "/v1/conflicts");
	world_close(&w);
	return 0;
}
