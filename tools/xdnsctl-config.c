// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The daemon's judgement of a configuration, before the daemon has it. */
#include "xdnsctl.h"

#include <stdio.h>

#include "util.h"

int ctl_check_config(const struct ctl *c, int argc, char **argv)
{
	_cleanup_free_ char *error = NULL;
	struct config *cfg = NULL;
	bool good = !config_load(argv[0], &cfg, &error);
	json_t *warnings = json_array();

	(void)argc;
	for (size_t i = 0; good && i < cfg->warnings_count; i++)
		if (c->json)
			json_array_append_new(warnings, json_string(cfg->warnings[i]));
		else
			printf("warning: %s\n", cfg->warnings[i]);
	if (c->json)
		ctl_json_print(json_pack("{s:s, s:b, s:s?, s:O}", "file", argv[0], "good", good,
					 "error", good ? NULL : error, "warnings", warnings));
	else if (good)
		printf("%s: good\n", argv[0]);
	else
		printf("error: %s\n", error ? error : "no memory");
	json_decref(warnings);
	config_free(cfg);
	return good ? CTL_OK : CTL_NOT;
}
