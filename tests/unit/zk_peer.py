#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Real ZooKeeper servers on loopback and a client beside the tested one, for test_detector.

Starts one server ("one") and an ensemble of three ("three"), prints "one=PORT a=PORT b=PORT
c=PORT proxy=PORT proxy6=PORT dir=DIR" (proxy6=0: no IPv6), or "skip REASON", and then answers each
line on stdin with one line. Ends when stdin does.

  one|three make PATH [USER:PASSWORD]   a node, and those above it; only this user may do anything
  one|three json PATH IP PORT           what a Mesos master does: an ephemeral json.info_ node;
  one|three protobuf PATH IP PORT       info_, as before Mesos 0.24. Both answer with the node's path
  one|three node PATH TEXT              an ephemeral node of just this name
  one|three set PATH TEXT
  one|three fill PATH COUNT HEX         with that octet, so many times
  one|three open PATH                   everybody may do anything
  one|three remove PATH                 with all below
  kill PORT | hang PORT | continue PORT SIGKILL, SIGSTOP, SIGCONT to a server
  start PORT [JAVA OPTION]              starts a killed one, waits until it serves
  start2 PORT PORT                      starts two at once: one of three alone does not serve
  followers                             the two ports of the three that do not lead the ensemble
  wipe                                  the server "one" is set up anew, without any data
  sessions MS                           the proxy asks for such short sessions in its clients' name
  reads                                 data that were read through the proxy since the last time
  expire                                the proxy is silent until the session it carries has expired

The proxy is one more way to the server "one".
"""
import json
import logging
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

JAR = "/usr/share/java/zookeeper.jar"
START_LIMIT = 90    # seconds for a server to start, on a slow machine
LIFE_LIMIT = 600    # seconds this program lives at most
GET_DATA = 4

servers = {}
workdir = tempfile.mkdtemp(prefix="xdns-zk-")


def free_port():
    """Below the ports of outgoing connections, so that it is still free for a restart."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in servers:
            return port


class Server:
    def __init__(self, name, port):
        self.name, self.port = name, port
        self.dir = os.path.join(workdir, name)
        self.process = None
        os.mkdir(self.dir)

    def configure(self, peers, number):
        lines = ["tickTime=500", "initLimit=120", "syncLimit=10", "minSessionTimeout=1000",
                 "maxSessionTimeout=60000", "dataDir=" + self.dir, "clientPort=%d" % self.port,
                 "clientPortAddress=127.0.0.1", "admin.enableServer=false",
                 "4lw.commands.whitelist=srvr,dump", "maxClientCnxns=0"]
        lines += ["server.%d=127.0.0.1:%d:%d" % (i + 1, *p) for i, p in enumerate(peers)]
        with open(os.path.join(self.dir, "myid"), "w") as f:
            f.write("%d\n" % number)
        with open(os.path.join(self.dir, "zoo.cfg"), "w") as f:
            f.write("\n".join(lines) + "\n")

    def start(self, *options):
        log = open(os.path.join(self.dir, "log"), "ab")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "java", "-Xmx64m", "-XX:+UseSerialGC",
             "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no",
             "-Dzookeeper.preAllocSize=256", *options, "-cp", JAR,
             "org.apache.zookeeper.server.quorum.QuorumPeerMain",
             os.path.join(self.dir, "zoo.cfg")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def ask(self, word):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                s.sendall(word)
                s.settimeout(5)
                text = b""
                while chunk := s.recv(65536):
                    text += chunk
                return text
        except OSError:
            return b""

    def follows(self):
        return b"Mode: follower" in self.ask(b"srvr")

    def wait(self):
        until = time.monotonic() + START_LIMIT
        while b"Mode: " not in self.ask(b"srvr"):
            if self.process.poll() is not None or time.monotonic() > until:
                with open(os.path.join(self.dir, "log"), errors="replace") as f:
                    sys.stderr.write("%s does not serve:\n%s\n" % (self.name, f.read()[-2000:]))
                raise RuntimeError("server %s does not serve" % self.name)
            time.sleep(0.1)

    def signal(self, number):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()


class Proxy:
    """Frames from clients to the server one, as they are but for the session's time."""

    def __init__(self, server):
        self.server = server
        self.reads = 0
        self.session = None
        self.session_ms = None
        self.passing = threading.Event()
        self.passing.set()
        self.sockets = set()
        self.port = self.listen(socket.AF_INET, "127.0.0.1")
        try:
            self.port6 = self.listen(socket.AF_INET6, "::1")
        except OSError:
            self.port6 = 0

    def listen(self, family, host):
        s = socket.socket(family)
        s.bind((host, 0))
        s.listen(64)
        threading.Thread(target=self.accept, args=(s,), daemon=True).start()
        return s.getsockname()[1]

    def accept(self, listener):
        while True:
            client = listener.accept()[0]
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        self.sockets.add(client)
        try:
            if not self.passing.is_set():
                return              # stays open, silent, until expire() closes it
            server = socket.create_connection(("127.0.0.1", self.server.port))
            self.sockets.add(server)
        except OSError:
            client.close()
            return
        for args in ((client, server, self.from_client), (server, client, self.from_server)):
            threading.Thread(target=self.pump, args=args, daemon=True).start()

    def pump(self, source, sink, look):
        first = True
        try:
            with source.makefile("rb") as f:
                while len(head := f.read(4)) == 4:
                    body = f.read(struct.unpack(">i", head)[0])
                    body = look(body, first)
                    first = False
                    self.passing.wait()
                    sink.sendall(head + body)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def from_client(self, body, first):
        if first:                   # protocol version, last zxid, time, session...
            if self.session_ms:
                body = body[:12] + struct.pack(">i", self.session_ms) + body[16:]
            return body
        if len(body) >= 8 and struct.unpack(">i", body[4:8])[0] == GET_DATA:
            self.reads += 1
        return body

    def from_server(self, body, first):
        if first:                   # protocol version, time, session...
            self.session = struct.unpack(">Q", body[8:16])[0]
        return body

    def expire(self):
        self.passing.clear()
        # None of those that are silent now may speak again later.
        old, self.sockets = self.sockets, set()
        session, until = b"0x%x" % self.session, time.monotonic() + 60
        while session in self.server.ask(b"dump"):
            if time.monotonic() > until:
                raise RuntimeError("the session does not expire")
            time.sleep(0.1)
        old |= self.sockets
        self.sockets = set()
        for s in old:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
        self.passing.set()
        return "expired"

    def take_reads(self):
        reads, self.reads = self.reads, 0
        return str(reads)


def little_endian(ip):
    return struct.unpack("<I", socket.inet_aton(ip))[0]


def master_json(ip, port):
    host = "master-%s.example" % ip.replace(".", "-").replace(":", "-")
    four = ":" not in ip
    return json.dumps({
        "address": {"hostname": host, "ip": ip, "port": port},
        "capabilities": [{"type": "AGENT_UPDATE"}], "hostname": host, "id": str(uuid.uuid4()),
        "ip": little_endian(ip) if four else 0, "pid": "master@%s:%d" % (ip, port), "port": port,
        "version": "1.11.0"}, separators=(",", ":")).encode()


def varint(n):
    out = b""
    while n > 0x7f:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def master_protobuf(ip, port):
    def text(number, value):
        return varint(number << 3 | 2) + varint(len(value)) + value.encode()

    return (text(1, str(uuid.uuid4())) + varint(2 << 3) + varint(little_endian(ip))
            + varint(3 << 3) + varint(port) + text(4, "master@%s:%d" % (ip, port))
            + text(5, "master.example") + text(6, "0.23.1"))


class Client:
    """Its sessions outlast what is done to the servers, so that its nodes do."""

    def __init__(self, ports, session):
        from kazoo.client import KazooClient
        from kazoo.retry import KazooRetry

        retry = {"max_tries": -1, "delay": 0.1, "backoff": 1, "max_delay": 0.5}
        self.zk = KazooClient(",".join("127.0.0.1:%d" % p for p in ports), timeout=session,
                              connection_retry=KazooRetry(**retry),
                              command_retry=KazooRetry(ignore_expire=False, **retry))
        self.zk.start(START_LIMIT)

    def do(self, word, path, *args):
        from kazoo.security import OPEN_ACL_UNSAFE, make_digest_acl

        retry = self.zk.retry
        if word == "make":
            user = args[0].split(":", 1) if args else None
            acl = [make_digest_acl(*user, all=True)] if user else None
            if user:
                self.zk.add_auth("digest", args[0])
            self.zk.ensure_path(os.path.dirname(path))
            retry(self.zk.create, path, b"", acl=acl)
        elif word == "json":
            return retry(self.zk.create, path + "/json.info_", master_json(args[0], int(args[1])),
                         ephemeral=True, sequence=True)
        elif word == "protobuf":
            return retry(self.zk.create, path + "/info_", master_protobuf(args[0], int(args[1])),
                         ephemeral=True, sequence=True)
        elif word == "node":
            retry(self.zk.create, path, " ".join(args).encode(), ephemeral=True)
        elif word == "set":
            retry(self.zk.set, path, " ".join(args).encode())
        elif word == "fill":
            retry(self.zk.set, path, bytes.fromhex(args[1]) * int(args[0]))
        elif word == "open":
            retry(self.zk.set_acls, path, OPEN_ACL_UNSAFE)
        elif word == "remove":
            retry(self.zk.delete, path, recursive=True)
        else:
            raise ValueError(word)
        return "done"


def missing():
    if not shutil.which("java") or not os.path.exists(JAR):
        return "no ZooKeeper server (package zookeeper)"
    try:
        import kazoo.client  # noqa: F401
    except ImportError:
        return "no kazoo (package python3-kazoo)"
    return None


def start_all():
    for name in ("one", "a", "b", "c"):
        port = free_port()
        servers[port] = Server(name, port)
    one, *three = servers.values()
    peers = []
    while len(peers) < len(three):
        pair = (free_port(), free_port())
        if len({p for q in [*peers, pair] for p in q}) == 2 * len(peers) + 2:
            peers.append(pair)
    one.configure([], 0)
    for i, server in enumerate(three):
        server.configure(peers, i + 1)
    for server in servers.values():
        server.start()
    for server in servers.values():
        server.wait()
    clients = {"one": Client([one.port], 60), "three": Client([s.port for s in three], 20)}
    return clients, Proxy(one)


def followers():
    until = time.monotonic() + START_LIMIT
    while time.monotonic() < until:
        ports = [str(port) for port, s in servers.items() if s.follows()]
        if len(ports) == 2:
            return " ".join(ports)
        time.sleep(0.1)
    raise RuntimeError("the three servers are no ensemble")


def obey(clients, proxy, words):
    if words[0] in clients:
        return clients[words[0]].do(*words[1:])
    if words[0] == "reads":
        return proxy.take_reads()
    if words[0] == "sessions":
        proxy.session_ms = int(words[1])
        return "done"
    if words[0] == "expire":
        return proxy.expire()
    if words[0] == "followers":
        return followers()
    if words[0] == "wipe":
        server = proxy.server
        clients["one"].zk.stop()
        server.kill()
        shutil.rmtree(os.path.join(server.dir, "version-2"))
        server.start()
        server.wait()
        clients["one"] = Client([server.port], 60)
        return "done"
    server = servers[int(words[1])]
    if words[0] == "start2":
        both = [server, servers[int(words[2])]]
        for one in both:
            one.start()
        for one in both:
            one.wait()
    elif words[0] == "start":
        server.start(*words[2:])
        server.wait()
    elif words[0] == "kill":
        server.kill()
    else:
        server.signal({"hang": signal.SIGSTOP, "continue": signal.SIGCONT}[words[0]])
    return "done"


def main():
    why = missing()
    if why:
        print("skip", why, flush=True)
        return
    logging.disable(logging.CRITICAL)
    clients, proxy = start_all()
    print(" ".join("%s=%d" % (s.name, s.port) for s in servers.values()),
          "proxy=%d proxy6=%d dir=%s" % (proxy.port, proxy.port6, workdir), flush=True)
    for line in sys.stdin:
        try:
            answer = obey(clients, proxy, line.split())
        except Exception as e:      # the test sees it, and fails there
            answer = "error %s %s" % (type(e).__name__, e)
        print(answer.replace("\n", " "), flush=True)


def end(*_):
    for server in servers.values():
        server.kill()
    shutil.rmtree(workdir, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, end)
    signal.alarm(LIFE_LIMIT)
    try:
        main()
    finally:
        sys.stdout.flush()
        end()
