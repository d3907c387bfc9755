// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Errors and warnings about a configuration file: one line each, whatever is in it. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

#define VALUE_SHOWN 100

/* Blanks and control characters become one blank each run. */
static void one_line(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if ((unsigned char)*from > ' ' && *from != 0x7f)
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
}

/* Cuts between characters of UTF-8 and marks the cut. */
static char *shorten(const char *text, size_t len)
{
	bool cut = len > VALUE_SHOWN;
	char *ret;

	if (cut) {
		len = VALUE_SHOWN;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	if (asprintf(&ret, "%.*s%s", (int)len, text, cut ? "..." : "") < 0)
		return NULL;
	one_line(ret);
	return ret;
}

int config_remember_value(struct config_loader *l, enum config_key_id id,
			  const struct json_member *m)
{
	char *text = config_keys[id].secret ? strdup("***") : shorten(m->text, m->len);

	if (!text)
		return -ENOMEM;
	free(l->value[id]);
	l->value[id] = text;
	return 0;
}

/* A URL may carry a password. */
static const char *value_of(const struct config_loader *l, enum config_key_id id)
{
	const char *value = l->value[id];

	if (id == KEY_ZK && value && strchr(value, '@'))
		return "***";
	return value;
}

int config_fail(struct config_loader *l, enum config_key_id id, const char *value, const char *why,
		...)
{
	_cleanup_free_ char *quoted = NULL;
	char *text = NULL;
	size_t len;
	va_list ap;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return -ENOMEM;
	fprintf(out, "%s: %s", l->cfg->file, l->spelt[id] ? l->spelt[id] : config_keys[id].name);
	if (value && (quoted = shorten(value, strlen(value))))
		fprintf(out, " = \"%s\"", quoted);
	else if (!value && value_of(l, id))
		fprintf(out, " = %s", value_of(l, id));
	fputs(": ", out);
	va_start(ap, why);
	vfprintf(out, why, ap);
	va_end(ap);
	fputs("; allowed: ", out);
	config_describe(&config_keys[id], out);
	if (memstream_close(out, &text))
		return -ENOMEM;
	one_line(text);
	free(l->error);
	l->error = text;
	return -EINVAL;
}

int config_warn(struct config_loader *l, const char *fmt, ...)
{
	struct config *cfg = l->cfg;
	char **grown = reallocarray(cfg->warnings, cfg->warnings_count + 1, sizeof(*grown));
	_cleanup_free_ char *text = NULL;
	char *line;
	va_list ap;
	int r;

	if (!grown)
		return -ENOMEM;
	cfg->warnings = grown;
	va_start(ap, fmt);
	r = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	if (asprintf(&line, "%s: %s", cfg->file, text) < 0)
		return -ENOMEM;
	one_line(line);
	grown[cfg->warnings_count++] = line;
	return 0;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein distance without regard to ASCII case; SIZE_MAX for long words. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	size_t row[64];

	if (la >= ARRAY_SIZE(row) || lb >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			bool same = strncasecmp(a + i - 1, b + j - 1, 1) == 0;
			size_t above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = above;
		}
	}
	return row[lb];
}

int config_warn_unknown(struct config_loader *l, const char *name)
{
	_cleanup_free_ char *shown = shorten(name, strlen(name));
	const char *near = NULL;
	/* One slip in four characters, one to three: further off it is another word. */
	size_t slips = strlen(name) / 4;
	size_t best = slips < 1 ? 1 : slips > 3 ? 3 : slips;

	if (!shown)
		return -ENOMEM;
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		size_t d = distance(name, config_keys[i].name);

		if (d <= best && (!near || d < best)) {
			near = config_keys[i].name;
			best = d;
		}
	}
	if (near)
		return config_warn(l, "unknown key \"%s\" is ignored; did you mean \"%s\"?", shown,
				   near);
	return config_warn(l, "unknown key \"%s\" is ignored", shown);
}
