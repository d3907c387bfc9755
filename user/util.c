// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "util.h"

#include <errno.h>
#include <time.h>

static uint64_t read_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t boot_now_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

int memstream_close(FILE *out, char **text)
{
	if (!fclose(out) && *text)
		return 0;
	free(TAKE_PTR(*text));
	return -ENOMEM;
}
