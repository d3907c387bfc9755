# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What faults.py moves: the shared table, the daemon, its cluster, and those who ask it."""
import ctypes
import json
import mmap
import os
import re
import signal
import socket
import struct
import subprocess
import time

import dns.message
import dns.rcode
import dns.rdatatype

SERVER, CONTROL, UPSTREAM_TRUE = '10.53.0.1', '10.53.1.1', '192.0.2.1'
STABLE, ADDRESS = 'web.marathon.mesos', '172.16.1.1'
PATIENCE = 60.0


def eventually(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


class Table:
    """struct fault_table of inject.h."""
    HEAD, SITE, SITES = struct.Struct('=QIIII'), struct.Struct('=QII24sQ4Q'), 65536

    def __init__(self, path):
        with open(path, 'wb') as file:
            file.truncate(self.HEAD.size + self.SITE.size * self.SITES)
        with open(path, 'r+b') as file:
            self.map = mmap.mmap(file.fileno(), 0)
        self.phase_now = 0

    def arm(self, key, always=False):
        self.map[:self.HEAD.size] = self.HEAD.pack(key, always, 0, self.phase_now, 0)

    def disarm(self):
        """How often it was called meanwhile."""
        hits = self.hits()
        self.arm(0)
        return hits

    def hits(self):
        return self.HEAD.unpack_from(self.map)[2]

    def phase(self, number):
        self.phase_now = number
        self.map[16:20] = struct.pack('=I', number)

    def sites(self):
        """(key, calls, phases, function, library offset, frames) of each that was called."""
        for i in range(self.SITES):
            key, calls, phases, name, origin, *frames = self.SITE.unpack_from(
                self.map, self.HEAD.size + i * self.SITE.size)
            if key:
                yield key, calls, phases, name.rstrip(b'\0').decode(), origin, [f for f in frames if f]


class Hosts:
    """Sockets in the namespaces; a socket stays where it was made."""

    def __init__(self, prefix):
        self.prefix, self.libc = prefix, ctypes.CDLL(None, use_errno=True)
        self.home = os.open('/proc/self/ns/net', os.O_RDONLY)

    def socket_in(self, role, kind):
        there = os.open('/run/netns/%s-%s' % (self.prefix, role), os.O_RDONLY)
        try:
            self.libc.setns(there, 0)
            return socket.socket(socket.AF_INET, kind)
        finally:
            self.libc.setns(self.home, 0)
            os.close(there)

    def http(self, role, address, port, request, body=b''):
        """The answer's status, or 0."""
        head = '%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n' \
            'Content-Length: %d\r\n\r\n' % (request, len(body))
        try:
            with self.socket_in(role, socket.SOCK_STREAM) as s:
                s.settimeout(3)
                s.connect((address, port))
                s.sendall(head.encode() + body)
                reply = b''
                while data := s.recv(65536):
                    reply += data
            return int(reply.split(None, 2)[1]) if reply else 0
        except OSError:
            return 0

    def sim(self, verb, what):
        status = self.http('master', CONTROL, 5050, 'POST /sim/' + verb, json.dumps(what).encode())
        assert status == 200, 'the simulated master says %d' % status

    def api(self, path):
        return self.http('client', SERVER, 8123, 'GET ' + path)

    def ask(self, name, kind='A', tcp=False):
        """'timeout', an rcode, or the sorted data, in one string."""
        query = dns.message.make_query(name, kind)
        wire = query.to_wire()
        try:
            with self.socket_in('client', socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
                s.settimeout(1)
                s.connect((SERVER, 53))
                s.sendall(struct.pack('!H', len(wire)) + wire if tcp else wire)
                data = s.recv(65536)
                while tcp and 0 < len(data) and len(data) < 2 + int.from_bytes(data[:2], 'big'):
                    data += s.recv(65536)
        except OSError:
            return 'timeout'
        if not data:
            return 'timeout'
        reply = dns.message.from_wire(data[2:] if tcp else data)
        if reply.rcode() or not reply.answer:
            return dns.rcode.to_text(reply.rcode())
        return ' '.join(sorted(str(r) for r in reply.answer[0]))


class Daemon:
    """One run of it, in the server's namespace."""
    LINE = re.compile(r'(warning|error): ')

    def __init__(self, hosts, binary, config, directory):
        self.log_path = directory + '/faults.log'
        self.reports = directory + '/report'
        environment = dict(os.environ, XDNS_FAULTS=directory + '/table',
                           ASAN_OPTIONS='detect_leaks=1:log_path=' + self.reports,
                           LSAN_OPTIONS='print_suppressions=0:suppressions=' + os.path.dirname(__file__) + '/lsan.suppress')
        with open(self.log_path, 'wb'):
            pass
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                ['nsenter', '--net=/run/netns/%s-server' % hosts.prefix, binary, '-config=' + config, '-v=1', '-seccomp=false'],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def ended(self):
        return self.process.poll() is not None

    def signal(self, number):
        self.process.send_signal(number)

    def log(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()

    def complaints(self, since=0):
        return [line for line in self.log()[since:].splitlines() if self.LINE.search(line)]

    def end(self):
        """None, or what is wrong with how it ended."""
        if not self.ended():
            self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return 'does not end'
        report = self.report()
        if report:
            return report
        return 'killed by signal %d' % -status if status < 0 else None

    def report(self):
        path = '%s.%d' % (self.reports, self.process.pid)
        if not os.path.exists(path):
            return ''
        with open(path, errors='replace') as file:
            text = file.read()
        os.unlink(path)
        return text[:6000]
