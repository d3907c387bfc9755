/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every outcome a frame can have in the XDP program, once: the name is the
 * enum, the member of the per-CPU map `counters` and the documentation line
 * (docs/bpf.md). A frame counts under exactly one outcome.
 */
#ifndef XDNS_COUNTERS_H
#define XDNS_COUNTERS_H

#include "compat.h"

/* X(name, help) */
#define XDNS_COUNTERS(X)                                                                           \
	/* answered, XDP_TX */                                                                     \
	X(answer_a, "A set sent")                                                                  \
	X(answer_aaaa, "AAAA set sent")                                                            \
	X(answer_srv, "SRV set sent, with its targets' addresses")                                 \
	X(answer_soa, "the zone's SOA sent")                                                       \
	X(answer_nodata, "NODATA sent: the name exists, the type does not")                        \
	X(answer_nxdomain, "NXDOMAIN sent: the name does not exist")                               \
	X(answer_truncated, "answer sent with TC: the set did not fit the client's size")          \
	X(answer_limited, "TC alone sent: the client's network gets more than responsesPerSecond") \
	/* XDP_PASS, untouched */                                                                  \
	X(pass_not_ip, "neither IPv4 nor IPv6, or more than two VLAN tags")                        \
	X(pass_not_udp, "not UDP, or behind an IPv6 extension header")                             \
	X(pass_ip_options, "IPv4 header with options")                                             \
	X(pass_fragment, "IPv4 fragment")                                                          \
	X(pass_length, "lengths of frame, IP, UDP and DNS do not agree")                           \
	X(pass_port, "UDP, but not to our port")                                                   \
	X(pass_address, "to our port, but not to an address we listen on")                         \
	X(pass_source, "source that must not be answered: multicast, broadcast, own, port 0; or "  \
		       "to a group MAC")                                                           \
	X(pass_checksum, "UDP over IPv6 without a checksum: the kernel drops it")                  \
	X(pass_not_serving, "the zone is not being served from the kernel now")                    \
	X(pass_expired, "the zone was not refreshed for SOAExpire seconds")                        \
	X(pass_refused, "the client is not in clientsAllow: userspace refuses it")                 \
	X(pass_response, "DNS message with QR set")                                                \
	X(pass_opcode, "opcode other than QUERY")                                                  \
	X(pass_counts, "not exactly one question and at most one additional record")               \
	X(pass_qname, "question name malformed or compressed")                                     \
	X(pass_qclass, "class other than IN")                                                      \
	X(pass_qtype, "type the kernel does not answer")                                           \
	X(pass_opt, "additional record is no well-formed OPT, or a COOKIE of a wrong length")      \
	X(pass_edns_version, "EDNS version other than 0")                                          \
	X(pass_edns_option, "NSID asked for, and there is one: userspace sends it")                \
	X(pass_wildcard, "missing name with \".*\" in it: userspace removes it as Mesos-DNS does") \
	X(pass_outside, "name outside the domain")                                                 \
	X(pass_collision, "another name has this name's hash")                                     \
	X(pass_changing, "the index changed while the name was looked up")                         \
	X(pass_memory, "the name is not in the maps, or may be: xdpMemory is reached")             \
	X(pass_target, "an SRV target's record is not there yet, or xdpMemory left a part of "     \
		       "the answer out")                                                           \
	X(pass_mtu, "not even the negative answer fits the client's size or the MTU")              \
	X(pass_room, "neither tail nor head room for the answer")                                  \
	X(pass_buffers, "the frame stands in several buffers (jumbo MTU)")                         \
	/* XDP_DROP */                                                                             \
	X(drop_denied, "the client is in clientsDeny")                                             \
	X(drop_limited, "the client's network gets more than responsesPerSecond")                  \
	X(drop_limited_pass, "the same, of a question that only userspace could answer")           \
	/* cannot happen: a helper failed after the frame had been resized */                      \
	X(drop_write, "the answer could not be written into the resized frame")

enum xdns_counter {
#define X(name, help) XDNS_##name,
	XDNS_COUNTERS(X)
#undef X
		XDNS_COUNTERS_COUNT,
};

#define XDNS_ANSWER_LAST XDNS_answer_limited
#define XDNS_DROP_FIRST	 XDNS_drop_denied

/* What a step returns when the frame goes on to the next one. */
#define XDNS_CONTINUE XDNS_COUNTERS_COUNT

/* The value of the map `counters`, one for each CPU; frames since the maps were made. */
struct xdns_counters {
#define X(name, help) __u64 name;
	XDNS_COUNTERS(X)
#undef X
};

#endif
