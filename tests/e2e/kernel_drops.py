# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Sends the frames of which docs/frames.md says that the kernel drops them, or that userspace cannot send
its answer, raw. The program has to pass each and count it as that page says, userspace to get those that the
page does not leave to the kernel, and nobody to answer.

    kernel_drops.py INTERFACE SERVER-MAC SERVER-LINK-LOCAL     prints "pass TEXT" or "fail TEXT: WHY" lines

The question is one that userspace answers (TXT), so what is not answered was dropped on the way there.
"""
import os
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.request

PAGE = "docs/frames.md"
METRICS = "http://10.53.0.1:8123/metrics"
CLIENT = {4: "10.53.0.2", 6: "fd53::2"}
SERVER = {4: "10.53.0.1", 6: "fd53::1"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
QUESTION = b"\6leader\5mesos\0\0\x10\0\1"
OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\x09\xff\xfe\0\x05abcde"
PATIENCE = 5  # s; only what fails waits that long
SILENCE = 0.5  # s without an answer, behind all frames
SO_RCVBUFFORCE = 33


def packed(family, address):
    return socket.inet_pton(FAMILY[family], address)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class Frame:
    """Octets with the places of their headers; lengths and checksums are right until they are edited."""

    def __init__(self, family, ident, macs, opt=b"", trail=b""):
        message = struct.pack("!6H", ident, 0, 1, 0, 0, 1 if opt else 0) + QUESTION + opt + trail
        udp = struct.pack("!4H", 20000 + ident, 53, 8 + len(message), 0) + message
        source, server = packed(family, CLIENT[family]), packed(family, SERVER[family])
        if family == 4:
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, source, server)
        else:
            ip = struct.pack("!IHBB16s16s", 6 << 28, len(udp), 17, 64, source, server)
        self.family = family
        self.octets = bytearray(macs + struct.pack("!H", 0x0800 if family == 4 else 0x86dd) + ip + udp)
        self.l3, self.l4 = 14, 14 + len(ip)
        self.sums()

    def put(self, at, octets):
        self.octets[at:at + len(octets)] = octets
        self.sums()

    def add16(self, at, more):
        self.put(at, struct.pack("!H", struct.unpack_from("!H", self.octets, at)[0] + more))

    def sums(self):
        """What a sender would have computed over what UDP and IP say now."""
        o, l3, l4 = self.octets, self.l3, self.l4
        addresses = o[l3 + 12:l3 + 20] if self.family == 4 else o[l3 + 8:l3 + 40]
        length, = struct.unpack_from("!H", o, l4 + 4)
        length = length or len(o) - l4
        o[l4 + 6:l4 + 8] = b"\0\0"
        pseudo = bytes(addresses) + struct.pack("!II", length, 17)
        struct.pack_into("!H", o, l4 + 6, checksum(pseudo + bytes(o[l4:l4 + length])) or 0xffff)
        if self.family == 4:
            o[l3 + 10:l3 + 12] = b"\0\0"
            header = max(20, (o[l3] & 15) * 4)
            struct.pack_into("!H", o, l3 + 10, checksum(bytes(o[l3:l3 + header])))

    def length(self):
        """Where IP has its own."""
        return self.l3 + (2 if self.family == 4 else 4)

    def source(self, four=None, six=None):
        if self.family == 4:
            self.put(self.l3 + 12, packed(4, four))
        else:
            self.put(self.l3 + 8, packed(6, six))

    def destination(self, four, six):
        self.put(self.l3 + (16 if self.family == 4 else 24), packed(self.family, four if self.family == 4 else six))

    def cut(self, octets):
        del self.octets[-octets:]

    def both_longer(self, more):
        self.add16(self.l4 + 4, more)
        self.add16(self.length(), more)

    def no_checksum(self):
        self.octets[self.l4 + 6:self.l4 + 8] = b"\0\0"


BOTH, IP4, IP6 = (4, 6), (4,), (6,)
LINK_LOCAL = sys.argv[3]

# The page's rows: families, and what makes a frame into one.
EDITS = {
    "Ethernet: type of the other family":
        (BOTH, lambda f: f.put(12, b"\x86\xdd" if f.family == 4 else b"\x08\0")),
    "IPv4: header of 60 octets, without the room": (IP4, lambda f: f.put(f.l3, b"\x4f")),
    "IPv4: header of 16 octets": (IP4, lambda f: f.put(f.l3, b"\x44")),
    "IPv4: header of 0 octets": (IP4, lambda f: f.put(f.l3, b"\x40")),
    "IP: version 5": (BOTH, lambda f: f.put(f.l3, b"\x55" if f.family == 4 else b"\x50")),
    "IP: shorter than UDP": (BOTH, lambda f: f.add16(f.length(), -1)),
    "IP: length 0": (BOTH, lambda f: f.put(f.length(), b"\0\0")),
    "IPv4: nothing but the header": (IP4, lambda f: f.put(f.length(), b"\0\x14")),
    "UDP: longer than IP": (BOTH, lambda f: f.add16(f.l4 + 4, 1)),
    "UDP: length 0": (BOTH, lambda f: f.put(f.l4 + 4, b"\0\0")),
    "UDP: with IP longer than the frame": (BOTH, lambda f: f.both_longer(1)),
    "UDP: with IP much longer than the frame": (BOTH, lambda f: f.both_longer(0x4000)),
    "UDP: frame shorter than IP and UDP": (BOTH, lambda f: f.cut(3)),
    "UDP: frame shorter by a part of the OPT": (BOTH, lambda f: f.cut(3)),
    "UDP: checksum 0, IPv6": (IP6, Frame.no_checksum),
    "UDP: from port 0": (BOTH, lambda f: f.put(f.l4, b"\0\0")),
    "from multicast": (BOTH, lambda f: f.source("224.0.2.7", "ff02::2")),
    "from 255.255.255.255": (IP4, lambda f: f.source("255.255.255.255")),
    "from our subnet's broadcast address": (IP4, lambda f: f.source("10.53.0.255")),
    "from another of our subnets' broadcast addresses": (IP4, lambda f: f.source("10.53.1.255")),
    "from loopback": (BOTH, lambda f: f.source("127.0.0.2", "::1")),
    "from the very address it goes to": (BOTH, lambda f: f.source(SERVER[4], SERVER[6])),
    "from another address of ours": (BOTH, lambda f: f.source("10.53.1.2", LINK_LOCAL)),
    "from ::ffff:192.0.2.7": (IP6, lambda f: f.source(six="::ffff:192.0.2.7")),
    "to loopback": (BOTH, lambda f: f.destination("127.0.0.1", "::1")),
    "to 0.0.0.0, to ::": (BOTH, lambda f: f.destination("0.0.0.0", "::")),
}
PARTS = {"UDP: frame shorter than IP and UDP": {"trail": b"123456789"},
         "UDP: frame shorter by a part of the OPT": {"opt": OPT}}


def documented():
    """Name: (what happens, counter) of the rows that nobody answers."""
    with open(PAGE, encoding="utf-8") as page:
        rows = re.findall(r"^\| (.*?) \| (passed; .*?) \| `(\w+)` \|$", page.read(), re.M)
    return {name: (text, counter) for name, text, counter in rows
            if "the kernel drops" in text or "cannot send" in text}


def ends(text, family):
    """Whether userspace gets the frame, and whether it is answered, by the page."""
    reaches = family == 6 if "over IPv6" in text else "cannot send" in text
    return reaches, reaches and "takes it" in text


def counters():
    lines = subprocess.run(["tools/xdns-counters", os.environ["BPF_DIR"]], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {name: int(count) for name, count in (line.split() for line in lines)}


def queries_of_userspace():
    text = urllib.request.urlopen(METRICS, timeout=PATIENCE).read().decode()
    return sum(int(float(n)) for n in re.findall(r'^mesos_xdns_queries_total\{.*plane="udp".*\} (\S+)$', text,
                                                 re.M))


def queries_arrive(total):
    """Waits until userspace has so many, or more; those that it has."""
    deadline = time.monotonic() + PATIENCE
    arrived = queries_of_userspace()
    while arrived < total and time.monotonic() < deadline:
        arrived = queries_of_userspace()
    return arrived


def answers(before, after):
    return sum(after.get(name, 0) - before.get(name, 0) for name in after if name.startswith("answer_"))


class Wire:
    def __init__(self, interface, server_mac):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)  # /metrics comes this way, too
        self.socket.bind((interface, 0))
        self.counted = counters()
        self.macs = bytes.fromhex(server_mac.replace(":", "")) + self.socket.getsockname()[4]
        self.ident = 1000

    def frame(self, family, **parts):
        self.ident += 1
        return Frame(family, self.ident, self.macs, **parts)

    def answered(self, seconds, until=None):
        """IDs of the DNS answers that come; returns early when `until` has."""
        found, deadline = set(), time.monotonic() + seconds
        while until not in found and time.monotonic() < deadline:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data, sender = self.socket.recvfrom(65535)
            except TimeoutError:
                break
            l4 = 34 if data[12:14] == b"\x08\0" else 54
            if sender[2] != socket.PACKET_OUTGOING and data[l4:l4 + 2] == b"\0\x35":
                found.add(struct.unpack_from("!H", data, l4 + 8)[0])
        return found

    def sent(self, frame, counter):
        """Sends it and waits until it is counted; what has risen meanwhile."""
        before = self.counted
        self.socket.send(bytes(frame.octets))
        deadline = time.monotonic() + PATIENCE
        self.counted = counters()
        while self.counted.get(counter, 0) == before.get(counter, 0) and time.monotonic() < deadline:
            self.counted = counters()
        return self.counted.get(counter, 0) - before.get(counter, 0), answers(before, self.counted)


def verdict(text, *wrong):
    wrong = [why for why in wrong if why]
    print("fail %s: %s" % (text, "; ".join(wrong)) if wrong else "pass " + text, flush=True)


def main():
    wire = Wire(sys.argv[1], sys.argv[2])
    rows = documented()
    verdict("the rows that the kernel drops are these",
            set(rows) != set(EDITS) and "others: %r" % sorted(set(rows) ^ set(EDITS)))
    seen = set()
    for family in BOTH:
        plain = wire.frame(family)
        before = queries_of_userspace()
        counted, _ = wire.sent(plain, "pass_qtype")
        seen |= wire.answered(PATIENCE, wire.ident)
        verdict("IPv%d: as it is, userspace answers it" % family, counted != 1 and "not counted",
                wire.ident not in seen and "not answered",
                queries_of_userspace() != before + 1 and "userspace has not counted it")
    frames, total = [], queries_of_userspace()
    for name, (families, edit) in EDITS.items():
        text, counter = rows.get(name, ("", ""))
        for family in families:
            frame = wire.frame(family, **PARTS.get(name, {}))
            edit(frame)
            reaches, taken = ends(text, family)
            counted, sent = wire.sent(frame, counter)
            total += reaches
            arrived = queries_arrive(total)
            frames.append((wire.ident, taken))
            verdict("IPv%d, %s: %s" % (family, name, text or "no row"),
                    counted != 1 and "%s rose by %d" % (counter, counted), sent and "the program answered",
                    arrived != total and "userspace has %d queries, not %d" % (arrived, total))
            total = arrived
    seen |= wire.answered(SILENCE)
    verdict("nobody answers any of them, but for a jumbogram",
            *("ID %d: %sanswered" % (i, "not " if taken else "") for i, taken in frames if (i in seen) != taken))
    verdict("nor has userspace got more of them", queries_of_userspace() != total and "it has")


if __name__ == "__main__":
    main()
