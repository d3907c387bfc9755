// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packets_odd.h"

#include <string.h>

#include "packet_names.h"
#include "util.h"

/* What a row leaves out is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define QNAME DNS_HEADER_LEN

/* Edits of the message. "one.mesos": 3 o n e 5 m e s o s 0, type, class. */
static size_t label_64(uint8_t *m, size_t len)
{
	m[QNAME] = 64;
	return len;
}

static size_t pointer(uint8_t *m, size_t len)
{
	m[QNAME] = 0xc0;
	return len;
}

static size_t no_root(uint8_t *m, size_t len)
{
	(void)m;
	return len - 5;
}

static size_t zero_in_label(uint8_t *m, size_t len)
{
	m[QNAME + 2] = 0;
	return len;
}

/* What follows the zero is a type and class to the eye of a scan. */
static size_t zero_ends_label(uint8_t *m, size_t len)
{
	(void)len;
	memcpy(m + QNAME, "\x07o\0\0\1\0\1", 7);
	return QNAME + 7;
}

static size_t label_past_domain(uint8_t *m, size_t len)
{
	m[QNAME] = 5;
	return len;
}

/* The domain's octets, but inside a label. */
static size_t domain_in_label(uint8_t *m, size_t len)
{
	m[QNAME] = 9;
	return len;
}

static size_t no_class(uint8_t *m, size_t len)
{
	(void)m;
	return len - 2;
}

static size_t no_question(uint8_t *m, size_t len)
{
	(void)m;
	(void)len;
	return QNAME;
}

static size_t runt(uint8_t *m, size_t len)
{
	(void)m;
	(void)len;
	return QNAME - 1;
}

static size_t qdcount_0(uint8_t *m, size_t len)
{
	m[5] = 0;
	return len;
}

static size_t qdcount_2(uint8_t *m, size_t len)
{
	m[5] = 2;
	return len;
}

static size_t qdcount_256(uint8_t *m, size_t len)
{
	m[4] = 1;
	m[5] = 0;
	return len;
}

static size_t ancount_1(uint8_t *m, size_t len)
{
	m[7] = 1;
	return len;
}

static size_t nscount_1(uint8_t *m, size_t len)
{
	m[9] = 1;
	return len;
}

static size_t arcount_1(uint8_t *m, size_t len)
{
	m[11] = 1;
	return len;
}

static size_t arcount_2(uint8_t *m, size_t len)
{
	m[11] = 2;
	return len;
}

static size_t arcount_256(uint8_t *m, size_t len)
{
	m[10] = 1;
	return len;
}

/* An OPT without options is the message's last 11 octets. */
static size_t opt_cut(uint8_t *m, size_t len)
{
	(void)m;
	return len - 1;
}

static size_t opt_long(uint8_t *m, size_t len)
{
	m[len - 1] = 1;
	return len;
}

static size_t opt_owner(uint8_t *m, size_t len)
{
	memmove(m + len - 11 + 2, m + len - 11, 11);
	memcpy(m + len - 11, "\1x", 2);
	return len + 2;
}

/* An OPT but for its first octet. */
static size_t opt_owner_octet(uint8_t *m, size_t len)
{
	m[len - 11] = 1;
	return len;
}

static size_t opt_twice(uint8_t *m, size_t len)
{
	memcpy(m + len, m + len - 11, 11);
	m[11] = 2;
	return len + 11;
}

/* An A record of the root in front of the OPT. */
static size_t a_before_opt(uint8_t *m, size_t len)
{
	static const uint8_t rr[15] = {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 10, 0, 0, 1};

	memmove(m + len - 11 + 15, m + len - 11, 11);
	memcpy(m + len - 11, rr, 15);
	m[11] = 2;
	return len + 15;
}

static size_t opt_is_a(uint8_t *m, size_t len)
{
	m[len - 9] = DNS_TYPE_A;
	return len;
}

/* Option's length beyond the RDATA. */
static size_t option_long(uint8_t *m, size_t len)
{
	m[len - 8 + 3] = 99;
	return len;
}

/* The option is empty; two octets are behind it. */
static size_t option_cut(uint8_t *m, size_t len)
{
	m[len - 3] = 0;
	return len;
}

/* Nothing but zeros: each four of them are an option, with the number 0, without data. */
static size_t options_empty(uint8_t *m, size_t len)
{
	size_t options = m[len - 37] == 36 ? 36 : 32;

	memset(m + len - options, 0, options);
	return len;
}

/* The last option is a COOKIE of eight octets: another one behind it, or nothing of it. */
static size_t cookie_twice(uint8_t *m, size_t len)
{
	memcpy(m + len, m + len - 12, 12);
	memset(m + len + 4, 'z', 8);
	m[len - 13] += 12;
	return len + 12;
}

static size_t cookie_then_broken(uint8_t *m, size_t len)
{
	len = cookie_twice(m, len);
	m[len - 9] = 7;
	m[len - 25] -= 1;
	return len - 1;
}

/* An empty OPT behind the one with the COOKIE. */
static size_t opt_twice_cookie(uint8_t *m, size_t len)
{
	memcpy(m + len, m + len - 12 - 11, 9);
	memset(m + len + 9, 0, 2);
	m[11] = 2;
	return len + 11;
}

/* Of a question about the root only the OPT stays. */
static size_t no_question_but_opt(uint8_t *m, size_t len)
{
	m[5] = 0;
	memmove(m + QNAME, m + QNAME + 5, len - QNAME - 5);
	return len - 5;
}

static size_t cookie_empty(uint8_t *m, size_t len)
{
	m[len - 13] -= 8;
	m[len - 9] = 0;
	return len - 8;
}

#define FORMERR                                                                                    \
	{                                                                                          \
		.rcode = DNS_RCODE_FORMERR, .error = true                                          \
	}
#define FORMERR_BARE                                                                               \
	{                                                                                          \
		.rcode = DNS_RCODE_FORMERR, .error = true, .no_question = true, .no_opt = true     \
	}
#define NOTIMP                                                                                     \
	{                                                                                          \
		.rcode = DNS_RCODE_NOTIMP, .error = true, .no_question = true, .no_opt = true      \
	}
#define FORMERR_NO_OPT                                                                             \
	{                                                                                          \
		.rcode = DNS_RCODE_FORMERR, .error = true, .no_opt = true                          \
	}
#define REFUSED(why)                                                                               \
	{                                                                                          \
		.rcode = DNS_RCODE_REFUSED, .error = true, .ede = DNS_EDE_##why                    \
	}
#define NX                                                                                         \
	{                                                                                          \
		.rcode = DNS_RCODE_NXDOMAIN, .denial = true                                        \
	}
#define NO                                                                                         \
	{                                                                                          \
		.denial = true                                                                     \
	}
#define EDNS .edns = true, .size = 1232
#define DATA(t, d)                                                                                 \
	{                                                                                          \
		.type = t, .rdata = d, .rdata_len = sizeof(d)                                      \
	} /* the NUL is the root */
#define MINIMAL                                                                                    \
	{                                                                                          \
		.type = DNS_TYPE_HINFO, .rdata = "\7RFC8482", .rdata_len = 9                       \
	}

/* clang-format off */
static const struct row rows[] = {
	{ "name: label of 64", 0, { "one.mesos" }, label_64, .outcome = XDNS_pass_qname, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "name: a pointer", 0, { "one.mesos", EDNS }, pointer, .outcome = XDNS_pass_qname, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "name: no root", 0, { "one.mesos" }, no_root, .outcome = XDNS_pass_qname, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "name: of 256 octets", 0, { NAME256 }, .outcome = XDNS_pass_qname, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "name: zero octet in a label", 0, { "one.mesos" }, zero_in_label, .outcome = XDNS_pass_qclass, .user = USER_REPLY, .want = NX },
	{ "name: zero octet in a label, outside", 0, { "one.org" }, zero_in_label, .outcome = XDNS_pass_qclass, .user = USER_FORWARD },
	{ "name: zero octet in a label, then a type and class", 0, { "one.mesos" }, zero_ends_label, .outcome = XDNS_pass_outside, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "name: label that runs into the next", 0, { "one.mesos" }, label_past_domain, .outcome = XDNS_pass_outside, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "name: the domain inside a label", 0, { "one.mesos" }, domain_in_label, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "question: cut in the class", 0, { "one.mesos" }, no_class, .outcome = XDNS_pass_qname, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "question: none behind the header", 0, { "one.mesos" }, no_question, .outcome = XDNS_pass_qname, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "message of 11 octets", 0, { "one.mesos" }, runt, .outcome = XDNS_pass_length, .user = USER_DROP },
	{ "QDCOUNT 0", 0, { "one.mesos", EDNS }, qdcount_0, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "QDCOUNT 2", 0, { "one.mesos" }, qdcount_2, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "QDCOUNT 256", 0, { "one.mesos" }, qdcount_256, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "ANCOUNT 1, nothing there", 0, { "one.mesos" }, ancount_1, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR },
	{ "NSCOUNT 1, nothing there", 0, { "one.mesos" }, nscount_1, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR },
	{ "NSCOUNT 1, an OPT there", 0, { "one.mesos", EDNS }, nscount_1, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "ARCOUNT 1, nothing there", 0, { "one.mesos" }, arcount_1, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR },
	{ "ARCOUNT 2, one there", 0, { "one.mesos", EDNS }, arcount_2, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR },
	{ "ARCOUNT 257", 0, { "one.mesos", EDNS }, arcount_256, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR_BARE },
	{ "QR set", 0, { "one.mesos", .flags = 0x8000 }, .outcome = XDNS_pass_response, .user = USER_DROP },
	{ "opcode IQUERY", 0, { "one.mesos", .flags = 0x0900 }, .outcome = XDNS_pass_opcode, .user = USER_REPLY, .want = NOTIMP },
	{ "opcode STATUS", 0, { "one.mesos", .flags = 0x1010, EDNS }, .outcome = XDNS_pass_opcode, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NOTIMP, .error = true, .no_question = true } },
	{ "opcode NOTIFY", 0, { "one.mesos", .flags = 0x2400 }, .outcome = XDNS_pass_opcode, .user = USER_REPLY, .want = NOTIMP },
	{ "opcode UPDATE", 0, { "one.mesos", .flags = 0x2800 }, .outcome = XDNS_pass_opcode, .user = USER_REPLY, .want = NOTIMP },
	{ "opcode 15", 0, { "one.mesos", .flags = 0x7800 }, .outcome = XDNS_pass_opcode, .user = USER_REPLY, .want = NOTIMP },
	{ "class CH", 0, { "one.mesos", .qclass = DNS_CLASS_CH }, .outcome = XDNS_pass_qclass, .user = USER_REPLY, .want = REFUSED(NOT_SUPPORTED) },
	{ "class CH, EDNS", 0, { "one.mesos", .qclass = DNS_CLASS_CH, EDNS }, .outcome = XDNS_pass_qclass, .user = USER_REPLY, .want = REFUSED(NOT_SUPPORTED) },
	{ "class ANY", 0, { "one.mesos", .qclass = DNS_CLASS_ANY }, .outcome = XDNS_pass_qclass, .user = USER_REPLY, .want = REFUSED(NOT_SUPPORTED) },
	{ "class 256", 0, { "one.mesos", .qclass = 256 }, .outcome = XDNS_pass_qclass, .user = USER_REPLY, .want = REFUSED(NOT_SUPPORTED) },
	{ "type TXT", 0, { "one.mesos", DNS_TYPE_TXT }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type TXT of a missing name", 0, { "nobody.mesos", DNS_TYPE_TXT }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NX },
	{ "type ANY", 0, { "one.mesos", DNS_TYPE_ANY }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = MINIMAL },
	{ "type ANY at the apex, EDNS", 0, { "mesos", DNS_TYPE_ANY, EDNS }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = MINIMAL },
	{ "type ANY of an empty non-terminal", 0, { "z.mesos", DNS_TYPE_ANY }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type AXFR", 0, { "mesos", DNS_TYPE_AXFR }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = REFUSED(PROHIBITED) },
	{ "type IXFR", 0, { "mesos", DNS_TYPE_IXFR, EDNS }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = REFUSED(PROHIBITED) },
	{ "type PTR in the domain", 0, { "one.mesos", DNS_TYPE_PTR }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type PTR of an address of the zone", 0, { "7.1.0.10.in-addr.arpa", DNS_TYPE_PTR }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = DATA(DNS_TYPE_PTR, "\3one\5mesos") },
	{ "type PTR of another address", 0, { "8.1.0.10.in-addr.arpa", DNS_TYPE_PTR }, .outcome = XDNS_pass_qtype, .user = USER_FORWARD },
	{ "type A of a reverse name of the zone", 0, { "7.1.0.10.in-addr.arpa" }, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "type NS at the apex", 0, { "MESOS", DNS_TYPE_NS }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = DATA(DNS_TYPE_NS, "\3ns1\5mesos") },
	{ "type NS below", 0, { "one.mesos", DNS_TYPE_NS, EDNS }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type DS", 0, { "one.mesos", DNS_TYPE_DS }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type OPT", 0, { "one.mesos", DNS_TYPE_OPT }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type 0", 0, { "one.mesos", .type_zero = true }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type 257", 0, { "one.mesos", 257 }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "type 65535", 0, { "one.mesos", 65535 }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = NO },
	{ "missing name with '*'", 0, { "*.nope.mesos" }, .outcome = XDNS_pass_wildcard, .user = USER_REPLY, .want = NX },
	{ "missing name with '.*' that leaves a name", 0, { "one.*.mesos" }, .outcome = XDNS_pass_wildcard, .user = USER_REPLY, .want = { .an = 1, .as = "one.mesos" } },
	{ "outside the domain", 0, { "www.example.org" }, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "outside the domain, EDNS", 0, { "one.mesosx", EDNS }, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "outside the domain, but with its octets at the end", 0, { "onemesos" }, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "outside the domain, shorter than it", 0, { "org" }, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "the root", 0, { "" }, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "an SRV target outside the domain", 0, { "bare-0.elsewhere.org" }, .outcome = XDNS_pass_outside, .user = USER_FORWARD },
	{ "outside the domain, externalon false", ZONE_QUIET, { "www.example.org" }, .outcome = XDNS_pass_outside, .user = USER_REPLY, .want = REFUSED(NOT_AUTHORITATIVE) },
	{ "outside the domain, externalon false, EDNS", ZONE_QUIET, { "example.org", EDNS }, .outcome = XDNS_pass_outside, .user = USER_REPLY, .want = REFUSED(NOT_AUTHORITATIVE) },
	{ "EDNS version 1", 0, { "one.mesos", EDNS, .version = 1 }, .outcome = XDNS_pass_edns_version, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_BADVERS, .error = true } },
	{ "EDNS version 255, DO", 0, { "one.mesos", EDNS, .version = 255, .edns_flags = 0x8000 }, .outcome = XDNS_pass_edns_version, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_BADVERS, .error = true } },
	{ "OPT cut", 0, { "one.mesos", EDNS }, opt_cut, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "OPT's RDLENGTH beyond the message", 0, { "one.mesos", EDNS }, opt_long, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "OPT of another owner than the root", 0, { "one.mesos", EDNS }, opt_owner, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "OPT whose owner is a broken name", 0, { "one.mesos", EDNS }, opt_owner_octet, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "OPT twice", 0, { "one.mesos", EDNS }, opt_twice, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "OPT behind another record", 0, { "one.mesos", EDNS }, a_before_opt, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = { .an = 1 } },
	{ "additional record that is no OPT", 0, { "one.mesos", EDNS }, opt_is_a, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = { .an = 1, .no_opt = true } },
	{ "option longer than the OPT", 0, { "one.mesos", EDNS, .options = 8 }, option_long, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "an option's header cut", 0, { "one.mesos", EDNS, .options = 6 }, option_cut, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "eight options", 0, { "one.mesos", EDNS, .options = 32 }, options_empty, .outcome = XDNS_answer_a, .want = { .an = 1 } },
	{ "nine options", 0, { "one.mesos", EDNS, .options = 36 }, options_empty, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = { .an = 1 } },
	{ "a second COOKIE is ignored", 0, { "one.mesos", EDNS, .cookie = { .len = 8 } }, cookie_twice, .outcome = XDNS_answer_a, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "a second COOKIE, malformed", 0, { "one.mesos", EDNS, .cookie = { .len = 8 } }, cookie_then_broken, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR },
	{ "QDCOUNT 0 and COOKIE", 0, { "", EDNS, .cookie = { .len = 8 } }, no_question_but_opt, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = { .error = true, .no_question = true, .cookie = COOKIE_NEW } },
	{ "QDCOUNT 0 and a COOKIE of ours", 0, { "", EDNS, .cookie = { .len = 24, .by = 2 } }, no_question_but_opt, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = { .error = true, .no_question = true, .cookie = COOKIE_NEW } },
	{ "QDCOUNT 0 and another's COOKIE", 0, { "", EDNS, .cookie = { .len = 24 } }, no_question_but_opt, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_BADCOOKIE, .error = true, .no_question = true, .cookie = COOKIE_NEW } },
	{ "opcode STATUS and COOKIE", 0, { "one.mesos", .flags = 0x1000, EDNS, .cookie = { .len = 8 } }, .outcome = XDNS_pass_opcode, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NOTIMP, .error = true, .no_question = true, .cookie = COOKIE_NEW } },
	{ "OPT twice, the first with COOKIE", 0, { "one.mesos", EDNS, .cookie = { .len = 8 } }, opt_twice_cookie, .outcome = XDNS_pass_counts, .user = USER_REPLY, .want = FORMERR_NO_OPT },
	{ "COOKIE of 0 octets", 0, { "one.mesos", EDNS, .cookie = { .len = 8 } }, cookie_empty, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR },
	{ "COOKIE of 7 octets", 0, { "one.mesos", EDNS, .cookie = { .len = 7 } }, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR },
	{ "COOKIE of 9 octets", 0, { "one.mesos", EDNS, .cookie = { .len = 9 } }, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR },
	{ "COOKIE of 15 octets", 0, { "one.mesos", EDNS, .cookie = { .len = 15 } }, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR },
	{ "COOKIE of 41 octets", 0, { "one.mesos", EDNS, .cookie = { .len = 41 } }, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = FORMERR },
	{ "COOKIE of 9 octets, without cookies", ZONE_QUIET, { "one.big.example.org", EDNS, .cookie = { .len = 9 } }, .outcome = XDNS_pass_opt, .user = USER_REPLY, .want = { .an = 1 } },
	{ "COOKIE and EDNS version 1", 0, { "one.mesos", EDNS, .version = 1, .cookie = { .len = 8 } }, .outcome = XDNS_pass_edns_version, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_BADVERS, .error = true } },
	{ "COOKIE and class CH", 0, { "one.mesos", .qclass = DNS_CLASS_CH, EDNS, .cookie = { .len = 8 } }, .outcome = XDNS_pass_qclass, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_REFUSED, .error = true, .ede = DNS_EDE_NOT_SUPPORTED, .cookie = COOKIE_NEW } },
	{ "COOKIE and type TXT", 0, { "one.mesos", DNS_TYPE_TXT, EDNS, .cookie = { .len = 24, .by = 1, .age = 7 } }, .outcome = XDNS_pass_qtype, .user = USER_REPLY, .want = { .denial = true, .cookie = COOKIE_KEPT } },
	{ "NSID", ZONE_QUIET, { "one.big.example.org", EDNS, .nsid = true }, .outcome = XDNS_pass_edns_option, .user = USER_REPLY, .want = { .an = 1, .nsid = true } },
	{ "NSID and class CH", ZONE_QUIET, { "one.big.example.org", .qclass = DNS_CLASS_CH, EDNS, .nsid = true }, .outcome = XDNS_pass_qclass, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_REFUSED, .error = true, .ede = DNS_EDE_NOT_SUPPORTED, .nsid = true } },
};
/* clang-format on */

const struct rows packets_odd = {rows, ARRAY_SIZE(rows)};
