#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The names of the bench's cluster, and what a server says to them.

    peer_names.py SERVER <names        prints {"name": ["address", ...], ...}

The names follow from the state document (tools/state-gen.py) by the rules of Mesos-DNS; the
addresses are those that mesos-xdns answers, and every peer's answers are compared with them.
"""
import hashlib
import json
import random
import re
import socket
import struct
import sys

DOMAIN = 'mesos'
ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769'
WINDOW = 32  # queries under way
TRIES = 20


def task_hash(task_id):
    bits = int.from_bytes(hashlib.sha1(task_id.encode()).digest()[:4], 'big')
    return ''.join(ALPHABET[bits >> 27 - 5 * i & 31] for i in range(5))


def task_names(document):
    """(names of single tasks, one address each; names of services, ten each)."""
    tasks, services = [], {}
    for framework in document['frameworks']:
        for task in framework['tasks']:
            agent = task['slave_id'].rpartition('-')[2].lower()
            instance = '%s-%s-%s' % (task['name'], task_hash(task['id']), agent)
            for below in '', '.slave':
                tasks.append('%s.%s%s.%s' % (instance, framework['name'], below, DOMAIN))
                services['%s.%s%s.%s' % (task['name'], framework['name'], below, DOMAIN)] = True
    return tasks, list(services)


def encode(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def skip_name(message, at):
    while message[at]:
        if message[at] >= 0xc0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def addresses(message):
    """The A records of an answer; None if it is not one."""
    if message[3] & 15 or not message[2] & 0x80:
        return None
    at = skip_name(message, 12) + 4
    found = []
    for _ in range(int.from_bytes(message[6:8], 'big')):
        at = skip_name(message, at)
        kind, _, _, length = struct.unpack_from('>HHIH', message, at)
        at += 10
        if kind == 1 and length == 4:
            found.append('.'.join(map(str, message[at:at + 4])))
        at += length
    return sorted(found)


def ask(server, names):
    """{name: addresses, or None}"""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((server, 53))
    sock.settimeout(0.2)
    result, waiting = {}, list(names)
    for _ in range(TRIES):
        missed = []
        for first in range(0, len(waiting), WINDOW):
            batch = dict(enumerate(waiting[first:first + WINDOW], random.randrange(0x8000)))
            missed += ask_batch(sock, batch, result)
        waiting = missed
        if not waiting:
            break
    return {name: result.get(name) for name in names}


def ask_batch(sock, batch, result):
    """Fills result; returns the names that were not answered."""
    try:
        for number, name in batch.items():
            sock.send(struct.pack('>HHHHHH', number, 0x100, 1, 0, 0, 0) + encode(name) + b'\0\1\0\1')
        while batch:
            message = sock.recv(4096)
            name = batch.pop(int.from_bytes(message[:2], 'big'), None)
            if name:
                result[name] = addresses(message)
    except OSError:  # a timeout, or nobody listens yet
        pass
    return list(batch.values())


def write_zone(path, answers, server):
    with open(path, 'w') as out:
        out.write('$ORIGIN %s.\n$TTL 60\n' % DOMAIN)
        out.write('@ IN SOA ns1 root.ns1 1 60 600 86400 60\n@ IN NS ns1\nns1 IN A %s\n' % server)
        for name, found in answers.items():
            for address in found:
                out.write('%s. IN A %s\n' % (name, address))


def write_queries(path, names, seed=1):
    """dnsperf's format, the same random order for everyone."""
    names = list(names)
    random.Random(seed).shuffle(names)
    with open(path, 'w') as out:
        out.writelines('%s A\n' % name for name in names)


def main():
    names = [line for line in re.split(r'\s+', sys.stdin.read()) if line]
    json.dump(ask(sys.argv[1], names), sys.stdout)


if __name__ == '__main__':
    main()
