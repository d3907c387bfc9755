// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zones.h"

#include <urcu.h>

#include "fuzz.h"

struct bench *fuzz_zone(enum packet_zone which)
{
	static struct bench zones[PACKET_ZONES];

	if (!zones[0].zone) {
		fuzz_keep(true);
		for (int i = 0; i < PACKET_ZONES; i++)
			bench_open_native(i, &zones[i]);
		fuzz_keep(false);
		rcu_register_thread();
	}
	return &zones[which];
}
