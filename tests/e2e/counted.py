#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Queries of known numbers, one after the other, none twice, and what /metrics must say of them.

usage: counted.py SERVER

Prints "pass TEXT" and "fail TEXT" (results() of lib.sh).
"""
import re
import socket
import struct
import sys
import time
import urllib.request

PATIENCE = 20  # seconds for an answer, and for the counters to be told

A, AAAA, SRV, TXT, SOA = 1, 28, 33, 16, 6
NOERROR, NXDOMAIN = 0, 3
XDP, UDP, FORWARD = "xdp", "udp", "forward"

# The last few: NSD limits what it says to one client in a second.
# how many, name, type, rcode, is there an answer, who counts it, the program's outcome
MIX = (
    (4000, "web.marathon.mesos", A, NOERROR, True, XDP, "answer_a"),
    (3000, "six.marathon.mesos", AAAA, NOERROR, True, XDP, "answer_aaaa"),
    (3000, "_dns._svc._udp.marathon.mesos", SRV, NOERROR, True, XDP, "answer_srv"),
    (500, "mesos", SOA, NOERROR, True, XDP, "answer_soa"),
    (4000, "web.marathon.mesos", AAAA, NOERROR, False, XDP, "answer_nodata"),
    (4000, "nobody.marathon.mesos", A, NXDOMAIN, False, XDP, "answer_nxdomain"),
    (2000, "web.marathon.mesos", TXT, NOERROR, False, UDP, "pass_qtype"),
    (50, "www.example", A, NOERROR, True, FORWARD, "pass_outside"),
)
TCP_CONNECTIONS, TCP_EACH = 5, 300


def query(number, name, qtype):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number & 0xffff, 0x0100, 1, 0, 0, 0) + labels + \
        struct.pack("!xHH", qtype, 1)


def judge(number, reply, rcode, answered):
    got, flags, _, answers = struct.unpack("!4H", reply[:8])
    return got == number & 0xffff and flags & 15 == rcode and (answers > 0) == answered


def ask_udp(server):
    wrong, number = [], 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.connect((server, 53))
        for count, name, qtype, rcode, answered, _, _ in MIX:
            for _ in range(count):
                number += 1
                sock.send(query(number, name, qtype))
                try:
                    reply = sock.recv(4096)
                except TimeoutError:
                    return wrong + ["no answer to query %d, %s %d" % (number, name, qtype)]
                if not judge(number, reply, rcode, answered):
                    wrong.append((name, qtype))
    return wrong


def receive(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def ask_tcp(server):
    wrong = []
    for _ in range(TCP_CONNECTIONS):
        with socket.create_connection((server, 53), PATIENCE) as sock:
            for number in range(TCP_EACH):
                message = query(number, "web.marathon.mesos", A)
                sock.sendall(struct.pack("!H", len(message)) + message)
                reply = receive(sock, struct.unpack("!H", receive(sock, 2))[0])
                if not judge(number, reply, NOERROR, True):
                    wrong.append("tcp %d" % number)
    return wrong


def metrics(server):
    with urllib.request.urlopen("http://%s:8123/metrics" % server, timeout=PATIENCE) as reply:
        text = reply.read().decode()
    return {m[1]: float(m[2]) for m in re.finditer(r"^mesos_xdns_(\S+) (\S+)$", text, re.M)}


def expected(before):
    """What must have been added, by metric; outcomes that other frames have, too, are left out."""
    want = {key: 0 for key in before if key.startswith("xdp_total{") and
            not re.search("pass_(not_ip|not_udp|port|address)", key)}
    total = {who: sum(m[0] for m in MIX if m[5] == who) for who in (XDP, UDP, FORWARD)}
    for count, _, _, _, _, _, outcome in MIX:
        want['xdp_total{reason="%s"}' % outcome] += count
    # UDP takes what the program passes; what is forwarded, it answers, too
    want["udp_queries_total"] = want["udp_answers_total"] = total[UDP] + total[FORWARD]
    want["tcp_connections_total"] = TCP_CONNECTIONS
    want["tcp_queries_total"] = want["tcp_answers_total"] = TCP_CONNECTIONS * TCP_EACH
    want["forward_queries_total"] = want["forward_answered_total"] = total[FORWARD]
    for key in ("udp_dropped_total", "tcp_refused_total", "forward_failed_total",
                "forward_full_total"):
        want[key] = 0
    return want


def main():
    server = sys.argv[1]
    before = metrics(server)
    wrong = ask_udp(server) + ask_tcp(server)
    sent = sum(m[0] for m in MIX) + TCP_CONNECTIONS * TCP_EACH
    print("%s %d queries are answered as they must be%s" % (
        "fail" if wrong else "pass", sent, ": not %s" % wrong[:5] if wrong else ""))
    want, deadline = expected(before), time.monotonic() + PATIENCE
    while True:  # an answer may be here before it is counted
        after = metrics(server)
        added = {key: after.get(key, 0) - before[key] for key in want}
        if added == want or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    for key in sorted(want):
        if added[key] == want[key]:
            print("pass %s: %d" % (key, want[key]))
        else:
            print("fail %s: %d, but %d were sent" % (key, added[key], want[key]))


if __name__ == "__main__":
    main()
