# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The same queries to several servers, many at a time, over UDP and TCP."""
import selectors
import socket
import struct
import time

PATIENCE = 2  # seconds for the answers to a batch, before what is missing is asked again
TRIES = 3


class Server:
    """One server under one name; with several addresses queries take turns."""

    def __init__(self, name, *addresses):
        self.name, self.addresses = name, addresses
        self.udp = [self.open(address, socket.SOCK_DGRAM) for address in addresses]
        self.tcp = None

    @staticmethod
    def open(address, kind):
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        sock.settimeout(PATIENCE)
        sock.connect((address, 53))
        return sock

    def send(self, queries):
        for wire in queries:
            # a query's ID is as good as any number to take turns by
            self.udp[wire[1] % len(self.udp)].send(wire)

    def ask_tcp(self, wire):
        """Over one connection as long as the server keeps it: Knot ends it after some questions."""
        for _ in range(TRIES):
            try:
                if not self.tcp:
                    self.tcp = self.open(self.addresses[0], socket.SOCK_STREAM)
                self.tcp.sendall(struct.pack("!H", len(wire)) + wire)
                length, = struct.unpack("!H", receive(self.tcp, 2))
                return receive(self.tcp, length)
            except OSError:
                self.tcp.close()
                self.tcp = None
        return None


def receive(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise ConnectionError("closed within an answer")
        data += part
    return data


def collect(servers, wanted, answers):
    """Until each server has answered all that is wanted of it, or time is up."""
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as ready:
        for server in servers:
            for sock in server.udp:
                ready.register(sock, selectors.EVENT_READ, server)
        while any(wanted.values()) and time.monotonic() < deadline:
            for key, _ in ready.select(deadline - time.monotonic()):
                answer = key.fileobj.recv(65535)
                if answer[:2] in wanted[key.data.name]:
                    wanted[key.data.name].remove(answer[:2])
                    answers[key.data.name][answer[:2]] = answer


def ask_udp(servers, queries):
    """{server: {ID: answer}}; no two queries have the same ID."""
    answers = {server.name: {} for server in servers}
    for _ in range(TRIES):
        missing = {s.name: [q for q in queries if q[:2] not in answers[s.name]] for s in servers}
        if not any(missing.values()):
            break
        for server in servers:
            server.send(missing[server.name])
        collect(servers, {name: {q[:2] for q in wires} for name, wires in missing.items()}, answers)
    return answers


def ask_tcp(servers, queries):
    return {server.name: {q[:2]: server.ask_tcp(q) for q in queries} for server in servers}
