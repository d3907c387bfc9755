#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Two nameservers that are of no use: one takes questions and says nothing, one refuses them.

    bad_servers.py SILENT REFUSING      prints "ready" when both are there
"""
import socket
import sys


def bound(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 53))
    return sock


silent, refusing = map(bound, sys.argv[1:3])
print('ready', flush=True)
while True:
    query, client = refusing.recvfrom(4096)
    # QR and RD, REFUSED; the question, and nothing else
    end = query.index(b'\0', 12) + 5
    refusing.sendto(query[:2] + b'\x81\x05\0\1\0\0\0\0\0\0' + query[12:end], client)
