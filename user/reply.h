/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One DNS query in, one response out: the userspace twin of the XDP program
 * (both use include/question.h and include/answer.h) plus what only userspace
 * answers: errors, BADVERS, ANY, SOA, NS, PTR, TCP. Knows no sockets.
 */
#ifndef XDNS_REPLY_H
#define XDNS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "cookie.h"
#include "hop.h"
#include "traffic.h"
#include "zone.h"

enum reply_verdict {
	REPLY_DROP,	/* say nothing: not a query */
	REPLY_SEND,	/* out holds the response */
	REPLY_FORWARD,	/* outside the zone: ask *ret_resolvers */
	REPLY_TRANSFER, /* a zone transfer: transfer.h judges it */
};

/* Who asks, how and when. */
struct reply_client {
	bool tcp;
	struct xdns_client address; /* zeros: any will do where nothing depends on it */
	uint32_t now;		    /* seconds since 1970, by the wall clock */
};

struct reply_result {
	size_t len;				  /* REPLY_SEND: octets in out */
	const struct config_resolvers *resolvers; /* REPLY_FORWARD; lives as long as cfg */
	uint16_t limit;				  /* REPLY_FORWARD: octets the client accepts */
	struct hop hop;				  /* REPLY_FORWARD: what the reply is to get */
	enum traffic_type type;
	enum traffic_answer answer; /* REPLY_SEND: what out says */
	bool cookie_valid;	    /* the client's address is not forged */
};

/*
 * out has room for cap octets (65535 for TCP, at least 1232 for UDP). query starts at an even
 * address: its header is read as words. The calling thread is registered with RCU
 * (rcu_register_thread()).
 */
enum reply_verdict reply_query(const struct config *cfg, const struct zone *zone,
			       const struct reply_client *client, const uint8_t *query, size_t len,
			       uint8_t *out, size_t cap, struct reply_result *ret);

/* To a client that may not ask: REFUSED, or nothing to what is no query. */
enum reply_verdict reply_refuse(const uint8_t *query, size_t len, uint8_t *out, size_t cap,
				struct reply_result *ret);

/*
 * A response without records for a query that reply_query() gave
 * REPLY_FORWARD for: SERVFAIL when every resolver failed, or an empty answer
 * with TC when the resolver's reply is larger than limit. Question and OPT
 * are echoed as RFC 6891 asks. Returns its length.
 */
size_t reply_empty(const uint8_t *query, size_t len, uint8_t rcode, bool truncated, uint8_t *out,
		   size_t cap);

/*
 * A response without records but an OPT, if the query has one. rcode may be an extended one; ede:
 * an extended error (RFC 8914), -1: none. Returns its length.
 */
size_t reply_error(const uint8_t *query, size_t len, uint16_t rcode, int ede, uint8_t *out,
		   size_t cap);

#endif
