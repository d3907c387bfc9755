/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Frames around DNS messages, and an independent judge of their lengths and checksums. */
#ifndef XDNS_TESTS_PACKET_FRAME_H
#define XDNS_TESTS_PACKET_FRAME_H

#include "packet_wire.h"

/* Who talks to whom; network order. Of the server's two addresses of a family the first. */
extern const uint8_t client_mac[6], server_mac[6];
extern const uint8_t client_ip4[4], server_ip4[2][4], broadcast_ip4[2][4];
extern const uint8_t client_ip6[16], server_ip6[2][16];
#define CLIENT_PORT 40001
#define SERVER_PORT 53

/* The query in a frame, and the reply's frame around a response. */
void query_frame(const struct row *row, const struct shape *shape, const struct bytes *message,
		 struct frame *ret);
void reply_frame(const struct frame *query, const struct bytes *message, struct frame *ret);

/* Lengths and checksums for a DNS message of so many octets; the frame ends with it. */
void frame_set_dns(struct frame *f, size_t dns_len);
/* The checksums alone. */
void frame_set_checks(struct frame *f);

/* One's complement sum of 16-bit words in network order, the plain way, on top of sum. */
uint32_t naive_sum(uint32_t sum, const uint8_t *p, size_t n);

/* Are IP header (v4), UDP checksum and all lengths of the frame right? */
bool frame_valid(const struct frame *f);

#endif
