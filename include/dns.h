/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The DNS message: header, types, classes, codes and limits (RFC 1035 4.1, RFC 6891). */
#ifndef XDNS_DNS_H
#define XDNS_DNS_H

#include "compat.h"

#define DNS_HEADER_LEN	  12
#define DNS_NAME_MAX	  255 /* octets on the wire, RFC 1035 3.1 */
#define DNS_LABEL_MAX	  63
#define DNS_UDP_PLAIN_MAX 512  /* without EDNS, RFC 1035 4.2.1 */
#define DNS_UDP_EDNS_MAX  1232 /* what we send and accept at the most (DNS flag day 2020) */
#define DNS_TCP_MAX	  65535
#define DNS_POINTER	  0xc000 /* RFC 1035 4.1.4 */
#define DNS_POINTER_MAX	  0x3fff

/* The header's words, network order. */
struct dns_header {
	__u16 id;
	__u16 flags;
	__u16 qdcount;
	__u16 ancount;
	__u16 nscount;
	__u16 arcount;
};

/* Masks on flags in host order. */
#define DNS_FLAG_QR	 0x8000
#define DNS_OPCODE_MASK	 0x7800
#define DNS_OPCODE_SHIFT 11
#define DNS_FLAG_AA	 0x0400
#define DNS_FLAG_TC	 0x0200
#define DNS_FLAG_RD	 0x0100
#define DNS_FLAG_RA	 0x0080
#define DNS_FLAG_AD	 0x0020
#define DNS_FLAG_CD	 0x0010
#define DNS_RCODE_MASK	 0x000f

enum dns_rcode {
	DNS_RCODE_NOERROR = 0,
	DNS_RCODE_FORMERR = 1,
	DNS_RCODE_SERVFAIL = 2,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_NOTIMP = 4,
	DNS_RCODE_REFUSED = 5,
	DNS_RCODE_NOTAUTH = 9,	  /* RFC 8945 5.2 */
	DNS_RCODE_BADVERS = 16,	  /* extended, RFC 6891 9 */
	DNS_RCODE_BADCOOKIE = 23, /* extended, RFC 7873 8 */
};

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_HINFO = 13,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_DS = 43,
	DNS_TYPE_HTTPS = 65,
	DNS_TYPE_TSIG = 250,
	DNS_TYPE_IXFR = 251,
	DNS_TYPE_AXFR = 252,
	DNS_TYPE_MAILB = 253,
	DNS_TYPE_MAILA = 254,
	DNS_TYPE_ANY = 255,
};

/* Of a TSIG record, RFC 8945 3. */
enum dns_tsig_error {
	DNS_TSIG_BADSIG = 16,
	DNS_TSIG_BADKEY = 17,
	DNS_TSIG_BADTIME = 18,
	DNS_TSIG_BADTRUNC = 22,
};

enum dns_class { DNS_CLASS_IN = 1, DNS_CLASS_CH = 3, DNS_CLASS_ANY = 255 };

/* EDNS (RFC 6891 6.1): the OPT record and its fields. */
#define DNS_OPT_LEN		       11     /* root, type, class, TTL, RDLENGTH */
#define DNS_EDNS_DO		       0x8000 /* in the low half of the OPT's TTL */
#define DNS_OPTION_HEADER_LEN	       4      /* code, length */
#define DNS_NSID_OPTION		       3      /* RFC 5001 */
#define DNS_COOKIE_OPTION	       10     /* RFC 7873 4: the client's eight octets, */
#define DNS_COOKIE_CLIENT_LEN	       8      /* and behind them none of the server's */
#define DNS_COOKIE_SERVER_MIN	       8      /* or so many */
#define DNS_COOKIE_SERVER_MAX	       32
#define DNS_COOKIE_LEN		       24 /* both, if the server's is by RFC 9018 4 */
#define DNS_EDE_OPTION		       15 /* RFC 8914 */
#define DNS_EDE_NOT_READY	       14
#define DNS_EDE_PROHIBITED	       18
#define DNS_EDE_NOT_AUTHORITATIVE      20
#define DNS_EDE_NOT_SUPPORTED	       21
#define DNS_EDE_NO_REACHABLE_AUTHORITY 22

#endif
