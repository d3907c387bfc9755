/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* libprocess addresses: "slave(1)@10.0.0.1:5051", "master@[fd00::1]:5050". */
#ifndef XDNS_PID_H
#define XDNS_PID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pid {
	char *host; /* without [ ]; may be ""; printable ASCII; to be freed */
	uint16_t port;
	bool has_port; /* false for "x@host:" */
};

/*
 * One @, behind it host:port; blanks around the whole are ignored. The port is a number or
 * a TCP service name. -EINVAL, -ENOMEM.
 */
int pid_parse(const char *text, size_t len, struct pid *ret);

/* "host:port" or "[v6]:port". */
int pid_parse_address(const char *text, size_t len, struct pid *ret);

#endif
