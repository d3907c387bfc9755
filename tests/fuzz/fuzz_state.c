// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * State documents: cut at any places, a document gives the cluster, or the error, that it gives in
 * one piece.
 *
 * Input: two octets that say how it is cut, then the document.
 */
#include <string.h>

#include "fuzz.h"
#include "unit/cluster_dump.h"
#include "world.h"

/* The cluster, or why there is none, as text; to be freed. */
static char *read_state(unsigned how, const uint8_t *document, size_t len)
{
	struct cluster *c = NULL;
	char *text = NULL, *error = NULL;
	int r = world_read(how, document, len, &c, &error);

	MUST(!r == !error && !r == (c != NULL));
	if (r)
		MUST(asprintf(&text, "error %d: %s", r, error) > 0);
	else
		text = cluster_dump(c);
	MUST(text);
	free(error);
	cluster_free(c);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	unsigned how = fuzz_octet(&in) << 8 | fuzz_octet(&in);
	char *whole = read_state(0, in.at, in.left), *cut = read_state(how, in.at, in.left);

	MUST(!strcmp(whole, cut));
	MUST(fuzz_is_utf8(whole));
	free(whole);
	free(cut);
	return 0;
}
