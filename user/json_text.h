/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is between the quotes of a JSON string, as UTF-8 that is fit for C strings. */
#ifndef XDNS_JSON_TEXT_H
#define XDNS_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets json_text_decode() may write for len raw octets (each may become U+FFFD). */
#define JSON_TEXT_MAX(len) (3 * (len) + 1)

/*
 * Undoes the escapes. Octets that are not UTF-8, surrogates without a partner and NUL each
 * become U+FFFD, as in Go's encoding/json but for NUL. out has room for
 * JSON_TEXT_MAX(len); a NUL is added. The raw text has passed a scanner. Returns the length.
 */
size_t json_text_decode(const uint8_t *raw, size_t len, char *out);

/*
 * Is the raw text of a key this name (lower case ASCII)? Without regard to case, as
 * encoding/json does it: U+017F counts as s, U+212A as k.
 */
bool json_key_is(const uint8_t *raw, size_t len, const char *name, size_t name_len);

#endif
