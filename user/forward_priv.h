/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the forwarder's parts share: forward.c picks the resolver and ends a
 * query, forward_udp.c and forward_tcp.c carry out one try.
 *
 * All upstream sockets sit in an epoll set of the forwarder's own, which the
 * event loop sees as one descriptor: a try can then be ended at once, without a handle
 * that has to be closed in a later turn. As every try has the same time-out,
 * those under way form a queue by deadline and need one timer.
 */
#ifndef XDNS_FORWARD_PRIV_H
#define XDNS_FORWARD_PRIV_H

#include <urcu/list.h>

#include "forward.h"

#define FORWARD_PREFIX 2 /* octets of length before a message over TCP, RFC 1035 4.2.2 */
/*
 * Replies from the resolver's own address and to our port that are none, after which a try over UDP
 * is given up for one over TCP: somebody who found the port has that many of 65,536 IDs to guess.
 */
#define FORWARD_FORGERIES_MAX 8
#define FORWARD_BUCKETS	      256  /* of questions under way, by hash */
#define FORWARD_SHARES	      1024 /* that networks have, by hash: two may have one together */

struct forward {
	struct forwarder *f;
	struct cds_list_head
		node; /* f->busy, by deadline; f->idle; or, of one that joined, below */
	struct cds_list_head joined; /* who asks the same and gets what comes for this one */
	struct forward *leader;	     /* whom it joined; NULL: nobody */
	struct cds_list_head alike;  /* in f->asked, unless it has joined */
	uint64_t hash;		     /* of what is asked */
	unsigned share;		     /* whose it is, of f->held */
	uint32_t generation;	     /* tells a reused slot's events apart */
	forward_done done;	     /* NULL: its client went away, others have joined */
	void *ctx;
	const struct config_resolvers *resolvers;
	struct config_resolvers copied; /* what resolvers points to after a reconfiguration */
	size_t next;			/* index of the resolver to ask after this one */
	struct sockaddr_storage peer;	/* of this try */
	socklen_t peer_len;
	struct forward_upstream *upstream; /* the try's, until it is counted; NULL between tries */
	uint64_t begun_ns;		   /* now_ns() */
	uint64_t deadline;		   /* ms, the loop's clock */
	uint64_t sent;			   /* ms: when it last was, over UDP */
	int fd;				   /* -1 between tries */
	bool tcp;			   /* as the client asks */
	bool by_tcp;			   /* as this try does */
	unsigned forgeries;		   /* of this try */

	uint8_t *query; /* FORWARD_PREFIX octets, then the message with this try's ID */
	size_t len;	/* of the message */
	size_t question_end;
	uint8_t client_id[2];

	size_t written; /* TCP: octets of prefix and message */
	uint8_t *in;	/* TCP: the reply with its prefix */
	size_t in_len;
	uint8_t in_prefix[FORWARD_PREFIX];

	uint8_t *fallback; /* last SERVFAIL or the like */
	size_t fallback_len;
};

struct forwarder {
	uv_loop_t *loop;
	uv_poll_t poll;
	uv_timer_t timer;
	int epoll_fd;
	unsigned handles; /* not closed yet */
	uint64_t timeout; /* ms */
	const struct sockaddr_storage *own;
	size_t own_count;
	struct forwarder_stats stats; /* but for what upstreams has */
	struct forward_upstreams upstreams;
	struct cds_list_head busy, idle;
	struct cds_list_head asked[FORWARD_BUCKETS];
	uint64_t share_key;	       /* random */
	unsigned idle_count;	       /* of idle */
	uint16_t held[FORWARD_SHARES]; /* the rest, by their networks' shares */
	uint8_t scratch[65536];	       /* the largest datagram */
	struct forward slots[FORWARDER_QUERIES_MAX];
};

enum forward_event {
	FORWARD_WAIT,	/* nothing decided */
	FORWARD_FAILED, /* this resolver is of no use: the next */
	FORWARD_REPLY,	/* a reply that passed forward_matches() */
	FORWARD_FORGED, /* too many that did not */
};

/* Where the one question of a query ends; -EINVAL if it has not exactly one. */
int forward_question_end(const uint8_t *msg, size_t len, size_t *ret_end);

/*
 * Is MSG the reply to a query whose question ends there? ID, QR, opcode and the question octet for
 * octet, case included; of the four rcodes that say more of the resolver than of the name also
 * those without a question. Then it has a whole header, which is all that the next two read.
 */
bool forward_message_fits(const uint8_t *query, size_t question_end, const uint8_t *msg,
			  size_t len);
enum forward_outcome forward_message_outcome(const uint8_t *msg);
bool forward_message_has_question(const uint8_t *msg);

/* Registers fd for EVENTS (EPOLLIN, EPOLLOUT) with the forwarder; MODIFY for a known one. */
int forward_watch(struct forward *fw, uint32_t events, bool modify);

/* Whether MSG fits this try's query; counts those that do not. */
bool forward_matches(struct forward *fw, const uint8_t *msg, size_t len);

/*
 * Questions that are the same but for their ID, over the same transport and of the same resolvers,
 * are asked once (RFC 5452 5): a forger has one try to hit, and what goes round in a ring of
 * forwarders ends where it began. forward_join() finds the one under way that fw can join, and
 * joins it; false: there is none, and others can join fw from now on.
 */
bool forward_join(struct forward *fw);
void forward_join_init(struct forwarder *f);

/* Sends the query of this try once more, from the same port: its client asks again. */
void forward_udp_again(struct forward *fw);

/* Opens fw->fd towards fw->peer and sends or starts to; fw->fd is the caller's to close. */
int forward_udp_start(struct forward *fw);
int forward_tcp_start(struct forward *fw);

/* The socket has something; on FORWARD_REPLY *ret_msg is borrowed until the next event. */
enum forward_event forward_udp_ready(struct forward *fw, const uint8_t **ret_msg, size_t *ret_len);
enum forward_event forward_tcp_ready(struct forward *fw, const uint8_t **ret_msg, size_t *ret_len);

#endif
