/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Long names of the packet table; the number is that of their wire octets. */
#ifndef XDNS_TESTS_PACKET_NAMES_H
#define XDNS_TESTS_PACKET_NAMES_H

#define TEXT5	"bcdfg"
#define TEXT10	"abcdefghij"
#define TEXT20	TEXT10 TEXT10
#define TEXT40	TEXT20 TEXT20
#define LABEL63 TEXT40 TEXT20 "klm"

/* ".mesos" and the root take 7, the label's length octet 1 */
#define NAME31	     TEXT20 "nop.mesos"
#define NAME32	     TEXT20 "nopq.mesos"
#define NAME33	     TEXT20 "nopqr.mesos"
#define NAME52	     TEXT40 "nopq.mesos"
#define NAME53	     TEXT40 "nopqr.mesos"
#define NAME54	     TEXT40 "nopqrs.mesos"
#define NAME64	     TEXT40 TEXT10 "nopqrs.mesos"
#define NAME65	     TEXT40 TEXT10 "nopqrst.mesos"
#define NAME128	     LABEL63 "." TEXT40 TEXT10 "nopqrs.mesos"
#define NAME255	     LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 TEXT5 ".mesos"
#define NAME255_TWIN LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 "bcdfx.mesos"
#define NAME256	     LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 TEXT5 "q.mesos"
#define SRV255	     "_s._tcp." LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 "opqrstu.mesos"
#define SRV254	     "_s._tcp." LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 "opqrst.mesos"
#define MISSING255   LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT5 ".big.example.org"

/* targets: one number makes them 255 octets */
#define LONG_TARGET  LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 "long%u.mesos"
#define LONG_TARGET2 LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 "last%u.mesos"
#define LONG9_TARGET LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 "nine%u.mesos"

/* of a SOA: outside the domain, so that nothing of them is compressed */
#define MNAME250 LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 ".host"
#define RNAME250 LABEL63 "." LABEL63 "." LABEL63 "." TEXT40 TEXT10 ".post"

#endif
