/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What userspace is asked and what becomes of it, every kind once: the name is the enum, the
 * label's value in /metrics and the line in docs/metrics.md. A query counts under one type and,
 * when it is done with, as one answer or as dropped for one reason.
 */
#ifndef XDNS_TRAFFIC_H
#define XDNS_TRAFFIC_H

#include <stdint.h>

#include "dns.h"

/* X(name, help). The first are the answers of the program, too: its counters answer_NAME. */
#define TRAFFIC_ANSWERS(X)                                                                         \
	X(a, "an A set")                                                                           \
	X(aaaa, "an AAAA set")                                                                     \
	X(srv, "an SRV set, with its targets' addresses")                                          \
	X(soa, "the zone's SOA")                                                                   \
	X(nodata, "NODATA: the name exists, the type does not")                                    \
	X(nxdomain, "NXDOMAIN: the name does not exist")                                           \
	X(truncated, "TC: the answer does not fit the client's size")                              \
	X(limited, "TC: the client's network gets more than responsesPerSecond")                   \
	X(ptr, "names of an address")                                                              \
	X(ns, "the zone's NS")                                                                     \
	X(any, "to ANY: by TCP all there is, by UDP that there is no more (RFC 8482)")             \
	X(forwarded, "what a resolver said, whatever it was")                                      \
	X(refused, "REFUSED: not our name, a zone transfer, or a client that may not ask")         \
	X(servfail, "SERVFAIL: no zone, an expired one, or no resolver that answers")              \
	X(formerr, "FORMERR: the query is malformed")                                              \
	X(notimp, "NOTIMP: another opcode than QUERY")                                             \
	X(badvers, "BADVERS: another EDNS version than 0")                                         \
	X(cookie, "a server cookie and nothing else, to a query without a question")               \
	X(notauth, "NOTAUTH: a TSIG that is not good")                                             \
	X(transfer, "the zone, or its changes, to a secondary")

/* X(name, code). The last two have none: all other types, and what no question could be read from.
 */
#define TRAFFIC_TYPES(X)                                                                           \
	X(A, DNS_TYPE_A)                                                                           \
	X(AAAA, DNS_TYPE_AAAA)                                                                     \
	X(SRV, DNS_TYPE_SRV)                                                                       \
	X(SOA, DNS_TYPE_SOA)                                                                       \
	X(NS, DNS_TYPE_NS)                                                                         \
	X(PTR, DNS_TYPE_PTR)                                                                       \
	X(TXT, DNS_TYPE_TXT)                                                                       \
	X(HTTPS, DNS_TYPE_HTTPS)                                                                   \
	X(AXFR, DNS_TYPE_AXFR)                                                                     \
	X(IXFR, DNS_TYPE_IXFR)                                                                     \
	X(ANY, DNS_TYPE_ANY)                                                                       \
	X(other, 0)                                                                                \
	X(unreadable, 0)

/* X(name, help) */
#define TRAFFIC_DROPS(X)                                                                           \
	X(no_query, "a response, or shorter than a header")                                        \
	X(oversize, "a datagram of more than 4096 octets")                                         \
	X(group, "sent to a multicast or broadcast address")                                       \
	X(denied, "the client is in clientsDeny")                                                  \
	X(limited, "the client's network gets more than responsesPerSecond")                       \
	X(not_sent, "the system did not take the answer: full buffers, no route, a firewall")      \
	X(gone, "the client's connection ended while a resolver was asked, or the zone was sent")  \
	X(memory, "no memory to remember it by")

enum traffic_answer {
#define X(name, help) ANSWER_##name,
	TRAFFIC_ANSWERS(X)
#undef X
		TRAFFIC_ANSWERS_COUNT,
};

enum traffic_type {
#define X(name, code) QTYPE_##name,
	TRAFFIC_TYPES(X)
#undef X
		TRAFFIC_TYPES_COUNT,
};

enum traffic_drop {
#define X(name, help) DROPPED_##name,
	TRAFFIC_DROPS(X)
#undef X
		TRAFFIC_DROPS_COUNT,
};

/* Of one transport; written by one thread, by stat_add(). */
struct traffic {
	uint64_t queries[TRAFFIC_TYPES_COUNT];
	uint64_t answers[TRAFFIC_ANSWERS_COUNT];
	uint64_t dropped[TRAFFIC_DROPS_COUNT];
};

/* Of a question that could be read. */
enum traffic_type traffic_type_of(uint16_t qtype);

/* Adds what another thread may be counting. */
void traffic_add(struct traffic *sum, const struct traffic *one);

uint64_t traffic_queries(const struct traffic *t);
uint64_t traffic_answers(const struct traffic *t);
uint64_t traffic_dropped(const struct traffic *t);

#endif
