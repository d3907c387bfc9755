/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The packet table: what is asked, of which zone, what the kernel makes of it and what the
 * whole response is, from the kernel or, where it passes, from userspace.
 */
#ifndef XDNS_TESTS_PACKETS_H
#define XDNS_TESTS_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "dns.h"
#include "packet_zone.h"

#define FRAME_MAX 4096
#define ALL_SETS  255

/* How a query travels. */
struct shape {
	bool ip6;
	unsigned tags; /* VLAN */
};

struct frame {
	uint8_t octet[FRAME_MAX];
	size_t len;
	size_t l3, l4, dns; /* offsets */
	bool ip6;
};

/* A COOKIE option. A server cookie is in it if len is 24. */
struct ask_cookie {
	uint8_t len; /* octets of data; 0: there is no option */
	uint8_t by;  /* the server cookie: by our first or second secret; 0: by another's */
	bool stolen; /* it was made for another client */
	int32_t age; /* seconds */
	uint8_t version, reserved;
};

/* The query; what is 0 is the plain thing. */
struct ask {
	const char *name;
	uint16_t type; /* 0: A, unless type_zero */
	bool type_zero;
	uint16_t qclass; /* 0: IN */
	uint16_t id;
	uint16_t flags;
	bool edns;
	uint16_t size;
	uint16_t edns_flags; /* DO and the rest of the OPT's TTL */
	uint8_t version;
	uint8_t options; /* octets of an unknown option, its header included */
	struct ask_cookie cookie;
	bool nsid;
	uint8_t trail; /* octets behind the message, inside UDP's length */
	uint8_t pad;   /* octets behind the IP packet */
	uint8_t tos;
	uint32_t flow; /* IPv6 label */
};

/* The response; records are the set that was asked for, by the zone's model. */
struct want {
	uint16_t rcode;
	uint16_t ede; /* extended error, 0: none */
	bool tc;
	uint16_t first, an; /* where in the set it starts, how many are sent */
	uint8_t extra; /* RRsets of targets in the additional section, ALL_SETS: of every target */
	bool soa;      /* as the answer */
	bool denial;   /* SOA in the authority section */
	bool error;    /* neither AA nor RA */
	bool no_question, no_opt;
	enum { COOKIE_NONE, COOKIE_NEW, COOKIE_KEPT } cookie;
	bool nsid;
	const char *as; /* the name whose set it is, if not the one that was asked for */
	uint16_t type;	/* of the one RR in the answer with this data, if it is no set */
	const char *rdata;
	uint8_t rdata_len;
};

/* What userspace makes of the DNS message. */
enum user {
	USER_SAME,    /* as the kernel; it never sees what the kernel passed as no query of ours */
	USER_REPLY,   /* the kernel passed: the response is userspace's */
	USER_FORWARD, /* to a resolver */
	USER_DROP,
};

/* What is special about the data plane during the row. */
struct plane {
	bool not_serving, expired, changing;
	bool incomplete;	/* not every name is in the index */
	bool beyond;		/* the name's record is not in the maps */
	bool collision;		/* the name's entry in the index says so */
	const char *other_name; /* the index leads to this name instead */
	bool front_lacks;	/* the name is in `names` only */
	bool no_set;		/* the elements of its sets are not in the maps */
	bool hole;		/* the SRV target's record is not there */
	uint32_t max_udp;
};

struct row {
	const char *what;
	enum packet_zone zone;
	struct ask ask;
	size_t (*edit)(uint8_t *message, size_t len); /* the message; returns its length */
	void (*mangle)(struct frame *f);	      /* the frame */
	enum { ANY_FAMILY, ONLY_IP4, ONLY_IP6 } only;
	struct plane plane;
	enum xdns_counter outcome; /* up to answer_truncated: sent, XDP_TX; else XDP_PASS */
	struct want want;
	enum user user;
};

/* A part of the table: packets_answers.h, packets_odd.h, packets_frames.h. */
struct rows {
	const struct row *row;
	size_t count;
};

#endif
