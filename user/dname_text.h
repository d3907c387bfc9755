/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Domain names between text and wire form (RFC 1035 3.1, 5.1). */
#ifndef XDNS_DNAME_TEXT_H
#define XDNS_DNAME_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define DNAME_WIRE_MAX 255
#define DNAME_TEXT_MAX 1024 /* every octet as \DDD, and the NUL */

/*
 * "a.b" or "a.b." to wire form, no escapes: every octet but '.' is taken as it
 * is, case kept. Returns the length in octets with the root's, or -EINVAL for an empty
 * label, a label over 63 or a name over 255 octets. "" and "." are the root.
 */
int dname_from_text(const char *text, size_t len, uint8_t ret_wire[DNAME_WIRE_MAX]);

/* The same from master file text: "\." is a dot inside a label, "\DDD" any octet. */
int dname_from_escaped(const char *text, size_t len, uint8_t ret_wire[DNAME_WIRE_MAX]);

/* Wire form to text with a final dot and RFC 1035 5.1 escapes; returns buf. */
const char *dname_to_text(const uint8_t *wire, char buf[DNAME_TEXT_MAX]);

/* Octets of a well-formed wire name, the root's included. */
size_t dname_wire_len(const uint8_t *wire);

/* ASCII letters to lower case, in place (RFC 4343). */
void dname_lower(uint8_t *wire, size_t len);

#endif
