/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the responder share: reply.c, reply_*.c. */
#ifndef XDNS_REPLY_INTERNAL_H
#define XDNS_REPLY_INTERNAL_H

#include "pool.h"
#include "reply.h"
#include "reply_env.h"
#include "answer.h"
#include "zone_read.h"

/* Steps write a little beyond what they keep, see answer.h. */
#define REPLY_SLACK    1024
#define REPLY_BODY_CAP (DNS_TCP_MAX + REPLY_SLACK)

/* One query on its way to a response. */
struct reply {
	const struct config *cfg;
	const struct zone *zone;
	const struct xdns_config *zc;
	const struct pool *pool;
	const struct reply_client *client;
	struct xdns_question q;
	struct xdns_answer a;
	uint16_t qclass;
	bool error;	     /* not an answer of the zone's: no AA, no RA */
	uint16_t rcode;	     /* of an error, extended: more than four bits go into the OPT */
	int ede;	     /* extended error, -1: none */
	bool nsid;	     /* the response says who we are */
	bool cookie_refused; /* a server cookie was shown that is not ours, or no longer */
	bool has_tsig;	     /* the query is signed, by whomever */
	uint16_t reserved;   /* octets of the response that its signature takes */
	uint8_t *body;	     /* REPLY_BODY_CAP octets */
};

/*
 * The shapes the kernel passes on: any class, up to one answer, one authority and two additional
 * records. Returns NOERROR, or the rcode that the message itself earns;
 * *ret_question: the question was understood and is to be echoed.
 */
enum dns_rcode reply_parse(const uint8_t *msg, size_t len, const __u64 (*key)[2], struct reply *r,
			   bool *ret_question);

/* Are all labels of a scanned name well-formed? */
bool reply_name_valid(const struct xdns_qname *q);

/* Is the name at or below this one (both lower case)? */
bool reply_name_below(const struct xdns_qname *q, const uint8_t *wire, size_t wire_len);

/*
 * What the question's options ask for: a cookie is judged, and room set aside for what is to be
 * sent. Until then r->q.asked is only what the client wants.
 */
void reply_take_options(struct reply *r);

/* The response's OPT, if it gets one, at the body's end. */
void reply_put_opt(struct reply *r);

/* Answer sections that only userspace makes. The record is of the question's name. */
void reply_any(struct reply *r, const struct xdns_record *rec);
void reply_ns(struct reply *r);
void reply_ptr(struct reply *r, const struct xdns_record *rec);
void reply_srv(struct reply *r, const struct xdns_record *rec);

#endif
