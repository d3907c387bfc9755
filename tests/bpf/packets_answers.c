// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packets_answers.h"

#include "packet_names.h"
#include "util.h"

/* What a row leaves out is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define A	 XDNS_answer_a
#define AAAA	 XDNS_answer_aaaa
#define SRV	 XDNS_answer_srv
#define SOA	 XDNS_answer_soa
#define NODATA	 XDNS_answer_nodata
#define NXDOMAIN XDNS_answer_nxdomain
#define CUT	 XDNS_answer_truncated

#define NX                                                                                         \
	{                                                                                          \
		.rcode = DNS_RCODE_NXDOMAIN, .denial = true                                        \
	}
#define NO                                                                                         \
	{                                                                                          \
		.denial = true                                                                     \
	}
#define EDNS(s)	     .edns = true, .size = s
#define COOKIE(n)    .cookie = {.len = n}
#define SERVER(b, a) .cookie = {.len = 24, .by = b, .age = a}

/* clang-format off */
static const struct row rows[] = {
	{ "A: one", 0, { "one.mesos" }, .outcome = A, .want = { .an = 1 } },
	{ "A: as many as fit a record", 0, { "a4.mesos", .id = 0x4000 }, .outcome = A, .want = { .an = 4, .first = 1 } },
	{ "A: one more than fits a record", 0, { "a5.mesos", .id = 0xffff }, .outcome = A, .want = { .an = 5, .first = 4 } },
	{ "A: one whole element", 0, { "a16.mesos", .id = 0xf000 }, .outcome = A, .want = { .an = 16, .first = 15 } },
	{ "A: an element and one", 0, { "a17.mesos", .id = 0xf100 }, .outcome = A, .want = { .an = 17, .first = 16 } },
	{ "A: 20, ID 0", 0, { "a20.mesos", .id = 0 }, .outcome = A, .want = { .an = 20, .first = 0 } },
	{ "A: 20, ID 0x0ccc, the last that starts at 0", 0, { "a20.mesos", .id = 0x0ccc }, .outcome = A, .want = { .an = 20, .first = 0 } },
	{ "A: 20, ID 0x0ccd, the first that starts at 1", 0, { "a20.mesos", .id = 0x0ccd }, .outcome = A, .want = { .an = 20, .first = 1 } },
	{ "A: 20, ID 0x8000", 0, { "a20.mesos", .id = 0x8000 }, .outcome = A, .want = { .an = 20, .first = 10 } },
	{ "A: 20, ID 0xffff", 0, { "a20.mesos", .id = 0xffff }, .outcome = A, .want = { .an = 20, .first = 19 } },
	{ "A: 120 cut at 512", 0, { "a120.mesos", .id = 0xabcd }, .outcome = CUT, .want = { .tc = true, .an = 30, .first = 80 } },
	{ "A: 120, EDNS size 0 counts as 512", 0, { "a120.mesos", EDNS(0) }, .outcome = CUT, .want = { .tc = true, .an = 29 } },
	{ "A: 120, EDNS 511 counts as 512", 0, { "a120.mesos", EDNS(511) }, .outcome = CUT, .want = { .tc = true, .an = 29 } },
	{ "A: 120, EDNS 512", 0, { "a120.mesos", EDNS(512) }, .outcome = CUT, .want = { .tc = true, .an = 29 } },
	{ "A: 120, EDNS 1232", 0, { "a120.mesos", EDNS(1232) }, .outcome = CUT, .want = { .tc = true, .an = 74 } },
	{ "A: 120, EDNS 4096 counts as 1232", 0, { "a120.mesos", EDNS(4096), .id = 0xffff }, .outcome = CUT, .want = { .tc = true, .an = 74, .first = 119 } },
	{ "A: 120, EDNS 65535 counts as 1232", 0, { "a120.mesos", EDNS(65535) }, .outcome = CUT, .want = { .tc = true, .an = 74 } },
	{ "A: 511 octets", 0, { NAME31 }, .outcome = A, .want = { .an = 29 } },
	{ "A: 512 octets", 0, { NAME32 }, .outcome = A, .want = { .an = 29 } },
	{ "A: 513 octets would be", 0, { NAME33 }, .outcome = CUT, .want = { .tc = true, .an = 28 } },
	{ "A: 512 octets but for the OPT", 0, { NAME32, EDNS(512) }, .outcome = CUT, .want = { .tc = true, .an = 28 } },
	{ "A: 1231 octets", 0, { NAME52, EDNS(1232) }, .outcome = A, .want = { .an = 72 } },
	{ "A: 1232 octets", 0, { NAME53, EDNS(1232) }, .outcome = A, .want = { .an = 72 } },
	{ "A: 1233 octets would be", 0, { NAME54, EDNS(1232) }, .outcome = CUT, .want = { .tc = true, .an = 71 } },
	{ "A: 1232 octets to a client of 1231", 0, { NAME53, EDNS(1231) }, .outcome = CUT, .want = { .tc = true, .an = 71 } },
	{ "A: 1231 octets to a client of 1231", 0, { NAME52, EDNS(1231) }, .outcome = A, .want = { .an = 72 } },
	{ "A: cut without TC", ZONE_QUIET, { "a120.big.example.org" }, .outcome = CUT, .want = { .an = 29 } },
	{ "A: without RA", ZONE_QUIET, { "one.big.example.org", .flags = 0x0100 }, .outcome = A, .want = { .an = 1 } },

	{ "A: name of 64 octets", 0, { NAME64 }, .outcome = A, .want = { .an = 1 } },
	{ "A: name of 65 octets", 0, { NAME65 }, .outcome = A, .want = { .an = 1 } },
	{ "A: name of 128 octets", 0, { NAME128, .id = 0x8000 }, .outcome = A, .want = { .an = 2, .first = 1 } },
	{ "A: name of 255 octets", 0, { NAME255, EDNS(1232) }, .outcome = A, .want = { .an = 3 } },
	{ "NXDOMAIN: another name of 255 octets", 0, { NAME255_TWIN }, .outcome = NXDOMAIN, .want = NX },
	{ "A: mixed case comes back as asked", 0, { "oNe.MEsoS" }, .outcome = A, .want = { .an = 1 } },
	{ "A: a name with '*' that exists", 0, { "WE*B.mesos" }, .outcome = A, .want = { .an = 1 } },
	{ "A: beside AAAA", 0, { "both.mesos" }, .outcome = A, .want = { .an = 2 } },

	{ "AAAA: one", 0, { "v6.mesos", DNS_TYPE_AAAA }, .outcome = AAAA, .want = { .an = 1 } },
	{ "AAAA: five", 0, { "v6x5.mesos", DNS_TYPE_AAAA, .id = 0xc000 }, .outcome = AAAA, .want = { .an = 5, .first = 3 } },
	{ "AAAA: beside A", 0, { "both.mesos", DNS_TYPE_AAAA, .id = 0x8000 }, .outcome = AAAA, .want = { .an = 2, .first = 1 } },
	{ "AAAA: cut at 512", 0, { "v6x20.mesos", DNS_TYPE_AAAA, .id = 0xffff }, .outcome = CUT, .want = { .tc = true, .an = 17, .first = 19 } },
	{ "AAAA: the same with EDNS", 0, { "v6x20.mesos", DNS_TYPE_AAAA, EDNS(1232) }, .outcome = AAAA, .want = { .an = 20 } },
	{ "AAAA: cut without TC", ZONE_QUIET, { "v6x60.big.example.org", DNS_TYPE_AAAA }, .outcome = CUT, .want = { .an = 16 } },
	{ "AAAA: NODATA", 0, { "one.mesos", DNS_TYPE_AAAA }, .outcome = NODATA, .want = NO },

	{ "SRV: one", 0, { "_one._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS } },
	{ "SRV: two, with A and AAAA", 0, { "_two._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS } },
	{ "SRV: two, the other first, EDNS", 0, { "_two._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0x8000 }, .outcome = SRV, .want = { .an = 2, .first = 1, .extra = ALL_SETS } },
	{ "SRV: six, with AAAA alone", 0, { "_six._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0x8000 }, .outcome = SRV, .want = { .an = 6, .first = 3, .extra = ALL_SETS } },
	{ "SRV: one target with A and AAAA", 0, { "_pair._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS } },
	{ "SRV: one target with two AAAA", 0, { "_wide._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS } },
	{ "SRV: target of 7 octets", 0, { "_brief._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1 } },
	{ "SRV: two targets of one A each", 0, { "_twin._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS } },
	{ "SRV: two targets of one A each, the other first, EDNS", 0, { "_twin._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0x8000 }, .outcome = SRV, .want = { .an = 2, .first = 1, .extra = ALL_SETS } },
	{ "SRV: two ports of one target", 0, { "_same._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS } },
	{ "SRV: two ports of one target, the other first, EDNS", 0, { "_same._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0x8000 }, .outcome = SRV, .want = { .an = 2, .first = 1, .extra = ALL_SETS } },
	{ "SRV: two targets of 10 octets", 0, { "_tiny._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS } },
	{ "SRV: two targets of 10 octets, the other first, EDNS", 0, { "_tiny._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0x8000 }, .outcome = SRV, .want = { .an = 2, .first = 1, .extra = ALL_SETS } },
	{ "SRV: two targets of some 50 octets", 0, { "_far._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS } },
	{ "SRV: two targets of some 50 octets, the other first, EDNS", 0, { "_far._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0x8000 }, .outcome = SRV, .want = { .an = 2, .first = 1, .extra = ALL_SETS } },
	{ "SRV: two targets of 64 octets, too long for the head room", 0, { "_brim._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS } },
	{ "SRV: one target of 10 octets", 0, { "_lone._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS } },
	{ "SRV: two targets on five ports, from 0", 0, { "_dup._tcp.m.mesos", DNS_TYPE_SRV, .id = 0 }, .outcome = SRV, .want = { .an = 5, .first = 0, .extra = ALL_SETS } },
	{ "SRV: two targets on five ports, from 1", 0, { "_dup._tcp.m.mesos", DNS_TYPE_SRV, .id = 0x4000 }, .outcome = SRV, .want = { .an = 5, .first = 1, .extra = ALL_SETS } },
	{ "SRV: two targets on five ports, from 2", 0, { "_dup._tcp.m.mesos", DNS_TYPE_SRV, .id = 0x8000 }, .outcome = SRV, .want = { .an = 5, .first = 2, .extra = ALL_SETS } },
	{ "SRV: two targets on five ports, from 3", 0, { "_dup._tcp.m.mesos", DNS_TYPE_SRV, .id = 0xa000 }, .outcome = SRV, .want = { .an = 5, .first = 3, .extra = ALL_SETS } },
	{ "SRV: two targets on five ports, from 4", 0, { "_dup._tcp.m.mesos", DNS_TYPE_SRV, .id = 0xf000 }, .outcome = SRV, .want = { .an = 5, .first = 4, .extra = ALL_SETS } },
	{ "SRV: addresses of five targets fit", 0, { "_ten._tcp.m.mesos", DNS_TYPE_SRV, .id = 0xffff }, .outcome = SRV, .want = { .an = 10, .first = 9, .extra = 5 } },
	{ "SRV: addresses of four fit beside the OPT", 0, { "_ten._tcp.m.mesos", DNS_TYPE_SRV, EDNS(512) }, .outcome = SRV, .want = { .an = 10, .extra = 4 } },
	{ "SRV: addresses of all ten", 0, { "_ten._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0x1999 }, .outcome = SRV, .want = { .an = 10, .extra = ALL_SETS } },
	{ "SRV: additional sets fill 512 octets", 0, { "_rich._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = 2 } },
	{ "SRV: a whole additional set or nothing of it", 0, { "_rich._tcp.m.mesos", DNS_TYPE_SRV, EDNS(512) }, .outcome = SRV, .want = { .an = 2, .extra = 1 } },
	{ "SRV: 18 addresses for each of two", 0, { "_rich._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), .id = 0xffff }, .outcome = SRV, .want = { .an = 2, .first = 1, .extra = ALL_SETS } },
	{ "SRV: 40 cut at 512", 0, { "_forty._tcp.m.mesos", DNS_TYPE_SRV, .id = 0xffff }, .outcome = CUT, .want = { .tc = true, .an = 12, .first = 39 } },
	{ "SRV: 40 cut at 1232", 0, { "_forty._tcp.m.mesos", DNS_TYPE_SRV, EDNS(4096) }, .outcome = CUT, .want = { .tc = true, .an = 31 } },
	{ "SRV: targets without addresses", 0, { "_bare._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 3 } },
	{ "SRV: target of 255 octets", 0, { "_long._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS } },
	{ "SRV: nine targets of 255 octets", 0, { "_long9._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = CUT, .want = { .tc = true, .an = 1 } },
	{ "SRV: nine targets of 255 octets, EDNS", 0, { "_long9._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232) }, .outcome = CUT, .want = { .tc = true, .an = 4 } },
	{ "SRV: owner of 255 octets", 0, { SRV255, DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS } },
	{ "SRV: longest owner and target: not one record", 0, { SRV254, DNS_TYPE_SRV }, .outcome = CUT, .want = { .tc = true } },
	{ "SRV: longest owner and target, EDNS 512", 0, { SRV254, DNS_TYPE_SRV, EDNS(512) }, .outcome = CUT, .want = { .tc = true } },
	{ "SRV: longest owner and target, EDNS", 0, { SRV254, DNS_TYPE_SRV, EDNS(1232), .id = 0x8000 }, .outcome = SRV, .want = { .an = 2, .first = 1, .extra = ALL_SETS } },
	{ "SRV: of a name with all types", 0, { "_all._tcp.m.mesos", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS } },
	{ "A: of a name with all types", 0, { "_all._tcp.m.mesos", DNS_TYPE_A }, .outcome = A, .want = { .an = 1 } },
	{ "SRV: mixed case", 0, { "_ONE._Tcp.m.MESOS", DNS_TYPE_SRV }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS } },
	{ "SRV: cut without TC", ZONE_QUIET, { "_forty._tcp.big.example.org", DNS_TYPE_SRV, EDNS(600) }, .outcome = CUT, .want = { .an = 15 } },
	{ "SRV: NODATA", 0, { "one.mesos", DNS_TYPE_SRV }, .outcome = NODATA, .want = NO },
	{ "A: NODATA of an SRV name", 0, { "_one._tcp.m.mesos" }, .outcome = NODATA, .want = NO },

	{ "SOA: at the apex", 0, { "mesos", DNS_TYPE_SOA }, .outcome = SOA, .want = { .soa = true } },
	{ "SOA: at the apex, mixed case, EDNS", 0, { "MESos", DNS_TYPE_SOA, EDNS(1232) }, .outcome = SOA, .want = { .soa = true } },
	{ "SOA: below the apex", 0, { "one.mesos", DNS_TYPE_SOA }, .outcome = NODATA, .want = NO },
	{ "SOA: with names of its own", ZONE_QUIET, { "big.example.org", DNS_TYPE_SOA, EDNS(1232) }, .outcome = SOA, .want = { .soa = true } },
	{ "A: NODATA of the apex", 0, { "mesos" }, .outcome = NODATA, .want = NO },
	{ "A: NODATA of an empty non-terminal", 0, { "z.mesos" }, .outcome = NODATA, .want = NO },
	{ "AAAA: NODATA of an empty non-terminal", 0, { "y.z.mesos", DNS_TYPE_AAAA }, .outcome = NODATA, .want = NO },
	{ "SRV: NODATA of an empty non-terminal", 0, { "_tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232) }, .outcome = NODATA, .want = NO },
	{ "SOA: NXDOMAIN", 0, { "nobody.mesos", DNS_TYPE_SOA }, .outcome = NXDOMAIN, .want = NX },
	{ "A: NXDOMAIN", 0, { "nobody.mesos" }, .outcome = NXDOMAIN, .want = NX },
	{ "A: NXDOMAIN below a name that exists", 0, { "below.one.mesos" }, .outcome = NXDOMAIN, .want = NX },
	{ "A: NXDOMAIN of mixed case, EDNS", 0, { "NoBody.mEsos", EDNS(1232), .edns_flags = 0x8000 }, .outcome = NXDOMAIN, .want = NX },
	{ "A: NXDOMAIN of a target outside the domain's names", 0, { "bare-0.elsewhere.mesos" }, .outcome = NXDOMAIN, .want = NX },
	{ "A: NXDOMAIN, TTL not above that of records", ZONE_QUIET, { "nobody.big.example.org", EDNS(1232) }, .outcome = NXDOMAIN, .want = NX },
	{ "A: NXDOMAIN, longest name and a long SOA", ZONE_QUIET, { MISSING255, EDNS(1232) }, .outcome = NXDOMAIN, .want = NX },
	{ "A: NXDOMAIN with a SOA too long", ZONE_QUIET, { "nobody.big.example.org" }, .outcome = XDNS_pass_mtu, .user = USER_REPLY, .want = { .rcode = DNS_RCODE_NXDOMAIN } },
	{ "SOA: too long", ZONE_QUIET, { "big.example.org", DNS_TYPE_SOA }, .outcome = XDNS_pass_mtu, .user = USER_REPLY, .want = { 0 } },

	{ "EDNS: DO comes back", 0, { "one.mesos", EDNS(1232), .edns_flags = 0x8000 }, .outcome = A, .want = { .an = 1 } },
	{ "EDNS: other flags do not", 0, { "one.mesos", EDNS(1232), .edns_flags = 0x7fff }, .outcome = A, .want = { .an = 1 } },
	{ "EDNS: unknown options", 0, { "one.mesos", EDNS(1232), .options = 100 }, .outcome = A, .want = { .an = 1 } },
	{ "EDNS: options and octets behind", 0, { "one.mesos", EDNS(1232), .options = 12, .trail = 7 }, .outcome = A, .want = { .an = 1 } },
	{ "flags: RD", 0, { "one.mesos", .flags = 0x0100 }, .outcome = A, .want = { .an = 1 } },
	{ "flags: CD", 0, { "one.mesos", .flags = 0x0010 }, .outcome = A, .want = { .an = 1 } },
	{ "flags: AD", 0, { "one.mesos", .flags = 0x0020 }, .outcome = A, .want = { .an = 1 } },
	{ "flags: Z", 0, { "one.mesos", .flags = 0x0040 }, .outcome = A, .want = { .an = 1 } },
	{ "flags: all that may be", 0, { "one.mesos", .flags = 0x07ff }, .outcome = A, .want = { .an = 1 } },
	{ "flags: NXDOMAIN to RD, CD, TC, AA and an rcode", 0, { "nobody.mesos", .flags = 0x0713 }, .outcome = NXDOMAIN, .want = NX },
	{ "octets behind the message", 0, { "one.mesos", .trail = 9 }, .outcome = A, .want = { .an = 1 } },
	{ "more octets behind the message than the answer has", 0, { "one.mesos", .trail = 200 }, .outcome = A, .want = { .an = 1 } },

	{ "cookie: client's alone", 0, { "one.mesos", EDNS(1232), COOKIE(8) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: a set not in the record", 0, { "a20.mesos", EDNS(1232), COOKIE(8), .id = 0x8000 }, .outcome = A, .want = { .an = 20, .first = 10, .cookie = COOKIE_NEW } },
	{ "cookie: 512 octets have room for one A less", 0, { NAME32, EDNS(512), COOKIE(8) }, .outcome = CUT, .want = { .tc = true, .an = 26, .cookie = COOKIE_NEW } },
	{ "cookie: cut at 1232", 0, { "a120.mesos", EDNS(1232), COOKIE(8) }, .outcome = CUT, .want = { .tc = true, .an = 72, .cookie = COOKIE_NEW } },
	{ "cookie: AAAA", 0, { "v6.mesos", DNS_TYPE_AAAA, EDNS(1232), COOKIE(8) }, .outcome = AAAA, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: SRV", 0, { "_two._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), COOKIE(8) }, .outcome = SRV, .want = { .an = 2, .extra = ALL_SETS, .cookie = COOKIE_NEW } },
	{ "cookie: SRV, a name of an odd length", 0, { "_one._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), COOKIE(8) }, .outcome = SRV, .want = { .an = 1, .extra = ALL_SETS, .cookie = COOKIE_NEW } },
	{ "cookie: SRV of many", 0, { "_ten._tcp.m.mesos", DNS_TYPE_SRV, EDNS(1232), COOKIE(8) }, .outcome = SRV, .want = { .an = 10, .extra = ALL_SETS, .cookie = COOKIE_NEW } },
	{ "cookie: SOA", 0, { "mesos", DNS_TYPE_SOA, EDNS(1232), COOKIE(8) }, .outcome = SOA, .want = { .soa = true, .cookie = COOKIE_NEW } },
	{ "cookie: NODATA, DO", 0, { "one.mesos", DNS_TYPE_AAAA, EDNS(1232), COOKIE(8), .edns_flags = 0x8000 }, .outcome = NODATA, .want = { .denial = true, .cookie = COOKIE_NEW } },
	{ "cookie: NXDOMAIN", 0, { "nobody.mesos", EDNS(1232), COOKIE(8) }, .outcome = NXDOMAIN, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true, .cookie = COOKIE_NEW } },
	{ "cookie: behind another option", 0, { "one.mesos", EDNS(1232), .options = 17, COOKIE(8) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: ours", 0, { "one.mesos", EDNS(1232), SERVER(1, 0) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_KEPT } },
	{ "cookie: ours, NXDOMAIN", 0, { "nobody.mesos", EDNS(1232), SERVER(1, 60) }, .outcome = NXDOMAIN, .want = { .rcode = DNS_RCODE_NXDOMAIN, .denial = true, .cookie = COOKIE_KEPT } },
	{ "cookie: ours, 30 minutes old", 0, { "one.mesos", EDNS(1232), SERVER(1, 1800) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_KEPT } },
	{ "cookie: ours, older: renewed", 0, { "one.mesos", EDNS(1232), SERVER(1, 1801) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: ours, too old", 0, { "one.mesos", EDNS(1232), SERVER(1, 3601) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: ours, five minutes ahead", 0, { "one.mesos", EDNS(1232), SERVER(1, -300) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_KEPT } },
	{ "cookie: ours, more than that", 0, { "one.mesos", EDNS(1232), SERVER(1, -301) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: by the secret before", 0, { "one.mesos", EDNS(1232), SERVER(2, 10) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: another's", 0, { "one.mesos", EDNS(1232), SERVER(0, 10) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: made for another client", 0, { "one.mesos", EDNS(1232), .cookie = { .len = 24, .by = 1, .stolen = true } }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: ours, but for reserved octets", 0, { "one.mesos", EDNS(1232), .cookie = { .len = 24, .by = 1, .reserved = 7 } }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: of another version", 0, { "one.mesos", EDNS(1232), .cookie = { .len = 24, .by = 1, .version = 2 } }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: a server's of 8 octets", 0, { "one.mesos", EDNS(1232), COOKIE(16) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: a server's of 32 octets", 0, { "one.mesos", EDNS(1232), COOKIE(40) }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
	{ "cookie: there are none", ZONE_QUIET, { "one.big.example.org", EDNS(1232), COOKIE(8) }, .outcome = A, .want = { .an = 1 } },
	{ "NSID: there is none", 0, { "one.mesos", EDNS(1232), .nsid = true }, .outcome = A, .want = { .an = 1 } },
	{ "NSID: there is none, but a cookie", 0, { "one.mesos", EDNS(1232), COOKIE(8), .nsid = true }, .outcome = A, .want = { .an = 1, .cookie = COOKIE_NEW } },
};
/* clang-format on */

const struct rows packets_answers = {rows, ARRAY_SIZE(rows)};
