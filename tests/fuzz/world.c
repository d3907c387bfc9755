// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "world.h"

#include <string.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "model.h"
#include "state.h"
#include "unit/event_reading.h"
#include "util.h"
#include "zone_config.h"

#define DOCUMENT_MAX (1 << 20)
#define SERIAL	     1234567890

static int feed(void *ctx, const void *data, size_t len)
{
	return state_feed(ctx, data, len);
}

int world_read(unsigned how, const uint8_t *document, size_t len, struct cluster **ret,
	       char **ret_error)
{
	static const struct state_resolver resolver = {reading_resolve, NULL};
	struct state *s;
	int r = state_new(DOCUMENT_MAX, &resolver, &s);

	MUST(!r);
	r = fuzz_cut(how, document, len, feed, s);
	if (!r)
		r = state_end(s);
	if (!r)
		r = state_finish(s, ret);
	if (r)
		*ret_error = strdup(state_error(s));
	state_free(s);
	return r;
}

static void look(void *ctx, struct api_world *ret)
{
	*ret = *(const struct api_world *)ctx;
}

static struct config *read_config(void)
{
	static const char json[] = "{\"masters\":[\"10.0.0.1:5050\"],\"resolvers\":[\"192.0.2.1\"],"
				   "\"ReverseDnsOn\":true,\"EnumerationOn\":true}";
	struct config *cfg = NULL;
	char *error = NULL;

	MUST(!config_parse("fuzz.json", json, strlen(json), &cfg, &error));
	return cfg;
}

static void publish(struct world *w, struct cluster *cluster)
{
	static const struct address listener = {AF_INET, {192, 0, 2, 53}};
	struct model_publish p = {
		.was = w->cfg,
		.is = w->cfg,
		.input = {.masters = (const char *const *)w->cfg->masters,
			  .masters_count = w->cfg->masters_count,
			  .listeners = &listener,
			  .listeners_count = 1},
		.input_changed = true,
	};
	struct model_difference difference;
	struct records_skipped skipped = {0};
	struct zone_changes changes;

	MUST(!model_snapshot(w->parts.model, cluster, now_ns(), &difference));
	MUST(!model_publish(w->parts.model, w->parts.zone, &p, &w->given, &skipped));
	MUST(!zone_commit(w->parts.zone, SERIAL, &changes));
}

void world_open(struct cluster *cluster, struct world *ret)
{
	static struct config *cfg;
	struct xdns_config zc;

	if (!cfg)
		cfg = read_config();
	memset(ret, 0, sizeof(*ret));
	ret->cfg = cfg;
	record_list_init(&ret->given);
	MUST(!zone_config_make(cfg, &zc));
	MUST(!zone_new(&zc, &ret->parts.zone));
	MUST(!model_new(&ret->parts.model));
	ret->parts.cfg = cfg;
	ret->api = (struct api){.zone = ret->parts.zone,
				.enumeration = cfg->enumeration_on,
				.look = look,
				.ctx = &ret->parts,
				.token = API_TOKEN_NONE};
	publish(ret, cluster);
}

void world_close(struct world *w)
{
	record_list_done(&w->given);
	model_free(w->parts.model);
	zone_free(w->parts.zone);
}
