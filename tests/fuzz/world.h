/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From a state document to a zone and what the HTTP API looks at. */
#ifndef XDNS_TESTS_FUZZ_WORLD_H
#define XDNS_TESTS_FUZZ_WORLD_H

#include "api.h"
#include "cluster.h"
#include "record_list.h"

/*
 * Reads a document, cut as fuzz_cut() does. *ret_error (to be freed): what there is to say of it,
 * if it is refused. Of host names only two.example and two-* have addresses.
 */
int world_read(unsigned how, const uint8_t *document, size_t len, struct cluster **ret,
	       char **ret_error);

struct world {
	struct config *cfg;
	struct api_world parts;
	struct api api;
	struct record_list given;
};

/* The daemon without sockets, after this document. cluster is emptied, not freed. */
void world_open(struct cluster *cluster, struct world *ret);
void world_close(struct world *w);

#endif
