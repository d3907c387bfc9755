# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The masters' HTTP: the state document, the event stream, and the control requests."""
import base64
import http.server
import json
import socket
import ssl
import sys
import threading
import time
import urllib.parse

from .documents import parsed, plain_names
from .model import MESOS_VERSION
from .simulation import Options

STATE_PATHS = ('/state', '/master/state')
OLD_PATHS = ('/state.json', '/master/state.json')
API_PATHS = ('/api/v1', '/master/api/v1')


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'mesos-sim'
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.sim, self.master = self.server.sim, self.server.master
        self.options = Options(self.master) if self.master else None

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path.startswith('/sim/'):
            self.asked(url.path, dict(urllib.parse.parse_qsl(url.query)))
        elif self.master and (url.path in OLD_PATHS or
                              url.path in STATE_PATHS and not self.options.old):
            self.state(url.path)
        else:
            self.reply(404, [b'{}'])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        path = urllib.parse.urlsplit(self.path).path
        if path in API_PATHS:
            known = self.master and not self.options.old
            return self.api(path, body) if known else self.reply(404, [b''], 'text/plain')
        try:
            result = self.server.control(path, json.loads(body or b'{}'))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # KeyError: what has to be given and is not
            return self.reply(400, [(repr(error) + '\n').encode()], 'text/plain')
        self.close_connection |= self.server.stopped
        return self.reply(200, [json.dumps(result).encode()])

    def asked(self, path, given):
        sim = self.sim
        if path == '/sim/names':
            with sim.lock:
                options = Options(sim.leader or sim.masters[0])
            document = parsed(sim.state(options, False))
            lines = plain_names(document, int(given.get('count', 20)))
            self.reply(200, [('\n'.join(lines) + '\n').encode()], 'text/plain')
        elif path == '/sim/stats':
            with sim.lock:
                self.reply(200, [json.dumps(sim.stats()).encode()])
        elif path == '/sim/masters':
            with sim.lock:
                self.reply(200, [json.dumps([m.summary() for m in sim.masters]).encode()])
        elif path == '/sim/log':
            since = int(given.get('since', 0))
            with sim.lock:
                entries = [entry for entry in sim.log if entry[0] > since]
            lines = [json.dumps(dict(what, seq=seq, ns=ns)) for seq, ns, what in entries]
            self.reply(200, [('[%s]\n' % ',\n'.join(lines)).encode()])
        else:
            self.reply(404, [b'{}'])

    def refused(self):
        """Answers those who may not ask; true if it did."""
        options = self.options
        if options.user:
            wanted = 'Basic ' + base64.b64encode(options.user.encode()).decode()
            if self.headers.get('Authorization') != wanted:
                self.reply(401, [])
                return True
        return False

    def elsewhere(self, path, document=False):
        """Of a master that does not lead; true if that was the answer."""
        options, leader = self.options, self.sim.leader
        target = options.redirect
        if not target:
            if leader is self.master or (leader and document and options.standby == 'document'):
                return False
            if not leader or options.standby == 'unavailable':
                self.reply(503, [b'No leader elected\n'], 'text/plain')
                return True
            target = leader.address
        self.send_response(307)
        self.send_header('Location', '//%s%s' % (target, path))
        self.send_header('Content-Length', '0')
        self.end_headers()
        return True

    def state(self, path):
        options = self.options
        self.sim.requests += 1
        if self.refused():
            return
        time.sleep(options.delay)
        if self.elsewhere(path, True):
            return
        zipped = options.gzip and 'gzip' in self.headers.get('Accept-Encoding', '')
        pieces = self.sim.state(options, zipped)
        self.reply(options.status, pieces, 'application/json', zipped, options)

    def api(self, path, body):
        options = self.options
        self.sim.requests += 1
        if self.refused():
            return
        time.sleep(options.stream_delay)
        if self.elsewhere(path):
            return
        if options.stream_status != 200 or self.sim.recorded:
            return self.reply(404 if self.sim.recorded else options.stream_status, [b''], 'text/plain')
        try:
            call = json.loads(body)['type']
        except (ValueError, KeyError, TypeError):
            return self.reply(400, [b'Failed to parse body into Call protobuf\n'], 'text/plain')
        if call == 'GET_VERSION':
            version = {'type': call, 'get_version': {'version_info': {'version': MESOS_VERSION}}}
            return self.reply(200, [json.dumps(version).encode()])
        if call != 'SUBSCRIBE':
            return self.reply(501, [b''], 'text/plain')
        return self.stream()

    def stream(self):
        self.close_connection = True
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        self.wfile.flush()
        subscriber = self.sim.subscribe(self.master, self.connection, self.options)
        if subscriber:
            subscriber.run()

    def reply(self, status, pieces, kind='application/json', zipped=False, options=None):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(sum(map(len, pieces))))
        if zipped:
            self.send_header('Content-Encoding', 'gzip')
        self.end_headers()
        if options and options.truncate is not None:
            pieces, self.close_connection = [b''.join(pieces)[:options.truncate]], True
        for piece in pieces:
            if options and options.drip:
                self.drip(piece)
            else:
                self.wfile.write(piece)

    def drip(self, piece):
        step = max(1, self.options.drip // 10)
        for i in range(0, len(piece), step):
            self.wfile.write(piece[i:i + step])
            time.sleep(step / self.options.drip if self.options.drip else 0)

    def log_message(self, fmt, *args):
        if self.sim.options.verbose:
            super().log_message(fmt, *args)


class Server(http.server.ThreadingHTTPServer):
    """Of one master, or of the control requests alone (master None)."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sim, master, address, control):
        self.address_family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
        self.sim, self.master, self.control = sim, master, control
        self.connections = {}  # -> the thread that serves it
        self.stopped = False
        super().__init__(address, Handler)
        if sim.options.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*sim.options.tls)
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def process_request_thread(self, request, client_address):
        self.connections[request] = threading.get_ident()
        if self.stopped:
            return self.shutdown_request(request)
        return super().process_request_thread(request, client_address)

    def shutdown_request(self, request):
        self.connections.pop(request, None)
        super().shutdown_request(request)

    def refuse(self):
        """Refuses connections from now on and ends those there are, except the caller's own."""
        self.stopped = True
        shut(self.socket)
        for connection, thread in list(self.connections.items()):
            if thread != threading.get_ident():
                shut(connection)

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, client_address)


def shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it had ended
