#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The EDNS compliance family and other odd queries: the kernel, userspace and BIND must say the same.

usage: edns.py --kernel ADDRESS --userspace ADDRESS --bind ADDRESS

Prints "pass TEXT" and "fail TEXT" (results() of lib.sh).
"""
import argparse
import struct
import sys

import dns.rcode

import answers
import exchange
import rules
from questions import message, option, opt_record

DOCUMENT = "docs/conformance.md"
A, SOA, TXT, ANY = 1, 6, 16, 255
IN, CH = 1, 3
ANSWER, RECORDS = {"answer"}, {"answer", "authority", "additional"}
COOKIE, NSID, ECS, EXPIRE, KEEPALIVE, PADDING, UNKNOWN = 10, 3, 8, 9, 11, 12, 65001
DO, VERSION_1 = 0x8000, 1 << 16
WEB = [b"web", b"marathon", b"mesos"]
MANY = [b"many", b"marathon", b"mesos"]
NOBODY = [b"nobody", b"mesos"]
APEX = [b"mesos"]
CLIENT_COOKIE = b"\1\2\3\4\5\6\7\x08"
COOKIE_OPT = opt_record(4096, 0, option(COOKIE, CLIENT_COOKIE))
STRANGE_OPT = opt_record(4096, 0, option(COOKIE, CLIENT_COOKIE + bytes(16)))
ECS_DATA = struct.pack("!HBB3s", 1, 24, 0, bytes((192, 0, 2)))


def query(flags=0, labels=None, qtype=SOA, qclass=IN, opt=b""):
    return message(0x2a2a, flags, labels if labels is not None else APEX, qtype, qclass, opt)


def with_option(code, data=b"", ttl=0, size=4096, **rest):
    return query(opt=opt_record(size, ttl, option(code, data)), **rest)


def edns(ttl=0, size=4096, options=b"", **rest):
    return query(opt=opt_record(size, ttl, options), **rest)


def opcode(number, **rest):
    return query(flags=number << 11, **rest)


def counts(wire, *numbers):
    return wire[:4] + struct.pack("!4H", *numbers) + wire[12:]


def flags_of(bit):
    return query(flags=bit, labels=WEB, qtype=A)


# name: (query, over TCP). Names as the compliance testers have them, where they have one.
QUERIES = {
    "dns": query(),
    "dns a": query(labels=WEB, qtype=A),
    "dns nxdomain": query(labels=NOBODY, qtype=A),
    "dns unknown type": query(labels=WEB, qtype=1000),
    "edns": edns(),
    "edns a": edns(labels=WEB, qtype=A),
    "edns nxdomain": edns(labels=NOBODY, qtype=A),
    "edns unknown type": edns(labels=WEB, qtype=1000),
    "edns1": edns(ttl=VERSION_1),
    "edns1 a": edns(ttl=VERSION_1, labels=WEB, qtype=A),
    "edns255": edns(ttl=255 << 16),
    "edns1 option": with_option(100, ttl=VERSION_1),
    "edns option": with_option(100),
    "edns option a": with_option(100, b"data", labels=WEB, qtype=A),
    "edns flags": edns(ttl=0x0080),
    "edns all flags": edns(ttl=0x7fff, labels=WEB, qtype=A),
    "do": edns(ttl=DO),
    "do flags": edns(ttl=DO | 0x0080),
    "edns1 do flags": edns(ttl=VERSION_1 | DO | 0x0080),
    "extended rcode": edns(ttl=5 << 24),
    "edns 0 octets": edns(size=0, labels=WEB, qtype=A),
    "edns 511 octets": edns(size=511, labels=WEB, qtype=A),
    "edns 512 octets": edns(size=512, labels=WEB, qtype=A),
    "nsid": with_option(NSID),
    "client subnet": with_option(ECS, ECS_DATA, labels=WEB, qtype=A),
    "client subnet, broken": with_option(ECS, b"\0", labels=WEB, qtype=A),
    "expire": with_option(EXPIRE),
    "keepalive by udp": with_option(KEEPALIVE),
    "padding": with_option(PADDING, bytes(100)),
    "many options": edns(options=b"".join(option(code, b"x" * (code & 7)) for code in range(65001, 65020))),
    "option beyond the record": edns(options=struct.pack("!HH", UNKNOWN, 4) + b"abc"),
    "half an option": edns(options=b"\xfd\xe9\0"),
    "two opt": counts(edns() + opt_record(4096, 0), 1, 0, 0, 2),
    "opt not of the root": counts(query() + b"\1x" + opt_record(4096, 0), 1, 0, 0, 1),
    "opt beyond the message": counts(query() + opt_record(4096, 0)[:-2] + b"\0\4", 1, 0, 0, 1),
    "opt in the answer section": counts(edns(), 1, 1, 0, 0),
    "truncated 512": query(labels=MANY, qtype=A),
    "truncated edns 512": edns(size=512, labels=MANY, qtype=A),
    "any": query(labels=WEB, qtype=ANY),
    "chaos": query(labels=[b"version", b"example"], qtype=TXT, qclass=CH),
    "class 42": query(labels=WEB, qtype=A, qclass=42),
    "iquery": opcode(1),
    "status": opcode(2),
    "opcode 3": opcode(3),
    "notify": opcode(4),
    "update": opcode(5),
    "stateful": opcode(6),
    "opcode 15": opcode(15),
    "opcode 15 edns": edns(flags=15 << 11),
    "aa": flags_of(0x0400),
    "tc": flags_of(0x0200),
    "rd": flags_of(0x0100),
    "ra": flags_of(0x0080),
    "z": flags_of(0x0040),
    "ad": flags_of(0x0020),
    "cd": flags_of(0x0010),
    "rcode 15": flags_of(0x000f),
    "all flags": flags_of(0x07ff),
    "no question": counts(query()[:12], 0, 0, 0, 0),
    "no question but opt": counts(query()[:12] + opt_record(4096, 0), 0, 0, 0, 1),
    "two questions": counts(query() + query()[12:], 2, 0, 0, 0),
    "additional missing": counts(query(), 1, 0, 0, 1),
    "answer missing": counts(query(), 1, 1, 0, 0),
    "question missing": counts(query()[:12], 1, 0, 0, 0),
    "half a question": query()[:-3],
    "octets behind": query() + b"\0\1\2\3",
    "label over 63": query()[:12] + b"\x40" + b"x" * 64 + query()[12:],
    "extended label": query()[:12] + b"\x41\0" + query()[12:],
    "pointer to itself": query()[:12] + b"\xc0\x0c\0\6\0\1",
    "response": query(flags=0x8000),
    "header only, half": query()[:6],
    "nsid a": with_option(NSID, labels=WEB, qtype=A),
    "cookie": with_option(COOKIE, CLIENT_COOKIE),
    "cookie a": with_option(COOKIE, CLIENT_COOKIE, labels=WEB, qtype=A),
    "cookie nxdomain": with_option(COOKIE, CLIENT_COOKIE, labels=NOBODY, qtype=A),
    "cookie unknown type": with_option(COOKIE, CLIENT_COOKIE, labels=WEB, qtype=1000),
    "cookie, truncated edns 512": with_option(COOKIE, CLIENT_COOKIE, size=512, labels=MANY, qtype=A),
    "cookie, strange server part": with_option(COOKIE, CLIENT_COOKIE + bytes(range(16))),
    "cookie, short server part": with_option(COOKIE, CLIENT_COOKIE + bytes(8)),
    "cookie, long server part": with_option(COOKIE, CLIENT_COOKIE + bytes(32)),
    "cookie twice": edns(options=option(COOKIE, CLIENT_COOKIE) + option(COOKIE, bytes(8))),
    "cookie and a malformed one": edns(options=option(COOKIE, CLIENT_COOKIE) + option(COOKIE, bytes(9))),
    "cookie and nsid": edns(options=option(NSID, b"") + option(COOKIE, CLIENT_COOKIE)),
    "edns1 cookie": with_option(COOKIE, CLIENT_COOKIE, ttl=VERSION_1),
    "opcode 15 cookie": with_option(COOKIE, CLIENT_COOKIE, flags=15 << 11),
    "no question but a cookie": counts(query()[:12] + COOKIE_OPT, 0, 0, 0, 1),
    "no question but a strange cookie": counts(query()[:12] + STRANGE_OPT, 0, 0, 0, 1),
    "two questions and a cookie": counts(query() + query()[12:] + COOKIE_OPT, 2, 0, 0, 1),
    "cookie, 7 octets": with_option(COOKIE, bytes(7)),
    "cookie, 9 octets": with_option(COOKIE, bytes(9)),
    "cookie, 41 octets": with_option(COOKIE, bytes(41)),
}


# Neither is a query: over TCP connections may end for it.
UNANSWERED = ("response", "header only, half")

# Where we may differ from BIND: rule, queries, transports, the fields; and what our answer must be there.
UDP, TCP = False, True
BOTH = (UDP, TCP)


def rcode(number):
    return lambda ours, theirs: ours.rcode == number


def no_options(ours, theirs):
    return ours.options == [] and ours.rcode == dns.rcode.NOERROR and ours.answer == theirs.answer


def cut(ours, theirs):
    return ours.tc and theirs.tc and 0 < len(ours.answer) < 90


def hinfo(ours, theirs):
    return [record[4] for record in ours.answer] == [rules.RFC8482]


RULES = {
    "option-ignored": (("client subnet", "expire", "keepalive by udp"), BOTH, {"options"}, no_options),
    "option-unread": (("client subnet, broken",), BOTH, {"rcode", "aa", "answer"}, rcode(dns.rcode.NOERROR)),
    "cut-set": (("truncated 512", "truncated edns 512", "cookie, truncated edns 512"), (UDP,), ANSWER, cut),
    "any-by-udp": (("any",), (UDP,), ANSWER, hinfo),
    "other-class": (("class 42",), BOTH, {"rcode"}, rcode(dns.rcode.REFUSED)),
    "other-opcode": (("notify", "update"), BOTH, {"rcode", "aa", "question"}, rcode(dns.rcode.NOTIMP)),
    "strange-cookie": (("no question but a strange cookie",), BOTH, {"rcode"}, rcode(dns.rcode.BADCOOKIE)),
}


def alike(wire):
    """A server cookie depends on the time and on the address that was asked from: only its version stays."""
    head, found, cookie = (wire or b"").partition(struct.pack("!HH", COOKIE, 24) + CLIENT_COOKIE)
    return head + found + cookie[:4] + bytes(12) + cookie[16:] if found else wire


class Family:
    def __init__(self, servers):
        self.servers, self.needed = servers, set()

    def ask(self, wire, tcp):
        said = exchange.ask_tcp(self.servers, [wire]) if tcp else exchange.ask_udp(self.servers, [wire])
        return [alike(said[server.name].get(wire[:2])) for server in self.servers]

    def allowed(self, name, tcp, ours, theirs):
        fields = set()
        for rule, (queries, transports, may_differ, good) in RULES.items():
            if name in queries and tcp in transports and good(ours, theirs):
                if ours.differences(theirs) & may_differ:
                    self.needed.add(rule)
                fields |= may_differ
        return fields

    def judge(self, name, tcp, planes, bind):
        """What is wrong; None: nothing."""
        if planes[0] != planes[1]:
            return "kernel %s, userspace %s" % tuple(map(answers.take_apart, planes))
        ours, theirs = answers.take_apart(planes[0]), answers.take_apart(bind)
        if ours is None or theirs is None:
            return None if planes[0] is None and bind is None else "ours %s, BIND %s" % (ours, theirs)
        wrong = ours.differences(theirs) - self.allowed(name, tcp, ours, theirs)
        return "differ in %s: ours %s, BIND %s" % (" ".join(sorted(wrong)), ours, theirs) if wrong else None


def main():
    parser = argparse.ArgumentParser()
    for name in ("kernel", "userspace", "bind"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    exchange.PATIENCE = 1
    family = Family([exchange.Server(name, getattr(options, name)) for name in ("kernel", "userspace", "bind")])
    for name, wire in QUERIES.items():
        transports = (UDP,) if name in UNANSWERED else BOTH
        for tcp in transports:
            *planes, bind = family.ask(wire, tcp)
            wrong = family.judge(name, tcp, planes, bind)
            print("%s %s, %s%s" % ("fail" if wrong else "pass", name, "TCP" if tcp else "UDP", ": " + wrong if wrong else ""))
    unused = set(RULES) - family.needed
    print("%s every rule explains something %s" % ("fail" if unused else "pass", " ".join(unused)))
    same = rules.documented(DOCUMENT, "BIND") == list(RULES)
    print("%s the document has these rules, in this order" % ("pass" if same else "fail"))


if __name__ == "__main__":
    sys.exit(main())
