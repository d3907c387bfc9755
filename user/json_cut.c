// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "json_cut.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json_scan.h"
#include "util.h"

/* Longer keys are cut short: no name that anyone asks for comes near. */
#define KEY_MAX 255

/* What the next octet may be. */
enum state {
	VALUE,
	FIRST_ELEMENT, /* a value or ] */
	FIRST_KEY,     /* a key or } */
	KEY,
	COLON,
	AFTER, /* behind a value: , ] } or white space behind the document */
	STRING,
	ESCAPE,
	HEX1,
	HEX2,
	HEX3,
	HEX4,
	LITERAL,
	NUMBER,
};

struct json_cut {
	const struct json_cut_ops *ops;
	void *ctx;
	struct json_cut_limits limits;
	uint64_t offset;      /* octets before the current piece */
	const uint8_t *piece; /* start of the current piece */
	enum state state;
	unsigned depth;	  /* open containers */
	unsigned entered; /* the outermost this many are entered */
	unsigned taken_depth;
	bool taking, in_key;
	uint8_t open[JSON_DEPTH_MAX]; /* '{' or '[' */
	enum json_number number;
	const char *literal; /* what is still to come of it */
	const uint8_t *from; /* key or taken value: where it continues in this piece */
	uint8_t key[KEY_MAX];
	size_t key_len;
	uint8_t *held; /* of a taken value: what came in earlier pieces */
	size_t held_len, held_cap;
	int rc;
	char error[160];
};

int json_cut_new(const struct json_cut_ops *ops, void *ctx, const struct json_cut_limits *limits,
		 struct json_cut **ret)
{
	struct json_cut *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->ops = ops;
	c->ctx = ctx;
	c->limits = *limits;
	c->state = VALUE;
	*ret = c;
	return 0;
}

struct json_cut *json_cut_free(struct json_cut *c)
{
	if (c) {
		free(c->held);
		free(c);
	}
	return NULL;
}

const char *json_cut_error(const struct json_cut *c)
{
	return c->error;
}

uint64_t json_cut_offset(const struct json_cut *c)
{
	return c->offset;
}

static const char *expected(const struct json_cut *c)
{
	static const char *const where[] = {
		[VALUE] = "where a value should begin",
		[FIRST_ELEMENT] = "where a value or ] should be",
		[FIRST_KEY] = "where a key or } should be",
		[KEY] = "where a key should be",
		[COLON] = "where : should be",
		[STRING] = "in a string",
		[LITERAL] = "in a literal",
		[NUMBER] = "in a number",
	};

	if (c->state == AFTER && c->depth == 0)
		return "behind the end";
	if (c->state == AFTER)
		return "where , or the end of the list or object should be";
	if (c->state >= ESCAPE && c->state <= HEX4)
		return "in an escape";
	return where[c->state];
}

static void fail_byte(struct json_cut *c, const uint8_t *p)
{
	uint64_t at = c->offset + (uint64_t)(p - c->piece);
	char what[16];

	c->rc = -EBADMSG;
	if (at == 0 && *p == 0xef) {
		snprintf(c->error, sizeof(c->error), "begins with a byte order mark");
		return;
	}
	if (*p > ' ' && *p < 0x7f)
		snprintf(what, sizeof(what), "'%c'", *p);
	else
		snprintf(what, sizeof(what), "octet 0x%02x", *p);
	snprintf(c->error, sizeof(c->error), "has %s %s, at byte %" PRIu64, what, expected(c), at);
}

static void fail_limit(struct json_cut *c, const char *what, uint64_t limit, const char *unit)
{
	c->rc = -EFBIG;
	snprintf(c->error, sizeof(c->error), "%s %" PRIu64 "%s", what, limit, unit);
}

/* Keeps what the current piece has of the taken value. */
static void hold(struct json_cut *c, const uint8_t *end)
{
	size_t len = (size_t)(end - c->from), want = c->held_len + len;
	uint8_t *held;

	if (want > c->limits.element) {
		fail_limit(c, "has an element of more than", c->limits.element, " bytes");
		return;
	}
	if (want > c->held_cap) {
		want = want < 4096 ? 4096 : want + want / 2;
		held = realloc(c->held, want);
		if (!held) {
			c->rc = -ENOMEM;
			return;
		}
		c->held = held;
		c->held_cap = want;
	}
	if (len > 0)
		memcpy(c->held + c->held_len, c->from, len);
	c->held_len += len;
}

static void give(struct json_cut *c, const uint8_t *end)
{
	const uint8_t *text = c->from;
	size_t len = (size_t)(end - c->from);

	c->taking = false;
	if (c->held_len > 0 || len > c->limits.element) {
		hold(c, end);
		if (c->rc)
			return;
		text = c->held;
		len = c->held_len;
		c->held_len = 0;
	}
	c->rc = c->ops->value(c->ctx, text, len);
}

/* A value ends before p. */
static void value_end(struct json_cut *c, const uint8_t *p)
{
	c->state = AFTER;
	if (c->taking && c->depth == c->taken_depth)
		give(c, p);
}

static void container_end(struct json_cut *c, const uint8_t *p)
{
	c->depth--;
	if (c->entered > c->depth) {
		c->entered = c->depth;
		c->rc = c->ops->end(c->ctx);
		if (c->rc)
			return;
	}
	value_end(c, p + 1);
}

static void container_begin(struct json_cut *c, uint8_t open)
{
	if (c->depth == JSON_DEPTH_MAX) {
		fail_limit(c, "is nested deeper than", JSON_DEPTH_MAX, " levels");
		return;
	}
	c->open[c->depth++] = open;
	c->state = open == '{' ? FIRST_KEY : FIRST_ELEMENT;
}

static int value_kind(uint8_t b)
{
	switch (b) {
	case '{':
		return JSON_KIND_OBJECT;
	case '[':
		return JSON_KIND_ARRAY;
	case '"':
		return JSON_KIND_STRING;
	case 't':
	case 'f':
		return JSON_KIND_BOOL;
	case 'n':
		return JSON_KIND_NULL;
	default:
		return b == '-' || (b >= '0' && b <= '9') ? JSON_KIND_NUMBER : -1;
	}
}

/* Asks what is to be done with the value at p. */
static void ask(struct json_cut *c, const uint8_t *p, enum json_kind kind)
{
	struct json_key key = {.raw = c->key, .len = c->key_len};
	int action;

	action = c->ops->begin(c->ctx, &key, kind);
	c->key_len = 0;
	if (action < 0) {
		c->rc = action;
	} else if (action == JSON_CUT_TAKE) {
		c->taking = true;
		c->taken_depth = c->depth;
		c->from = p;
	} else if (action == JSON_CUT_ENTER && kind <= JSON_KIND_ARRAY) {
		c->entered = c->depth + 1;
	}
}

static void value_begin(struct json_cut *c, const uint8_t *p)
{
	int kind = value_kind(*p);

	if (kind < 0) {
		fail_byte(c, p);
		return;
	}
	if (c->depth == c->entered && !c->taking) {
		ask(c, p, (enum json_kind)kind);
		if (c->rc)
			return;
	}
	switch (kind) {
	case JSON_KIND_OBJECT:
	case JSON_KIND_ARRAY:
		container_begin(c, *p);
		break;
	case JSON_KIND_STRING:
		c->state = STRING;
		break;
	case JSON_KIND_NUMBER:
		c->state = NUMBER;
		c->number = json_number_begin(*p);
		break;
	default:
		c->literal = *p == 't' ? "rue" : *p == 'f' ? "alse" : "ull";
		c->state = LITERAL;
		break;
	}
}

static void key_begin(struct json_cut *c, const uint8_t *p)
{
	c->state = STRING;
	c->in_key = true;
	c->key_len = 0;
	if (!c->taking)
		c->from = p + 1;
}

/* Adds what the current piece has of the key. */
static void key_add(struct json_cut *c, const uint8_t *end)
{
	size_t len = (size_t)(end - c->from), room = KEY_MAX - c->key_len;

	if (c->taking || c->depth != c->entered)
		return;
	if (len > room)
		len = room;
	memcpy(c->key + c->key_len, c->from, len);
	c->key_len += len;
}

static const uint8_t *scan_string(struct json_cut *c, const uint8_t *p, const uint8_t *end)
{
	p = json_scan_plain(p, end);
	if (p == end)
		return p;
	if (*p == '\\') {
		c->state = ESCAPE;
	} else if (*p != '"') {
		fail_byte(c, p);
	} else if (c->in_key) {
		key_add(c, p);
		c->in_key = false;
		c->state = COLON;
	} else {
		value_end(c, p + 1);
	}
	return p + 1;
}

static void scan_escape(struct json_cut *c, const uint8_t *p)
{
	uint8_t b = *p, lower = b | 0x20;

	if (c->state == ESCAPE) {
		if (b == 'u')
			c->state = HEX1;
		else if (b != 0 && strchr("\"\\/bfnrt", b))
			c->state = STRING;
		else
			fail_byte(c, p);
	} else if (json_is_digit(b) || (lower >= 'a' && lower <= 'f')) {
		c->state = c->state == HEX4 ? STRING : c->state + 1;
	} else {
		fail_byte(c, p);
	}
}

static const uint8_t *scan_number(struct json_cut *c, const uint8_t *p, const uint8_t *end)
{
	for (; p < end; p++) {
		int next = json_number_next(c->number, *p);

		if (next < 0) {
			if (json_number_complete(c->number))
				value_end(c, p);
			else
				fail_byte(c, p);
			return p;
		}
		c->number = (enum json_number)next;
	}
	return p;
}

static const uint8_t *scan_literal(struct json_cut *c, const uint8_t *p)
{
	if (*p != (uint8_t)*c->literal) {
		fail_byte(c, p);
		return p;
	}
	c->literal++;
	p++;
	if (*c->literal == 0)
		value_end(c, p);
	return p;
}

static void scan_after(struct json_cut *c, const uint8_t *p)
{
	uint8_t open = c->depth > 0 ? c->open[c->depth - 1] : 0;

	if (*p == ',' && open)
		c->state = open == '{' ? KEY : VALUE;
	else if ((*p == '}' && open == '{') || (*p == ']' && open == '['))
		container_end(c, p);
	else
		fail_byte(c, p);
}

static bool is_space(uint8_t b)
{
	return b == ' ' || b == '\n' || b == '\t' || b == '\r';
}

/* Punctuation, and the first octet of a value or key. */
static const uint8_t *scan_structure(struct json_cut *c, const uint8_t *p, const uint8_t *end)
{
	while (p < end && is_space(*p))
		p++;
	if (p == end)
		return p;
	switch (c->state) {
	case AFTER:
		scan_after(c, p);
		break;
	case COLON:
		if (*p == ':')
			c->state = VALUE;
		else
			fail_byte(c, p);
		break;
	case FIRST_ELEMENT:
		if (*p == ']')
			container_end(c, p);
		else
			value_begin(c, p);
		break;
	case FIRST_KEY:
	case KEY:
		if (*p == '"')
			key_begin(c, p);
		else if (*p == '}' && c->state == FIRST_KEY)
			container_end(c, p);
		else
			fail_byte(c, p);
		break;
	default:
		value_begin(c, p);
		break;
	}
	return p + 1;
}

static const uint8_t *scan(struct json_cut *c, const uint8_t *p, const uint8_t *end)
{
	if (c->state <= AFTER)
		return scan_structure(c, p, end);
	if (c->state == STRING)
		return scan_string(c, p, end);
	if (c->state <= HEX4) {
		scan_escape(c, p);
		return p + 1;
	}
	if (c->state == LITERAL)
		return scan_literal(c, p);
	return scan_number(c, p, end);
}

int json_cut_feed(struct json_cut *c, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;

	if (!c->rc && len > c->limits.document - c->offset)
		fail_limit(c, "is larger than", c->limits.document, " bytes");
	if (c->rc)
		return c->rc;
	c->piece = p;
	c->from = p;
	while (p < end && !c->rc)
		p = scan(c, p, end);
	if (!c->rc && c->taking)
		hold(c, end);
	else if (!c->rc && c->in_key)
		key_add(c, end);
	c->offset += len;
	return c->rc;
}

int json_cut_finish(struct json_cut *c)
{
	const uint8_t *nothing = (const uint8_t *)"";

	if (c->rc)
		return c->rc;
	c->piece = nothing;
	c->from = nothing;
	if (c->state == NUMBER && c->depth == 0 && json_number_complete(c->number))
		value_end(c, nothing);
	if (c->rc)
		return c->rc;
	if (c->state == VALUE && c->depth == 0)
		snprintf(c->error, sizeof(c->error), "is empty");
	else if (c->state != AFTER || c->depth > 0)
		snprintf(c->error, sizeof(c->error), "is truncated after %" PRIu64 " bytes",
			 c->offset);
	else
		return 0;
	c->rc = -EBADMSG;
	return c->rc;
}
