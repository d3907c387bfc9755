#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Follows /v1/watch from an axfr on and keeps a copy of the zone by what is told; hangs up every
few events and goes on by Last-Event-ID. Each event's old set has to be the copy's. At the end of
stdin the copy has to be what axfr has: `watch_replay.py http://HOST:PORT`."""
import http.client
import json
import select
import sys
import threading
import urllib.request

BASE = sys.argv[1]
HANG_UP_AFTER = 7
TYPES = {'A': 'As', 'AAAA': 'AAAAs', 'SRV': 'SRVs'}


def fetch():
    with urllib.request.urlopen(BASE + '/v1/axfr', timeout=20) as answer:
        zone = json.load(answer)
    sets = {(name, kind): sorted(data) for kind, key in TYPES.items()
            for name, data in zone['Records'][key].items()}
    return zone['Serial'], sets


class Copy:
    def __init__(self):
        self.serial, self.sets = fetch()
        self.id, self.events, self.connections, self.faults = None, 0, 0, []
        self.lock, self.ended = threading.Lock(), False

    def take(self, kind, data, event_id):
        """One event; the id counts once it is taken."""
        with self.lock:
            if kind == 'change':
                self.change(data)
            elif kind == 'reset':
                self.faults.append(f'reset: {data}')
            self.id = event_id or self.id

    def change(self, data):
        key = (data['name'], data['type'])
        self.events += 1
        if self.sets.get(key, []) != sorted(data['old']):
            self.faults.append(f'{key}: {self.sets.get(key)} here, {data["old"]} there')
        if data['new']:
            self.sets[key] = sorted(data['new'])
        else:
            self.sets.pop(key, None)
        if data['serial'] < self.serial:
            self.faults.append(f'serial {data["serial"]} after {self.serial}')
        self.serial = data['serial']

    def follow_once(self):
        host = BASE.removeprefix('http://')
        connection = http.client.HTTPConnection(host, timeout=20)
        headers = {'Last-Event-ID': self.id} if self.id else {}
        connection.request('GET', f'/v1/watch?serial={self.serial}', headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            self.faults.append(f'status {answer.status}')
            return
        self.connections += 1
        taken, fields = 0, {}
        while taken < HANG_UP_AFTER and not self.ended:
            line = answer.readline().decode().rstrip('\n')
            if line:
                name, _, value = line.partition(': ')
                fields[name] = value
                continue
            data = fields.get('data')
            self.take(fields.get('event'), data and json.loads(data), fields.get('id'))
            taken += data is not None
            fields = {}
        connection.close()

    def follow(self):
        while not self.ended and not self.faults:
            self.follow_once()


def same(copy):
    serial, sets = fetch()
    with copy.lock:
        return copy.sets == sets and copy.serial <= serial


def main():
    copy = Copy()
    follower = threading.Thread(target=copy.follow, daemon=True)
    follower.start()
    print('# following', flush=True)
    sys.stdin.read()
    for _ in range(200):
        if copy.faults or same(copy):
            break
        select.select([], [], [], 0.1)
    good = not copy.faults and same(copy)
    print('pass' if good else 'fail', f'the copy is the zone: {len(copy.sets)} sets', flush=True)
    print('pass' if copy.events > 20 and copy.connections > 3 else 'fail',
          f'{copy.events} events over {copy.connections} connections')
    for fault in copy.faults[:5]:
        print('error:', fault)
    copy.ended = True


main()
