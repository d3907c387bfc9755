#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""DNS clients over TCP that nobody wants: `slow_dns.py HOST COUNT ADDRESS...`, from these addresses
in turn. Each does one of the KINDS and is followed by another when the server closes it, until COUNT
have begun, which it says ("all have come"); they are kept open, dripping, until standard input ends.
Then it says what became of them: "begun N open N octets N resets N", open at most at one time."""
import errno
import resource
import selectors
import socket
import struct
import sys
import time

HOST, COUNT, ADDRESSES = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
BURST = 200  # begun before others get their turn
RESET = struct.pack("ii", 1, 0)  # SO_LINGER


def question(name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    message = struct.pack("!6H", 4711, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!xHH", 1, 1)
    return struct.pack("!H", len(message)) + message


QUERY, BIG = question("web.marathon.mesos"), question("many.marathon.mesos")
# What is said at once, what is dripped, what else is done.
KINDS = (
    (b"", b"\xff", "drip"),                       # a length, an octet at a time
    (b"", b"", "silent"),
    (QUERY[:9], QUERY[9:10], "drip"),             # a query that never ends
    (b"\xff\xff" + bytes(30000), b"\0", "drip"),  # the largest, not completed
    (BIG * 400, b"", "deaf"),                     # much asked, nothing read
    (QUERY, QUERY[:1], "drip"),                   # a query, then an octet now and then
    (QUERY[:20], b"", "reset"),
    (QUERY * 1000, b"", "half"),                  # a thousand in a row, and no more to say
    (b"\0\0", b"", "silent"),                     # a length of 0
)


class Client:
    def __init__(self, number):
        self.said, self.drop, self.kind = KINDS[number % len(KINDS)]
        self.sock = socket.socket()
        self.sock.setblocking(False)
        if self.kind == "deaf":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.sock.bind((ADDRESSES[number % len(ADDRESSES)], 0))
        if self.sock.connect_ex((HOST, 53)) not in (0, errno.EINPROGRESS):
            raise OSError

    def speak(self):
        """Connected; True: it is to be closed."""
        try:
            self.sock.send(self.said)
            if self.kind == "half":
                self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return True
        if self.kind == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return self.kind == "reset"

    def listen(self):
        """Octets that came; None: it was closed."""
        try:
            return len(self.sock.recv(65536)) or None
        except OSError:
            return None

    def drip(self):
        try:
            self.sock.send(self.drop)
        except OSError:
            pass  # listen() sees it


class Crowd:
    def __init__(self):
        self.poll = selectors.DefaultSelector()
        self.poll.register(sys.stdin, selectors.EVENT_READ, None)
        self.clients = set()
        self.begun = self.most = self.octets = self.resets = 0
        self.ended = self.told = False

    def begin(self):
        for _ in range(min(BURST, COUNT - self.begun)):
            self.begun += 1
            try:
                client = Client(self.begun)
            except OSError:
                continue
            self.clients.add(client)
            self.poll.register(client.sock, selectors.EVENT_WRITE, client)
        self.most = max(self.most, len(self.clients))

    def end(self, client):
        self.poll.unregister(client.sock)
        client.sock.close()
        self.clients.discard(client)

    def hear(self, client, events):
        if events & selectors.EVENT_WRITE:
            if client.speak():
                self.resets += client.kind == "reset"
                self.end(client)
            elif client.kind == "deaf":
                self.poll.unregister(client.sock)  # does not even hear of its end
            else:
                self.poll.modify(client.sock, selectors.EVENT_READ, client)
            return
        got = client.listen()
        if got is None:
            self.end(client)
        else:
            self.octets += got

    def run(self):
        next_drip = 0
        while not self.ended:
            self.begin()
            for key, events in self.poll.select(0 if self.begun < COUNT else 0.1):
                if key.data is None:
                    self.ended = True
                else:
                    self.hear(key.data, events)
            if time.monotonic() >= next_drip:
                for client in self.clients:
                    if client.drop:
                        client.drip()
                next_drip = time.monotonic() + 1
            if self.begun == COUNT and not self.told:
                self.told = True
                print("all have come", flush=True)


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd()
    crowd.run()
    print(f"begun {crowd.begun} open {crowd.most} octets {crowd.octets} resets {crowd.resets}", flush=True)


main()
