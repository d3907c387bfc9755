// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fuzz.h"

#include <jansson.h>
#include <sanitizer/lsan_interface.h>
#include <string.h>

/* There without a sanitizer, too. */
#pragma weak __lsan_disable
#pragma weak __lsan_enable

#define SKEW 2

void fuzz_keep(bool on)
{
	if (!__lsan_disable)
		return;
	if (on)
		__lsan_disable();
	else
		__lsan_enable();
}

bool fuzz_is_utf8(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	return string != NULL;
}

uint8_t fuzz_octet(struct fuzz_input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

void *fuzz_copy(const void *data, size_t len, uint8_t **ret_at)
{
	uint8_t *memory = malloc(SKEW + len);

	MUST(memory);
	*ret_at = memory + SKEW;
	if (len)
		memcpy(*ret_at, data, len);
	return memory;
}

int fuzz_cut(unsigned how, const uint8_t *data, size_t len, fuzz_feed feed, void *ctx)
{
	/* pieces of some length at most: single octets, a few, nearly all */
	static const size_t most[] = {1, 2, 7, 40, 1000};
	size_t max = most[how % (sizeof(most) / sizeof(most[0]))];
	int r = 0;

	for (size_t at = 0, n; at < len && !r; at += n) {
		uint8_t *piece;
		void *memory;

		n = how ? (size_t)rand_r(&how) % max + 1 : len;
		if (n > len - at)
			n = len - at;
		memory = fuzz_copy(data + at, n, &piece);
		r = feed(ctx, piece, n);
		free(memory);
	}
	return r;
}
