// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "ask.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>

#define FOREVER (7 * 86400) /* seconds, with --until-eof alone */

void ask_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "ask: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

static double number(const char *name, const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || end == text || !(value >= least && value <= most))
		ask_fail("--%s %s: not a number from %g to %g", name, text, least, most);
	return value;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: ask --server IP[:PORT] (--names FILE | --watch NAME TYPE) --rate QPS\n"
		"           --seconds S  how long\n"
		"           --until-eof  until standard input ends, or that long\n"
		"           --from IP  our own address\n"
		"           --wait S  for an answer; later is lost (2)\n"
		"           --sockets N  each with a port of its own (16; with --watch 1)\n"
		"           --outstanding N  queries under way at most (50000)\n"
		"           --edns N  payload size that is offered, 0: no OPT (1232)\n"
		"           --json FILE  the figures\n"
		"           --runs FILE  what was answered and when: lines NAME TYPE COUNT "
		"FIRST_SENT\n"
		"             FIRST_SEEN LAST_SENT LAST_SEEN RCODE [RECORD]..., one for each COUNT "
		"of\n"
		"             equal answers that came one after the other, when they end\n");
	exit(2);
}

static void set_option(struct ask_options *o, int which, const char *name)
{
	switch (which) {
	case 's':
		o->server = optarg;
		break;
	case 'n':
		o->names = optarg;
		break;
	case 'w':
		o->watch[0] = optarg;
		o->watch[1] = NULL;
		break;
	case 'r':
		o->rate = number(name, optarg, 0.01, 1e6);
		break;
	case 't':
		o->seconds = number(name, optarg, 0.001, FOREVER);
		break;
	case 'e':
		o->until_eof = true;
		break;
	case 'f':
		o->from = optarg;
		break;
	case 'l':
		o->wait = number(name, optarg, 0.001, 600);
		break;
	case 'c':
		o->sockets = (unsigned)number(name, optarg, 1, ASK_SOCKETS_MAX);
		break;
	case 'o':
		o->outstanding = (unsigned)number(name, optarg, 1, ASK_WAITING_MAX);
		break;
	case 'd':
		o->edns = (unsigned)number(name, optarg, 0, ASK_MESSAGE_MAX);
		break;
	case 'j':
		o->json = optarg;
		break;
	case 'u':
		o->runs = optarg;
		break;
	default:
		usage();
	}
}

void ask_read_options(struct ask_options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{"server", 1, 0, 's'},	{"names", 1, 0, 'n'},
		{"watch", 1, 0, 'w'},	{"rate", 1, 0, 'r'},
		{"seconds", 1, 0, 't'}, {"until-eof", 0, 0, 'e'},
		{"from", 1, 0, 'f'},	{"wait", 1, 0, 'l'},
		{"sockets", 1, 0, 'c'}, {"outstanding", 1, 0, 'o'},
		{"edns", 1, 0, 'd'},	{"json", 1, 0, 'j'},
		{"runs", 1, 0, 'u'},	{0},
	};
	int which, index = 0;

	*o = (struct ask_options){.wait = 2, .edns = 1232, .outstanding = 50000};
	while ((which = getopt_long(argc, argv, "+", known, &index)) != -1) {
		set_option(o, which, which == '?' ? "" : known[index].name);
		if (which == 'w' && optind < argc) /* its second word */
			o->watch[1] = argv[optind++];
	}
	if (!o->sockets)
		o->sockets = o->watch[0] ? 1 : 16;
	if (!o->seconds && o->until_eof)
		o->seconds = FOREVER;
	if (optind < argc || !o->server || !o->rate || !o->seconds || !o->names == !o->watch[0] ||
	    (o->watch[0] && !o->watch[1]))
		usage();
}
