#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Traffic that is no DNS, all of it echoed and compared octet for octet.

    echo_streams.py serve               echoes TCP and UDP, port 5007, until it is ended
    echo_streams.py ask ADDRESS...      "pass TEXT" or "fail TEXT" for each stream

The octets are random but for their seed; a datagram that is lost is sent again.
"""
import hashlib
import random
import socket
import sys
import threading

PORT = 5007
BULK = 24 << 20  # octets of the large stream
STROKES = 2000  # writes of the small one, each of some octets
PATIENCE = 15  # s for one answer; only a failing test waits that long
TRIES = 30  # of a datagram, half a second each
# All lengths around the edges of a frame, of a jumbo frame and of fragments.
SIZES = [*range(0, 100), *range(1380, 1500), *range(2940, 2970), *range(8900, 9010), 20000, 60000]


def echo_connection(connection):
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := connection.recv(65536):
            connection.sendall(data)


def echo_datagrams(link):
    while True:
        data, peer = link.recvfrom(65536)
        link.sendto(data, peer)


def serve():
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind(('::', PORT))
    threading.Thread(target=echo_datagrams, args=(datagrams,), daemon=True).start()
    listener = socket.create_server(('::', PORT), family=socket.AF_INET6, dualstack_ipv6=True)
    print('ready', flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=echo_connection, args=(connection,), daemon=True).start()


def connect(address):
    link = socket.create_connection((address, PORT), PATIENCE)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def receive(link, count):
    data = bytearray()
    while len(data) < count:
        piece = link.recv(min(65536, count - len(data)))
        if not piece:
            raise EOFError('the stream ended after %d octets' % len(data))
        data += piece
    return data


def bulk(address):
    """One large stream, as fast as it goes."""
    octets = random.Random(1).randbytes(BULK)
    with connect(address) as link:
        sender = threading.Thread(target=link.sendall, args=(octets,), daemon=True)
        sender.start()
        got = receive(link, BULK)
        sender.join(PATIENCE)
    return hashlib.sha256(got).digest() == hashlib.sha256(octets).digest()


def strokes(address):
    """As of a terminal: few octets, then the answer is waited for."""
    some = random.Random(2)
    with connect(address) as link:
        for _ in range(STROKES):
            octets = some.randbytes(some.randrange(1, 80))
            link.sendall(octets)
            if receive(link, len(octets)) != octets:
                return False
    return True


def exchange(link, octets):
    """Is the datagram echoed as it is?"""
    for _ in range(TRIES):
        link.send(octets)
        try:
            while True:
                got = link.recv(65536)
                if got[:4] == octets[:4]:  # else the late echo of an earlier one
                    return got == octets
        except TimeoutError:
            continue
    return False


def datagrams(address):
    some = random.Random(3)
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(0.5)
        link.connect((address, PORT))
        return all(exchange(link, number.to_bytes(4, 'big') + some.randbytes(size))
                   for number, size in enumerate(SIZES))


def ask(addresses):
    for address in addresses:
        for what in (bulk, strokes, datagrams):
            try:
                verdict = 'pass' if what(address) else 'fail'
            except (OSError, EOFError) as error:
                verdict = 'fail %s:' % error
            print(verdict, what.__name__, 'to', address, flush=True)


if sys.argv[1] == 'serve':
    serve()
else:
    ask(sys.argv[2:])
