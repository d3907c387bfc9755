/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A process of its own that holds something a test wants: a port, a lock. */
#ifndef XDNS_TEST_HOLDER_H
#define XDNS_TEST_HOLDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLDER_NAME "xdns-holder"

/*
 * Forks; the child calls take(ctx) and stays, under HOLDER_NAME, until holder_end() or the end of
 * the test's thread. For holder_wait().
 */
static inline pid_t holder_fork(bool (*take)(void *ctx), void *ctx, int *ret_ready)
{
	int ready[2];
	pid_t pid;

	if (pipe(ready) < 0)
		abort();
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, HOLDER_NAME);
		if (!take(ctx) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	*ret_ready = ready[0];
	return pid;
}

/* PID once take() has said true, -1 if it said false. */
static inline pid_t holder_wait(pid_t pid, int ready)
{
	char octet;

	if (read(ready, &octet, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(ready);
	return pid;
}

static inline pid_t holder_start(bool (*take)(void *ctx), void *ctx)
{
	int ready;
	pid_t pid = holder_fork(take, ctx, &ready);

	return holder_wait(pid, ready);
}

/* As kill -9 does. */
static inline void holder_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
