# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Those who ask the daemon, and whom it tells: clients, a secondary, the simulated master."""
import contextlib
import ctypes
import json
import os
import socket
import ssl
import struct
import subprocess
import threading

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring

from world import Fault

SERVER, CLIENT, MASTER, UPSTREAM_TRUE = '10.53.0.1', '10.53.0.2', '10.53.1.1', '192.0.2.1'
EXTRA = '10.53.0.9/24'  # an address of the server that comes and goes
KEYRING = dns.tsigkeyring.from_text({'one': 'c2VjcmV0LW9mLWtleS1vbmUtc2VjcmV0LW9mLWtleS0='})
TOKENS = ['0123456789abcdef-one', '0123456789abcdef-two']
COOKIE, NSID = dns.edns.GenericOption(10, b'8octets.'), dns.edns.GenericOption(3, b'')


class Hosts:
    """Sockets in the namespaces; a socket stays where it was made."""

    def __init__(self, prefix):
        self.prefix, self.libc = prefix, ctypes.CDLL(None, use_errno=True)
        self.home = os.open('/proc/self/ns/net', os.O_RDONLY)
        self.ways = [(tls, token) for tls in (False, True) for token in TOKENS]
        self.told = None  # the serial that the secondary has heard of last
        self.tls = ssl.create_default_context()
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE
        with self.inside('client'):
            ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind((CLIENT, 53))
        threading.Thread(target=self.hear, args=(ear,), daemon=True).start()

    @contextlib.contextmanager
    def inside(self, role):
        """This thread is on that host."""
        there = os.open('/run/netns/%s-%s' % (self.prefix, role), os.O_RDONLY)
        try:
            self.libc.setns(there, 0)
            yield
        finally:
            self.libc.setns(self.home, 0)
            os.close(there)

    def socket_in(self, role, kind):
        with self.inside(role):
            return socket.socket(socket.AF_INET, kind)

    def extra_address(self, there):
        subprocess.run(['ip', '-n', self.prefix + '-server', 'address', 'replace' if there else 'delete',
                        EXTRA, 'dev', 'client0'], stderr=subprocess.DEVNULL, check=False)

    def hear(self, ear):
        """The secondary: takes and answers what it is told (RFC 1996)."""
        while True:
            data, who = ear.recvfrom(65536)
            message = dns.message.from_wire(data, keyring=KEYRING)
            self.told = message.answer[0][0].serial
            ear.sendto(dns.message.make_response(message).to_wire(), who)

    # --- HTTP

    def http(self, role, address, port, request, body=b'', tls=None, token='', beginning=False):
        """The answer's status, or 0."""
        head = '%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n' \
            'Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n' % (request, token, len(body))
        try:
            with self.socket_in(role, socket.SOCK_STREAM) as plain:
                plain.settimeout(3)
                plain.connect((address, port))
                s = tls.wrap_socket(plain) if tls else plain
                s.sendall(head.encode() + body)
                reply = b''
                while data := s.recv(65536):
                    reply += data
                    if beginning and b'\r\n\r\n' in reply:
                        break
                if tls:
                    s.close()
            return int(reply.split(None, 2)[1]) if reply else 0
        except OSError:
            return 0

    def sim(self, verb, what):
        status = self.http('master', MASTER, 5050, 'POST /sim/' + verb, json.dumps(what).encode())
        if status != 200:
            raise Fault('the simulated master says %d' % status)

    def api(self, path, beginning=False):
        """As the one configuration wants it, or the other: which is in force depends on what failed."""
        for way in list(self.ways):
            status = self.http('client', SERVER, 8123, 'GET ' + path, tls=self.tls if way[0] else None,
                               token=way[1], beginning=beginning)
            if status not in (0, 401):
                self.ways.remove(way)
                self.ways.insert(0, way)
                break
        return status

    # --- DNS

    def exchange(self, query, tcp):
        """The reply, or None."""
        wire = query.to_wire()
        try:
            with self.socket_in('client', socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
                s.settimeout(1)
                s.connect((SERVER, 53))
                s.sendall(struct.pack('!H', len(wire)) + wire if tcp else wire)
                data = s.recv(65536)
                while tcp and 0 < len(data) and len(data) < 2 + int.from_bytes(data[:2], 'big'):
                    more = s.recv(65536)
                    if not more:
                        return None
                    data += more
        except OSError:
            return None
        return dns.message.from_wire(data[2:] if tcp else data, keyring=query.keyring,
                                     request_mac=query.mac) if data else None

    def ask(self, name, kind='A', tcp=False, signed=False, options=None):
        """'timeout', 'truncated', an rcode, or the sorted data, in one string."""
        query = dns.message.make_query(name, kind, use_edns=0 if options else None, options=options)
        if signed:
            query.use_tsig(KEYRING, 'one')
        try:
            reply = self.exchange(query, tcp)
        except dns.tsig.PeerError as error:
            return type(error).__name__
        if not reply:
            return 'timeout'
        if reply.flags & dns.flags.TC:
            return 'truncated'
        if signed and not reply.rcode() and not reply.had_tsig:
            raise Fault('a signed question has an answer without a signature')
        if reply.rcode() or not reply.answer:
            return dns.rcode.to_text(reply.rcode())
        return ' '.join(sorted(str(r) for r in reply.answer[0]))

    def cookie(self, name, tcp=False):
        """The octets of the cookie that comes with an answer."""
        reply = self.exchange(dns.message.make_query(name, 'A', use_edns=0, options=[COOKIE, NSID]), tcp)
        return sum(len(o.data) for o in reply.options if o.otype == 10) if reply else 0

    def serial(self):
        reply = self.exchange(dns.message.make_query('mesos', 'SOA'), True)
        return reply.answer[0][0].serial if reply and reply.answer else None

    def zone(self, serial=None):
        """{(owner, type, data)} by AXFR, or what changed since by IXFR; None: not all of it came."""
        records = set()
        try:
            with self.inside('client'):
                for message in dns.query.xfr(SERVER, 'mesos', 'AXFR' if serial is None else 'IXFR', lifetime=3,
                                             keyring=KEYRING, serial=serial or 0, relativize=False):
                    for rrset in message.answer:
                        records |= {(str(rrset.name), dns.rdatatype.to_text(rrset.rdtype), str(r)) for r in rrset}
        except (OSError, EOFError, dns.exception.Timeout, dns.query.TransferError, dns.tsig.PeerError):
            return None
        return records
