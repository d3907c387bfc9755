// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Clocks, waiting, and being ended, for the commands that go on for a while. */
#include "xdnsctl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "util.h"

static volatile sig_atomic_t ended;

void ctl_sleep(double seconds)
{
	struct timespec t = {.tv_sec = (time_t)seconds,
			     .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

	while (!ended && nanosleep(&t, &t) && errno == EINTR)
		;
}

static void on_end(int signum)
{
	(void)signum;
	ended = 1;
}

void ctl_watch_end(void)
{
	const struct sigaction action = {.sa_handler = on_end};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
}

bool ctl_ended(void)
{
	return ended;
}

const char *ctl_duration(double seconds, char buf[32])
{
	static const struct {
		double seconds;
		const char *unit;
	} units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (seconds >= 2 * units[i].seconds) {
			snprintf(buf, 32, "%.0f %s", seconds / units[i].seconds, units[i].unit);
			return buf;
		}
	snprintf(buf, 32, "%.1f s", seconds);
	return buf;
}
