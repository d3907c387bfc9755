#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A client over TCP that behaves: `honest_dns.py HOST NAME` asks over a connection that stays open and over
ever new ones, in turn, until standard input ends. Prints "asked N lost N reopened N": each question
has some seconds for its answer; a connection that stayed open may be closed between two questions
(RFC 7766 6.2.4), then there is a next one."""
import selectors
import socket
import struct
import sys

HOST, NAME = sys.argv[1:3]
PATIENCE = 10


def frame():
    labels = b"".join(bytes([len(part)]) + part.encode() for part in NAME.split("."))
    message = struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!xHH", 1, 1)
    return struct.pack("!H", len(message)) + message


def connect():
    return socket.create_connection((HOST, 53), timeout=PATIENCE)


def read(sock, count):
    got = b""
    while len(got) < count:
        piece = sock.recv(count - len(got))
        if not piece:
            raise OSError
        got += piece
    return got


def ask(sock):
    """Whether it was answered with addresses."""
    try:
        sock.sendall(frame())
        length, = struct.unpack("!H", read(sock, 2))
        message = read(sock, length)
        return message[:2] == b"\0\1" and not message[3] & 15 and message[6:8] != b"\0\0"
    except OSError:
        return False


def main():
    stop = selectors.DefaultSelector()
    stop.register(sys.stdin, selectors.EVENT_READ)
    asked = lost = reopened = 0
    kept = connect()
    while not stop.select(0.02):
        asked += 2
        with connect() as fresh:
            lost += not ask(fresh)
        if not ask(kept):
            kept.close()
            kept = connect()
            reopened += 1
            lost += not ask(kept)
    print(f"asked {asked} lost {lost} reopened {reopened}")


main()
