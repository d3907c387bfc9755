/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Small things every module uses: scope-bound cleanup and array sizes.
 * Errors everywhere in user/ are 0 or a negative errno; outputs come last,
 * are named ret_*, and are untouched on failure.
 */
#ifndef XDNS_UTIL_H
#define XDNS_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NSEC_PER_SEC  ((uint64_t)1000000000)
#define NSEC_PER_MSEC ((uint64_t)1000000)

#define _cleanup_(fn)	__attribute__((cleanup(fn)))
#define _cleanup_free_	_cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Hands a _cleanup_ pointer or descriptor to the caller. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) _p = (p);                                                            \
		(p) = NULL;                                                                        \
		_p;                                                                                \
	})

/*
 * Closes a stream of open_memstream(). -ENOMEM: there is no *text then; glibc alone says nothing if
 * there is no memory at the very end.
 */
int memstream_close(FILE *out, char **text);

/* Monotonic clock in nanoseconds; the second goes on while the machine sleeps. */
uint64_t now_ns(void);
uint64_t boot_now_ns(void);

#endif
