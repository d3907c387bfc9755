# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""An IAM that gives everybody a token: login.py ADDRESS PORT"""
import http.server
import sys


class Login(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        body = b'{"token": "of-faults"}'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Login).serve_forever()
