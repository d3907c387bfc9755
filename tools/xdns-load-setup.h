/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What xdns-load needs before it starts: the queries, and the headers in front of them. Each
 * returns 0 or a negative errno, with what to do about it on stderr.
 */
#ifndef XDNS_LOAD_SETUP_H
#define XDNS_LOAD_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xdns-load.h"

/* The queries of a file, one after the other as the map wants them. */
struct load_file {
	uint8_t *slots;
	size_t slot_size;
	size_t count;
	size_t message_max;
	size_t message_usual; /* the length most queries have */
};

struct load_ends {
	const char *device;
	const char *server;
	const char *server_mac; /* NULL: from the neighbour table */
	const char *source;	/* NULL: the device's; may end in /COUNT */
	uint16_t port;
};

int load_complain(int r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* dnsperf's format, "NAME TYPE" a line; edns: an OPT record with that size, unless 0 */
int load_file_read(const char *path, unsigned int edns, struct load_file *ret);
void load_file_free(struct load_file *f);

/* Fills in what concerns addresses, and the headers. */
int load_ends_find(const struct load_ends *ends, struct load_config *ret);

size_t load_head_len(bool v6);

#endif
