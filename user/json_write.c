// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "json_write.h"

#include <inttypes.h>

static void new_line(struct json_writer *w)
{
	if (w->one_line)
		return;
	fputc('\n', w->out);
	for (unsigned i = 0; i < w->depth; i++)
		fputc(' ', w->out);
}

static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p < 0x20 || *p == '<' || *p == '>' || *p == '&' || *p == 0x7f)
			fprintf(out, "\\u%04x", *p);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

static void begin(struct json_writer *w, const char *key)
{
	if (w->filled)
		fputs(w->one_line ? ", " : ",", w->out);
	if (w->depth)
		new_line(w);
	w->filled = true;
	if (!key)
		return;
	put_string(w->out, key);
	fputs(": ", w->out);
}

void json_open(struct json_writer *w, const char *key, char bracket)
{
	begin(w, key);
	fputc(bracket, w->out);
	if (w->depth < JSON_WRITE_DEPTH_MAX)
		w->closing[w->depth++] = bracket == '{' ? '}' : ']';
	w->filled = false;
}

void json_close(struct json_writer *w)
{
	char bracket = w->closing[--w->depth];

	if (w->filled)
		new_line(w);
	fputc(bracket, w->out);
	w->filled = true;
}

void json_put_text(struct json_writer *w, const char *key, const char *text)
{
	begin(w, key);
	put_string(w->out, text);
}

void json_put_number(struct json_writer *w, const char *key, uint64_t number)
{
	begin(w, key);
	fprintf(w->out, "%" PRIu64, number);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
	json_put_raw(w, key, value ? "true" : "false");
}

void json_put_raw(struct json_writer *w, const char *key, const char *raw)
{
	begin(w, key);
	fputs(raw, w->out);
}
