/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Frames of the loaded XDP program, as long as somebody looks: however this process ends, the
 * daemon's program stands in its links alone again. Follows the daemon from one program to the
 * next.
 */
#ifndef XDNS_TOOLS_XDNSCTL_TAP_H
#define XDNS_TOOLS_XDNSCTL_TAP_H

#include "dname_text.h"
#include "xdnsctl-tap-abi.h"
#include "xdnsctl.h"

struct tap;

struct tap_options {
	struct tap_rules rules; /* but for the port, which the daemon's configuration says */
	uint32_t every;		/* looks at one frame of so many */
};

/* CTL_OK, or CTL_ERROR after a line that says why. */
int tap_open(const struct ctl *c, const struct tap_options *o, struct tap **ret);

/* What has come since the last call, in order. Other than 0: ends, and is returned. */
typedef int (*tap_fn)(void *ctx, const struct tap_frame *f);
int tap_read(struct tap *t, tap_fn fn, void *ctx);

void tap_set_every(struct tap *t, uint32_t every);

struct tap_counts {
	uint64_t looked; /* frames looked at */
	uint64_t lost;	 /* frames handed over faster than they were read */
};
struct tap_counts tap_counts(const struct tap *t);

/* Accepts NULL. */
void tap_close(struct tap *t);

/* What is asked in a frame's DNS message; a frame that has none is no error. */
struct tap_question {
	bool there;
	uint8_t name[DNAME_WIRE_MAX + 1]; /* as asked */
	uint16_t type;
	uint8_t rcode, answers; /* of an answer; up to 255 */
};
void tap_question(const struct tap_frame *f, struct tap_question *ret);

/* Where a question comes from and an answer goes: "192.0.2.1#1234"; "-" if it is no UDP. */
#define TAP_CLIENT_MAX 64
const char *tap_client(const struct tap_frame *f, char ret[TAP_CLIENT_MAX]);

#endif
