// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * config.json: it is taken, or refused with one line; read again it is no other, and what is taken
 * the zone's configuration can be made of.
 *
 * Input: the file.
 */
#include <string.h>

#include "config_internal.h"
#include "config_reload.h"
#include "fuzz.h"
#include "zone_config.h"

static struct config *parse(const char *json, size_t len, char **ret_error)
{
	struct config *cfg = NULL;
	int r = config_parse_with("fuzz.json", json, len, "/dev/null", &cfg, ret_error);

	MUST(!r == !*ret_error && !r == (cfg != NULL));
	return cfg;
}

static void judge_taken(struct config *cfg, const char *json, size_t len)
{
	struct config_changes changes;
	struct xdns_config zc;
	char *error = NULL;
	struct config *again = parse(json, len, &error);

	MUST(again);
	MUST(!config_compare(cfg, again, &changes));
	MUST(!config_merge(again, cfg));
	MUST(!zone_config_make(cfg, &zc));
	for (size_t i = 0; i < cfg->warnings_count; i++)
		MUST(*cfg->warnings[i] && !strchr(cfg->warnings[i], '\n'));
	config_log(cfg);
	config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *error = NULL, *json;
	void *memory = fuzz_copy(data, size, (uint8_t **)&json);
	struct config *cfg = parse(json, size, &error);

	if (cfg)
		judge_taken(cfg, json, size);
	else
		MUST(!strncmp(error, "/", 1) && !strchr(error, '\n'));
	config_free(cfg);
	free(error);
	free(memory);
	return 0;
}
