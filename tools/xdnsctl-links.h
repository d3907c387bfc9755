/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* xdnsctl's program in the daemon's links, in the place of the daemon's own. */
#ifndef XDNS_TOOLS_XDNSCTL_LINKS_H
#define XDNS_TOOLS_XDNSCTL_LINKS_H

#include <stdint.h>
#include <sys/types.h>

/* A map of a program by the end of its name, or -errno; for the caller to close. */
int program_map(int program, const char *end);

/*
 * A process that outlives this one to put the daemon's program back, however this one ends: it
 * holds both programs, so the answers never stop.
 */
struct links {
	pid_t guard; /* 0: there is none */
	int alive;   /* the guard reads its end of this pipe */
};

/*
 * Each link pinned in dir that has the daemon's program gets ours. -EBUSY: somebody else's stands
 * in one of them; -ENOLINK: there is none; other -errno. Nothing is changed then.
 */
int links_take(const char *dir, int daemons, int ours, struct links *ret);

/* The daemon's program is back when this returns. What the daemon has replaced meanwhile stays. */
void links_give_back(struct links *l);

#endif
