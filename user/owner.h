/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which process is in the way: whose socket has a port, whose lock is on a file. For messages
 * only. What /proc does not show this process (without privilege, or out of a PID namespace)
 * stays unknown.
 */
#ifndef XDNS_OWNER_H
#define XDNS_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define OWNER_TEXT_MAX 64

struct owner {
	pid_t pid;     /* 0: not to be seen */
	char name[32]; /* as ps -e shows it; "" with pid 0, or if it has just ended */
	struct sockaddr_storage socket; /* owner_of_port(): what it is bound to, with the port */
};

/*
 * Of a UDP socket, or a listening TCP socket, that a bind to LOCAL (an address and a port) would
 * be in conflict with, in this network namespace. -ENOENT: there is none.
 */
int owner_of_port(bool tcp, const struct sockaddr *local, struct owner *ret);

/* Of the flock() on the file or folder that fd is open on. -ENOENT: nobody seen has it. */
int owner_of_lock(int fd, struct owner *ret);

/* "PID 1234 (named)", or "a process that cannot be seen from here"; returns buf. */
const char *owner_text(const struct owner *o, char *buf, size_t size);

#endif
