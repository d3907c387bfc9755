/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The inside of JSON strings and numbers (RFC 8259 6, 7), for json_cut. */
#ifndef XDNS_JSON_SCAN_H
#define XDNS_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Named by what was read last. */
enum json_number {
	JSON_NUMBER_MINUS,
	JSON_NUMBER_ZERO,
	JSON_NUMBER_DIGITS,
	JSON_NUMBER_POINT,
	JSON_NUMBER_FRACTION,
	JSON_NUMBER_EXP,
	JSON_NUMBER_EXP_SIGN,
	JSON_NUMBER_EXP_DIGITS,
};

/* First octet that is not plain text: quote, backslash or control character. */
static inline const uint8_t *json_scan_plain(const uint8_t *p, const uint8_t *end)
{
	const uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;

	/* "Is there a zero octet" on eight octets at once; the lowest flag is exact. */
	while (end - p >= 8) {
		uint64_t v, quote, slash, low;

		memcpy(&v, p, sizeof(v));
		quote = v ^ (ones * '"');
		slash = v ^ (ones * '\\');
		quote = (quote - ones) & ~quote;
		slash = (slash - ones) & ~slash;
		low = (v - ones * 0x20) & ~v;
		v = (quote | slash | low) & tops;
		if (v)
			return p + (__builtin_ctzll(v) >> 3);
		p += 8;
	}
	while (p < end && *p != '"' && *p != '\\' && *p >= 0x20)
		p++;
	return p;
}

static inline bool json_is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

/* b is a digit or a minus. */
static inline enum json_number json_number_begin(uint8_t b)
{
	return b == '-' ? JSON_NUMBER_MINUS : b == '0' ? JSON_NUMBER_ZERO : JSON_NUMBER_DIGITS;
}

/* The state behind octet b of a number, -1 if b is not part of it. */
static inline int json_number_next(enum json_number state, uint8_t b)
{
	bool digit = json_is_digit(b), exp = b == 'e' || b == 'E';

	switch (state) {
	case JSON_NUMBER_MINUS:
		return !digit ? -1 : b == '0' ? JSON_NUMBER_ZERO : JSON_NUMBER_DIGITS;
	case JSON_NUMBER_ZERO:
		return b == '.' ? JSON_NUMBER_POINT : exp ? JSON_NUMBER_EXP : -1;
	case JSON_NUMBER_DIGITS:
		return digit	  ? JSON_NUMBER_DIGITS
		       : b == '.' ? JSON_NUMBER_POINT
		       : exp	  ? JSON_NUMBER_EXP
				  : -1;
	case JSON_NUMBER_POINT:
		return digit ? JSON_NUMBER_FRACTION : -1;
	case JSON_NUMBER_FRACTION:
		return digit ? JSON_NUMBER_FRACTION : exp ? JSON_NUMBER_EXP : -1;
	case JSON_NUMBER_EXP:
		return digit		      ? JSON_NUMBER_EXP_DIGITS
		       : b == '+' || b == '-' ? JSON_NUMBER_EXP_SIGN
					      : -1;
	default:
		return digit ? JSON_NUMBER_EXP_DIGITS : -1;
	}
}

static inline bool json_number_complete(enum json_number state)
{
	return state == JSON_NUMBER_ZERO || state == JSON_NUMBER_DIGITS ||
	       state == JSON_NUMBER_FRACTION || state == JSON_NUMBER_EXP_DIGITS;
}

#endif
