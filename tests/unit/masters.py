#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Masters and an identity service that misbehave on command, for test_fetch.

Servers: a (127.0.0.1), b (127.0.0.2), tls (certificate of the CA for 127.0.0.1), mtls (asks for
a client certificate). Prints one line "a=PORT ... dir=DIR" and then answers each
line on stdin with one line: "log" gives the requests since the last "log", anything else
is the behaviour of every server but b. Ends when stdin does.
"""
import base64
import gzip
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = 600  # seconds any server lives
servers = {}
log = []
behaviour = ["ok"]
workdir = tempfile.mkdtemp(prefix="xdns-fetch-")


def sh(*args, **kwargs):
    return subprocess.run(args, check=True, cwd=workdir, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **kwargs)


def certificate(name, issuer, extensions):
    sh("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key")
    sh("openssl", "req", "-new", "-key", name + ".key", "-subj", "/CN=" + name,
       "-out", name + ".csr")
    sign = ["-CA", issuer + ".pem", "-CAkey", issuer + ".key", "-CAcreateserial"]
    if issuer == name:
        sign = ["-signkey", name + ".key"]
    sh("openssl", "x509", "-req", "-in", name + ".csr", "-days", "2", "-out", name + ".pem",
       "-extfile", "/dev/stdin", *sign, input=extensions.encode())


def make_keys():
    ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
    certificate("ca", "ca", ca)
    certificate("otherca", "otherca", ca)
    certificate("server", "ca", "subjectAltName=IP:127.0.0.1\n")
    certificate("client", "ca", "extendedKeyUsage=clientAuth\n")
    sh("openssl", "genrsa", "-out", "iam.key", "2048")
    sh("openssl", "rsa", "-in", "iam.key", "-pubout", "-out", "iam.pub")


def address(name):
    return "%s:%d" % servers[name].server_address


def document(leader):
    return json.dumps({
        "leader": "master@" + leader,
        "slaves": [{"id": "S0", "pid": "slave(1)@10.0.0.1:5051"}],
        "frameworks": [{"name": "marathon", "pid": "s@10.9.9.9:1", "tasks": [
            {"id": "t", "name": "app", "slave_id": "S0", "state": "TASK_RUNNING"}]}],
    }).encode()


def unpad(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_jwt(body):
    doc = json.loads(body)
    head, claims, signature = doc["token"].split(".")
    with open(os.path.join(workdir, "jwt.sig"), "wb") as f:
        f.write(unpad(signature))
    sh("openssl", "dgst", "-sha256", "-verify", "iam.pub", "-signature", "jwt.sig",
       input=(head + "." + claims).encode())
    claims = json.loads(unpad(claims))
    good = (json.loads(unpad(head)) == {"alg": "RS256", "typ": "JWT"} and doc["uid"] == "svc"
            and claims["uid"] == "svc" and 3500 < claims["exp"] - time.time() < 3700)
    return "jwt-good" if good else "jwt-bad"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, extra=""):
        heads = ["%s=%s" % (k.lower(), self.headers[k])
                 for k in ("Authorization", "Referer", "User-Agent", "Accept-Encoding", "Content-Type")
                 if k in self.headers]
        log.append(" ".join([self.server.name, self.command, self.path, extra] + heads))

    def reply(self, status, body, **headers):
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for key, value in headers.items():
            if value is not None:
                self.send_header(key.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if body:
            self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.note(check_jwt(body))
        what = behaviour[0].split()
        if what[0] == "login":
            self.reply(int(what[1]), what[2].encode())
        else:
            self.reply(200, b'{"token":"T123"}')

    def do_GET(self):
        self.note()
        name, *args = behaviour[0].split() if self.server.name != "b" else ["ok", "b"]
        method = getattr(self, "get_" + name.replace("-", "_"), None)
        if method:
            method(*args)
        else:
            self.get_ok()

    def get_ok(self, leader=None):
        self.reply(200, document(address(leader or self.server.name)))

    def get_leader(self, text):
        self.reply(200, document(text))

    def get_body(self, text):
        self.reply(200, text.encode())

    def get_status(self, code):
        self.reply(int(code), document(address("a")) if code != "204" else b"")

    def get_old(self):
        if self.path == "/state.json":
            self.get_ok()
        else:
            self.reply(404, b"no")

    def get_redirect(self, code, url):
        for name in servers:
            url = url.replace("{%s}" % name, address(name))
        self.reply(int(code), b"", Location=url)

    def get_gzip(self, cut="0"):
        body = gzip.compress(document(address("a")))
        self.reply(200, body[:len(body) - int(cut)], Content_Encoding="gzip")

    def get_chunked(self):
        self.reply(200, b"", Content_Length=None, Transfer_Encoding="chunked")
        body = document(address("a"))
        for i in range(0, len(body), 7):
            piece = body[i:i + 7]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def get_short(self):
        body = document(address("a"))
        self.reply(200, body, Content_Length=str(len(body) + 10))

    def get_padded(self, size):
        self.reply(200, document(address("a"))[:-1] + b" " * int(size) + b"}")

    def get_drip(self):
        self.reply(200, b"", Content_Length="1000000")
        for _ in range(LIMIT * 10):
            self.wfile.write(b" ")
            time.sleep(0.1)

    def get_silent(self):
        time.sleep(LIMIT)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of the tests

    def __init__(self, name, host, context=None):
        super().__init__((host, 0), Handler)
        self.name = name
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        servers[name] = self
        threading.Thread(target=self.serve_forever, daemon=True).start()


def tls_context(ask_client):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(workdir, "server.pem"),
                            os.path.join(workdir, "server.key"))
    if ask_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(os.path.join(workdir, "ca.pem"))
    return context


def main():
    make_keys()
    Server("a", "127.0.0.1")
    Server("b", "127.0.0.2")
    Server("tls", "127.0.0.1", tls_context(False))
    Server("mtls", "127.0.0.1", tls_context(True))
    ports = ["%s=%d" % (name, s.server_address[1]) for name, s in servers.items()]
    print(" ".join(ports), "dir=" + workdir, flush=True)
    for line in sys.stdin:
        if line.strip() == "log":
            # taken out before it is told: who hears it may ask the next thing at once
            taken = log[:]
            del log[:len(taken)]
            print(" | ".join(taken), flush=True)
        else:
            behaviour[0] = line.strip()
            print("ok", flush=True)


if __name__ == "__main__":
    threading.Timer(LIMIT, lambda: os._exit(1)).start()
    try:
        main()
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
        os._exit(0)
