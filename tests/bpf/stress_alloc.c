// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * glibc lets a program bring its own malloc(); this one is glibc's, but for the
 * one that is to fail. Only the thread that asked is met.
 */
#include "stress_alloc.h"

#include <errno.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static _Thread_local unsigned left;
static _Thread_local bool failed;

static bool fails(void)
{
	if (!left || --left)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void stress_alloc_fail(unsigned n)
{
	left = n;
	failed = false;
}

bool stress_alloc_failed(void)
{
	bool was = failed;

	left = 0;
	failed = false;
	return was;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}
