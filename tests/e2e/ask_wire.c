// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Queries and answers as octets and as text. */
#include "ask.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HEADER	    12
#define NAME_MAX_   255 /* octets of a name on the wire */
#define TYPE_A	    1
#define TYPE_AAAA   28
#define CLASS_IN    1
#define RECORDS_MAX 1024

static const struct {
	const char *name;
	int type;
} types[] = {
	{"A", TYPE_A},	       {"NS", 2},    {"SOA", 6},
	{"PTR", 12},	       {"TXT", 16},  {"AAAA", TYPE_AAAA},
	{"SRV", ASK_TYPE_SRV}, {"ANY", 255},
};

static const char *const rcodes[ASK_RCODES] = {
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",	 "REFUSED", "YXDOMAIN", "YXRRSET",
	"NXRRSET", "NOTAUTH", "NOTZONE",  "RCODE11",  "RCODE12", "RCODE13", "RCODE14",	"RCODE15",
};

uint64_t ask_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int ask_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcasecmp(name, types[i].name))
			return types[i].type;
	return -1;
}

const char *ask_type_name(int type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type == types[i].type)
			return types[i].name;
	return "?";
}

int ask_rcode(const char *name)
{
	for (int i = 0; i < ASK_RCODES; i++)
		if (!strcasecmp(name, rcodes[i]))
			return i;
	return -1;
}

const char *ask_rcode_name(int rcode)
{
	return rcodes[rcode & 15];
}

static void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

/* Octets written at p, of at most NAME_MAX_; 0 if that is no name. */
static unsigned put_name(uint8_t *p, const char *name)
{
	unsigned at = 0;

	if (!strcmp(name, "."))
		name = "";
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len < 1 || len > 63 || at + len + 2 > NAME_MAX_)
			return 0;
		p[at++] = (uint8_t)len;
		memcpy(p + at, name, len);
		at += (unsigned)len;
		name += len;
		name += *name == '.';
	}
	p[at++] = 0;
	return at;
}

bool ask_make_query(struct ask_question *q, unsigned edns)
{
	static const uint8_t header[HEADER] = {[2] = 1 /* RD */, [5] = 1 /* QDCOUNT */};
	unsigned at = HEADER, len;

	memcpy(q->query, header, HEADER);
	len = put_name(q->query + at, q->name);
	if (!len)
		return false;
	at += len;
	put16(q->query + at, q->type);
	put16(q->query + at + 2, CLASS_IN);
	at += 4;
	if (edns) {
		memset(q->query + at, 0, 11); /* the root's name, flags, no options */
		put16(q->query + at + 1, 41);
		put16(q->query + at + 3, edns);
		q->query[HEADER - 1] = 1; /* ARCOUNT */
		at += 11;
	}
	q->len = (uint16_t)at;
	return true;
}

/* Where a message is read, and what is left of it. */
struct cursor {
	const uint8_t *start;
	size_t len, at;
	bool bad;
};

static unsigned read16(struct cursor *c)
{
	if (c->at + 2 > c->len) {
		c->bad = true;
		return 0;
	}
	c->at += 2;
	return get16(c->start + c->at - 2);
}

/* A name in lower case, without a final dot; c goes on behind it. */
static void read_name(struct cursor *c, char ret[NAME_MAX_ + 1])
{
	size_t at = c->at, out = 0, jumps = 0, end = 0;

	while (!c->bad) {
		unsigned len;

		if (at >= c->len || jumps > 64)
			break;
		len = c->start[at++];
		if (len >= 0xc0 && at < c->len) {
			end = end ? end : at + 1;
			at = (len & 0x3f) << 8 | c->start[at];
			jumps++;
			continue;
		}
		if (len == 0) {
			c->at = end ? end : at;
			ret[out > 0 ? out - 1 : 0] = 0;
			return;
		}
		if (len > 63 || at + len > c->len || out + len + 1 > NAME_MAX_)
			break;
		for (unsigned i = 0; i < len; i++)
			ret[out++] = (char)tolower(c->start[at + i]);
		ret[out++] = '.';
		at += len;
	}
	c->bad = true;
	ret[0] = 0;
}

/* Appends a word; false if there is no room. */
static bool put_word(char *text, size_t *len, const char *word)
{
	size_t n = strlen(word);

	if (*len + n + 2 > ASK_TEXT_MAX)
		return false;
	if (*len)
		text[(*len)++] = ' ';
	memcpy(text + *len, word, n + 1);
	*len += n;
	return true;
}

/* The data of an SRV record: port and target. */
static bool put_srv(struct cursor *c, char *text, size_t *len)
{
	char target[NAME_MAX_ + 1], port[8];

	c->at += 4; /* priority and weight */
	snprintf(port, sizeof(port), "%u", read16(c));
	read_name(c, target);
	return put_word(text, len, port) && put_word(text, len, target);
}

static bool put_data(struct cursor *c, unsigned type, unsigned data_len, struct ask_answer *a,
		     size_t *len)
{
	char word[INET6_ADDRSTRLEN];

	if (type == ASK_TYPE_SRV)
		return put_srv(c, a->text, len);
	if (type == TYPE_A && data_len == 4)
		inet_ntop(AF_INET, c->start + c->at, word, sizeof(word));
	else if (type == TYPE_AAAA && data_len == 16)
		inet_ntop(AF_INET6, c->start + c->at, word, sizeof(word));
	else
		snprintf(word, sizeof(word), "(%u octets)", data_len);
	c->at += data_len;
	return put_word(a->text, len, word);
}

/* One record of the answer section: of the name and type that were asked for. */
static const char *read_record(struct cursor *c, const char *owner, unsigned type,
			       struct ask_answer *a, size_t *len)
{
	char name[NAME_MAX_ + 1];
	unsigned got, class, data_len;
	size_t end;
	bool room;

	read_name(c, name);
	got = read16(c);
	class = read16(c);
	c->at += 4; /* TTL */
	data_len = read16(c);
	end = c->at + data_len;
	if (c->bad || end > c->len)
		return "malformed";
	if (strcmp(name, owner))
		return "a record of another name";
	if (got != type || class != CLASS_IN)
		return "a record of another type";
	room = put_data(c, type, data_len, a, len);
	if (c->bad || (room && c->at != end))
		return "malformed data";
	return room ? NULL : "too long";
}

void ask_parse(const uint8_t *message, size_t len, const struct ask_question *q,
	       struct ask_answer *ret)
{
	struct cursor c = {.start = message, .len = len, .at = HEADER};
	char name[NAME_MAX_ + 1];
	size_t text_len = 0, asked;
	unsigned count;

	ret->problem = NULL;
	ret->text[0] = 0;
	ret->rcode = len >= HEADER ? message[3] & 15 : 0;
	ret->cut = len >= HEADER && (message[2] & 2);
	if (len < HEADER || !(message[2] & 0x80) || (message[2] & 0x78)) {
		ret->problem = "no answer to a query";
		return;
	}
	count = get16(message + 6);
	read_name(&c, name);
	asked = c.at + 4 - HEADER; /* name, type, class */
	if (c.bad || get16(message + 4) != 1 || HEADER + asked > len ||
	    memcmp(message + HEADER, q->query + HEADER, asked) != 0) {
		ret->problem = "another question";
		return;
	}
	c.at += 4;
	for (unsigned i = 0; i < count && !ret->problem; i++)
		ret->problem = read_record(&c, name, q->type, ret, &text_len);
	if (!ret->problem && !ask_order(ret->text, q->type == ASK_TYPE_SRV))
		ret->problem = "too many records";
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool ask_order(char *text, bool pairs)
{
	static char joined[ASK_TEXT_MAX];
	char *record[RECORDS_MAX], *p = text;
	size_t count = 0, len = 0;

	while (*p) {
		if (count == RECORDS_MAX)
			return false;
		record[count++] = p;
		p += strcspn(p, " ");
		if (pairs && *p)
			p += 1 + strcspn(p + 1, " ");
		if (*p)
			*p++ = 0;
	}
	if (count < 2)
		return true;
	qsort(record, count, sizeof(record[0]), compare);
	for (size_t i = 0; i < count; i++)
		put_word(joined, &len, record[i]);
	memcpy(text, joined, len + 1);
	return true;
}
