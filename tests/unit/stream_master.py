#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Masters whose event streams misbehave on command, for test_stream.

Servers: a (127.0.0.1), b (127.0.0.2), tls (certificate of the CA for 127.0.0.1). Prints one
line "a=PORT b=PORT tls=PORT dir=DIR" and then answers each line on stdin with one line:

    log                     the requests since the last log
    send JSON               that record on every open stream
    raw TEXT                that text as it is, as a chunk, on every open stream
    begin N                 the length of a record of N octets, and the first
    close | abort           ends every open stream, properly or within the response
    NAME BEHAVIOUR [...]    what a server does from now on; "NAME first X | Y": once X, then Y

Ends when stdin does.
"""
import contextlib
import json
import os
import queue
import random
import shutil
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.dont_write_bytecode = True
import masters  # noqa: E402

LIMIT = 600  # seconds any stream lives
servers = {}
log = []
lock = threading.Lock()
streams = set()


def record(event):
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return b"%d\n%s" % (len(body), body)


def subscribed(name, interval):
    state = {
        "get_tasks": {"tasks": [{
            "name": "app", "task_id": {"value": "t1"}, "framework_id": {"value": "F"},
            "agent_id": {"value": "S-" + name}, "state": "TASK_RUNNING"}]},
        "get_frameworks": {"frameworks": [
            {"framework_info": {"id": {"value": "F"}, "name": "marathon"}}]},
        "get_agents": {"agents": [
            {"agent_info": {"id": {"value": "S-" + name}}, "pid": "slave(1)@10.0.0.1:5051"}]},
    }
    return {"type": "SUBSCRIBED",
            "subscribed": {"get_state": state, "heartbeat_interval_seconds": interval}}


HEARTBEAT = {"type": "HEARTBEAT"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, extra):
        heads = ["%s=%s" % (k.lower(), self.headers[k])
                 for k in ("Authorization", "Accept", "Accept-Encoding", "Content-Type")
                 if k in self.headers]
        with lock:
            log.append(" ".join([self.server.name, self.command, self.path, extra] + heads))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.close_connection = True
        if self.path == "/acs/login":
            self.note(masters.check_jwt(body))
            self.reply(200, b'{"token":"T123"}')
            return
        self.note(body.decode())
        with lock:
            words = self.server.behaviour.pop(0) if len(self.server.behaviour) > 1 \
                else self.server.behaviour[0]
        getattr(self, "post_" + words[0])(*words[1:])

    def reply(self, status, body, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    @contextlib.contextmanager
    def orders(self):
        """What comes from now on is for this stream, too."""
        mine = queue.Queue()
        with lock:
            streams.add(mine)
        try:
            yield mine
        finally:
            with lock:
                streams.discard(mine)

    def obey(self, orders, beat=LIMIT):
        """Sends what it is told, and heartbeats meanwhile, until it is told to end."""
        while True:
            try:
                order = orders.get(timeout=beat)
            except queue.Empty:
                self.chunk(record(HEARTBEAT))
                continue
            if order == "close":
                self.wfile.write(b"0\r\n\r\n")
            if order in ("close", "abort"):
                return
            self.chunk(order)

    def post_ok(self, interval="15", beat=None):
        with self.orders() as orders:
            self.begin()
            self.chunk(record(subscribed(self.server.name, float(interval))))
            self.chunk(record(HEARTBEAT))
            self.obey(orders, float(beat) if beat else LIMIT)

    def post_mute(self):
        time.sleep(LIMIT)

    def post_headers(self):
        self.begin()
        time.sleep(LIMIT)

    def post_status(self, code, *words):
        self.reply(int(code), " ".join(words).encode())

    def post_redirect(self, code, location, *words):
        for name in servers:
            location = location.replace("{%s}" % name, "%s:%d" % servers[name].server_address)
        self.reply(int(code), " ".join(words).encode(), Location=location)

    def post_whole(self, *words):
        """A complete answer, no stream."""
        self.reply(200, " ".join(words).encode())

    def post_cut(self, proper):
        """Ends within SUBSCRIBED."""
        self.begin()
        self.chunk(record(subscribed(self.server.name, 15))[:-20])
        if proper == "close":
            self.wfile.write(b"0\r\n\r\n")

    def post_beats(self):
        """Heartbeats and no SUBSCRIBED."""
        self.begin()
        for _ in range(40):
            self.chunk(record(HEARTBEAT))
        time.sleep(LIMIT)

    def post_pieces(self, size, pause):
        """SUBSCRIBED and 20 tasks in chunks of up to size octets, with pauses."""
        rng = random.Random(int(size))
        text = record(subscribed(self.server.name, 15))
        for i in range(20):
            text += record({"type": "TASK_ADDED", "task_added": {"task": {
                "name": "n%d" % i, "task_id": {"value": "x%d" % i},
                "framework_id": {"value": "F"}, "state": "TASK_RUNNING"}}})
        self.begin()
        while text:
            n = rng.randint(1, int(size))
            self.chunk(text[:n])
            text = text[n:]
            time.sleep(float(pause))
        time.sleep(LIMIT)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, name, host, context=None):
        super().__init__((host, 0), Handler)
        self.name = name
        self.behaviour = [["ok"]]
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        servers[name] = self
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of the tests


def obey(line):
    word, _, rest = line.partition(" ")
    if word == "log":
        with lock:
            text = " | ".join(log)
            log.clear()
        return text
    if word in servers:
        steps = rest[len("first "):].split(" | ") if rest.startswith("first ") else [rest]
        with lock:
            servers[word].behaviour = [step.split() for step in steps]
        return "ok"
    order = {"send": record(rest.encode()), "raw": rest.encode(),
             "begin": rest.encode() + b"\n{"}.get(word, word)
    with lock:
        for orders in streams:
            orders.put(order)
        return str(len(streams))


def main():
    masters.make_keys()
    Server("a", "127.0.0.1")
    Server("b", "127.0.0.2")
    Server("tls", "127.0.0.1", masters.tls_context(False))
    ports = ["%s=%d" % (name, s.server_address[1]) for name, s in servers.items()]
    print(" ".join(ports), "dir=" + masters.workdir, flush=True)
    for line in sys.stdin:
        print(obey(line.rstrip("\n")), flush=True)


if __name__ == "__main__":
    threading.Timer(LIMIT, lambda: os._exit(1)).start()
    try:
        main()
    finally:
        shutil.rmtree(masters.workdir, ignore_errors=True)
        os._exit(0)
