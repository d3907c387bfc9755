# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""An upstream resolver that misbehaves as the first label of the question says.

    upstream.py ADDRESS LOG     UDP and TCP on port 53; LOG gets "ID PORT NAME" for each UDP query

Whatever is forged says 6.6.6.6 and comes before the true answer, 192.0.2.1.
"""
import socket
import socketserver
import struct
import sys
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

FORGED, TRUE = '6.6.6.6', '192.0.2.1'
MANY = ['192.0.2.%d' % i for i in range(1, 201)]


def answer(query, addresses, name=None):
    response = dns.message.make_response(query)
    owner = name or query.question[0].name
    response.answer.append(dns.rrset.from_text(owner, 60, 'IN', 'A', *addresses))
    return response


def forgeries(query, kind):
    """Replies that must not be believed."""
    forged = answer(query, [FORGED])
    if kind == 'wrongid':
        forged.id = query.id ^ 1
    elif kind == 'wrongname':
        forged.question = dns.message.make_query('other.test.', 'A').question
    elif kind == 'wrongtype':
        forged.question = dns.message.make_query(query.question[0].name, 'TXT').question
    elif kind == 'query':
        forged.flags &= ~dns.flags.QR
    elif kind == 'short':
        return [forged.to_wire()[:7]]
    else:
        return []
    return [forged.to_wire()]


class UDP(socketserver.BaseRequestHandler):
    def handle(self):
        data, here = self.request
        query = dns.message.from_wire(data)
        name = query.question[0].name
        kind = name.labels[0].decode().lower()
        log.write('%d %d %s\n' % (query.id, self.client_address[1], name))
        log.flush()
        if kind == 'silent':
            return
        if kind == 'servfail':
            response = dns.message.make_response(query)
            response.set_rcode(dns.rcode.SERVFAIL)
            here.sendto(response.to_wire(), self.client_address)
            return
        if kind == 'wrongport':
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
                elsewhere.bind((sys.argv[1], 0))
                elsewhere.sendto(answer(query, [FORGED]).to_wire(), self.client_address)
        for forged in forgeries(query, kind):
            here.sendto(forged, self.client_address)
        if kind == 'large':
            response = dns.message.make_response(query)
            response.flags |= dns.flags.TC
        else:
            response = answer(query, [TRUE])
        here.sendto(response.to_wire(), self.client_address)


class TCP(socketserver.BaseRequestHandler):
    def handle(self):
        stream = self.request.makefile('rb')
        while len(head := stream.read(2)) == 2:
            query = dns.message.from_wire(stream.read(struct.unpack('!H', head)[0]))
            kind = query.question[0].name.labels[0].decode().lower()
            wire = answer(query, MANY if kind == 'large' else [TRUE]).to_wire(max_size=65535)
            self.request.sendall(struct.pack('!H', len(wire)) + wire)


class TCPServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == '__main__':
    with open(sys.argv[2], 'w', encoding='ascii') as log:
        threading.Thread(target=TCPServer((sys.argv[1], 53), TCP).serve_forever, daemon=True).start()
        socketserver.ThreadingUDPServer((sys.argv[1], 53), UDP).serve_forever()
