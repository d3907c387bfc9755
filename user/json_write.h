/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * JSON text as it is written: members in the order they come, indented by one blank a level, so
 * that a zone of a million records needs no tree of them. Escapes as Go's encoding/json, which
 * is what Mesos-DNS's answers have: also < > and &.
 */
#ifndef XDNS_JSON_WRITE_H
#define XDNS_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_WRITE_DEPTH_MAX 16

struct json_writer {
	FILE *out;
	unsigned depth;
	char closing[JSON_WRITE_DEPTH_MAX];
	bool filled;   /* the open level has an element */
	bool one_line; /* no line breaks at all; set before the first element */
};

/* key: NULL inside a list, and at the top. Texts are UTF-8. */
void json_open(struct json_writer *w, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json_writer *w);
void json_put_text(struct json_writer *w, const char *key, const char *text);
void json_put_number(struct json_writer *w, const char *key, uint64_t number);
void json_put_bool(struct json_writer *w, const char *key, bool value);
/* Raw JSON: a number with a fraction, null. */
void json_put_raw(struct json_writer *w, const char *key, const char *raw);

#endif
