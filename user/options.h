/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Mesos-DNS's command line: flags by the rules of Go's flag package, so that
 * unit files and containers keep theirs. One dash or two, "-flag=value" or
 * "-flag value", booleans only as "-flag" or "-flag=BOOL"; reading stops at the
 * first word that is no flag, or after "--", and the rest is ignored.
 */
#ifndef XDNS_OPTIONS_H
#define XDNS_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

struct options {
	char *config;	   /* path, "~/" at its start replaced; owned */
	int verbosity;	   /* as given, may be negative */
	bool keep_serving; /* for config_set_keep_serving() */
	bool seccomp;	   /* limit the system calls: privileges.h */
	bool version;	   /* print the version on stdout, exit 0 */
	bool help;	   /* print options_usage() on stderr, exit 0; goes before version */
};

/*
 * -EINVAL for an unknown flag or a missing or bad value: *ret_error (to be
 * freed) is one line for stderr, followed by options_usage() and exit status 2.
 * *ret is then untouched; otherwise it is for options_done().
 */
int options_parse(int argc, char **argv, struct options *ret, char **ret_error);

void options_usage(FILE *out);

void options_done(struct options *o);

#endif
