# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Questions about a zone, made up: the same seed, the same questions."""
import collections
import random
import struct

import dns.name
import dns.rdatatype

IN = 1
COMMON_TYPES = ("A", "AAAA", "SRV", "SOA", "NS", "ANY", "TXT", "MX", "CNAME", "PTR", "DS", "DNSKEY",
                "HTTPS", "NSEC", "RRSIG", "CAA", "NAPTR", "HINFO", "DNAME", "NULL", "TLSA")
# Types that stand for no data (RFC 6895 3.1) are transfers, transaction signatures and the like.
META_TYPES = range(128, 256)
TRANSFERS = (dns.rdatatype.AXFR, dns.rdatatype.IXFR)  # over TCP no matter of one answer
EDNS_SIZES = (0, 1, 511, 512, 513, 700, 1231, 1232, 1233, 1400, 4096, 65535)
NAME_MAX, LABEL_MAX, PLAIN_SIZE = 255, 63, 512

Question = collections.namedtuple("Question", "wire name type qclass tcp size edns")
"""size: octets of response that the client takes; edns: as its OPT says, None without OPT"""


def encode_name(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def wire_length(labels):
    return sum(len(label) + 1 for label in labels) + 1


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


def opt_record(size, ttl, options=b""):
    return b"\0" + struct.pack("!HHIH", dns.rdatatype.OPT, size, ttl, len(options)) + options


def message(number, flags, labels, qtype, qclass, opt=b""):
    header = struct.pack("!6H", number, flags, 1, 0, 0, 1 if opt else 0)
    return header + encode_name(labels) + struct.pack("!HH", qtype, qclass) + opt


class Generator:
    """zone: see zone.py. A name is a list of labels, without the root."""

    def __init__(self, zone, seed):
        self.zone, self.random = zone, random.Random(seed)
        self.kinds = ((self.exists, 40), (self.empty_non_terminal, 8), (self.missing, 14),
                      (self.below, 8), (self.deep, 6), (self.long, 6), (self.any_octets, 6),
                      (self.almost, 4), (self.outside, 8), (self.large, 6), (self.star, 3))

    def label(self, shortest=1, longest=12, octets=b"abcdefghijklmnopqrstuvwxyz0123456789-_"):
        return bytes(self.random.choices(octets, k=self.random.randint(shortest, longest)))

    def known(self):
        return list(self.random.choice(self.zone.existing))

    # The kinds of names.

    def exists(self):
        return self.known()

    def empty_non_terminal(self):
        return list(self.random.choice(self.zone.empty))

    def missing(self):
        name = self.known()
        return [self.label()] + name[1 if len(name) > len(self.zone.apex) else 0:]

    def below(self):
        return [self.label() for _ in range(self.random.randint(1, 3))] + self.known()

    def deep(self):
        name = self.known()
        room = (NAME_MAX - wire_length(name)) // 2
        return [self.label(1, 1) for _ in range(self.random.randint(1, room))] + name

    def long(self):
        """Up to the last octet a name may have."""
        name = self.known()
        while True:
            room = NAME_MAX - wire_length(name) - 1
            if room < 1:
                return name
            longest = min(room, LABEL_MAX)
            name.insert(0, self.label(longest, longest) if self.random.random() < 0.8 else self.label(1, longest))

    def any_octets(self):
        return [self.label(1, 20, range(256))] + self.known()

    def almost(self):
        """A name of the zone with one octet changed, or one label gone or twice."""
        name = self.known()
        i = self.random.randrange(len(name))
        change = self.random.randrange(3)
        if change == 0:
            label = bytearray(name[i])
            label[self.random.randrange(len(label))] ^= 1 << self.random.randrange(8)
            name[i] = bytes(label)
        elif change == 1:
            del name[i]
        else:
            name.insert(i, name[i])
        return name

    def large(self):
        return list(self.random.choice(self.zone.large))

    def star(self):
        """Behind the first label Mesos-DNS takes it out."""
        name = self.random.choice((self.known, self.missing))()
        name.insert(self.random.randint(0, len(name) - 1), self.random.choice((b"*", b"*" + self.label())))
        return name

    def outside(self):
        apex = self.zone.apex
        return self.random.choice((
            lambda: [],
            lambda: [self.label()],
            lambda: [self.label(), self.label()],
            lambda: [self.label() + apex[0]] + apex[1:],
            lambda: self.known() + [self.label()],
            lambda: [b"%d" % self.random.randrange(256) for _ in range(4)] + [b"in-addr", b"arpa"]))()

    # And what is asked about them.

    def case(self, label):
        return bytes(self.random.choice((c, c ^ 0x20)) if chr(c).isalpha() and c < 128 else c for c in label)

    def type(self):
        if self.random.random() < 0.55:
            return dns.rdatatype.from_text(self.random.choice(("A", "AAAA", "SRV")))
        if self.random.random() < 0.75:
            return dns.rdatatype.from_text(self.random.choice(COMMON_TYPES))
        return self.random.choice((self.random.randrange(1, 65536), self.random.choice(META_TYPES)))

    def qclass(self):
        if self.random.random() < 0.97:
            return IN
        return self.random.choice((2, 3, 4, 254, 255, self.random.randrange(1, 65536)))

    def flags(self):
        """RD, AD, CD, and now and then the bit that has no meaning (Z)."""
        flags = 0
        for bit, chance in ((0x0100, 0.5), (0x0020, 0.2), (0x0010, 0.2), (0x0040, 0.02)):
            flags |= bit if self.random.random() < chance else 0
        return flags

    def opt(self):
        """With an option large enough an answer needs no more room than its question."""
        if self.random.random() < 0.4:
            return b"", None
        size = self.random.choice(EDNS_SIZES)
        ttl = 0x8000 if self.random.random() < 0.3 else 0
        ttl |= self.random.randrange(0x8000) if self.random.random() < 0.1 else 0
        options = option(65001, bytes(self.random.choice((0, 1, 430, 900)))) if self.random.random() < 0.4 else b""
        return opt_record(size, ttl, options), size

    def question(self):
        kind, = self.random.choices([k for k, _ in self.kinds], [w for _, w in self.kinds])
        labels = kind()
        while wire_length(labels) > NAME_MAX:
            labels = kind()
        if self.random.random() < 0.3:
            labels = [self.case(label) for label in labels]
        qtype, qclass = self.type(), self.qclass()
        if qtype == dns.rdatatype.OPT: # no type that can be asked for
            qtype = dns.rdatatype.A
        opt, edns = self.opt()
        wire = message(self.random.randrange(65536), self.flags(), labels, qtype, qclass, opt)
        tcp = self.random.random() < 0.15 and qtype not in TRANSFERS
        return Question(wire, dns.name.Name(labels + [b""]), qtype, qclass, tcp,
                        65535 if tcp else max(edns or 0, PLAIN_SIZE), edns)
