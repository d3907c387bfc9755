// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The command line: one table of commands, one of options, which --help prints. */
#include "xdnsctl.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "util.h"

#define SECONDS_MAX 86400
#define NUMBER_MAX  1000000000

static const struct command {
	const char *name, *args, *help;
	int min, max; /* how many words may follow */
	int (*run)(const struct ctl *c, int argc, char **argv);
} commands[] = {
	{"lookup", "NAME [TYPE]", "what the kernel answers, even while the daemon is dead", 1, 2,
	 ctl_lookup},
	{"status", "", "zone, program, interfaces, maps and rates on one screen", 0, 0, ctl_status},
	{"top", "", "rates, outcomes and the names asked for most, once a second", 0, 0, ctl_top},
	{"dump", "", "the zone as a master file", 0, 0, ctl_dump},
	{"diff", "", "the maps against the zone that the daemon has", 0, 0, ctl_diff},
	{"counters", "", "what became of the frames, one counter a line", 0, 0, ctl_counters},
	{"capture", "", "frames as they came and left, to a pcap file or a line each", 0, 0,
	 ctl_capture},
	{"check-config", "FILE", "what the daemon would say to this configuration", 1, 1,
	 ctl_check_config},
	{"doctor", "", "what of this machine and its cluster stands in the way, and what to do", 0,
	 0, ctl_doctor},
	{"explain", "NAME", "who gives the records of a name, by which rule, or why there are none",
	 1, 1, ctl_explain},
	{"watch", "[NAME [TYPE]]", "the zone's changes as they come, one a line", 0, 2, ctl_watch},
	{"conflicts", "", "whose names stand in the way of others", 0, 0, ctl_conflicts},
};

static const struct flag {
	const char *name, *arg, *help;
	char letter;
} flags[] = {
	{"bpf-dir", "DIR", "where the daemon pins its maps (" BPF_DIR_DEFAULT ")", 'd'},
	{"config", "FILE", "the daemon's configuration: bpfDir, its HTTP API, what doctor looks at",
	 'c'},
	{"json", NULL, "JSON instead of text", 'j'},
	{"interval", "SECONDS", "status, top: between two looks at the counters (1)", 'i'},
	{"url", "URL", "explain, conflicts, watch: the daemon's HTTP API (http://127.0.0.1:8123)",
	 'u'},
	{"token", "FILE", "the token it wants is in this file", 't'},
	{"cacert", "FILE", "whom to believe over HTTPS", 'C'},
	{"seconds", "SECONDS", "capture: ends after so long", 's'},
	{"write", "FILE", "capture: a pcapng file instead of lines; - is stdout", 'w'},
	{"name", "NAME", "capture: only questions for this name", 'q'},
	{"reason", "COUNTER", "capture: only what counts there; answer, pass, drop, all; a,b,...",
	 'r'},
	{"every", "N", "capture: looks at one frame of N only, at random", 'e'},
	{"count", "N", "capture: ends after N frames", 'n'},
	{"help", NULL, "print this text", 'h'},
	{"version", NULL, "print the version", 'V'},
};

static void usage(FILE *out)
{
	char left[40];

	fputs("Usage: xdnsctl [OPTION]... COMMAND [ARGUMENT]...\n\nCommands:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].args);
		fprintf(out, "  %-22s  %s\n", left, commands[i].help);
	}
	fputs("\nOptions:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		snprintf(left, sizeof(left), "-%c, --%s%s%s", flags[i].letter, flags[i].name,
			 flags[i].arg ? " " : "", flags[i].arg ? flags[i].arg : "");
		fprintf(out, "  %-22s  %s\n", left, flags[i].help);
	}
	fputs("\nExit status: 0 yes or done, 1 no (no such name or data, not serving, a probe "
	      "failed,\nthere are conflicts), 2 an error, 3 the program leaves the question to "
	      "userspace.\n",
	      out);
}

static int misuse(const char *what, const char *which)
{
	return ctl_fail("%s%s%s (xdnsctl --help)", what, which ? ": " : "", which ? which : "");
}

static int take_seconds(double *to, const char *text)
{
	char *end;

	*to = strtod(text, &end);
	if (end == text || *end || !isfinite(*to) || *to <= 0 || *to > SECONDS_MAX)
		return misuse("--interval and --seconds take seconds, more than 0 and up to 86400",
			      text);
	return CTL_OK;
}

static int take_number(uint32_t *to, const char *text)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (end == text || *end || errno || *text == '-' || !n || n > NUMBER_MAX)
		return misuse("--count and --every take a number from 1 to 1000000000", text);
	*to = n;
	return CTL_OK;
}

/* As getopt_long() wants them. */
static void long_options(struct option list[ARRAY_SIZE(flags) + 1],
			 char letters[2 * ARRAY_SIZE(flags) + 1])
{
	char *p = letters;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		list[i] = (struct option){flags[i].name,
					  flags[i].arg ? required_argument : no_argument, NULL,
					  flags[i].letter};
		*p++ = flags[i].letter;
		if (flags[i].arg)
			*p++ = ':';
	}
	*p = '\0';
}

/* 0, or the exit status. */
static int take_option(struct ctl *c, int letter, const char *value)
{
	switch (letter) {
	case 'd':
		c->bpf_dir = value;
		return 0;
	case 'c':
		c->config_file = value;
		return 0;
	case 'w':
		c->write_file = value;
		return 0;
	case 'u':
		c->url = value;
		return 0;
	case 't':
		c->token_file = value;
		return 0;
	case 'C':
		c->ca_file = value;
		return 0;
	case 'q':
		c->name = value;
		return 0;
	case 'r':
		c->reasons = value;
		return 0;
	case 'j':
		c->json = true;
		return 0;
	case 'i':
		return take_seconds(&c->interval, value);
	case 's':
		return take_seconds(&c->seconds, value);
	case 'e':
		return take_number(&c->every, value);
	case 'n':
		return take_number(&c->count, value);
	default:
		return misuse("see what options there are", NULL);
	}
}

/* -1: go on; else the exit status. */
static int take_options(struct ctl *c, int argc, char **argv)
{
	struct option list[ARRAY_SIZE(flags) + 1] = {0};
	char letters[2 * ARRAY_SIZE(flags) + 1];
	int o;

	long_options(list, letters);
	while ((o = getopt_long(argc, argv, letters, list, NULL)) != -1) {
		if (o == 'h') {
			usage(stdout);
			return CTL_OK;
		}
		if (o == 'V') {
			puts(XDNS_VERSION);
			return CTL_OK;
		}
		if (take_option(c, o, optarg))
			return CTL_ERROR;
	}
	return -1;
}

static int run(struct ctl *c, int argc, char **argv)
{
	_cleanup_free_ char *error = NULL;
	const struct command *command = NULL;
	struct config *cfg = NULL;
	int status;

	if (argc < 1)
		return misuse("a command is missing", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, argv[0]))
			command = &commands[i];
	if (!command)
		return misuse("there is no such command", argv[0]);
	if (argc - 1 < command->min)
		return misuse("an argument is missing", command->args);
	if (argc - 1 > command->max)
		return misuse("too many arguments for", command->name);
	/* loads it itself: that it cannot be used is a finding */
	if (command->run == ctl_doctor)
		return command->run(c, argc - 1, argv + 1);
	if ((command->run == ctl_explain || command->run == ctl_conflicts ||
	     command->run == ctl_watch) &&
	    !c->config_file && !c->url && !access(CONFIG_DEFAULT, F_OK))
		c->config_file = CONFIG_DEFAULT;
	if (c->config_file && config_load(c->config_file, &cfg, &error))
		return ctl_fail("%s", error ? error : "no memory for the configuration");
	c->cfg = cfg;
	if (!c->bpf_dir)
		c->bpf_dir = cfg ? cfg->bpf_dir : BPF_DIR_DEFAULT;
	status = command->run(c, argc - 1, argv + 1);
	config_free(cfg);
	return status;
}

int main(int argc, char **argv)
{
	struct ctl c = {.interval = 1};
	int status = take_options(&c, argc, argv);

	libbpf_set_print(NULL);
	if (status < 0)
		status = run(&c, argc - optind, argv + optind);
	if (fflush(stdout) || ferror(stdout))
		return ctl_fail("the output cannot be written: %s", strerror(errno));
	return status;
}
