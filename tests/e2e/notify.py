#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Stands in for systemd: binds the socket that is named and prints each message as one line."""
import socket
import sys


def main():
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(sys.argv[1])
    while True:
        print(manager.recv(65536).decode().replace("\n", "; "), flush=True)


main()
