// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packet_planes.h"

#include <string.h>

#include "packet_judge.h"

const char *packet_planes(struct bench *b, const struct frame *query, struct native_result *ret,
			  struct frame *ret_reply)
{
	const char *wrong = packet_judge(b, query, ret, ret_reply);
	struct native_result loaded;
	struct frame other;

	if (wrong || !b->loaded || query->len < LOADED_FRAME_MIN)
		return wrong;
	if (loaded_run(b->loaded, query->octet, query->len, other.octet, FRAME_MAX, &loaded))
		return "the kernel did not run it";
	if (loaded.verdict != ret->verdict)
		return "the kernel decides otherwise";
	if (loaded.verdict == NATIVE_DROP)
		return NULL;
	if (loaded.len != ret->len ||
	    (loaded_clock_held(b->loaded) && memcmp(other.octet, ret_reply->octet, ret->len)))
		return "the kernel leaves another frame";
	return NULL;
}
