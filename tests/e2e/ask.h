/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The parts of `ask`, the client that checks answers (ask.c says how it is used):
 * options (ask_options.c), questions and what is right (ask_names.c), messages (ask_wire.c), what
 * was seen (ask_report.c). Nothing of the daemon is in it: it must not share its mistakes. All
 * times are nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef XDNS_ASK_H
#define XDNS_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ASK_QUERY_MAX	300   /* octets of a query: header, question, OPT */
#define ASK_MESSAGE_MAX 4096  /* octets of an answer that we take */
#define ASK_TEXT_MAX	65536 /* of an answer as text, NUL included */
#define ASK_TYPE_SRV	33

/*
 * Answers are compared as text: the records in order, blanks between them, names in lower case
 * without a final dot. A and AAAA: the address. SRV: port and target, also two words.
 */
struct ask_answer {
	int rcode;
	bool cut;	     /* TC: some records are missing */
	const char *problem; /* NULL, or why this is no answer to the question */
	char text[ASK_TEXT_MAX];
};

enum ask_what { ASK_ANY, ASK_SOME, ASK_SET };

/* One of the answers that are right. */
struct ask_right {
	struct ask_right *next;
	int rcode;
	enum ask_what what; /* any records, at least one, or those of text */
	char text[];
};

/* Equal answers, one after the other. */
struct ask_run {
	char *text; /* "RCODE RECORDS"; NULL before the first answer */
	uint64_t count, first_sent, first_seen, last_sent, last_seen;
};

struct ask_question {
	char *name; /* as it was given */
	uint16_t type;
	struct ask_right *right;
	struct ask_run run;
	uint16_t len;
	uint8_t query[ASK_QUERY_MAX]; /* with ID 0 */
};

struct ask_questions {
	struct ask_question *all;
	size_t count, room;
	void *tree; /* name and type -> index, while a file is read */
};

/* ask_options.c */

#define ASK_SOCKETS_MAX 64
#define ASK_WAITING_MAX                                                                            \
	(1U << 18) /* queries whose answers are waited for, and answered between                   \
		    */

struct ask_options {
	const char *server, *names, *from, *json, *runs, *watch[2];
	double rate, seconds, wait;
	unsigned sockets, edns, outstanding;
	bool until_eof;
};

void ask_read_options(struct ask_options *o, int argc, char **argv);
/* Says why on standard error and ends the program with status 2. */
__attribute__((noreturn, format(printf, 1, 2))) void ask_fail(const char *format, ...);

/* ask_wire.c */
uint64_t ask_now(void);
int ask_type(const char *name); /* -1: none that is known */
const char *ask_type_name(int type);
int ask_rcode(const char *name); /* -1: none */
const char *ask_rcode_name(int rcode);

/* Fills in q->query. edns: the payload size that is offered, 0 for no OPT. False: no name. */
bool ask_make_query(struct ask_question *q, unsigned edns);

/* What came, as an answer to that question. */
void ask_parse(const uint8_t *message, size_t len, const struct ask_question *q,
	       struct ask_answer *ret);

/* Orders the records of *text (SRV: pairs of words) and joins them again. False: too many. */
bool ask_order(char *text, bool pairs);

/* ask_names.c */

/* Questions of a file of lines "NAME TYPE [RCODE|*|+ [RECORD]...]"; ends the program if it is
 * wrong. */
void ask_read(struct ask_questions *qs, const char *path, unsigned edns);
/* One question, to which anything is right that is an answer. */
void ask_add_watched(struct ask_questions *qs, const char *name, const char *type, unsigned edns);
bool ask_is_right(const struct ask_question *q, const struct ask_answer *a);
/* "RCODE RECORDS or RCODE RECORDS": what would have been right. */
void ask_print_right(FILE *f, const struct ask_question *q);

/* ask_report.c */

#define ASK_SUB_BITS 5 /* 32 buckets for each power of two of nanoseconds: 3 % */
#define ASK_BUCKETS  (64 << ASK_SUB_BITS)
#define ASK_RCODES   16

struct ask_report {
	uint64_t sent, answered, lost, late, wrong, duplicates, strays, cut;
	uint64_t refused, unsent; /* ICMP errors; errors when sending */
	uint64_t dropped;	  /* by the receive buffers of this client */
	uint64_t rcodes[ASK_RCODES], histogram[ASK_BUCKETS], longest;
	uint64_t started, behind; /* behind: the most that the schedule slipped, ns */
	double seconds;
	FILE *runs; /* where runs go to, or NULL */
	bool watch; /* changes are told as they are seen */
};

/* An answer in time. */
void ask_seen(struct ask_report *r, struct ask_question *q, const struct ask_answer *a,
	      uint64_t sent, uint64_t seen);
/* Writes the runs that have not ended. */
void ask_end_runs(struct ask_report *r, struct ask_questions *qs);
void ask_print(const struct ask_report *r);
bool ask_write_json(const struct ask_report *r, const char *path);

#endif
