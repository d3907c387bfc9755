# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Queries in many shapes, and what an answer says; made for a thousand a second."""
import random
import socket
import struct

from peer_names import encode, skip_name

TYPES = {'A': 1, 'NS': 2, 'SOA': 6, 'TXT': 16, 'AAAA': 28, 'SRV': 33, 'HTTPS': 65, 'ANY': 255}
RCODES = {0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED'}


def opt(size, flags=0, options=b''):
    return b'\0\0\x29' + struct.pack('!HIH', size, flags, len(options)) + options


# An answer from the kernel needs room behind the question on veth, which an option makes.
ROOM = opt(1232, 0, struct.pack('!HH', 65001, 430) + bytes(430))
EDNS = (b'', opt(512), opt(1232), opt(4096), opt(1232, 0x8000), opt(1400, 0, b'\0\x0c\0\x08' + bytes(8)), ROOM)


def mixed(name):
    return ''.join(c.upper() if random.getrandbits(1) else c for c in name)


def query(number, name, kind, edns=None):
    """Every third name is in mixed case."""
    edns = random.choice(EDNS) if edns is None else edns
    asked = mixed(name) if number % 3 == 0 else name
    return (struct.pack('!HHHHHH', number, 0x0100, 1, 0, 0, 1 if edns else 0) +
            encode(asked) + struct.pack('!HH', TYPES[kind], 1) + edns)


class Bad(Exception):
    """It is no answer to the question."""


def name_at(wire, at):
    labels = []
    for _ in range(128):
        length = wire[at]
        if length >= 0xc0:
            at = (length & 0x3f) << 8 | wire[at + 1]
        elif length:
            labels.append(wire[at + 1:at + 1 + length].decode('ascii', 'replace').lower())
            at += 1 + length
        else:
            return '.'.join(labels)
    raise Bad('a name without an end')


def data_at(wire, at, kind, length):
    if kind == 1 and length == 4:
        return socket.inet_ntop(socket.AF_INET, wire[at:at + 4])
    if kind == 28 and length == 16:
        return socket.inet_ntop(socket.AF_INET6, wire[at:at + 16])
    if kind == 33:
        return int.from_bytes(wire[at + 4:at + 6], 'big'), name_at(wire, at + 6)
    return wire[at:at + length]


def read(asked, wire):
    """(rcode, set of the asked type in the answer section, TC). Raises Bad."""
    end = skip_name(asked, 12) + 4
    if len(wire) < end or wire[:2] != asked[:2] or not wire[2] & 0x80 or wire[4:6] != b'\0\1':
        raise Bad('header %s' % wire[:12].hex())
    if wire[12:end] != asked[12:end]:
        raise Bad('question %s' % wire[12:end].hex())
    kind = int.from_bytes(asked[end - 4:end - 2], 'big')
    owner, at, found = name_at(asked, 12), end, []
    try:
        for _ in range(int.from_bytes(wire[6:8], 'big')):
            if name_at(wire, at) != owner:
                raise Bad('a record of ' + name_at(wire, at))
            at = skip_name(wire, at)
            here, _, _, length = struct.unpack_from('!HHIH', wire, at)
            if here == kind:
                found.append(data_at(wire, at + 10, here, length))
            elif kind != 255:
                raise Bad('a record of type %d' % here)
            at += 10 + length
    except (IndexError, struct.error, ValueError) as error:
        raise Bad('%s: %s' % (error, wire.hex())) from error
    if at > len(wire) or len(set(found)) != len(found):
        raise Bad('records: ' + wire.hex())
    return wire[3] & 15, frozenset(found), bool(wire[2] & 2)
