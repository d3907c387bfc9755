/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What tcp.c (accepting, limits, time), tcp_conn.c (one connection) and tcp_transfer.c share. */
#ifndef XDNS_TCP_PRIV_H
#define XDNS_TCP_PRIV_H

#include <urcu/list.h>

#include "cookie.h"
#include "dns.h"
#include "listeners.h"
#include "tcp.h"

#define TCP_CONNS_PER_CLIENT 128	 /* per worker and IPv4 address or IPv6 /64 */
#define TCP_FORWARDS_MAX     16		 /* per connection; then it is not read from */
#define TCP_FIRST_MS	     2000	 /* from accept to the first whole query, as Mesos-DNS */
#define TCP_IDLE_MS	     8000	 /* without a query or progress in writing, as Mesos-DNS */
#define TCP_DRAIN_MS	     1000	 /* for the peer to see our FIN before a reset can follow */
#define TCP_OUT_MAX	     (256 << 10) /* octets a client may leave unread here */
#define TCP_HELD_MAX	     (16 << 20)	 /* octets kept for all of a worker's connections */
#define TCP_READ_MAX	     16384

#define TCP_PREFIX    2 /* octets of length before a message, RFC 1035 4.2.2 */
#define TCP_FRAME_MAX (TCP_PREFIX + DNS_TCP_MAX)
#define TCP_SLOT_FREE UINT64_MAX

struct tcp_transfer;

struct tcp_listener {
	struct tcp *t;
	uv_poll_t poll;
	int fd;
};

struct tcp {
	const struct worker_env *env;
	struct tcp_listener listeners[LISTENERS_MAX];
	unsigned count;
	unsigned handles; /* not closed yet, connections included */
	uv_timer_t timer;
	bool paused;			 /* accepting, for want of descriptors or memory */
	struct cds_list_head conns;	 /* whose last query, or beginning, is longest ago first */
	size_t held;			 /* of all connections */
	uint64_t clients[TCP_CONNS_MAX]; /* who holds a connection, or TCP_SLOT_FREE */

	size_t out_len;
	_Alignas(2) uint8_t in[TCP_FRAME_MAX + TCP_READ_MAX];
	_Alignas(2) uint8_t even[DNS_TCP_MAX]; /* a query that was at an odd address */
	uint8_t out[2 * TCP_FRAME_MAX];	       /* replies of one event, not yet written */
};

struct tcp_conn {
	struct cds_list_head node;
	struct tcp *t;
	unsigned slot; /* in t->clients */
	uv_poll_t poll;
	int events; /* watched for now */
	int fd;
	struct xdns_client client;
	union sock_addr peer;
	uint64_t deadline; /* ms, the loop's clock */

	uint8_t *rest; /* read, not yet taken */
	size_t rest_len;
	uint8_t *out; /* the kernel would not take it yet */
	size_t out_len, out_at;
	size_t held; /* of t->held: of these two */
	struct cds_list_head forwards;
	unsigned forwards_count;
	struct tcp_transfer *transfer; /* under way; nothing else is answered meanwhile */

	bool asked;	/* a query has come */
	bool refused;	/* the client may not ask */
	bool peer_done; /* it will send nothing more */
	bool last;	/* we take nothing more */
	bool draining;	/* we have sent our FIN */
	bool broken;	/* to be closed at once */
};

/* Takes fd for a connection in SLOT; on failure fd stays the caller's. */
int tcp_conn_new(struct tcp *t, int fd, unsigned slot, const union sock_addr *peer);

/* The deadline has passed. May free the connection. */
void tcp_conn_expired(struct tcp_conn *c);

void tcp_conn_close(struct tcp_conn *c);

/* Closes the connection that is missed least; -EMFILE: all wait for resolvers. */
int tcp_make_room(struct tcp *t);

/* Notes what c keeps; of too much in all, what the connection that keeps most does is given up. */
void tcp_note_held(struct tcp_conn *c);

/* One of t->handles has closed. */
void tcp_handle_closed(struct tcp *t);

/* --- tcp_conn.c, for tcp_transfer.c --- */

/* So long from now on without a word, and the connection is given up. */
void tcp_extend(struct tcp_conn *c, uint64_t ms);

/* Octets the kernel took; sets c->broken on an error. */
size_t tcp_write_some(struct tcp_conn *c, const uint8_t *data, size_t len);

/* Where the next reply's message goes: there is always room for the largest. */
uint8_t *tcp_reply_room(struct tcp_conn *c);

/* LEN octets are at tcp_reply_room(). */
void tcp_reply_done(struct tcp_conn *c, size_t len, enum traffic_answer what);

/* Room for what was held back: goes on with it. */
void tcp_resume(struct tcp_conn *c);

/* To be called last: what the connection waits for now. May free it. */
void tcp_settle(struct tcp_conn *c);

/* --- tcp_transfer.c --- */

/* A query for a zone transfer: answers it, or sets c->transfer. */
void tcp_transfer_begin(struct tcp_conn *c, const uint8_t *query, size_t len);

/* Is there a transfer with octets that the peer has not taken? */
bool tcp_transfer_waits(const struct tcp_conn *c);

/* Goes on when the peer takes octets again. */
void tcp_transfer_write(struct tcp_conn *c);

/* The connection goes. */
void tcp_transfer_cancel(struct tcp_conn *c);

#endif
