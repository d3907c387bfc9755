// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record_name.h"

#include <string.h>

#define LABEL_OCTETS_MAX 63

void record_name_start(struct record_name *n, enum naming_rule rule)
{
	n->rule = rule;
	n->label = 0;
	n->len = 1;
	n->encodable = n->askable = true;
	n->owned = false;
}

static bool octet_askable(unsigned char c)
{
	if (c <= ' ' || c > 126 || (c >= 'A' && c <= 'Z'))
		return false;
	switch (c) {
	case '(':
	case ')':
	case ';':
	case '@':
	case '"':
	case '\'':
	case '\\':
		return false;
	default:
		return true;
	}
}

static void close_label(struct record_name *n)
{
	unsigned int octets = n->len - n->label - 1;

	if (!octets)
		n->encodable = false;
	n->wire[n->label] = (uint8_t)octets;
	n->label = n->len++;
}

void record_name_text(struct record_name *n, const char *text, size_t len)
{
	for (size_t i = 0; i < len && n->encodable; i++) {
		unsigned int octets = n->len - n->label - 1;

		if (text[i] == '.') {
			close_label(n);
		} else if (octets == LABEL_OCTETS_MAX) {
			n->encodable = false;
		} else {
			if (!octet_askable((unsigned char)text[i]) ||
			    (text[i] == '*' && !octets && n->label))
				n->askable = false;
			n->wire[n->len++] = (uint8_t)text[i];
		}
		if (n->len >= DNAME_WIRE_MAX)
			n->encodable = false;
	}
}

void record_name_end(struct record_name *n, const uint8_t *suffix, size_t len)
{
	if (n->encodable)
		close_label(n);
	if (!n->encodable || n->label + len > DNAME_WIRE_MAX) {
		n->encodable = false;
		return;
	}
	memcpy(n->wire + n->label, suffix, len);
	n->len = n->label + (unsigned int)len;
}
