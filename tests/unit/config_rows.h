/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the tests of the configuration share: rows that give members of an object. */
#ifndef XDNS_TESTS_CONFIG_ROWS_H
#define XDNS_TESTS_CONFIG_ROWS_H

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_internal.h"
#include "util.h"

#define FILE_NAME "/etc/c.json"
#define PREFIX	  FILE_NAME ": "
#define A16	  "aaaaaaaaaaaaaaaa"
#define A63	  A16 A16 A16 "aaaaaaaaaaaaaaa"
/* Rows give members; a document that is to be taken as it is begins with '!'. */
static inline int parse(const char *members, struct config **ret, char **ret_error)
{
	char *json;
	int r;

	if (members[0] == '!')
		r = asprintf(&json, "%s", members + 1);
	else
		r = asprintf(&json, "{\"masters\": [\"127.0.0.1:5050\"]%s%s}", *members ? ", " : "",
			     members);
	assert_true(r >= 0);
	r = config_parse_with(FILE_NAME, json, strlen(json), "/dev/null", ret, ret_error);
	free(json);
	return r;
}

#endif
