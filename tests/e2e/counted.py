#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Known numbers of queries of all kinds, and what /metrics must say of them.

usage: counted.py SERVER COUNT DIRECTORY

COUNT are sent by dnsperf over UDP, a tenth as many over TCP; some odd ones follow, one by one.
Prints "pass TEXT" and "fail TEXT" (results() of lib.sh).
"""
import collections
import random
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.request

PATIENCE = 20  # seconds for an answer, and for the counters to be told
UPSTREAM = "10.53.2.1:53"

# Larger than 512 octets: whether a veth's frame has room for so much, is luck.
EITHER = "answer_truncated or pass_room"

# Per 100: name, type, the program's outcome, rcode, what userspace answers (None: nothing). # is
# another number each time: what is asked at one time by two is asked of a resolver once.
UDP_MIX = (
    (20, "web.marathon.mesos", "A", "answer_a", "NOERROR", None),
    (10, "six.marathon.mesos", "AAAA", "answer_aaaa", "NOERROR", None),
    (10, "_dns._svc._udp.marathon.mesos", "SRV", "answer_srv", "NOERROR", None),
    (3, "mesos", "SOA", "answer_soa", "NOERROR", None),
    (13, "web.marathon.mesos", "AAAA", "answer_nodata", "NOERROR", None),
    (17, "nobody.marathon.mesos", "A", "answer_nxdomain", "NXDOMAIN", None),
    (5, "web.marathon.mesos", "TXT", "pass_qtype", "NOERROR", "nodata"),
    (2, "web.marathon.mesos", "HTTPS", "pass_qtype", "NOERROR", "nodata"),
    (2, "nobody.marathon.mesos", "MX", "pass_qtype", "NXDOMAIN", "nxdomain"),
    (2, "mesos", "NS", "pass_qtype", "NOERROR", "ns"),
    (2, "web.marathon.mesos", "ANY", "pass_qtype", "NOERROR", "any"),
    (1, "mesos", "AXFR", "pass_qtype", "REFUSED", "refused"),
    (2, "1.2.16.172.in-addr.arpa", "PTR", "pass_qtype", "NOERROR", "ptr"),
    (3, "many.marathon.mesos", "A", EITHER, "NOERROR", "truncated"),
    (4, "w#.www.example", "A", "pass_outside", "NOERROR", "forwarded"),
    (3, "nobody#.example", "A", "pass_outside", "NXDOMAIN", "forwarded"),
    (1, "not#.here", "A", "pass_outside", "REFUSED", "forwarded"),
)
TCP_MIX = (
    (30, "web.marathon.mesos", "A", None, "NOERROR", "a"),
    (20, "six.marathon.mesos", "AAAA", None, "NOERROR", "aaaa"),
    (20, "_dns._svc._udp.marathon.mesos", "SRV", None, "NOERROR", "srv"),
    (2, "mesos", "SOA", None, "NOERROR", "soa"),
    (10, "many.marathon.mesos", "A", None, "NOERROR", "a"),
    (8, "nobody.marathon.mesos", "A", None, "NXDOMAIN", "nxdomain"),
    (8, "w#.www.example", "A", None, "NOERROR", "forwarded"),
    (2, "not#.here", "A", None, "REFUSED", "forwarded"),
)
TYPES = {"MX": "other"}  # that /metrics does not tell apart
CODES = {"A": 1}


def query(flags, counts, name, qtype, rest=b""):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 4711, flags, *counts) + labels + struct.pack("!xHH", qtype, 1) + rest


def opt(size, version=0, octets=0):
    data = struct.pack("!HH", 65001, octets) + bytes(octets) if octets else b""
    return struct.pack("!xHHBBHH", 41, size, 0, version, 0, len(data)) + data


def odd(name="web.marathon.mesos", flags=0x0100, counts=(1, 0, 0, 1), rest=b""):
    return query(flags, counts, name, CODES["A"], rest)


# message, frames, the program's outcome of each, userspace's type, its answer, its drop; rcode
ODD = (
    # the frame has room for what it already is
    (odd("many.marathon.mesos", rest=opt(700, octets=430)), 1, "answer_truncated", None, None, None),
    (odd(rest=opt(1232, version=1)), 1, "pass_edns_version", "A", "badvers", None),
    (odd(flags=0x2100, counts=(1, 0, 0, 0)), 1, "pass_opcode", "unreadable", "notimp", None),
    (odd(counts=(2, 0, 0, 0)), 1, "pass_counts", "unreadable", "formerr", None),
    (odd(flags=0x8180, counts=(1, 0, 0, 0)), 1, "pass_response", "unreadable", None, "no_query"),
    (b"short", 1, "pass_length", "unreadable", None, "no_query"),
    (odd(counts=(1, 0, 0, 0), rest=bytes(5000)), 4, "pass_fragment", "unreadable", None, "oversize"),
)
ODD_EACH = 25


class Expected(collections.Counter):
    """By metric and labels; what is not named must be 0."""

    def userspace(self, plane, qtype, answer, number):
        self['queries_total{plane="%s",type="%s"}' % (plane, TYPES.get(qtype, qtype))] += number
        if answer:
            self['answers_total{plane="%s",answer="%s"}' % (plane, answer)] += number

    def program(self, outcome, number):
        self['xdp_total{reason="%s"}' % outcome] += number
        if outcome.startswith("answer_"):
            self['answers_total{plane="xdp",answer="%s"}' % outcome[7:]] += number

    def forwarded(self, rcode, number):
        outcome = "refused" if rcode == "REFUSED" else "answered"
        self['forward_upstream_tries_total{upstream="%s",outcome="%s"}' % (UPSTREAM, outcome)] \
            += number
        self['forward_upstream_seconds_count{upstream="%s"}' % UPSTREAM] += number
        for name in ("queries", "answered", "tries"):
            self["forward_%s_total" % name] += number

    def mix(self, mix, total, plane):
        for share, _, qtype, outcome, rcode, answer in mix:
            number = share * total // 100
            if outcome == EITHER:
                continue
            if outcome:
                self.program(outcome, number)
            if answer:
                self.userspace(plane, qtype, answer, number)
            if answer == "forwarded":
                self.forwarded(rcode, number)
                if plane == "tcp":
                    self["forward_tcp_total"] += number

    def either(self, total, passed):
        """So many of them were passed."""
        number = sum(m[0] for m in UDP_MIX if m[3] == EITHER) * total // 100
        self.program("answer_truncated", number - passed)
        self.program("pass_room", passed)
        self.userspace("udp", "A", "truncated", passed)


def dnsperf(server, mix, total, path, *options):
    """Each query of the mix as often as its share, in random order; what is wrong with it."""
    lines = [("%s %s\n" % (m[1].replace("#", str(i)), m[2]))
             for m in mix for i in range(m[0] * total // 100)]
    random.Random(total).shuffle(lines)
    with open(path, "w", encoding="ascii") as data:
        data.writelines(lines)
    out = subprocess.run(["dnsperf", "-s", server, "-d", path, "-n", "1", "-t", "60", *options],
                         capture_output=True, text=True, check=False).stdout
    got = {rcode: int(number) for rcode, number in re.findall(r"([A-Z]+) (\d+) \(", out)}
    want = collections.Counter()
    for share, _, _, _, rcode, _ in mix:
        want[rcode] += share * total // 100
    sent = re.search(r"Queries sent: +(\d+)", out)
    if sent is None or int(sent[1]) != len(lines) or got != want:
        return ["dnsperf sent %s, got %s, not %s: %s" % (sent and sent[1], got, dict(want), out)]
    return []


def ask_odd(server):
    wrong = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.connect((server, 53))
        for message, _, outcome, _, _, drop in ODD:
            for _ in range(ODD_EACH):
                sock.send(message)
                if not drop and not sock.recv(4096):
                    wrong.append(outcome)
    return wrong


def expect_odd(want):
    for _, frames, outcome, qtype, answer, drop in ODD:
        want.program(outcome, frames * ODD_EACH)
        if qtype:
            want.userspace("udp", qtype, answer, ODD_EACH)
        if drop:
            want['dropped_total{plane="udp",reason="%s"}' % drop] += ODD_EACH


def expect(over_udp, over_tcp, added):
    want = Expected()
    want.mix(UDP_MIX, over_udp, "udp")
    want.either(over_udp, int(added.get('xdp_total{reason="pass_room"}', 0)))
    want.mix(TCP_MIX, over_tcp, "tcp")
    expect_odd(want)
    return want


def metrics(server):
    with urllib.request.urlopen("http://%s:8123/metrics" % server, timeout=PATIENCE) as reply:
        text = reply.read().decode()
    return {m[1]: float(m[2]) for m in re.finditer(r"^mesos_xdns_(\S+) (\S+)$", text, re.M)}


def counts_queries(key):
    """But for frames that are no queries, which others send, too."""
    return re.match("(xdp|queries|answers|dropped|forward_[a-z_]+|tcp_refused|tcp_evicted)_total|"
                    "forward_upstream_seconds_count", key) and \
        not re.search("pass_(not_ip|not_udp|port|address)", key)


def report(ok, text):
    print("%s %s" % ("pass" if ok else "fail", text), flush=True)


def sums(added, sent_udp, sent_tcp):
    """However the queries went, each is counted once."""
    def total(prefix):
        return sum(v for k, v in added.items() if k.startswith(prefix))
    xdp, udp = total('answers_total{plane="xdp"'), total('queries_total{plane="udp"')
    report(xdp + udp == sent_udp, "%d over UDP = %d by the program + %d by userspace" % (
        sent_udp, xdp, udp))
    for plane in ("udp", "tcp"):
        queries, answers, dropped = (total('%s_total{plane="%s"' % (name, plane))
                                     for name in ("queries", "answers", "dropped"))
        report(queries == answers + dropped, "%s: %d queries = %d answers + %d dropped" % (
            plane, queries, answers, dropped))
    report(total('queries_total{plane="tcp"') == sent_tcp, "%d over TCP" % sent_tcp)


def main():
    server, count, directory = sys.argv[1], int(sys.argv[2]) // 100 * 100, sys.argv[3]
    over_tcp = count // 1000 * 100
    before = metrics(server)
    wrong = dnsperf(server, UDP_MIX, count, directory + "/udp.queries")
    wrong += dnsperf(server, TCP_MIX, over_tcp, directory + "/tcp.queries", "-m", "tcp", "-c", "10")
    wrong += ask_odd(server)
    sent = count + len(ODD) * ODD_EACH
    report(not wrong, "%d queries are answered as they must be%s" % (
        sent + over_tcp, ": not %s" % wrong[:5] if wrong else ""))
    deadline = time.monotonic() + PATIENCE
    while True:  # an answer may be here before it is counted
        after = metrics(server)
        added = {key: after[key] - before.get(key, 0) for key in after if counts_queries(key)}
        want = expect(count, over_tcp, added)
        off = {key for key in added | want if added.get(key) != want[key]}
        if not off or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    for key in sorted(set(want) | off):
        report(key not in off, "%s: %d%s" % (key, added.get(key, 0), "" if key not in off
                                             else ", not %d" % want[key]))
    report(True, "%d others: nothing" % (len(added) - len(set(want) | off)))
    sums(added, sent, over_tcp)


if __name__ == "__main__":
    main()
