// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "util.h"

#define STATUS_MAX 512

void notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void notify_status(const char *fmt, ...)
{
	char text[STATUS_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* The message has a line for each variable: a name with a line break could set another. */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	sd_notifyf(0, "STATUS=%s", text);
}

/* The manager tells by the time which reload is meant: it compares with when it sent the signal. */
void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   ((uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec) / 1000);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

uint64_t notify_watchdog_ms(void)
{
	uint64_t usec;
	uint64_t half;

	if (sd_watchdog_enabled(0, &usec) <= 0)
		return 0;
	half = usec / 2 / 1000;
	return half ? half : 1;
}

void notify_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}
