// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zones.h"

#include <urcu.h>

#include "fuzz.h"

static struct bench *zone(enum packet_zone which, bool limited)
{
	static struct bench zones[2][PACKET_ZONES];

	if (!zones[0][0].zone) {
		fuzz_keep(true);
		for (int i = 0; i < PACKET_ZONES; i++) {
			bench_open_native(i, &zones[0][i]);
			bench_open_limited(i, false, &zones[1][i]);
		}
		fuzz_keep(false);
		rcu_register_thread();
	}
	return &zones[limited][which];
}

struct bench *fuzz_zone(enum packet_zone which)
{
	return zone(which, false);
}

struct bench *fuzz_limited_zone(enum packet_zone which)
{
	return zone(which, true);
}
