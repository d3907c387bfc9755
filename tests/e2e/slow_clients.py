#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Clients of the HTTP API that nobody wants, many a time: `slow_clients.py HOST COUNT`. Each opens
a connection, says half a request or asks for much and reads nothing, and stays until it is closed
or there are too many of its own. Says what became of them, then stays until it is ended."""
import errno
import select
import socket
import sys
import time

HOST, COUNT = sys.argv[1], int(sys.argv[2])
OPEN_AT_ONCE = 800
SAY = (b'GET /v1/version HTTP/1.1\r\nHost:',
       b'GET /v1/axfr HTTP/1.1\r\nHost: x\r\n\r\n' * 40,
       b'GET /v1/watch HTTP/1.1\r\nHost: x\r\n\r\n',
       b'G')


def begin():
    s = socket.socket()
    s.setblocking(False)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    r = s.connect_ex((HOST, 8123))
    if r not in (0, errno.EINPROGRESS):
        s.close()
        return None
    return s


def main():
    begun = said = 0
    waiting, held = {}, []
    poll = select.poll()
    while begun < COUNT:
        while begun < COUNT and len(waiting) + len(held) < OPEN_AT_ONCE:
            s = begin()
            begun += 1
            if s:
                waiting[s.fileno()] = s
                poll.register(s, select.POLLOUT)
        for fd, _ in poll.poll(20):
            poll.unregister(fd)
            s = waiting.pop(fd)
            try:
                s.send(SAY[said % len(SAY)])
                said += 1
            except OSError:
                pass
            held.append(s)
        while len(held) > OPEN_AT_ONCE // 2 and begun < COUNT:
            held.pop(0).close()
        if waiting and len(waiting) + len(held) >= OPEN_AT_ONCE:
            fd, s = next(iter(waiting.items()))  # nobody accepts it: give up
            poll.unregister(fd)
            del waiting[fd]
            s.close()
    print(f'begun {begun} said {said}', flush=True)
    time.sleep(600)


main()
