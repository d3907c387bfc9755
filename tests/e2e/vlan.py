# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Asks over raw frames with VLAN tags and judges the frames that come back.

    vlan.py INTERFACE SERVER-MAC     prints "pass TEXT" or "fail TEXT: WHY" lines
"""
import socket
import struct
import sys
import time

from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether

SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 0x10
ETH_P_ALL = 3
QTYPES = {'A': 1, 'AAAA': 28, 'SRV': 33}
NXDOMAIN = 3


class Wire:
    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.bind((interface, 0))
        self.mac = self.socket.getsockname()[4]

    def receive(self, deadline):
        """The next incoming frame with the tag put back that the kernel took off, or None."""
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                frame, extra, _, sender = self.socket.recvmsg(65535, 256)
            except TimeoutError:
                return None
            if sender[2] == socket.PACKET_OUTGOING:
                continue
            for level, kind, data in extra:
                if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                    status, _, _, _, _, tci, tpid = struct.unpack('IIIHHHH', data[:20])
                    if status & TP_STATUS_VLAN_VALID:
                        frame = frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
            return Ether(frame)

    def ask(self, frame, ident, seconds=1.0):
        self.socket.send(bytes(frame))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            reply = self.receive(deadline)
            if reply is not None and DNS in reply and reply[DNS].id == ident and reply[DNS].qr:
                return reply
        return None


def tags_of(frame):
    tags, layer = [], frame.payload
    while isinstance(layer, (Dot1Q, Dot1AD)):
        tags.append((layer.vlan, layer.prio))
        layer = layer.payload
    return tags


def sums_right(frame):
    """Whether scapy would compute the same IP and UDP checksums."""
    ip = frame[IP] if IP in frame else frame[IPv6]
    again = ip.copy()
    del again[UDP].chksum
    if IP in again:
        del again[IP].chksum
    again = ip.__class__(bytes(again))
    return again[UDP].chksum == ip[UDP].chksum and (IP not in ip or again.chksum == ip.chksum)


def judge(query, reply, tags, rcode, answers):
    net = IP if IP in query else IPv6
    if reply is None:
        return 'no reply'
    if tags_of(reply) != tags:
        return 'tags %r' % tags_of(reply)
    if (reply.src, reply.dst) != (query.dst, query.src):
        return 'hardware addresses %s > %s' % (reply.src, reply.dst)
    if (reply[net].src, reply[net].dst) != (query[net].dst, query[net].src):
        return 'addresses %s > %s' % (reply[net].src, reply[net].dst)
    if (reply[UDP].sport, reply[UDP].dport) != (53, query[UDP].sport):
        return 'ports %d > %d' % (reply[UDP].sport, reply[UDP].dport)
    if not sums_right(reply):
        return 'checksum'
    if (reply[DNS].rcode, reply[DNS].ancount) != (rcode, answers):
        return 'rcode %d, %d answers' % (reply[DNS].rcode, reply[DNS].ancount)
    return None


def main():
    wire = Wire(sys.argv[1])
    source = ':'.join('%02x' % octet for octet in wire.mac)
    ident = 1000
    stacks = {'untagged': [], 'one tag': [(7, 3)], 'priority tag': [(0, 5)], 'two tags': [(7, 0), (12, 1)]}
    for family, net in (('IPv4', IP(src='10.53.0.2', dst='10.53.0.1')),
                        ('IPv6', IPv6(src='fd53::2', dst='fd53::1'))):
        for what, tags in stacks.items():
            for outer in (Dot1Q, Dot1AD) if len(tags) == 2 else (Dot1Q,):
                for name, qtype, rcode, answers in (
                        ('web.marathon.mesos', 'A', 0, 3), ('six.marathon.mesos', 'AAAA', 0, 1),
                        ('_web._tcp.marathon.mesos', 'SRV', 0, 3), ('leader.mesos', 'AAAA', 0, 0),
                        ('nobody.marathon.mesos', 'A', NXDOMAIN, 0)):
                    ident += 1
                    frame = Ether(src=source, dst=sys.argv[2])
                    for depth, (vlan, prio) in enumerate(tags):
                        frame /= (Dot1Q if depth else outer)(vlan=vlan, prio=prio)
                    frame /= net / UDP(sport=20000 + ident, dport=53)
                    frame /= DNS(id=ident, rd=1, qd=DNSQR(qname=name, qtype=QTYPES[qtype]))
                    query = Ether(bytes(frame))
                    why = judge(query, wire.ask(frame, ident), tags, rcode, answers)
                    text = '%s, %s%s: %s %s' % (family, what, ' (802.1ad)' if outer is Dot1AD else '',
                                                name, qtype)
                    print('fail %s: %s' % (text, why) if why else 'pass ' + text, flush=True)
    ident += 1
    frame = Ether(src=source, dst=sys.argv[2]) / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3)
    frame /= IP(src='10.53.0.2', dst='10.53.0.1') / UDP(sport=30000, dport=53)
    frame /= DNS(id=ident, qd=DNSQR(qname='leader.mesos'))
    silent = wire.ask(frame, ident, 0.5) is None
    print('%s a third tag is left to the kernel' % ('pass' if silent else 'fail'))


if __name__ == '__main__':
    main()
