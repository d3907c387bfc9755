/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A zone with its history, secondaries of it, and what they are sent, record by record. */
#ifndef XDNS_TESTS_TRANSFER_WORLD_H
#define XDNS_TESTS_TRANSFER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history.h"
#include "transfer.h"
#include "zone_fixture.h"

struct world {
	struct config *cfg;
	struct zone *zone;
	struct transfer_source source;
};

/* Records as texts "OWNER TYPE DATA", in the order they came; SOAs as "SOA SERIAL". */
struct texts {
	char **list;
	size_t count, capacity;
};

/* members: of the configuration. The first commit has the serial 100 and the name a.mesos. */
void world_start(struct world *w, const char *members);
void world_end(struct world *w);

/* A query from 127.0.0.1 for mesos; has: the serial of an IXFR. Returns its octets. */
size_t world_query(uint16_t type, uint32_t has, uint8_t *ret);

/* Judges the query; the answer without a transfer is left in out. */
struct transfer *world_begin(struct world *w, bool tcp, const uint8_t *query, size_t len,
			     uint8_t *out, size_t *ret_len, enum transfer_outcome *ret_outcome);

/* transfer_fill() on a thread of its own; checks the messages and takes their records. */
int world_fill(struct transfer *t, struct texts *to);

/* To its end, and away with it. */
enum transfer_outcome world_finish(struct transfer *t, struct texts *to);

/* All records of the zone as it stands, the NS with them. */
void world_records(const struct world *w, struct texts *to);

void texts_add(struct texts *t, const char *text);
void texts_sort(struct texts *t, size_t from, size_t to);
void texts_done(struct texts *t);

#endif
