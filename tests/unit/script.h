/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A script of Python that a test talks to: a line to its stdin, a line from its stdout. */
#ifndef XDNS_TEST_SCRIPT_H
#define XDNS_TEST_SCRIPT_H

#include <stdio.h>
#include <sys/types.h>

struct script {
	pid_t pid;
	FILE *in, *out;
	char line[65536]; /* the last it said, without the line's end */
};

/* Starts it and reads its first line. -1: it cannot be started or says nothing. */
int script_start(struct script *s, const char *path);

/* Sends a line; what it says to it. */
__attribute__((format(printf, 2, 3))) const char *script_tell(struct script *s, const char *fmt,
							      ...);

void script_stop(struct script *s);

/* How often `what` is in it. */
unsigned script_count(const char *text, const char *what);

#endif
