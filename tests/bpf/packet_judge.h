/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What must hold for any frame: the native program is run over it, and userspace over its message.
 */
#ifndef XDNS_TESTS_PACKET_JUDGE_H
#define XDNS_TESTS_PACKET_JUDGE_H

#include "packet_bench.h"

/*
 * NULL, or what is wrong. ret_reply is the frame that the program left, whatever it said; of query
 * octet, len and, where userspace is to find a message, dns count.
 */
const char *packet_judge(struct bench *b, const struct frame *query, struct native_result *ret,
			 struct frame *ret_reply);

#endif
