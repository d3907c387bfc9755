/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Other threads' questions to the loop: a function is handed over, runs there, and the asking
 * thread waits for its end. What only the loop may look at is so had without locks.
 */
#ifndef XDNS_ASK_LOOP_H
#define XDNS_ASK_LOOP_H

#include <stdbool.h>
#include <uv.h>

struct ask_loop;

typedef int (*ask_loop_fn)(void *arg);

int ask_loop_new(uv_loop_t *loop, struct ask_loop **ret);

/*
 * Runs fn(arg) on the loop and returns what it returns. -ETIMEDOUT: the loop has not come to it
 * within the time, and will not; once begun it is waited for. -ESHUTDOWN: it takes no questions.
 * Not from the loop's thread.
 */
int ask_loop(struct ask_loop *a, ask_loop_fn fn, void *arg, unsigned timeout_ms);

/*
 * From the loop's thread: takes no questions, and lets go whoever waits; or takes them again. So
 * the loop may wait for the threads that ask.
 */
void ask_loop_refuse(struct ask_loop *a, bool refuse);

/* From the loop's thread: nothing runs any more, whoever waits is let go. Accepts NULL. */
void ask_loop_close(struct ask_loop *a);

/* After the loop has seen the handle off, and nobody asks any more. Accepts NULL. */
void ask_loop_free(struct ask_loop *a);

#endif
