/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is answered over HTTP: Mesos-DNS's /v1 and what an operator asks (docs/http-api.md). DNS
 * data comes from the zone under RCU in the asking thread; what only the loop may look at, through
 * ask_loop.h.
 */
#ifndef XDNS_API_H
#define XDNS_API_H

#include <stdbool.h>

#include "api_token.h"
#include "ask_loop.h"
#include "config.h"
#include "http_server.h"
#include "zone.h"

struct follower;
struct kernel;
struct model;
struct secondaries;
struct server;
struct watch;

/* What there is at this moment. kernel and server: NULL if there is none. */
struct api_world {
	const struct config *cfg;
	struct zone *zone;
	struct model *model;
	const struct follower *follower; /* NULL in tests without one */
	const struct kernel *kernel;
	const struct server *server;
	const struct secondaries *secondaries; /* NULL in tests without them */
};

struct api {
	const struct zone *zone;
	bool enumeration;      /* EnumerationOn */
	struct ask_loop *loop; /* NULL: there is no loop, the asking thread may look itself */
	void (*look)(void *ctx, struct api_world *ret); /* on the loop */
	void *ctx;
	struct watch *watch; /* NULL: no /v1/watch */
	struct api_token token;
};

/* An http_handler; ctx is a struct api. */
void api_handle(void *ctx, const struct http_request *request, struct http_response *ret);

#endif
