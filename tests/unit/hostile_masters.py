#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A master that is up to no good: prints its port, then reads from stdin the name of what it does from now
on, and says "ok". Ends when stdin does. Names are the methods' below, with blanks for the underlines.
With "task NAME: " before it, a task of the documents has this name from now on.

    hostile_masters.py [ADDRESS PORT]      where it listens; 127.0.0.1 and any port"""
import gzip
import json
import os
import socket
import sys
import threading
import time

LIMIT = 600  # seconds
PIECE = b" " * 65536
RUNNING = b'"state": "TASK_RUNNING"'
address = sys.argv[1] if len(sys.argv) > 2 else "127.0.0.1"
behaviour = ["well_behaved"]
task_name = ["app"]


def document(**more):
    return json.dumps({
        "leader": "master@%s:5050" % address,
        "slaves": [{"id": "S0", "pid": "slave(1)@10.0.0.1:5051"}],
        "frameworks": [{"name": "marathon", "pid": "s@10.9.9.9:1", "tasks": [
            {"id": "t-" + task_name[0], "name": task_name[0], "slave_id": "S0", "state": "TASK_RUNNING"}]}],
    } | more).encode()


def task(name):
    """A document with one more task; its name as it stands in the JSON."""
    return document().replace(b'"tasks": [', b'"tasks": [{"id": "x", "name": "' + name +
                              b'", "slave_id": "S0", "state": "TASK_RUNNING"}, ', 1)


class Connection:
    def __init__(self, sock):
        self.sock = sock

    def run(self):
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                piece = self.sock.recv(65536)
                if not piece:
                    return
                request += piece
            getattr(self, behaviour[0])()
        except OSError:
            pass  # it hung up, which is what most of this is for
        finally:
            self.sock.close()

    def head(self, *lines, status="200 OK"):
        text = "\r\n".join(["HTTP/1.1 " + status, *lines, "Connection: close", "", ""])
        self.sock.sendall(text.encode())

    def reply(self, body, *lines, length=None):
        self.head("Content-Length: %d" % (len(body) if length is None else length), *lines)
        self.sock.sendall(body)

    def endless(self, piece=PIECE):
        while True:
            self.sock.sendall(piece)

    def drip(self, data):
        for octet in data:
            self.sock.sendall(bytes([octet]))
            time.sleep(0.05)

    def well_behaved(self):
        self.reply(document())

    def cut_short(self):
        self.reply(document()[:100])

    def closed_early(self):
        self.reply(document(), length=100000)

    def dripped(self):
        self.head("Content-Length: 100000")
        self.drip(b" " * 100000)

    def without_end(self):
        self.head()
        self.endless()

    def nested_a_million_deep(self):
        self.reply(b'{"a":' + b"[" * 1000000)

    def nested_in_an_element(self):
        self.reply(document().replace(RUNNING, RUNNING + b', "labels": ' + b"[" * 100000, 1))

    def keys_twice(self):
        self.reply(document()[:-1] + b", " + document()[1:])

    def huge_numbers(self):
        self.reply(document(a=1, start_time=2).replace(b'"a": 1', b'"a": 1e999999999', 1)
                   .replace(b'"start_time": 2', b'"start_time": ' + b"9" * 100000, 1))

    def huge_ports(self):
        self.reply(document().replace(RUNNING, RUNNING + b', "resources": {"ports": "[1-99999999999999999999]"}', 1))

    def a_NUL(self):
        self.reply(task(b"a\0b"))

    def an_escaped_NUL(self):
        self.reply(task(rb"a\u0000b"))

    def no_UTF_8(self):
        self.reply(task(b"\xff\xfe\xc0\x80"))

    def half_a_surrogate(self):
        self.reply(task(rb"\ud800"))

    def zeros(self):
        self.reply(bytes(1 << 20))

    def a_gzip_bomb(self):
        self.reply(gzip.compress(b" " * (100 << 20), 1), "Content-Encoding: gzip")

    def no_gzip(self):
        self.reply(document(), "Content-Encoding: gzip")

    def gzip_cut_short(self):
        self.reply(gzip.compress(document())[:60], "Content-Encoding: gzip")

    def an_encoding_nobody_asked_for(self):
        self.reply(document(), "Content-Encoding: rot13")

    def a_redirect_in_a_circle(self):
        self.head("Location: /master/state", "Content-Length: 0", status="302 Found")

    def a_redirect_elsewhere(self):
        self.head("Location: http://127.0.0.1:1/x", "Content-Length: 0", status="307 Temporary")

    def a_redirect_to_a_file(self):
        self.head("Location: file:///etc/passwd", "Content-Length: 0", status="301 Moved")

    def a_redirect_with_a_body_without_end(self):
        self.head("Location: /master/state", status="302 Found")
        self.endless()

    def another_content_type(self):
        self.reply(document(), "Content-Type: text/html")

    def a_page(self):
        self.reply(b"<html>login</html>", "Content-Type: text/html")

    def a_leader_elsewhere(self):
        self.reply(document(leader="master@127.0.0.9:1"))

    def a_leader_with_a_path(self):
        self.reply(document(leader="master@127.0.0.9/../x?y#z:5050"))

    def a_leader_with_a_line_break(self):
        self.reply(document(leader="master@a\r\nX-Y: z:5050"))

    def a_leader_of_300_letters(self):
        self.reply(document(leader="master@" + "a" * 300 + ":5050"))

    def slow_headers(self):
        self.drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100000)

    def headers_without_end(self):
        self.sock.sendall(b"HTTP/1.1 200 OK\r\n")
        self.endless(b"X-Header: " + b"y" * 1000 + b"\r\n")

    def a_header_without_end(self):
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        self.endless()

    def interim_answers_without_end(self):
        self.endless(b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n")

    def a_huge_chunk(self):
        self.head("Transfer-Encoding: chunked")
        self.sock.sendall(b"fffffffffffffffff\r\n" + document())

    def a_chunk_that_is_none(self):
        self.head("Transfer-Encoding: chunked")
        self.sock.sendall(b"-5\r\n" + document())

    def a_length_below_0(self):
        self.reply(document(), length=-1)

    def no_HTTP(self):
        self.sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    def nothing(self):
        pass

    def silent(self):
        time.sleep(LIMIT)


def serve(listener):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=Connection(sock).run, daemon=True).start()


def main():
    listener = socket.create_server((address, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    print("port=%d" % listener.getsockname()[1], flush=True)
    for line in sys.stdin:
        if line.startswith("task "):
            task_name[0], line = line[5:].split(": ", 1)
        name = line.strip().replace(" ", "_").replace("-", "_")
        behaviour[0] = name
        print("ok" if hasattr(Connection, name) else "no such behaviour", flush=True)


if __name__ == "__main__":
    threading.Timer(LIMIT, lambda: os._exit(1)).start()
    main()
    os._exit(0)
