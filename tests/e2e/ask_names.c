// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What is asked, and what is right. */
#include "ask.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* In the tree, so that several lines of a name and type are one question. */
struct key {
	char *name;
	int type;
	size_t index;
};

static int compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return x->type != y->type ? x->type - y->type : strcmp(x->name, y->name);
}

static void *allocate(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		ask_fail("no memory");
	return p;
}

/* The index of a question, made if there is none; -1: no name. */
static long question_of(struct ask_questions *qs, const char *name, int type, unsigned edns)
{
	struct key wanted = {.name = (char *)name, .type = type}, *key;
	struct key **found = tfind(&wanted, &qs->tree, compare);
	struct ask_question *q;

	if (found)
		return (long)(*found)->index;
	if (qs->count == qs->room) {
		qs->room = qs->room ? 2 * qs->room : 64;
		qs->all = allocate(qs->all, qs->room * sizeof(*qs->all));
	}
	q = &qs->all[qs->count];
	*q = (struct ask_question){.name = strdup(name), .type = (uint16_t)type};
	if (!q->name || !ask_make_query(q, edns))
		return -1;
	key = allocate(NULL, sizeof(*key));
	*key = (struct key){.name = q->name, .type = type, .index = qs->count};
	if (!tsearch(key, &qs->tree, compare))
		return -1;
	return (long)qs->count++;
}

static void add_right(struct ask_question *q, int rcode, enum ask_what what, const char *text)
{
	struct ask_right *right = allocate(NULL, sizeof(*right) + strlen(text) + 1);

	right->next = q->right;
	right->rcode = rcode;
	right->what = what;
	strcpy(right->text, text);
	q->right = right;
}

/* The rest of a line as ordered records; NULL, or what is wrong with them. */
static const char *read_records(char **rest, bool pairs, char text[ASK_TEXT_MAX])
{
	size_t len = 0, words = 0;
	char *word;

	text[0] = 0;
	while ((word = strtok_r(NULL, BLANKS, rest))) {
		size_t n = strlen(word);

		if (n > 1 && word[n - 1] == '.')
			word[--n] = 0;
		if (len + n + 2 > ASK_TEXT_MAX)
			return "the line is too long";
		len += (size_t)sprintf(text + len, "%s%s", len ? " " : "", word);
		words++;
	}
	for (size_t i = 0; i < len; i++)
		text[i] = (char)tolower(text[i]);
	if (pairs && words % 2)
		return "an SRV record is two words, port and target";
	return ask_order(text, pairs) ? NULL : "too many records";
}

static const char *read_line(struct ask_questions *qs, char *line, unsigned edns)
{
	static char text[ASK_TEXT_MAX];
	char *rest, *name = strtok_r(line, BLANKS, &rest), *type, *what;
	int number, rcode = 0;
	const char *why;
	long index;

	if (!name || *name == '#')
		return NULL;
	type = strtok_r(NULL, BLANKS, &rest);
	number = type ? ask_type(type) : -1;
	if (number < 0)
		return "the second word is no type that is known";
	index = question_of(qs, name, number, edns);
	if (index < 0)
		return "the first word is no name";
	what = strtok_r(NULL, BLANKS, &rest);
	if (what && strcmp(what, "*") != 0 && strcmp(what, "+") != 0) {
		rcode = ask_rcode(what);
		if (rcode < 0)
			return "the third word is no rcode, * or +";
	}
	why = read_records(&rest, number == ASK_TYPE_SRV, text);
	if (!why && what && (*what == '*' || *what == '+') && *text)
		why = "records after * or +";
	if (!why)
		add_right(&qs->all[index], rcode,
			  !what || *what == '*' ? ASK_ANY
			  : *what == '+'	? ASK_SOME
						: ASK_SET,
			  text);
	return why;
}

void ask_read(struct ask_questions *qs, const char *path, unsigned edns)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	const char *why;

	if (!f)
		ask_fail("%s: %s", path, strerror(errno));
	while (getline(&line, &room, f) >= 0) {
		number++;
		why = read_line(qs, line, edns);
		if (why)
			ask_fail("%s:%u: %s", path, number, why);
	}
	free(line);
	fclose(f);
	if (qs->count == 0)
		ask_fail("%s: there is no question in it", path);
}

void ask_add_watched(struct ask_questions *qs, const char *name, const char *type, unsigned edns)
{
	int number = ask_type(type);

	if (number < 0 || question_of(qs, name, number, edns) < 0)
		ask_fail("--watch %s %s: no such name or type", name, type);
}

/* Is each record of some among those of all? */
static bool contains(const char *all, const char *some, bool pairs)
{
	while (*some) {
		size_t len = strcspn(some, " ");
		const char *p = all;
		bool found = false;

		if (pairs && some[len])
			len += 1 + strcspn(some + len + 1, " ");
		for (; *p && !found; p += p[0] == ' ') {
			size_t n = strcspn(p, " ");

			if (pairs && p[n])
				n += 1 + strcspn(p + n + 1, " ");
			found = n == len && !memcmp(p, some, n);
			p += n;
		}
		if (!found)
			return false;
		some += len + (some[len] == ' ');
	}
	return true;
}

bool ask_is_right(const struct ask_question *q, const struct ask_answer *a)
{
	if (a->problem)
		return false;
	for (const struct ask_right *r = q->right; r; r = r->next) {
		if (r->rcode != a->rcode)
			continue;
		if (r->what == ASK_ANY || (r->what == ASK_SOME && (*a->text || a->cut)))
			return true;
		if (r->what == ASK_SET &&
		    (a->cut ? *r->text && contains(r->text, a->text, q->type == ASK_TYPE_SRV)
			    : !strcmp(r->text, a->text)))
			return true;
	}
	return !q->right; /* watched */
}

void ask_print_right(FILE *f, const struct ask_question *q)
{
	static const char *const words[] = {[ASK_ANY] = "*", [ASK_SOME] = "+"};

	for (const struct ask_right *r = q->right; r; r = r->next)
		fprintf(f, "%s%s%s%s", r == q->right ? "" : " or ", ask_rcode_name(r->rcode),
			r->what == ASK_SET && !*r->text ? "" : " ",
			r->what == ASK_SET ? r->text : words[r->what]);
}
