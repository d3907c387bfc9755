// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "json_text.h"

#include <string.h>

#define REPLACEMENT 0xfffdU

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* Four hex digits, or UINT32_MAX. */
static uint32_t hex4(const uint8_t *p, const uint8_t *end)
{
	uint32_t v = 0;

	if (end - p < 4)
		return UINT32_MAX;
	for (int i = 0; i < 4; i++) {
		uint8_t c = p[i] | 0x20;

		if (p[i] >= '0' && p[i] <= '9')
			v = v << 4 | (uint32_t)(p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else
			return UINT32_MAX;
	}
	return v;
}

/* p is behind "\u"; a pair of surrogates is one character. */
static const uint8_t *decode_u(const uint8_t *p, const uint8_t *end, uint32_t *ret)
{
	uint32_t c = hex4(p, end), low;

	*ret = REPLACEMENT;
	if (c == UINT32_MAX)
		return end;
	p += 4;
	if (c >= 0xd800 && c < 0xe000) {
		if (c >= 0xdc00 || end - p < 6 || p[0] != '\\' || p[1] != 'u')
			return p;
		low = hex4(p + 2, end);
		if (low < 0xdc00 || low >= 0xe000)
			return p;
		*ret = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		return p + 6;
	}
	if (c != 0)
		*ret = c;
	return p;
}

/* p is behind the backslash. */
static const uint8_t *decode_escape(const uint8_t *p, const uint8_t *end, uint32_t *ret)
{
	if (p == end) {
		*ret = REPLACEMENT;
		return p;
	}
	switch (*p) {
	case 'b':
		*ret = '\b';
		break;
	case 'f':
		*ret = '\f';
		break;
	case 'n':
		*ret = '\n';
		break;
	case 'r':
		*ret = '\r';
		break;
	case 't':
		*ret = '\t';
		break;
	case 'u':
		return decode_u(p + 1, end, ret);
	default: /* " \ / */
		*ret = *p;
		break;
	}
	return p + 1;
}

static bool continuation(const uint8_t *p, const uint8_t *end, uint8_t low, uint8_t high)
{
	return p < end && *p >= low && *p <= high;
}

/*
 * Octets of the well-formed sequence at p (Unicode table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF), 0 if there is none.
 */
static size_t utf8_len(const uint8_t *p, const uint8_t *end)
{
	uint8_t c = *p, low = 0x80, high = 0xbf;
	size_t n;

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		n = 2;
	else if (c >= 0xe0 && c <= 0xef)
		n = 3;
	else if (c >= 0xf0 && c <= 0xf4)
		n = 4;
	else
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (!continuation(p + 1, end, low, high))
		return 0;
	for (size_t i = 2; i < n; i++)
		if (!continuation(p + i, end, 0x80, 0xbf))
			return 0;
	return n;
}

static bool plain_ascii(const uint8_t *raw, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (raw[i] == '\\' || raw[i] >= 0x80 || raw[i] == 0)
			return false;
	return true;
}

size_t json_text_decode(const uint8_t *raw, size_t len, char *out)
{
	const uint8_t *p = raw, *end = raw + len;
	char *o = out;

	if (plain_ascii(raw, len)) {
		memcpy(out, raw, len);
		out[len] = 0;
		return len;
	}
	while (p < end) {
		uint32_t c = REPLACEMENT;
		size_t n;

		if (*p == '\\') {
			p = decode_escape(p + 1, end, &c);
			o = put_utf8(o, c);
			continue;
		}
		n = *p == 0 ? 0 : utf8_len(p, end);
		if (n == 0) {
			o = put_utf8(o, REPLACEMENT);
			p++;
			continue;
		}
		memcpy(o, p, n);
		o += n;
		p += n;
	}
	*o = 0;
	return (size_t)(o - out);
}

/* Next character of folded UTF-8 text. */
static const char *fold(const char *p, char *ret)
{
	uint8_t c = (uint8_t)*p;

	if (c >= 'A' && c <= 'Z') {
		*ret = (char)(c | 0x20);
		return p + 1;
	}
	if (!strncmp(p, "\xc5\xbf", 2)) { /* U+017F */
		*ret = 's';
		return p + 2;
	}
	if (!strncmp(p, "\xe2\x84\xaa", 3)) { /* U+212A */
		*ret = 'k';
		return p + 3;
	}
	*ret = (char)c;
	return p + 1;
}

bool json_key_is(const uint8_t *raw, size_t len, const char *name, size_t name_len)
{
	char text[JSON_TEXT_MAX(128)];
	const char *p = text;
	char c;

	if (len == name_len && !memcmp(raw, name, len))
		return true;
	if (len < name_len || len > 128)
		return false;
	json_text_decode(raw, len, text);
	for (size_t i = 0; i < name_len; i++) {
		p = fold(p, &c);
		if (c == 0 || c != name[i])
			return false;
	}
	return *p == 0;
}
