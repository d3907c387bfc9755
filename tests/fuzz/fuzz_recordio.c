// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * RecordIO: cut at any places, the stream gives the records, the errors and the counts that it
 * gives in one piece.
 *
 * Input: two octets that say how it is cut, one for the largest record, then the stream.
 */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "recordio.h"

#define GIVE_UP 0x80 /* of the third octet: the taker does, at a record of 13 octets */

struct taker {
	FILE *out;
	char *text; /* what came: '[' octets ']' */
	size_t len;
	uint64_t max, left;
	bool gives_up;
	struct recordio reader;
};

static int begin(void *ctx, uint64_t len)
{
	struct taker *t = ctx;

	MUST(!t->left && len && len <= t->max);
	t->left = len;
	fputc('[', t->out);
	return t->gives_up && len == 13 ? -ECANCELED : 0;
}

static int data_came(void *ctx, const void *data, size_t len)
{
	struct taker *t = ctx;

	MUST(len && len <= t->left);
	t->left -= len;
	fwrite(data, 1, len, t->out);
	return 0;
}

static int end(void *ctx)
{
	struct taker *t = ctx;

	MUST(!t->left);
	fputc(']', t->out);
	return 0;
}

static int feed(void *ctx, const void *data, size_t len)
{
	struct taker *t = ctx;

	return recordio_feed(&t->reader, data, len);
}

static int take(struct taker *t, unsigned how, uint8_t max, const uint8_t *stream, size_t len)
{
	static const struct recordio_ops ops = {begin, data_came, end};
	int r;

	memset(t, 0, sizeof(*t));
	t->max = (max & ~GIVE_UP) + 1U;
	t->gives_up = max & GIVE_UP;
	t->out = open_memstream(&t->text, &t->len);
	MUST(t->out);
	recordio_init(&t->reader, &ops, t, t->max);
	r = fuzz_cut(how, stream, len, feed, t);
	if (!r)
		r = recordio_finish(&t->reader);
	fclose(t->out);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	unsigned how = fuzz_octet(&in) << 8 | fuzz_octet(&in);
	uint8_t max = fuzz_octet(&in);
	struct taker whole, cut;
	int r = take(&whole, 0, max, in.at, in.left);

	MUST(take(&cut, how, max, in.at, in.left) == r);
	MUST(whole.len == cut.len && !memcmp(whole.text, cut.text, cut.len));
	MUST(whole.reader.records == cut.reader.records);
	MUST(!strcmp(recordio_error(&whole.reader), recordio_error(&cut.reader)));
	MUST(r == whole.reader.rc && r == cut.reader.rc);
	free(whole.text);
	free(cut.text);
	return 0;
}
