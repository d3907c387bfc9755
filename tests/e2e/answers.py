#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A DNS server on loopback that answers as the first label says; for the test of `ask`.

Prints "PORT" and serves until standard input ends. See BEHAVIOURS.
"""
import itertools
import select
import socket
import struct
import sys
import time

LATE = 0.6  # seconds
FLIP = 40  # queries until the answer of "flip" changes
counts = {}


def name_octets(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def record(kind, data, owner=b'\xc0\x0c'):
    return owner + struct.pack('>HHIH', kind, 1, 60, len(data)) + data


def a(*numbers):
    return [record(1, bytes([10, 0, 0, n])) for n in numbers]


def srv(port, target):
    return record(33, struct.pack('>HHH', 0, 1, port) + name_octets(target))


def message(query, records=(), rcode=0, flags=0x8400, question=None, change_id=0):
    asked = query[12:query.index(b'\0', 12) + 5]
    asked = asked if question is None else question
    number, = struct.unpack('>H', query[:2])
    return struct.pack('>HHHHHH', number ^ change_id, flags | rcode, 1, len(records), 0, 0) + \
        asked + b''.join(records)


def turned(numbers, by):
    return numbers[by % len(numbers):] + numbers[:by % len(numbers)]


def flip(query, n):
    return [message(query, a(1 + n // FLIP % 2))]


# first label: (query, which of this name it is, from 0) -> messages
BEHAVIOURS = {
    'one': lambda q, n: [message(q, a(1))],
    'set': lambda q, n: [message(q, a(*turned([1, 2, 3], n)))],
    'short': lambda q, n: [message(q, a(1, 2))],
    'srv': lambda q, n: [message(q, [srv(31001, 'b.Test'), srv(31000, 'a.test')])],
    'none': lambda q, n: [message(q)],
    'nxdomain': lambda q, n: [message(q, rcode=3)],
    'servfail': lambda q, n: [message(q, rcode=2)],
    'refused': lambda q, n: [message(q, rcode=5)],
    'twice': lambda q, n: [message(q, a(1))] * 2,
    'never': lambda q, n: [],
    'third': lambda q, n: [message(q, a(1))] if n % 3 else [],
    'stray': lambda q, n: [message(q, a(1), change_id=0x8000)],
    'cut': lambda q, n: [message(q, a(2), flags=0x8600)],
    'query': lambda q, n: [message(q, a(1), flags=0x0400)],
    'foreign': lambda q, n: [message(q, a(1), question=name_octets('foreign.other') + b'\0\1\0\1')],
    'owner': lambda q, n: [message(q, [record(1, b'\n\0\0\1', name_octets('x.test'))])],
    'alias': lambda q, n: [message(q, [record(5, name_octets('x.test'))])],
    'broken': lambda q, n: [message(q, a(1))[:-2]],
    'loop': lambda q, n: [message(q, [record(33, b'\0' * 6 + b'\xc0' + bytes([len(q) + 1 + 18]))])],
    'flip': flip,
}


def label_of(query):
    return query[13:13 + query[12]].decode().lower()


def main():
    # pylint: disable=consider-using-with
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind(('127.0.0.1', 0))
    print(sock.getsockname()[1], flush=True)
    late = []  # (when, message, to)
    while True:
        wait = max(0, late[0][0] - time.monotonic()) if late else None
        ready, _, _ = select.select([sock, sys.stdin], [], [], wait)
        while late and late[0][0] <= time.monotonic():
            sock.sendto(*late.pop(0)[1:])
        if sys.stdin in ready and not sys.stdin.readline():
            return
        if sock not in ready:
            continue
        query, client = sock.recvfrom(4096)
        label = label_of(query)
        n = next(counts.setdefault(label, itertools.count()))
        if label == 'late':
            late.append((time.monotonic() + LATE, message(query, a(1)), client))
            continue
        for answer in BEHAVIOURS[label](query, n):
            sock.sendto(answer, client)


if __name__ == '__main__':
    main()
