// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* To the terminal, or to a program. */
#include "xdnsctl.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "util.h"

#define WIDTH_MIN 20

void ctl_rrs_print(const struct ctl_rrs *rrs)
{
	char type[16];

	for (size_t i = 0; i < rrs->count; i++)
		printf("%s\t%u\tIN\t%s\t%s\n", rrs->list[i].owner, rrs->list[i].ttl,
		       ctl_type_name(rrs->list[i].type, type), rrs->list[i].data);
}

json_t *ctl_rrs_json(const struct ctl_rrs *rrs)
{
	json_t *list = json_array();
	char type[16];

	for (size_t i = 0; i < rrs->count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:s, s:s}", "name", rrs->list[i].owner,
						"ttl", (int)rrs->list[i].ttl, "type",
						ctl_type_name(rrs->list[i].type, type), "data",
						rrs->list[i].data));
	return list;
}

void ctl_json_print(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
}

size_t ctl_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	size_t width = columns ? strtoul(columns, NULL, 10) : 0;

	if (!width && isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		width = size.ws_col;
	return width && width < WIDTH_MIN ? WIDTH_MIN : width;
}

void ctl_print_cut(const char *text)
{
	size_t width = ctl_width();

	while (*text) {
		size_t len = strcspn(text, "\n");

		printf("%.*s\n", (int)(width && len > width ? width : len), text);
		text += len + (text[len] == '\n');
	}
}

void ctl_print_wrapped(const char *text, size_t indent)
{
	size_t width = ctl_width(), at = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (at && width && at + 1 + len > width) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (at || !len) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)len, text);
		at += len;
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}
