// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Records of the event stream: cut at any places, each gives the event, or the error, that it
 * gives in one piece, whatever came before it.
 *
 * Input: two octets that say how it is cut, then records, each ended by a LF.
 */
#include "fuzz.h"
#include "unit/event_reading.h"

static void read_one(struct reading *r, unsigned how, const uint8_t *record, size_t len)
{
	int rc = reading_begin(r, len);

	if (!rc)
		rc = fuzz_cut(how, record, len, reading_data, r);
	if (!rc)
		rc = reading_end(r);
	if (rc)
		fprintf(r->f, "error %d: %s\n", rc, event_decoder_error(r->decoder));
}

/* What is read, as text; to be freed. */
static char *read_all(unsigned how, const uint8_t *records, size_t len)
{
	struct reading r;

	reading_start(&r);
	while (len) {
		const uint8_t *lf = memchr(records, '\n', len);
		size_t n = lf ? (size_t)(lf - records) : len;

		read_one(&r, how, records, n);
		n += lf != NULL;
		records += n;
		len -= n;
	}
	return reading_done(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	unsigned how = fuzz_octet(&in) << 8 | fuzz_octet(&in);
	char *whole = read_all(0, in.at, in.left), *cut = read_all(how, in.at, in.left);

	MUST(!strcmp(whole, cut));
	MUST(fuzz_is_utf8(whole));
	free(whole);
	free(cut);
	return 0;
}
