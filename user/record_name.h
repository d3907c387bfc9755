/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A record's owner or target, built piece by piece straight in wire form. Errors stick: what
 * no domain name can carry, and what no query of Mesos-DNS could ever
 * ask for, is remembered and judged once at the end.
 */
#ifndef XDNS_RECORD_NAME_H
#define XDNS_RECORD_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dname_text.h"
#include "naming_rules.h"

struct record_name {
	uint8_t wire[DNAME_WIRE_MAX + 1];
	unsigned int len;   /* octets so far, the open label's length octet included */
	unsigned int label; /* where the open label's length octet goes */
	bool encodable;	    /* RFC 1035 2.3.4: no empty or long label, 255 octets at most */
	bool askable;	    /* Mesos-DNS looks it up by its text: see record_name_text() */
	bool owned;	    /* the daemon's: set by who builds a framework's or a task's name */
	enum naming_rule rule;
};

void record_name_start(struct record_name *n, enum naming_rule rule);

/*
 * Adds octets to the open label; a dot ends it and opens the next. Not askable: upper
 * case, blanks, controls and octets above 126 and ( ) ; @ " ' \, which
 * the text of a query's name holds lowered or escaped, and a "*" that starts a label other than the
 * first, because Mesos-DNS cuts every ".*" out of a query's name.
 */
void record_name_text(struct record_name *n, const char *text, size_t len);

/* Ends the open label and the name with a wire name, the root's octet included. */
void record_name_end(struct record_name *n, const uint8_t *suffix, size_t len);

static inline bool record_name_usable(const struct record_name *n)
{
	return n->encodable && n->askable;
}

#endif
