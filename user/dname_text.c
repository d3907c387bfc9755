// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dname_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63

/* A name under construction: wire[label] is the length octet of the open label. */
struct builder {
	uint8_t wire[DNAME_WIRE_MAX];
	size_t label;
	size_t len;
};

static int builder_octet(struct builder *b, uint8_t octet)
{
	/* One octet stays free for the root. */
	if (b->len - b->label > LABEL_MAX || b->len >= DNAME_WIRE_MAX - 1)
		return -EINVAL;
	b->wire[b->len++] = octet;
	return 0;
}

static int builder_end_label(struct builder *b)
{
	size_t len = b->len - b->label - 1;

	if (len == 0 || b->len >= DNAME_WIRE_MAX)
		return -EINVAL;
	b->wire[b->label] = (uint8_t)len;
	b->label = b->len++;
	return 0;
}

/* Closes the last label unless the text ended in a dot, adds the root. */
static int builder_finish(struct builder *b, uint8_t *ret_wire)
{
	if (b->len > b->label + 1) {
		int r = builder_end_label(b);

		if (r < 0)
			return r;
	}
	b->wire[b->label] = 0;
	memcpy(ret_wire, b->wire, b->len);
	return (int)b->len;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The octet after the backslash at text[0]; returns how many characters it takes. */
static int unescape(const char *text, size_t len, uint8_t *ret_octet)
{
	int value;

	if (len < 2)
		return -EINVAL;
	if (!is_digit(text[1])) {
		*ret_octet = (uint8_t)text[1];
		return 2;
	}
	if (len < 4 || !is_digit(text[2]) || !is_digit(text[3]))
		return -EINVAL;
	value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
	if (value > 255)
		return -EINVAL;
	*ret_octet = (uint8_t)value;
	return 4;
}

static int parse(const char *text, size_t len, bool escapes, uint8_t *ret_wire)
{
	struct builder b = {.len = 1};
	int r;

	if (len == 1 && text[0] == '.')
		len = 0;
	for (size_t i = 0; i < len;) {
		uint8_t octet = (uint8_t)text[i];
		int used = 1;

		if (text[i] == '.') {
			r = builder_end_label(&b);
		} else {
			if (escapes && text[i] == '\\') {
				used = unescape(text + i, len - i, &octet);
				if (used < 0)
					return used;
			}
			r = builder_octet(&b, octet);
		}
		if (r < 0)
			return r;
		i += (size_t)used;
	}
	return builder_finish(&b, ret_wire);
}

int dname_from_text(const char *text, size_t len, uint8_t ret_wire[DNAME_WIRE_MAX])
{
	return parse(text, len, false, ret_wire);
}

int dname_from_escaped(const char *text, size_t len, uint8_t ret_wire[DNAME_WIRE_MAX])
{
	return parse(text, len, true, ret_wire);
}

/* What RFC 1035 5.1 gives a meaning in a master file. */
static bool is_special(uint8_t octet)
{
	switch (octet) {
	case '.':
	case '\\':
	case '"':
	case '(':
	case ')':
	case ';':
	case '@':
	case '$':
		return true;
	default:
		return false;
	}
}

const char *dname_to_text(const uint8_t *wire, char buf[DNAME_TEXT_MAX])
{
	char *out = buf;

	if (*wire == 0)
		*out++ = '.';
	while (*wire > 0) {
		for (const uint8_t *p = wire + 1; p <= wire + *wire; p++) {
			if (*p <= ' ' || *p >= 0x7f) {
				out += snprintf(out, 5, "\\%03u", *p);
			} else {
				if (is_special(*p))
					*out++ = '\\';
				*out++ = (char)*p;
			}
		}
		*out++ = '.';
		wire += *wire + 1;
	}
	*out = '\0';
	return buf;
}

size_t dname_wire_len(const uint8_t *wire)
{
	const uint8_t *p = wire;

	while (*p > 0)
		p += *p + 1;
	return (size_t)(p - wire) + 1;
}

void dname_lower(uint8_t *wire, size_t len)
{
	/* Length octets are at most 63, 'A' is 65: they cannot be mistaken for letters. */
	for (size_t i = 0; i < len; i++)
		if (wire[i] >= 'A' && wire[i] <= 'Z')
			wire[i] = (uint8_t)(wire[i] + ('a' - 'A'));
}
