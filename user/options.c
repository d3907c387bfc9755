// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

enum flag_type { FLAG_BOOL, FLAG_INT, FLAG_TEXT };
enum flag_use {
	USE_NOTHING,
	USE_CONFIG,
	USE_VERBOSITY,
	USE_VERSION,
	USE_KEEP_SERVING,
	USE_SECCOMP
};

struct flag {
	const char *name;
	enum flag_type type;
	enum flag_use use;
	const char *argument; /* as the usage shows it */
	const char *help;
};

static const struct flag flags[] = {
	{"config", FLAG_TEXT, USE_CONFIG, " FILE", "configuration file (default config.json)"},
	{"keep-serving", FLAG_BOOL, USE_KEEP_SERVING, "",
	 "leave the XDP program answering at the end (xdpKeepServing)"},
	{"seccomp", FLAG_BOOL, USE_SECCOMP, "=false",
	 "do not limit the system calls (default: limited)"},
	{"version", FLAG_BOOL, USE_VERSION, "", "print the version and exit"},
	{"v", FLAG_INT, USE_VERBOSITY, " N", "log level: 0 notices and faults, 1 info, 2 debug"},
	/*
	 * They steered the log files of Mesos-DNS's ZooKeeper client. Everything
	 * goes to stderr here, so they are taken and do nothing.
	 */
	{"alsologtostderr", FLAG_BOOL, USE_NOTHING, "", "accepted, no effect"},
	{"log_backtrace_at", FLAG_TEXT, USE_NOTHING, " FILE:N", "accepted, no effect"},
	{"log_dir", FLAG_TEXT, USE_NOTHING, " DIR", "accepted, no effect"},
	{"log_link", FLAG_TEXT, USE_NOTHING, " DIR", "accepted, no effect"},
	{"logbuflevel", FLAG_INT, USE_NOTHING, " N", "accepted, no effect"},
	{"logtostderr", FLAG_BOOL, USE_NOTHING, "", "accepted, no effect"},
	{"stderrthreshold", FLAG_TEXT, USE_NOTHING, " LEVEL", "accepted, no effect"},
	{"vmodule", FLAG_TEXT, USE_NOTHING, " PATTERN=N,...", "accepted, no effect"},
};

/* What was given so far; text points into argv. */
struct given {
	const char *config;
	int verbosity;
	bool keep_serving;
	bool seccomp;
	bool version;
};

__attribute__((format(printf, 2, 3))) static int fail(char **ret_error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(ret_error, fmt, ap) < 0)
		*ret_error = NULL;
	va_end(ap);
	return *ret_error ? -EINVAL : -ENOMEM;
}

static int parse_bool(const char *text, bool *ret)
{
	static const char *const words[2][6] = {
		{"0", "f", "F", "false", "False", "FALSE"},
		{"1", "t", "T", "true", "True", "TRUE"},
	};

	for (int value = 0; value < 2; value++) {
		for (size_t i = 0; i < ARRAY_SIZE(words[value]); i++) {
			if (strcmp(text, words[value][i]) == 0) {
				*ret = value;
				return 0;
			}
		}
	}
	return -EINVAL;
}

/* Decimal with an optional sign and nothing else; strtol() alone would skip blanks. */
static int parse_int(const char *text, int *ret)
{
	size_t sign = text[0] == '-' || text[0] == '+';
	size_t digits = strspn(text + sign, "0123456789");
	long value;

	if (digits == 0 || text[sign + digits] != '\0')
		return -EINVAL;
	errno = 0;
	value = strtol(text, NULL, 10);
	if (errno || value < INT_MIN || value > INT_MAX)
		return -ERANGE;
	*ret = (int)value;
	return 0;
}

static const struct flag *find_flag(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strlen(flags[i].name) == len && memcmp(flags[i].name, name, len) == 0)
			return &flags[i];
	return NULL;
}

static int apply(const struct flag *flag, const char *value, struct given *given, char **ret_error)
{
	bool on = true;
	int number = 0;

	if (flag->type == FLAG_BOOL && value && parse_bool(value, &on) < 0)
		return fail(ret_error, "flag -%s: \"%s\" is not allowed; allowed: true or false",
			    flag->name, value);
	if (flag->type == FLAG_INT && parse_int(value, &number) < 0)
		return fail(ret_error, "flag -%s: \"%s\" is not allowed; allowed: an integer",
			    flag->name, value);
	switch (flag->use) {
	case USE_CONFIG:
		given->config = value;
		break;
	case USE_VERBOSITY:
		given->verbosity = number;
		break;
	case USE_KEEP_SERVING:
		given->keep_serving = on;
		break;
	case USE_SECCOMP:
		given->seccomp = on;
		break;
	case USE_VERSION:
		given->version = on;
		break;
	case USE_NOTHING:
		break;
	}
	return 0;
}

/* Only at the start of the path: there a shell would have expanded it, too. */
static char *expand_home(const char *path)
{
	const char *home = getenv("USERPROFILE");
	char *ret;

	if (strncmp(path, "~/", 2) != 0)
		return strdup(path);
	if (!home || !*home)
		home = getenv("HOME");
	if (!home || !*home)
		home = ".";
	return asprintf(&ret, "%s/%s", home, path + 2) < 0 ? NULL : ret;
}

static int finish(const struct given *given, bool help, struct options *ret)
{
	char *config = expand_home(given->config);

	if (!config)
		return -ENOMEM;
	*ret = (struct options){
		.config = config,
		.verbosity = given->verbosity,
		.keep_serving = given->keep_serving,
		.seccomp = given->seccomp,
		.version = given->version,
		.help = help,
	};
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, char **ret_error)
{
	struct given given = {.config = "config.json", .seccomp = true};
	bool help = false;

	for (int i = 1; i < argc && !help; i++) {
		const char *word = argv[i], *name, *value;
		const struct flag *flag;
		size_t len;
		int r;

		if (word[0] != '-' || word[1] == '\0' || strcmp(word, "--") == 0)
			break;
		name = word + (word[1] == '-' ? 2 : 1);
		if (name[0] == '-' || name[0] == '=')
			return fail(ret_error, "bad flag syntax: %s", word);
		len = strcspn(name, "=");
		value = name[len] == '=' ? name + len + 1 : NULL;
		flag = find_flag(name, len);
		if (!flag) {
			help = (len == 1 && name[0] == 'h') ||
			       (len == 4 && !memcmp(name, "help", 4));
			if (!help)
				return fail(ret_error, "unknown flag: -%.*s", (int)len, name);
			continue;
		}
		if (!value && flag->type != FLAG_BOOL) {
			if (i + 1 >= argc)
				return fail(ret_error, "flag -%s needs an argument", flag->name);
			value = argv[++i];
		}
		r = apply(flag, value, &given, ret_error);
		if (r < 0)
			return r;
	}
	return finish(&given, help, ret);
}

void options_usage(FILE *out)
{
	fputs("Usage: mesos-xdns [-config FILE] [-v N] [-keep-serving] [-seccomp=false] "
	      "[-version]\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		char left[40];

		snprintf(left, sizeof(left), "-%s%s", flags[i].name, flags[i].argument);
		fprintf(out, "  %-24s  %s\n", left, flags[i].help);
	}
	fprintf(out, "  %-24s  %s\n", "-h, -help", "print this text and exit");
}

void options_done(struct options *o)
{
	free(o->config);
	o->config = NULL;
}
