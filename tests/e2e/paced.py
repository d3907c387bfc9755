#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Asks for the same names over and over until its standard input ends.

    paced.py SERVER NAME=ADDRESS[,ADDRESS]... NAME=NXDOMAIN...

Each query has a second for its one answer and is not repeated. Prints "asking" when the first was
sent, and at the end "asked N lost N wrong N" and the first wrong answers.
"""
import selectors
import socket
import sys
import time

import dns.message
import dns.rcode

PAUSE = 0.002  # seconds between queries


def outcome(query, wire, expected):
    answer = dns.message.from_wire(wire)
    if not query.is_response(answer):
        return 'no answer to the question'
    if dns.rcode.to_text(answer.rcode()) == 'NXDOMAIN':
        got = 'NXDOMAIN'
    elif answer.rcode():
        got = dns.rcode.to_text(answer.rcode())
    else:
        got = ','.join(sorted(rr.to_text() for rrset in answer.answer for rr in rrset))
    return None if got == expected else f'{got} instead of {expected}'


def main():
    names = [arg.split('=', 1) for arg in sys.argv[2:]]
    names = [(name, ','.join(sorted(value.split(',')))) for name, value in names]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((sys.argv[1], 53))
    sock.settimeout(1)
    stop = selectors.DefaultSelector()
    stop.register(sys.stdin, selectors.EVENT_READ)
    asked = lost = 0
    wrong = []
    while not stop.select(0):
        name, expected = names[asked % len(names)]
        query = dns.message.make_query(name, 'A')
        asked += 1
        try:
            sock.send(query.to_wire())
            if asked == 1:
                print('asking', flush=True)
            why = outcome(query, sock.recv(4096), expected)
        except OSError:
            lost += 1
            continue
        if why:
            wrong.append(f'{name}: {why}')
        time.sleep(PAUSE)
    print(f'asked {asked} lost {lost} wrong {len(wrong)}', *wrong[:5], sep='\n')


main()
