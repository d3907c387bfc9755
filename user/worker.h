/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a worker lends to the transports it runs (udp.h, tcp.h). */
#ifndef XDNS_WORKER_H
#define XDNS_WORKER_H

#include <uv.h>

#include "forward.h"
#include "limiter.h"
#include "server.h"
#include "transfer.h"

struct worker_env {
	uv_loop_t *loop;
	const struct config *cfg; /* of now: to be read anew for each query */
	const struct zone *zone;
	struct forwarder *forwarder;
	struct transfer_source *transfers;
	const struct limiter *limiter; /* NULL: there is none (yet); to be read atomically */
	struct server_stats *stats;    /* written by this worker only, by stat_add() */
};

#endif
