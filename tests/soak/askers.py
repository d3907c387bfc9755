# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The clients: threads in the clients' namespace that ask all the time and judge each answer."""
import collections
import ctypes
import http.client
import json
import os
import random
import select
import socket
import struct
import threading
import time

import messages
import truth

CLONE_NEWNET = 0x40000000
PATIENCE = 4.0  # seconds, then it is lost
TICK = 0.005
IDS = 16384  # queries under way on one socket at most
LIBC = ctypes.CDLL(None, use_errno=True)
ODD = ('TXT', 'HTTPS', 'ANY')  # types that the kernel leaves to userspace


def enter(namespace):
    """This thread, and what it opens and starts, is there from now on."""
    with open('/run/netns/' + namespace, 'rb') as file:
        if LIBC.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'setns ' + namespace)


class Asker(threading.Thread):
    """One client; loop() goes on until stopping is set. An error of its own ends the soak."""

    def __init__(self, soak):
        super().__init__(daemon=True)
        self.soak, self.tally, self.truth = soak, soak.tally, soak.truth
        self.doubts = collections.deque()

    def run(self):
        try:
            enter(self.soak.namespace('client'))
            while not self.soak.stopping.is_set():
                self.loop()
                self.judge_again()
            time.sleep(1)
            self.judge_again()
        except Exception as error:  # pylint: disable=broad-except
            self.tally.fault('%s ended: %r' % (type(self).__name__, error))
            self.soak.stopping.set()
            raise

    def judge(self, plane, name, kind, asked, wire, sent, seen):
        what = '%s %s' % (name, kind)
        try:
            rcode, got, cut = messages.read(asked, wire)
        except messages.Bad as error:
            self.tally.wrong(plane, '%s: %s' % (what, error))
            return
        if rcode not in (0, 3):
            self.tally.failed(plane, '%s: %s' % (what, messages.RCODES.get(rcode, rcode)), sent, seen)
            return
        self.settle(plane, name, kind, None if rcode == 3 else got, sent, seen, cut)

    def settle(self, *case):
        """An answer may be here before the request that made it right is known to be done: it is judged again."""
        plane, name, kind, got, sent, seen, cut = case
        if self.right(*case[1:]):
            self.tally.add(plane, asked=1, right=1, cut=int(cut))
        elif self.truth.may_change(seen):
            self.doubts.append(case)
        else:
            told = 'NXDOMAIN' if got is None else ','.join(sorted(map(str, got))) or 'NODATA'
            self.tally.wrong(plane, '%s %s: %s%s instead of %s' % (
                name, kind, told, ' (TC)' if cut else '', self.truth.explain(name, kind, sent, seen)))

    def judge_again(self):
        while self.doubts and not self.truth.may_change(self.doubts[0][5]):
            self.settle(*self.doubts.popleft())

    def right(self, name, kind, got, sent, seen, cut):
        if name in self.soak.outside:
            return got == self.soak.outside[name].get(kind) if self.soak.outside[name] else got is None
        if kind == 'ANY':  # some set of those there are, or that there is no more (RFC 8482)
            return any(self.truth.right(name, other, frozenset(), sent, seen, True)
                       for other in (truth.A, truth.SRV)) if got is not None else \
                self.truth.right(name, truth.A, None, sent, seen)
        return self.truth.right(name, kind, got, sent, seen, cut)


class Path:
    """A socket to one address of the server; unconnected, so that it outlives the interface."""

    def __init__(self, plane, address):
        self.plane, self.address = plane, address
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)  # SO_RCVBUFFORCE
        self.sock.setblocking(False)
        self.next = random.randrange(IDS)
        self.waiting = {}  # id -> (name, type, wire, sent)


class UDP(Asker):
    """Both planes: through the interface with the program, and through the other one."""

    def __init__(self, soak, rate):
        super().__init__(soak)
        self.rate, self.paths, self.sent = rate, [], collections.deque()
        self.due = time.monotonic()

    def run(self):
        enter(self.soak.namespace('client'))
        self.paths = [Path(plane, address) for plane, address in self.soak.addresses for _ in range(2)]
        self.poll = select.poll()
        self.by_fd = {path.sock.fileno(): path for path in self.paths}
        for fd in self.by_fd:
            self.poll.register(fd, select.POLLIN)
        super().run()

    def loop(self):
        now = time.monotonic()
        if now - self.due > 0.2:
            self.due = now  # the machine was busy: what was missed is not made up for
        while self.due <= now:
            self.ask()
            self.due += 1 / self.rate
        for fd, _ in self.poll.poll(max(1, (self.due - now) * 1000, TICK * 1000)):
            self.receive(self.by_fd[fd])
        self.expire(time.monotonic())

    def ask(self):
        """Seven of ten of the kernel; the rest of userspace, some about names outside."""
        draw = random.random()
        path = random.choice(self.paths)
        while (path.plane == 'kernel') != (draw < 0.7):
            path = random.choice(self.paths)
        if draw > 0.96:
            plane, (name, kind) = 'forward', (random.choice(list(self.soak.outside)), 'A')
        else:
            plane, (name, kind) = path.plane, self.truth.ask()
            if plane == 'udp' and draw > 0.92:
                kind = random.choice(ODD)
        path.next = (path.next + 1) % 65536
        wire = messages.query(path.next, name, kind, messages.ROOM if kind == truth.SRV else None)
        sent = time.monotonic()
        try:
            path.sock.sendto(wire, (path.address, 53))
        except OSError as error:
            self.tally.lost(plane, '%s: not sent: %s' % (name, error), sent, sent)
            return
        path.waiting[path.next] = plane, name, kind, wire, sent
        self.sent.append((sent, path, path.next))

    def receive(self, path):
        for _ in range(256):
            try:
                wire, source = path.sock.recvfrom(65535)
            except BlockingIOError:
                return
            except OSError:
                continue  # ICMP, of an earlier one: it will be lost in time
            seen = time.monotonic()
            if source[0] != path.address or len(wire) < 12:
                self.tally.wrong(path.plane, 'an answer of %s, %d octets' % (source[0], len(wire)))
                continue
            waited = path.waiting.pop(int.from_bytes(wire[:2], 'big'), None)
            if waited:
                plane, name, kind, asked, sent = waited
                self.judge(plane, name, kind, asked, wire, sent, seen)
            else:
                self.soak.stray += 1

    def expire(self, now):
        while self.sent and (self.sent[0][0] < now - PATIENCE or self.sent[0][2] not in self.sent[0][1].waiting):
            sent, path, number = self.sent.popleft()
            waited = path.waiting.get(number)
            if waited and waited[4] == sent:
                del path.waiting[number]
                self.tally.lost(waited[0], '%s %s' % waited[1:3], sent, now)


class TCP(Asker):
    """Connections of one question or of several at once, also through the interface with the program."""
    ADDRESSES = None

    def loop(self):
        _, address = random.choice(self.soak.addresses)
        questions = [self.question() for _ in range(random.choice((1, 1, 1, 4, 20)))]
        sent = time.monotonic()
        plane = questions[0][0]
        try:
            with socket.create_connection((address, 53), PATIENCE) as sock:
                sock.settimeout(PATIENCE)
                sock.sendall(b''.join(struct.pack('!H', len(q[3])) + q[3] for q in questions))
                self.answers(sock, questions, sent)
        except OSError as error:
            for _, name, kind, _ in questions:
                self.tally.lost(plane, '%s %s: TCP: %s' % (name, kind, error), sent, time.monotonic())
        self.soak.stopping.wait(self.soak.tcp_pause)

    def question(self):
        name, kind = self.truth.ask()
        plane = 'tcp'
        return plane, name, kind, messages.query(random.randrange(65536), name, kind)

    def answers(self, sock, questions, sent):
        """In whatever order; a question that was answered is taken from the list."""
        file = sock.makefile('rb')
        while questions:
            head = file.read(2)
            wire = file.read(int.from_bytes(head, 'big')) if len(head) == 2 else b''
            if len(wire) < 12:
                raise ConnectionError('closed, %d of them not answered' % len(questions))
            at = next((i for i, q in enumerate(questions) if q[3][:2] == wire[:2]), None)
            if at is None:
                self.tally.wrong('tcp', 'an answer to nothing: ' + wire[:12].hex())
                return
            plane, name, kind, asked = questions.pop(at)
            self.judge(plane, name, kind, asked, wire, sent, time.monotonic())


class API(Asker):
    """Scrapes, pages, and the addresses of a name, which are judged as those of DNS are."""
    PATHS = ('/ready', '/v1/version', '/v1/config', '/v1/enumerate', '/v1/axfr', '/v1/conflicts', '/',
             '/v1/names?part=soak', '/healthz')

    def get(self, path):
        """(status, body); raises OSError or HTTPException."""
        connection = http.client.HTTPConnection(self.soak.api, self.soak.api_port, timeout=10)
        try:
            connection.request('GET', path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def loop(self):
        sent = time.monotonic()
        path, name = random.choice(self.PATHS), None
        draw = random.random()
        if draw < 0.3:
            path = '/metrics'
        elif draw < 0.7:
            name, _ = self.truth.ask()
            path = '/v1/hosts/' + name
        try:
            status, body = self.get(path)
        except (OSError, http.client.HTTPException) as error:
            self.tally.lost('http', '%s: %r' % (path, error), sent, time.monotonic())
        else:
            self.check(path, name, status, body, sent)
        self.soak.stopping.wait(0.3)

    def check(self, path, name, status, body, sent):
        seen = time.monotonic()
        if status != 200:
            self.tally.failed('http', '%s: %d' % (path, status), sent, seen)
            return
        if path == '/metrics':
            self.soak.counters.take(body.decode(), sent)
        if name is None or not name.startswith('s'):
            self.tally.add('http', asked=1, right=1)
            return
        hosts = [entry['ip'] for entry in json.loads(body) if entry['ip']]
        for kind in truth.A, truth.AAAA:
            got = frozenset(ip for ip in hosts if (':' in ip) == (kind == truth.AAAA))
            self.settle('http', name, kind, got, sent, seen, False)

    def right(self, name, kind, got, sent, seen, cut):
        """No addresses are the answer for a name that is not there, too."""
        return super().right(name, kind, got, sent, seen, cut) or \
            not got and self.truth.right(name, kind, None, sent, seen)


class Watcher(Asker):
    """A client of /v1/watch that comes, follows for a while, and hangs up; some do not read."""

    def loop(self):
        stays = random.choice((0.1, 2, 10, 30))
        until = time.monotonic() + stays
        try:
            with socket.create_connection((self.soak.api, self.soak.api_port), 5) as sock:
                sock.settimeout(0.5)
                sock.sendall(b'GET /v1/watch HTTP/1.1\r\nHost: x\r\n\r\n')
                while time.monotonic() < until and not self.soak.stopping.is_set():
                    self.follow(sock)
        except OSError:
            pass  # the daemon is away, or hangs up: it comes again
        self.soak.watches += 1
        self.soak.stopping.wait(random.random() * 2)

    @staticmethod
    def follow(sock):
        try:
            if not sock.recv(65536):
                raise ConnectionError
        except TimeoutError:
            pass


def in_namespace(namespace, work, *arguments):
    """What work() returns, done by a thread in that namespace."""
    result = []

    def run():
        enter(namespace)
        try:
            result.append(work(*arguments))
        except Exception as error:  # pylint: disable=broad-except
            result.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(result[0], Exception):
        raise result[0]
    return result[0]


def ask_once(address, name, kind, patience=0.5):
    """(rcode, set), or None."""
    asked = messages.query(random.randrange(65536), name, kind, b'')
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(patience)
        try:
            sock.sendto(asked, (address, 53))
            rcode, got, _ = messages.read(asked, sock.recv(65535))
        except (OSError, messages.Bad):
            return None
        return rcode, got


