/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * jansson's json_loadb(), made safe where memory is short. Its reader goes on when there is no room
 * for a character of a string, misses the closing quote, and reads and writes past its buffers
 * (2.14). Here it does not get to see a failure.
 */
#ifndef XDNS_JSON_LOAD_H
#define XDNS_JSON_LOAD_H

#include <jansson.h>

/* Once, before the first json_load(): from then on jansson allocates by way of it. */
void json_load_init(void);

/*
 * As json_loadb(). NULL: *error says why; json_error_code() of it is json_error_out_of_memory for
 * want of memory.
 */
json_t *json_load(const char *text, size_t len, size_t flags, json_error_t *error);

#endif
