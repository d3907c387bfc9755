// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * jansson keeps one value a key. Here the order of the document counts and so
 * does every spelling of a key, so objects are walked on their text: this file
 * finds the members, jansson reads names and values.
 */
#include <errno.h>
#include <string.h>

#include "config_internal.h"
#include "json_load.h"
#include "util.h"

static void skip_blanks(struct json_members *it)
{
	while (it->pos < it->len && memchr(" \t\r\n", it->text[it->pos], 4))
		it->pos++;
}

static int expect(struct json_members *it, char c)
{
	skip_blanks(it);
	if (it->pos >= it->len || it->text[it->pos] != c)
		return -EINVAL;
	it->pos++;
	skip_blanks(it);
	return 0;
}

static json_t *read_value(struct json_members *it)
{
	json_error_t error;
	json_t *value = json_load(it->text + it->pos, it->len - it->pos,
				  JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);

	/* On success the position is how much was read. */
	if (value)
		it->pos += (size_t)error.position;
	return value;
}

void json_members_init(struct json_members *it, const char *text, size_t len)
{
	*it = (struct json_members){.text = text, .len = len};
}

int json_members_next(struct json_members *it, struct json_member *ret)
{
	struct json_member m = {0};
	bool first = it->pos == 0;
	size_t start;

	if (expect(it, first ? '{' : ',') < 0)
		return first ? -EINVAL : 0;
	if (it->pos < it->len && it->text[it->pos] == '}')
		return 0;
	m.name = read_value(it);
	if (!json_is_string(m.name) || expect(it, ':') < 0)
		goto bad;
	start = it->pos;
	m.value = read_value(it);
	if (!m.value)
		goto bad;
	m.text = it->text + start;
	m.len = it->pos - start;
	*ret = m;
	return 1;
bad:
	json_member_done(&m);
	return -EINVAL;
}

void json_member_done(struct json_member *m)
{
	json_decref(m->name);
	json_decref(m->value);
	m->name = m->value = NULL;
}

/* Next character of a key, folded; moves *s on. 0 at the end. */
static unsigned char fold_next(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;

	if (*p == 0)
		return 0;
	if (p[0] == 0xc5 && p[1] == 0xbf) {
		*s += 2;
		return 's';
	}
	if (p[0] == 0xe2 && p[1] == 0x84 && p[2] == 0xaa) {
		*s += 3;
		return 'k';
	}
	*s += 1;
	return *p >= 'A' && *p <= 'Z' ? (unsigned char)(*p + 32) : *p;
}

bool json_key_equal(const char *a, const char *b)
{
	unsigned char ca, cb;

	do {
		ca = fold_next(&a);
		cb = fold_next(&b);
	} while (ca == cb && ca != 0);
	return ca == cb;
}

const char *json_type_word(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a number with a fraction or an exponent";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		break;
	}
	return "null";
}
