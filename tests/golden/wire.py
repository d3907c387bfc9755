# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""DNS messages for the golden test: queries as they were asked, responses as text.

Apart from the program under test on purpose: it shares no code with it.
A name is a tuple of labels (bytes) without the root, so that comparing is
comparing octets.
"""
import functools
import re
import socket
import struct

PLAIN = re.compile(r"([A-Za-z0-9_-]+\.)+")  # a name whose text needs no second look

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16,
         "AAAA": 28, "SRV": 33, "OPT": 41, "DS": 43, "HTTPS": 65, "TSIG": 250, "IXFR": 251,
         "AXFR": 252, "ANY": 255}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
CLASSES = {1: "IN", 3: "CH", 254: "NONE", 255: "ANY"}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED",
          16: "BADVERS"}
FLAGS = ((0x8000, "qr"), (0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"),
         (0x0020, "ad"), (0x0010, "cd"))
SERIAL = 1234567890
QUERY_ID = 0x1a2b


@functools.lru_cache(1 << 18)
def name_from_text(text):
    """Labels of a name in presentation form; without any backslash every octet is as it stands."""
    if PLAIN.fullmatch(text):
        return tuple(text[:-1].encode().split(b"."))
    labels, label, i = [], bytearray(), 0
    raw = text.encode("utf-8", "surrogateescape")
    while i < len(raw):
        if raw[i] == ord("\\") and raw[i + 1:i + 4].isdigit():
            label.append(int(raw[i + 1:i + 4]))
            i += 4
        elif raw[i] == ord("\\") and i + 1 < len(raw):
            label.append(raw[i + 1])
            i += 2
        elif raw[i] == ord("."):
            labels.append(bytes(label))
            label.clear()
            i += 1
        else:
            label.append(raw[i])
            i += 1
    if label:
        labels.append(bytes(label))
    return () if labels == [b""] else tuple(labels)


@functools.lru_cache(1 << 18)
def name_to_text(name):
    """One text for each name, for messages and sets."""
    def octet(c):
        return chr(c) if 0x21 <= c <= 0x7e and c not in b'.\\"();@' else "\\%03d" % c
    return "".join("".join(map(octet, label)) + "." for label in name) or "."


def canonical(text):
    return text if PLAIN.fullmatch(text) else name_to_text(name_from_text(text))


def lower(name):
    return tuple(label.lower() for label in name)


@functools.lru_cache(1 << 18)
def encodable(name):
    return (all(1 <= len(label) <= 63 for label in name) and
            sum(len(label) + 1 for label in name) + 1 <= 255)


def encode_name(name):
    return b"".join(bytes([len(label)]) + label for label in name) + b"\0"


def qtype_number(qtype):
    return qtype if isinstance(qtype, int) else TYPES[qtype]


def build_query(name, qtype, opts):
    flags = opts.get("opcode", 0) << 11
    flags |= 0x0100 if opts.get("rd", True) else 0
    for key, bit in (("cd", 0x0010), ("ad", 0x0020), ("qr", 0x8000), ("tcbit", 0x0200)):
        flags |= bit if opts.get(key) else 0
    questions = opts.get("nq", 1)
    additional = 1 if "edns" in opts else opts.get("arcount", 0)
    out = struct.pack(">6H", QUERY_ID, flags, questions, 0, 0, additional)
    out += (encode_name(name) +
            struct.pack(">HH", qtype_number(qtype), opts.get("qclass", 1))) * questions
    if "edns" in opts:
        options = bytes.fromhex(opts.get("options", ""))
        ttl = opts.get("ednsver", 0) << 16 | (0x8000 if opts.get("do") else 0)
        out += b"\0" + struct.pack(">HHIH", 41, opts["edns"], ttl, len(options)) + options
    return out + bytes.fromhex(opts.get("extra", ""))


class Reader:
    """A cursor over one message; anything malformed raises."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def unpack(self, fmt):
        values = struct.unpack_from(">" + fmt, self.data, self.at)
        self.at += struct.calcsize(">" + fmt)
        return values

    def name(self):
        labels, at, jumped = [], self.at, False
        while True:
            length = self.data[at]
            if length >= 0xc0:
                target = struct.unpack_from(">H", self.data, at)[0] & 0x3fff
                if target >= at:
                    raise ValueError("a pointer that does not point back")
                if not jumped:
                    self.at = at + 2
                at, jumped = target, True
            elif length > 63:
                raise ValueError("a label of an unknown kind")
            elif not length:
                if not jumped:
                    self.at = at + 1
                name = tuple(labels)
                if not encodable(name):
                    raise ValueError("a name that is too long")
                return name
            else:
                label = self.data[at + 1:at + 1 + length]
                if len(label) < length:
                    raise ValueError("a label beyond the end")
                labels.append(label)
                at += 1 + length


def parse_rdata(reader, rtype, length):
    end = reader.at + length
    if rtype == 1:
        text = socket.inet_ntop(socket.AF_INET, reader.data[reader.at:end])
    elif rtype == 28:
        text = socket.inet_ntop(socket.AF_INET6, reader.data[reader.at:end])
    elif rtype == 33:
        text = "%d %d %d " % reader.unpack("HHH")
        if reader.data[reader.at + encoded_length(reader.data, reader.at) - 1]:
            raise ValueError("a compressed SRV target (RFC 2782)")
        text += name_to_text(reader.name())
    elif rtype in (2, 12):
        text = name_to_text(reader.name())
    elif rtype == 6:
        names = name_to_text(reader.name()) + " " + name_to_text(reader.name())
        serial, *rest = reader.unpack("5I")
        text = "%s %s %s" % (names, "SERIAL" if serial == SERIAL else serial,
                             " ".join(map(str, rest)))
    else:
        text = reader.data[reader.at:end].hex()
    if rtype in (2, 6, 12, 33) and reader.at != end:
        raise ValueError("RDATA of another length than RDLENGTH says")
    reader.at = end
    return text


def encoded_length(data, at):
    """Octets of a name where it stands, a pointer included."""
    start = at
    while data[at]:
        if data[at] >= 0xc0:
            return at + 2 - start
        at += 1 + data[at]
    return at + 1 - start


def parse_record(reader):
    owner = name_to_text(reader.name())
    rtype, rclass, ttl, length = reader.unpack("HHIH")
    if rtype == 41:
        data = reader.data[reader.at:reader.at + length].hex()
        reader.at += length
        return {"owner": owner, "size": rclass, "version": ttl >> 16 & 255, "rcode": ttl >> 24,
                "do": bool(ttl & 0x8000), "z": ttl & 0x7fff, "options": data}
    return "%s %d %s %s %s" % (owner, ttl, CLASSES.get(rclass, str(rclass)),
                               TYPE_NAMES.get(rtype, "TYPE%d" % rtype),
                               parse_rdata(reader, rtype, length))


def parse(data):
    """A response as a dict of the recordings' shape, with "opt" for the OPT record."""
    reader = Reader(data)
    ident, flags, questions, *counts = reader.unpack("6H")
    if ident != QUERY_ID:
        raise ValueError("another ID")
    message = {"flags": " ".join(name for bit, name in FLAGS if flags & bit), "question": [],
               "opcode": flags >> 11 & 15, "opt": None, "size": len(data)}
    if flags & 0x0040:
        raise ValueError("the Z bit is set")
    for _ in range(questions):
        name = name_to_text(reader.name())
        qtype, qclass = reader.unpack("HH")
        message["question"].append("%s %s %s" % (name, CLASSES.get(qclass, str(qclass)),
                                                 TYPE_NAMES.get(qtype, "TYPE%d" % qtype)))
    for section, count in zip(("answer", "authority", "additional"), counts):
        records = [parse_record(reader) for _ in range(count)]
        for record in records:
            if isinstance(record, dict):
                if section != "additional" or message["opt"]:
                    raise ValueError("an OPT record out of place")
                message["opt"] = record
        message[section] = sorted(r for r in records if isinstance(r, str))
    if reader.at != len(data):
        raise ValueError("octets after the last record")
    rcode = flags & 15 | (message["opt"]["rcode"] << 4 if message["opt"] else 0)
    message["rcode"] = RCODES.get(rcode, str(rcode))
    return message
